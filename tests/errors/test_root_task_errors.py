# SPDX-License-Identifier: BSD-2-Clause
"""The texts of `ternion image` and `ternion run --image` for files that are not what they need."""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.tools.foreign_elf import Elf, made_preset
from tools import cli, presets, root_task, whole_image
from tools.commands import image as image_command
from tools.commands import run as run_command
from tools.crc import crc32, crc32c
from tools.errors import UserError, run_main
from tools.fdt import Node, flatten
from tools.root_elf import read_root_task
from tools.system_report import SystemReport

AGAIN = "make it again with ./ternion image or ./ternion build"
STATIC = "link it static at a fixed address: -static -no-pie"
COPY = "copy or link it again"


def dynamic(*entries: tuple[int, int]) -> bytes:
    """A dynamic section."""
    return b"".join(struct.pack("<QQ", *entry) for entry in (*entries, (0, 0)))


ELF_ERRORS: list[tuple[str, bytes | None, str, str]] = [
    ("missing", None, "<elf>: cannot be read: no such file or directory",
     "name the ELF file of a root task"),
    ("text", b"#!/bin/sh\n" * 9, "<elf>: is not an ELF file", "name the linked root task"),
    ("empty", b"", "<elf>: is not an ELF file", "name the linked root task"),
    ("only a magic", b"\x7fELF\2\1\1", "<elf>: is cut off: 7 bytes", COPY),
    ("half a header", Elf(cut=40).load().bytes(), "<elf>: is cut off: 40 bytes", COPY),
    ("amd64", Elf(machine=62).load().bytes(),
     "<elf>: is for another processor (ELF machine 62, AArch64 is 183)",
     "compile it with aarch64-linux-gnu-gcc"),
    ("arm", Elf(machine=40, elf_class=1).load().bytes(),
     "<elf>: is for another processor (ELF machine 40, AArch64 is 183)",
     "compile it with aarch64-linux-gnu-gcc"),
    ("ilp32", Elf(elf_class=1).load().bytes(), "<elf>: is a 32-bit program",
     "compile it for 64 bits, without -mabi=ilp32"),
    ("big-endian", Elf(endian=2).load().bytes(), "<elf>: is big-endian",
     "compile it with aarch64-linux-gnu-gcc"),
    ("object", Elf(type=1).load().bytes(), "<elf>: is not linked",
     "link it; objects cannot be loaded"),
    ("no headers", Elf().bytes(), "<elf>: has nothing to load", "check its linker script"),
    ("no loaded segment", Elf().header(6, 0x40_0000, b"tls").bytes(), "<elf>: has nothing to load",
     "check its linker script"),
    ("header size", Elf(header_size=32).load().bytes(),
     "<elf>: has program headers of 32 bytes, not 56", COPY),
    ("headers cut off", Elf(cut=100).load().bytes(),
     "<elf>: is cut off: its program headers end at byte 120, the file at 100", COPY),
    ("segment cut off", Elf(cut=200).load().bytes(),
     "<elf>: is cut off: segment 0 at 0x400000 ends at byte 376, the file at 200", COPY),
    ("contents without room", Elf().load(data=bytes(64), size=32).bytes(),
     "<elf>: segment 0 at 0x400000 has 0x40 bytes of contents and room for 0x20", COPY),
    ("interpreter", Elf().load().header(3, 0x40_0200, b"/lib/ld-linux-aarch64.so.1\0").bytes(),
     "<elf>: is dynamically linked: it asks for an interpreter", STATIC),
    ("shared library", Elf(type=3).load().header(2, 0x41_0000, dynamic((1, 17))).bytes(),
     "<elf>: is dynamically linked: it needs a shared library", STATIC),
    ("relocations", Elf(type=3).load().header(2, 0x41_0000, dynamic((7, 0), (8, 72))).bytes(),
     "<elf>: needs relocation: 72 bytes of RELA entries", STATIC),
    ("entry", Elf(entry=0x40_0100).load().bytes(), "<elf>: its entry 0x400100 is in no segment",
     "link it with --entry=_start, or what its start code is called"),
    ("overlap", Elf().load(size=0x3000).load(0x40_2FFF).bytes(),
     "<elf>: segment 0 at 0x400000..0x403000 and segment 1 at 0x402fff..0x4030ff overlap",
     "check its linker script"),
    ("first page", Elf(entry=0x800).load(0x800).bytes(),
     "<elf>: segment 0 at 0x800 is in the first page, which stays unmapped",
     "link it at 0x400000, for example"),
    ("kernel address", Elf().load().load(0xFFFF_FF80_0000_0000).bytes(),
     "<elf>: segment 1 at 0xffffff8000000000 ends at 0xffffff8000000100, beyond the user's last "
     "address 0x7fffffffffff", "link it at 0x400000, for example"),
    ("last pages", Elf(entry=0x7FFF_FFFF_C000).load(0x7FFF_FFFF_C000).bytes(),
     "<elf>: ends at 0x7fffffffd000; IPC buffer and boot information behind it would end at "
     "0x800000001000, beyond the user's last address 0x7fffffffffff",
     "link it at 0x400000, for example"),
    ("apart", Elf().load().load(0x9000_0000).bytes(),
     "<elf>: its segments lie 0x8fc00100 bytes apart, and all between them is loaded",
     "link them next to each other"),
    ("huge segment", Elf().load(size=0x5000_0000).bytes(),
     "<elf>: segment 0 at 0x400000 has 0x50000000 bytes", "check its linker script"),
]


