# SPDX-License-Identifier: BSD-2-Clause
"""Names for virtual and physical addresses, on ELF files compiled here."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import pytest

from tests.tools.reports import make_report
from tools import sizes
from tools.errors import UserError
from tools.symbols import Program, Symbols

SOURCE = """
int counter = 3;
int zeroed[100];
int work(int x) { return x + counter; }
int last(int x) { return x - zeroed[1]; }
"""


@pytest.fixture(name="elf", scope="module")
def _elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("elf")
    (place / "a.c").write_text(SOURCE, encoding="utf-8")
    path = place / "a.elf"
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-ffreestanding", "-static", "-fno-pic",
                    "-Wl,-Ttext-segment=0x40000000,-e,work", "-o", str(path), str(place / "a.c")],
                   check=True)
    return path


def test_program(elf: Path) -> None:
    """By name and by address."""
    program = Program("a", elf)
    work = program.find("work")
    assert work is not None and work.kind == "function"
    assert program.at(work.address + 4) == work
    assert program.name_of(work.address + 4) == "work+0x4"
    assert program.name_of(0x10) == "0x10" and program.at(0x10) is None
    counter = program.find("counter")
    assert counter is not None and (counter.kind, counter.size) == ("object", 4)


def test_static_symbols_of_an_optimised_program(elf: Path, tmp_path: Path) -> None:
    """Link-time optimisation numbers static names: they are found, and told, without the number."""
    path = tmp_path / "lto.elf"
    subprocess.run(["aarch64-linux-gnu-objcopy", "--redefine-sym", "work=work.lto_priv.0",
                    "--redefine-sym", "counter=counter.lto_priv.12", elf, path], check=True)
    before, after = Program("a", elf), Program("a", path)
    work = before.find("work")
    assert work is not None and after.find("work") == work
    assert after.find("counter") == before.find("counter")
    assert after.name_of(work.address + 4) == "work+0x4"


def test_places(elf: Path, tmp_path: Path) -> None:
    """Physical addresses: whose copy, which symbol."""
    system = dataclasses.replace(make_report(tmp_path),
                                 elves={"kernel": elf, "shim": elf, "camera": elf})
    symbols = Symbols(system)
    work = symbols.kernel.find("work")
    assert work is not None
    base = min(segment.vaddr for segment in symbols.shim.segments)
    offset = work.address - base
    kernel = symbols.physical(system.partitions[1].base + work.address - 0x40000000)
    assert kernel.text() == "kernel of replica 1: work"
    shim = symbols.physical(system.shim[2].base + offset + 4)
    assert shim.text() == "shim of core 2: work+0x4"
    assert symbols.physical(system.board_page.base + 0x1008).text() == "board: offset 0x1008"
    ring = symbols.physical(system.recorders[0].base)
    assert ring.text() == "recorder of core 0: flight recorder"
    assert symbols.physical(system.partitions[0].base + 0x1000000).layer == "user"
    assert symbols.pc(system.shim[3].base + offset, 2, 3) == "shim:work"
    assert symbols.pc(work.address, 0, 1) == "camera:work"
    assert list(symbols.domains()) == ["camera"]


def test_sizes(elf: Path) -> None:
    """Each byte counted once."""
    size = sizes.of_elf(elf)
    assert size.zero == 400 and size.data == 4 and size.code > 16
    assert size.total == size.code + size.constant + size.data + size.zero


def test_missing_file(tmp_path: Path) -> None:
    """Names the program."""
    with pytest.raises(UserError, match="the ELF file of kernel is not there"):
        Program("kernel", tmp_path / "none.elf")
