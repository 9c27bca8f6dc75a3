# SPDX-License-Identifier: BSD-2-Clause
"""Reads the ELF file of a root task that may have been built anywhere.

Only the ELF header and the program headers count, as for a loader: no sections, no symbols. The
file is a stranger's, so every number in it is questioned.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from tools.elf import PF_R, PF_W, PF_X, Program, Segment
from tools.errors import UserError
from tools.sel4_abi import PAGE_SIZE, USER_TOP

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
DYN = struct.Struct("<QQ")
EM_AARCH64 = 183
ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED = 1
DT_SIZES = {8: "RELA", 18: "REL", 2: "PLT", 35: "RELR"}  # tag -> name of the table with that size
MOST = 1 << 28  # bytes between the first and the last address; more is a mistake in linking
STATIC = "link it static at a fixed address: -static -no-pie"


@dataclass(frozen=True)
class Header:
    """A program header."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    file_size: int
    size: int


def _refuse(path: Path, what: str, next_step: str) -> UserError:
    return UserError(f"{path}: {what}", next_step)


def _check_kind(path: Path, data: bytes) -> None:
    """An executable for this processor?"""
    if data[:4] != b"\x7fELF":
        raise _refuse(path, "is not an ELF file", "name the linked root task")
    if len(data) < 20:
        raise _refuse(path, f"is cut off: {len(data)} bytes", "copy or link it again")
    if data[5] == 2:
        raise _refuse(path, "is big-endian", "compile it with aarch64-linux-gnu-gcc")
    machine = int.from_bytes(data[18:20], "little")
    if machine != EM_AARCH64:
        raise _refuse(path, f"is for another processor (ELF machine {machine}, AArch64 is "
                      f"{EM_AARCH64})", "compile it with aarch64-linux-gnu-gcc")
    if data[4] != 2:
        raise _refuse(path, "is a 32-bit program", "compile it for 64 bits, without -mabi=ilp32")
    if len(data) < EHDR.size:
        raise _refuse(path, f"is cut off: {len(data)} bytes", "copy or link it again")


def _headers(path: Path, data: bytes) -> tuple[int, int, list[Header]]:
    """(type, entry, program headers)"""
    fields = EHDR.unpack_from(data)
    kind, entry, table, entry_size, count = fields[1], fields[4], fields[5], fields[9], fields[10]
    if kind not in (ET_EXEC, ET_DYN):
        raise _refuse(path, "is not linked", "link it; objects cannot be loaded")
    if count == 0:
        raise _refuse(path, "has nothing to load", "check its linker script")
    if entry_size != PHDR.size:
        raise _refuse(path, f"has program headers of {entry_size} bytes, not {PHDR.size}",
                      "copy or link it again")
    end = table + count * PHDR.size
    if end > len(data):
        raise _refuse(path, f"is cut off: its program headers end at byte {end}, the file at "
                      f"{len(data)}", "copy or link it again")
    headers = []
    for index in range(count):
        kind_, flags, offset, vaddr, paddr, file_size, size, _align = PHDR.unpack_from(
            data, table + index * PHDR.size)
        headers.append(Header(kind_, flags, offset, vaddr, paddr, file_size, size))
    return kind, entry, headers


def _check_static(path: Path, data: bytes, headers: list[Header]) -> None:
    """Nothing that a dynamic linker would have to do."""
    for header in headers:
        if header.type == PT_INTERP:
            raise _refuse(path, "is dynamically linked: it asks for an interpreter", STATIC)
        if header.type != PT_DYNAMIC:
            continue
        table = data[header.offset:header.offset + header.file_size]
        for at in range(0, len(table) - DYN.size + 1, DYN.size):
            tag, value = DYN.unpack_from(table, at)
            if tag == 0:
                break
            if tag == DT_NEEDED:
                raise _refuse(path, "is dynamically linked: it needs a shared library", STATIC)
            if tag in DT_SIZES and value:
                raise _refuse(path, f"needs relocation: {value} bytes of {DT_SIZES[tag]} entries",
                              STATIC)


def _segment(path: Path, data: bytes, number: int, header: Header) -> Segment:
    """One PT_LOAD, as memory."""
    where = f"segment {number} at 0x{header.vaddr:x}"
    if header.file_size > header.size:
        raise _refuse(path, f"{where} has 0x{header.file_size:x} bytes of contents and room for "
                      f"0x{header.size:x}", "copy or link it again")
    if header.offset + header.file_size > len(data):
        raise _refuse(path, f"is cut off: {where} ends at byte {header.offset + header.file_size}, "
                      f"the file at {len(data)}", "copy or link it again")
    if header.vaddr < PAGE_SIZE:
        raise _refuse(path, f"{where} is in the first page, which stays unmapped",
                      "link it at 0x400000, for example")
    if header.vaddr + header.size - 1 > USER_TOP:
        raise _refuse(path, f"{where} ends at 0x{header.vaddr + header.size:x}, beyond the user's "
                      f"last address 0x{USER_TOP:x}", "link it at 0x400000, for example")
    if header.size > MOST:
        raise _refuse(path, f"{where} has 0x{header.size:x} bytes", "check its linker script")
    contents = data[header.offset:header.offset + header.file_size]
    perms = "".join(letter for letter, bit in (("r", PF_R), ("w", PF_W), ("x", PF_X))
                    if header.flags & bit)
    return Segment(header.vaddr, header.paddr, bytearray(contents.ljust(header.size, b"\0")),
                   header.file_size, perms)


def _check_layout(path: Path, entry: int, segments: list[tuple[int, Segment]]) -> None:
    ordered = sorted(segments, key=lambda numbered: numbered[1].vaddr)
    for (number, segment), (other, after) in zip(ordered, ordered[1:], strict=False):
        if after.vaddr < segment.end:
            raise _refuse(path, f"segment {number} at 0x{segment.vaddr:x}..0x{segment.end:x} and "
                          f"segment {other} at 0x{after.vaddr:x}..0x{after.end:x} overlap",
                          "check its linker script")
    span = ordered[-1][1].end - ordered[0][1].vaddr
    if span > MOST:
        raise _refuse(path, f"its segments lie 0x{span:x} bytes apart, and all between them is "
                      "loaded", "link them next to each other")
    if not any(segment.vaddr <= entry < segment.end for _number, segment in segments):
        raise _refuse(path, f"its entry 0x{entry:x} is in no segment",
                      "link it with --entry=_start, or what its start code is called")


def read_root_task(path: Path) -> Program:
    """The program, without symbols; its segments in the order of the file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _refuse(path, f"cannot be read: {(error.strerror or str(error)).lower()}",
                      "name the ELF file of a root task") from error
    _check_kind(path, data)
    _kind, entry, headers = _headers(path, data)
    _check_static(path, data, headers)
    segments = [(number, _segment(path, data, number, header))
                for number, header in enumerate(headers)
                if header.type == PT_LOAD and header.size]
    if not segments:
        raise _refuse(path, "has nothing to load", "check its linker script")
    _check_layout(path, entry, segments)
    return Program(path, entry, [segment for _number, segment in segments], {})