@pytest.fixture(name="preset")
def _preset(tmp_path: Path) -> SystemReport:
    return made_preset(tmp_path)


def _text(capsys: pytest.CaptureFixture[str], body: Callable[[], int]) -> str:
    assert run_main(body) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(("data", "text", "step"), [case[1:] for case in ELF_ERRORS],
                         ids=[case[0] for case in ELF_ERRORS])
def test_root_task(tmp_path: Path, capsys: pytest.CaptureFixture[str], preset: SystemReport,
                   data: bytes | None, text: str, step: str) -> None:
    """What is wrong with the file, and no image."""
    elf, output = tmp_path / "task.elf", tmp_path / "out.img"
    if data is not None:
        elf.write_bytes(data)

    def body() -> int:
        root_task.write(root_task.wrap(elf, preset, output), output)
        return 0

    assert _text(capsys, body) == \
        f"ternion: {text}\n    next: {step}\n".replace("<elf>", str(elf))
    assert not output.exists() and not root_task.report_path(output).exists()


@pytest.mark.parametrize(("elf", "ram", "text", "step"), [
    (Elf().load(data=b"x").load(0x1C0_0000, b"x"), 0x400_0000,
     "<elf>: takes 0x1801000 bytes from its first to its last address with contents; board "
     "'qemu-virt' has room for 0x17f8000",
     "make it smaller, or link its segments next to each other"),
    (Elf().load(size=0x200_0000), 0x400_0000,
     "<elf>: takes 8192 pages, so 8461 slots of the root CNode, which has 8192",
     "make it smaller, or link its segments next to each other"),
    (Elf().load(size=0xF8_0000), 0x100_0000,
     "<elf>: needs 0x1200000 bytes of RAM, a replica has 0x1000000", "--ram 0x1200000"),
])
def test_size(tmp_path: Path, capsys: pytest.CaptureFixture[str], preset: SystemReport, elf: Elf,
              ram: int, text: str, step: str) -> None:
    """Larger than the image area of the board, than a CNode, than a replica."""
    path = tmp_path / "task.elf"
    path.write_bytes(elf.bytes())
    assert _text(capsys, lambda: bool(root_task.wrap(path, preset, tmp_path / "o", ram=ram))) == \
        f"ternion: {text}\n    next: {step}\n".replace("<elf>", str(path))


@pytest.mark.parametrize(("ram", "text", "step"), [
    (0x20_1000, "RAM of 0x201000 bytes for each of 3 replicas: it must be a multiple of 0x200000, "
                "and 0x4000000 at most", "--ram 0x2000000"),
    (0x420_0000, "RAM of 0x4200000 bytes for each of 3 replicas: it must be a multiple of "
                 "0x200000, and 0x4000000 at most", "--ram 0x2000000"),
    (0x20_0000, "<elf>: needs 0x400000 bytes of RAM, a replica has 0x200000", "--ram 0x400000"),
])
def test_ram(tmp_path: Path, capsys: pytest.CaptureFixture[str], preset: SystemReport, ram: int,
             text: str, step: str) -> None:
    """Too little, too much, odd."""
    elf = tmp_path / "task.elf"
    elf.write_bytes(Elf().load(size=0x18_0000).bytes())
    assert _text(capsys, lambda: bool(root_task.wrap(elf, preset, tmp_path / "o", ram=ram))) == \
        f"ternion: {text}\n    next: {step}\n".replace("<elf>", str(elf))


TREE = flatten(Node("", {"a": 1}))
MAKE = "make it with: dtc -I dts -O dtb -o FILE"


