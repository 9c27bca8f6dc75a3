# SPDX-License-Identifier: BSD-2-Clause
"""Builds the root task of tests/system/foreign: the compiler, and numbers from tests/data."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.board import boards
from tools.paths import ROOT

SOURCES = ROOT / "tests" / "system" / "foreign"
NUMBERS = ROOT / "tests" / "data" / "sel4-mcs-aarch64.json"
PREFIXES = {"syscalls": "SYS_", "labels": "LABEL_", "object_types": "TYPE_",
            "object_size_bits": "BITS_", "errors": "ERROR_", "faults": "FAULT_",
            "fault_message_index": "MSG_", "constants": "", "ipc_buffer": "IPC_",
            "bootinfo": "BI_", "untyped_desc": "UT_", "bootinfo_header": "HDR_",
            "initial_cap_slots": "SLOT_", "timing": "TIME_"}
COMPILER = ["aarch64-linux-gnu-gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion",
            "-Werror", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
            "-mno-outline-atomics", "-fno-tree-loop-distribute-patterns", "-static", "-nostdlib",
            "-no-pie", "-Wl,--build-id=none", "-Wl,-e,_sel4_start"]
INVOKE_SMC = 43 << 12 | 8  # label, eight words


def _definitions(numbers: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for section, prefix in PREFIXES.items():
        for name, value in numbers[section].items():
            plain = name.removeprefix("seL4_") if prefix else name
            yield prefix + plain, value
    for name, (shift, _width) in numbers["message_info_bits"].items():
        yield f"MI_{name}", shift
    registers = numbers["user_context"]["order"]
    yield "REG_COUNT", len(registers)
    for index, name in enumerate(registers):
        yield f"REG_{name}", index


def write_header(place: Path) -> None:
    """abi_numbers.h: nothing but numbers of the published API."""
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8"))
    lines = [f"#define {name} {value}{'' if abs(value) < 1 << 31 else 'L'}"
             for name, value in _definitions(numbers)]
    (place / "abi_numbers.h").write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(place: Path, board: str, *link: str) -> Path:
    """The program with the serial line of the board, linked with the linker's own script."""
    write_header(place)
    elf = place / "foreign.elf"
    sources = sorted(str(path) for path in SOURCES.iterdir() if path.suffix in (".c", ".S")
                     and (path.stem == board or path.stem not in boards()))
    subprocess.run([*COMPILER, f"-I{place}", *link, "-o", str(elf), *sources], check=True)
    return elf


def without_sections(elf: Path) -> Path:
    """A copy whose header knows no section table: a loader needs none."""
    data = bytearray(elf.read_bytes())
    data[40:48] = bytes(8)  # e_shoff
    data[58:64] = bytes(6)  # e_shentsize, e_shnum, e_shstrndx
    target = elf.with_name("foreign-bare.elf")
    target.write_bytes(data)
    return target


def tiny_tree(path: Path) -> Path:
    """A device tree with one node, byte by byte: header, no reservations, structure."""
    words = [0xD00DFEED, 92, 56, 92, 40, 17, 16, 0, 0, 36, 0, 0, 0, 0,
             1, 0, 1, int.from_bytes(b"tiny", "big"), 0, 2, 2, 9, 4]
    path.write_bytes(b"".join(word.to_bytes(4, "big") for word in words))
    return path


def firmware_call(function: int | None) -> str:
    """Prints x, makes the PSCI call 0x84000000 + function by the SMC capability, then waits."""
    call = "" if function is None else f"""
    mov     x0, #15
    movz    x1, #{INVOKE_SMC & 0xffff}
    movk    x1, #{INVOKE_SMC >> 16}, lsl #16
    movz    x2, #{function}
    movk    x2, #0x8400, lsl #16
    mov     x7, #-1
    svc     #0"""
    return f"""
    .global _sel4_start
_sel4_start:
    mov     x0, #'x'
    mov     x7, #-12
    svc     #0{call}
1:  mov     x7, #-11
    svc     #0
    b       1b
"""


def assemble(place: Path, text: str) -> Path:
    """A root task of some instructions, in one page."""
    source, elf = place / "tiny.S", place / "tiny.elf"
    source.write_text(text, encoding="utf-8")
    subprocess.run([*COMPILER, "-Wl,-Ttext-segment=0x10000", "-o", str(elf), str(source)],
                   check=True)
    return elf
