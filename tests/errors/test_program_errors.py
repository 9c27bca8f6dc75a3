# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes in the programs that go into an image, and in the command: the exact texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools import elf_maker
from tests.tools.build import build, write_programs
from tests.tools.elf_maker import ElfMaker, protection_domain
from tests.tools.test_image import arguments
from tools import build_image
from tools.board import load_board
from tools.elf import read_program
from tools.errors import UserError
from tools.image import device_ranges
from tools.system_model import MemoryRegion, Redundancy, System

PLAIN = ("<system>\n<redundancy/>\n<protection_domain name='a'>\n<program_image path='a.elf'/>\n"
         "{0}</protection_domain>\n{1}</system>")


def told(directory: Path, action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        action()
    return (caught.value.message.replace(str(directory), "<dir>"),
            caught.value.next_step.replace(str(directory), "<dir>"))


def without(maker: ElfMaker, name: str) -> ElfMaker:
    maker.symbols = [symbol for symbol in maker.symbols if symbol[0] != name]
    return maker


def resized(maker: ElfMaker, name: str, size: int) -> ElfMaker:
    maker.symbols = [(symbol, address, size if symbol == name else old)
                     for symbol, address, old in maker.symbols]
    return maker


FILES: list[tuple[str, bytes, str, str]] = [
    ("not an ELF file", b"hello", "<dir>/x.elf: is not an ELF file", "build it again"),
    ("headers cut off", elf_maker.kernel().bytes()[:100],
     "<dir>/x.elf: is an incomplete or damaged ELF file", "build it again"),
    ("contents cut off", elf_maker.kernel().bytes()[:1000],
     "<dir>/x.elf: is an incomplete or damaged ELF file", "build it again"),
    ("more contents than room", ElfMaker().segment(0, b"room").bytes().replace(
        (4).to_bytes(8, "little") * 2, (4).to_bytes(8, "little") + (3).to_bytes(8, "little")),
     "<dir>/x.elf: is an incomplete or damaged ELF file", "build it again"),
    ("another machine", ElfMaker(machine=62).segment(0, b"x").bytes(),
     "<dir>/x.elf: is not a program for AArch64", "compile it with aarch64-linux-gnu-gcc"),
    ("an object file", ElfMaker(type=1).bytes(), "<dir>/x.elf: is not linked",
     "link it; objects cannot be loaded"),
    ("huge segment", ElfMaker().segment(0, b"x", 1 << 40).bytes(),
     "<dir>/x.elf: has a segment of 0x10000000000 bytes", "check its linker script"),
    ("nothing to load", ElfMaker().bytes(), "<dir>/x.elf: has nothing to load",
     "check its linker script"),
]


@pytest.mark.parametrize("data, message, next_step", [case[1:] for case in FILES],
                         ids=[case[0] for case in FILES])
def test_file(tmp_path: Path, data: bytes, message: str, next_step: str) -> None:
    (tmp_path / "x.elf").write_bytes(data)
    assert told(tmp_path, lambda: read_program(tmp_path / "x.elf")) == (message, next_step)


def test_missing_file(tmp_path: Path) -> None:
    assert told(tmp_path, lambda: read_program(tmp_path / "x.elf")) == (
        "<dir>/x.elf: cannot be read: no such file or directory", "build it first")


MAP = "<map mr='m' vaddr='{0}'/>"
REGION = "<memory_region name='m' size='0x2000'/>\n"
SETVAR = "<setvar symbol='{0}' region_paddr='m'/>\n"
FIXED = "<memory_region name='m' size='0x1000' phys_addr='0x40008000'/>\n"
FAR = 0x7FFF_FFFF_B000

# name, inside the domain, behind it, file, program, message, next step
PROGRAMS: list[tuple[str, str, str, str, ElfMaker, str, str]] = [
    ("map over a segment", MAP.format("0x201000"), REGION, "a", protection_domain(),
     "t.system:5: map of 'm' at 0x201000..0x203000 overlaps segment 0x200000..0x202000 (rx) of "
     "<dir>/a.elf in protection domain 'a' (line 4)", "move the map to another vaddr"),
    ("segments share a page", "", "", "a",
     protection_domain().segment(0x20_6800, b"x", perms="r"),
     "t.system:4: segments 0x202000..0x207000 (rw) and 0x206000..0x207000 (r) of <dir>/a.elf "
     "share a page", "align its segments to 0x1000 in the linker script"),
    ("segment in the stack", "", "", "a", protection_domain().segment(FAR, bytes(0x2000)),
     "t.system:4: segment 0x7fffffffb000..0x7fffffffd000 of <dir>/a.elf runs into the stack of "
     "protection domain 'a' at 0x7fffffffc000..0x7fffffffe000", "link it at a lower address"),
    ("entry nowhere", "", "", "a", ElfMaker(entry=0x1000).segment(0x20_0000, b"x", perms="rx"),
     "t.system:4: entry 0x1000 of <dir>/a.elf is in no executable segment",
     "check ENTRY() in its linker script"),
    ("no libmicrokit", "", "", "a", without(protection_domain(), "microkit_pps"),
     "<dir>/a.elf: has no symbol 'microkit_pps', so it is no protection domain",
     "build it from this tree and do not strip it"),
    ("another libmicrokit", "", "", "a", resized(protection_domain(), "microkit_name", 32),
     "<dir>/a.elf: symbol 'microkit_name' has 32 bytes instead of 64",
     "link it with this tree's libmicrokit"),
    ("symbol nowhere", "", "", "a",
     without(protection_domain(), "microkit_irqs").symbol("microkit_irqs", 0x10),
     "<dir>/a.elf: symbol 'microkit_irqs' at 0x10 is in no loaded segment",
     "check its linker script"),
    ("setvar without symbol", SETVAR.format("base"), REGION, "a", protection_domain(),
     "t.system:5: program <dir>/a.elf has no symbol 'base' to set",
     "define it as a global 8-byte variable, or remove the setvar"),
    ("setvar of a small symbol", SETVAR.format("base"), REGION, "a", protection_domain(base=4),
     "t.system:5: symbol 'base' of <dir>/a.elf has 4 bytes, but a setvar stores 8",
     "declare it as uintptr_t or uint64_t"),
    ("setvar of an odd symbol", SETVAR.format("base"), REGION, "a",
     protection_domain().symbol("base", 0x20_2001),
     "t.system:5: symbol 'base' of <dir>/a.elf is not aligned to 8 bytes",
     "declare it as uintptr_t or uint64_t"),
    ("kernel elsewhere", "", "", "kernel", ElfMaker(0).segment(0x8000_0000, b"k", perms="rwx"),
     "<dir>/kernel.elf: loads at 0x80000000, but a replica's RAM begins at 0x40000000",
     "check the kernel's linker script"),
    ("kernel of unknown size", "", "", "kernel", without(elf_maker.kernel(), "ki_end"),
     "<dir>/kernel.elf: has no symbol 'ki_end', so its size is unknown",
     "build it from this tree and do not strip it"),
    ("kernel's entry", "", "", "kernel",
     ElfMaker(0x10).segment(0x4000_0000, b"k", perms="rwx").symbol("ki_end", 0x4000_1000),
     "<dir>/kernel.elf: address 0x10 is in no loaded segment", "check its linker script"),
    ("init task not on a page", "", "", "init", ElfMaker(0x40_0010).segment(0x40_0010, b"init"),
     "<dir>/init.elf: its first segment at 0x400010 does not begin a page",
     "link it at a multiple of 0x1000"),
    ("init task in distant pieces", "", "", "init",
     elf_maker.init_task().segment(0x5000_0000_0000, b"x"),
     "<dir>/init.elf: its segments lie 0x4fffffc00001 bytes apart", "check its linker script"),
    ("init task without description", "", "", "init",
     without(elf_maker.init_task(), "system_spec_vaddr"),
     "<dir>/init.elf: has no symbol 'system_spec_vaddr', which tells it where the system "
     "description is", "build it from this tree and do not strip it"),
    ("init task with another variable", "", "", "init",
     resized(elf_maker.init_task(), "system_spec_vaddr", 4),
     "<dir>/init.elf: symbol 'system_spec_vaddr' is no 8-byte variable of a loaded segment",
     "define it as: uint64_t system_spec_vaddr"),
    ("image too large", "", "", "init",
     elf_maker.init_task().segment(0x50_0000, b"x", 25 << 20),
     "t.system: the image has 0x1a0d000 bytes, board 'qemu-virt' has room for 0x1800000",
     "remove programs or prefill files"),
    ("partition too small", "", "", "init",
     elf_maker.init_task().segment(0x50_0000, b"x", 15 << 20),
     "t.system:2: partition_size 0x400000 is too small: image 0x100b000, init task 0x48000 and "
     "objects 0x11190 bytes", 'write partition_size="0x1200000" or more in <redundancy>'),
    ("fixed region in the image", MAP.format("0x1000000"), FIXED, "a", protection_domain(),
     "t.system:6: memory region 'm' at physical 0x40008000..0x40009000 overlaps the user image at "
     "0x40000000..0x4000e000", 'write phys_addr="0x40200000" or higher, or leave it out'),
]


@pytest.mark.parametrize("inside, behind, name, program, message, next_step",
                         [case[1:] for case in PROGRAMS], ids=[case[0] for case in PROGRAMS])
def test_program(tmp_path: Path, inside: str, behind: str, name: str, program: ElfMaker,
                 message: str, next_step: str) -> None:
    text = PLAIN.format(inside, behind)
    if "partition" in message:
        text = text.replace("<redundancy/>", "<redundancy partition_size='0x400000'/>")
    assert told(tmp_path, lambda: build(tmp_path, text, **{name: program})) == (message, next_step)


def test_too_many_slots(tmp_path: Path) -> None:
    text = PLAIN.format("<map mr='m' vaddr='0x1000000'/>",
                        "<memory_region name='m' size='0x1c01000'/>\n")
    assert told(tmp_path, lambda: build(tmp_path, text)) == (
        "t.system: the system needs 8404 capability slots, the init task has 8192",
        'use page_size="0x200000" for large memory regions')


def test_too_many_devices() -> None:
    regions = tuple(MemoryRegion(f"m{number}", 0x1000, None, 0x900_0000 + number * 0x2000, None, 1)
                    for number in range(33))
    system = System("t.system", Redundancy(), regions, (), ())
    assert told(Path("/nowhere"), lambda: device_ranges(system, load_board("qemu-virt"))) == (
        "t.system: the system maps 33 separate device ranges, the shim's table holds 32",
        "map fewer devices, or neighbouring ones as one region")


# name, contents of shim.bin, message, next step
SHIMS: list[tuple[str, bytes | None, str, str]] = [
    ("no shim", None, "<dir>/shim.bin: cannot be read: no such file or directory",
     "build the target shim.bin"),
    ("short shim", b"x" * 100, "<dir>/shim.bin: has 100 bytes, a shim has more than 4096",
     "build the target shim.bin"),
    ("no header", bytes(0x2000),
     "<dir>/shim.bin: does not begin with an arm64 image header", "build the target shim.bin"),
    ("code in the manifest", elf_maker.shim_bin()[:0x900] + b"x" + elf_maker.shim_bin()[0x901:],
     "<dir>/shim.bin: has contents where the manifest goes (0x800 to 0x1000)",
     "check the shim's linker script"),
]


@pytest.mark.parametrize("data, message, next_step", [case[1:] for case in SHIMS],
                         ids=[case[0] for case in SHIMS])
def test_shim(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes | None, message: str,
              next_step: str) -> None:
    write_programs(tmp_path)
    (tmp_path / "t.system").write_text(PLAIN.format("", ""), encoding="utf-8")
    (tmp_path / "shim.bin").unlink()
    if data is not None:
        (tmp_path / "shim.bin").write_bytes(data)
    assert build_image.main(arguments(tmp_path)) == 2
    assert capsys.readouterr().err.replace(str(tmp_path), "<dir>") == (
        f"ternion: {message}\n    next: {next_step}\n")
    assert not (tmp_path / "out").exists(), "nothing is written"


# name, further arguments, message, next step
COMMANDS: list[tuple[str, list[str], str, str]] = [
    ("board", ["--board", "qemu-vrt"], "unknown board 'qemu-vrt'", "choose one of: qemu-virt, "
     "xlnx-zcu102"),
    ("option", ["--replica-count", "3"], "unrecognized arguments: --replica-count 3",
     "python3 -m tools.build_image --help"),
    ("replicas", ["--replicas", "5"], "<dir>/t.system with --replicas: 5 replicas, but board "
     "'qemu-virt' has 4 cores and each replica needs its own", "choose 1 to 4 replicas"),
    ("vote level", ["--vote-level", "nonw"], "--vote-level level 'nonw' is unknown",
     "did you mean 'none'? choose one of: io, entry-exit, object, page, none"),
    ("window", ["--window", "128"], "--window '128' is no number from 0 to 127",
     "choose 0 for lockstep, or 64"),
    ("window, no number", ["--window", "wide"], "--window 'wide' is no number from 0 to 127",
     "choose 0 for lockstep, or 64"),
    ("no such file", ["--system", "nowhere.system"],
     "nowhere.system: cannot be read: no such file or directory",
     "give the path of a system description"),
    ("root task alone", ["--root-only"], "<dir>/t.system:3: protection domain 'a' in a system of "
     "a root task alone", "remove it, or build without --root-only"),
]


@pytest.mark.parametrize("more, message, next_step", [case[1:] for case in COMMANDS],
                         ids=[case[0] for case in COMMANDS])
def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str,
                 next_step: str) -> None:
    write_programs(tmp_path)
    (tmp_path / "t.system").write_text(PLAIN.format("", ""), encoding="utf-8")
    assert build_image.main(arguments(tmp_path, *more)) == 2
    assert capsys.readouterr().err.replace(str(tmp_path), "<dir>") == (
        f"ternion: {message}\n    next: {next_step}\n")