@pytest.mark.parametrize(("data", "text", "step"), [
    (None, "<dtb>: cannot be read: no such file or directory",
     "name a device tree blob, or leave out --dtb"),
    (b"/dts-v1/;\n" * 9, "<dtb>: is not a device tree blob", MAKE),
    (TREE[:-1], f"<dtb>: is cut off: the tree has {len(TREE)} bytes, the file {len(TREE) - 1}",
     MAKE),
    (TREE[:20] + struct.pack(">I", 3) + TREE[24:],
     "<dtb>: is a device tree of version 3, older than 16", MAKE),
    (TREE[:36] + struct.pack(">I", 4000) + TREE[40:], "<dtb>: is a damaged device tree blob",
     MAKE),
    (struct.pack(">II", 0xD00DFEED, 1 << 21) + TREE[8:] + bytes(1 << 21),
     f"<dtb>: has {1 << 21} bytes, more than {1 << 20}",
     "a device tree for one replica needs a few thousand"),
])
def test_device_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str], preset: SystemReport,
                     data: bytes | None, text: str, step: str) -> None:
    """A tree that the root task could not read."""
    elf, tree = tmp_path / "task.elf", tmp_path / "board.dtb"
    elf.write_bytes(Elf().load().bytes())
    if data is not None:
        tree.write_bytes(data)
    assert _text(capsys, lambda: bool(root_task.wrap(elf, preset, tmp_path / "o",
                                                     tree_file=tree))) == \
        f"ternion: {text}\n    next: {step}\n".replace("<dtb>", str(tree))


def test_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Found before anything is built."""
    elf = tmp_path / "task.elf"
    elf.write_bytes(Elf().load().bytes())
    nowhere, inside = tmp_path / "no" / "out.img", elf / "out.img"
    for output, text, step in [
            (tmp_path, f"{tmp_path}: is a directory", f"-o {tmp_path}/ternion.img"),
            (Path("/dev/null"), "/dev/null: is no ordinary file", "choose another place with -o"),
            (elf, f"{elf}: is the root task itself", f"-o {tmp_path}/task.img"),
            (nowhere, f"{nowhere}: cannot be written: {tmp_path}/no is no directory",
             f"mkdir -p {tmp_path}/no"),
            (inside, f"{inside}: cannot be written: {elf} is no directory", f"mkdir -p {elf}")]:
        assert cli.main(["image", "--rootserver", str(elf), "--preset", "base", "-o",
                         str(output)]) == 2
        assert capsys.readouterr().err == f"ternion: {text}\n    next: {step}\n"
    assert elf.read_bytes() == Elf().load().bytes()


def test_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is not there, and one that makes no image."""
    elf = tmp_path / "task.elf"
    elf.write_bytes(Elf().load().bytes())
    for preset, text, step in [
            ("sparc", f"unknown preset 'sparc'; the presets are: {', '.join(presets.known())}",
             "./ternion build --preset qemu-virt-tmr"),
            ("host", "the preset 'host' makes no image",
             "./ternion image --preset qemu-virt-tmr ...")]:
        assert cli.main(["image", "--rootserver", str(elf), "--preset", preset, "-o",
                         str(tmp_path / "o")]) == 2
        assert capsys.readouterr().err == f"ternion: {text}\n    next: {step}\n"


def test_output_that_the_system_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                        preset: SystemReport) -> None:
    """The report's place is taken by a directory: the image is not left alone."""
    elf, output = tmp_path / "task.elf", tmp_path / "out.img"
    elf.write_bytes(Elf().load().bytes())
    made = root_task.wrap(elf, preset, output)
    root_task.report_path(output).mkdir()

    def body() -> int:
        root_task.write(made, output)
        return 0

    assert _text(capsys, body) == (
        f"ternion: {output}: cannot be written: is a directory\n"
        "    next: choose another place with -o\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.img.json", "qemu-virt-tmr",
                                                                "task.elf"]


@pytest.mark.parametrize(("arguments", "text"), [
    ((), "the following arguments are required: --rootserver, -o/--output"),
    (("--rootserver", "a", "-o", "b", "--ram", "lots"),
     "argument --ram: 'lots' is no size; write it like 32M or 0x2000000"),
    (("--rootserver", "a", "-o", "b", "--no-dtb", "--dtb", "c"),
     "argument --dtb: not allowed with argument --no-dtb"),
])
def test_arguments(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
                   text: str) -> None:
    """As all commands."""
    assert cli.main(["image", *arguments]) == 2
    assert capsys.readouterr().err == f"ternion: {text}\n    next: ./ternion image --help\n"


def test_sizes() -> None:
    """Units and bases."""
    assert [image_command.memory_size(text) for text in ("32M", "0x2000000", "33554432", "1g")] \
        == [32 << 20, 32 << 20, 32 << 20, 1 << 30]


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "-0.0", "ten", ""])
def test_limit(text: str) -> None:
    """A limit that is none."""
    with pytest.raises(argparse.ArgumentTypeError,
                       match=f"^'{text}' is no number of seconds above 0$"):
        run_command.seconds(text)
    assert run_command.seconds("0.5") == 0.5


@pytest.fixture(name="packed")
def _packed(tmp_path: Path, preset: SystemReport) -> Path:
    """A whole image and its report."""
    elf, output = tmp_path / "task.elf", tmp_path / "out.img"
    elf.write_bytes(Elf().load().bytes())
    root_task.write(root_task.wrap(elf, preset, output), output)
    return output


def _change(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]


def test_image_that_is_not_whole(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line says so, before anything runs."""
    data = packed.read_bytes()
    blank = bytearray(data)
    blank[0x818:0x820] = bytes(8)
    told = f"{crc32(bytes(blank)):08x} {crc32c(bytes(blank)):08x}"
    hurt = bytearray(_change(bytes(blank), 0x8010))
    found = f"{crc32(bytes(hurt)):08x} {crc32c(bytes(hurt)):08x}"
    for content, text in [
            (data[:-1], f"is cut off: it has {len(data) - 1} of {len(data)} bytes"),
            (data[:100], f"is cut off: it has 100 of {len(data)} bytes"),
            (b"", "is not an image"), (b"\x7fELF" * 40, "is not an image"),
            (_change(data, 0x800), "is damaged or another system's image: it has no manifest"),
            (_change(data, 0x8010),
             f"is damaged: its CRCs are {found}, its manifest says {told}")]:
        packed.write_bytes(content)
        assert cli.main(["run", "--image", str(packed)]) == 2
        assert capsys.readouterr() == ("", f"ternion: {packed}: {text}\n    next: {AGAIN}\n")
    packed.write_bytes(data + bytes(512))
    whole_image.check_image(packed)


def test_image_and_report(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They belong together, and options to what they hold."""
    report = root_task.report_path(packed)
    run = f"./ternion run --image {packed}"
    for arguments, text, step in [
            (["--preset", "base"], f"{packed}: was made for qemu-virt-tmr, not for qemu-virt-base",
             run),
            (["--ping", "x"], f"--ping is for flights; {packed} holds a root task", run),
            (["--housekeeping"], f"--housekeeping is for flights; {packed} holds a root task", run),
            (["--frames", "1"], f"--frames is for flights; {packed} holds a root task", run),
            (["--limit", "0"], "argument --limit: '0' is no number of seconds above 0",
             "./ternion run --help")]:
        assert cli.main(["run", "--image", str(packed), *arguments]) == 2
        assert capsys.readouterr() == ("", f"ternion: {text}\n    next: {step}\n")
    raw = json.loads(report.read_text(encoding="utf-8"))
    raw["image"]["sha256"] = "00" * 32
    report.write_text(json.dumps(raw), encoding="utf-8")
    assert cli.main(["run", "--image", str(packed)]) == 2
    assert capsys.readouterr().err == (f"ternion: {report}: is the report of another image\n"
                                       "    next: make both again with ./ternion image\n")
    report.write_text("{", encoding="utf-8")
    assert cli.main(["run", "--image", str(packed)]) == 2
    assert capsys.readouterr().err == (
        f"ternion: {report} is not JSON: Expecting property name enclosed in double quotes: line 1 "
        f"column 2 (char 1)\n    next: ./ternion image --rootserver FILE.elf -o {packed}\n")
    report.unlink()
    assert cli.main(["run", "--image", str(packed)]) == 2
    assert capsys.readouterr().err == (
        f"ternion: {packed}: has no report beside it (out.img.json)\n"
        f"    next: {run} --preset P   (fly it as that system)\n")
    packed.unlink()
    assert cli.main(["run", "--image", str(packed)]) == 2
    assert capsys.readouterr().err == (f"ternion: there is no image {packed}\n"
                                       "    next: ./ternion run --preset qemu-virt-tmr\n")


def test_any_damage_is_named(tmp_path: Path) -> None:
    """Flipped bytes in the headers: a program or one of the errors above, never anything else."""
    whole = Elf().load().load(0x41_0000, b"data" * 20, 0x3000).header(
        2, 0x41_0000, dynamic((7, 0), (8, 0))).bytes()
    path, random = tmp_path / "task.elf", Random(7)
    refused = 0
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(random.choice((1, 1, 2, 5))):
            data[random.randrange(64 + 3 * 56)] = random.choice((0, 1, 0x7F, 0x80, 0xFF,
                                                                 random.randrange(256)))
        path.write_bytes(data[:random.choice((None, None, random.randrange(len(data))))])
        try:
            read_root_task(path)
        except UserError as error:
            refused += 1
            assert error.message.startswith(f"{path}: ") and error.next_step
    assert refused > 500
