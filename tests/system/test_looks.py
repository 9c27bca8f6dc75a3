# SPDX-License-Identifier: BSD-2-Clause
"""`ternion events`, `replicas` and `diff` on the RAM of a flight, whole and with wrong bits."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from faultinj.layers import IPA_RAM, Layer
from faultinj.memory_map import MemoryMap
from tests.system.conftest import LIMIT_S
from tests.system.flying import flying
from tools import flight, kept_run, presets
from tools.kept_run import KeptRam
from tools.paths import ROOT
from tools.symbols import Symbols
from tools.system_report import SystemReport

TMR = "qemu-virt-tmr"
QMR = "qemu-virt-qmr"


def _ternion(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([str(ROOT / "ternion"), *arguments], capture_output=True, text=True,
                          check=False, cwd=ROOT)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def _json(*arguments: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(_ternion(*arguments, "--json")[1])
    return result


def _flown(preset: str, place: Path) -> Path:
    """The RAM of a flight to its end."""
    system = presets.load(preset)
    done = flight.fly(system, frames=1, limit_s=LIMIT_S, make_ram=partial(KeptRam, system),
                      announce=print)
    assert done.good
    kept_run.copy_sparsely(kept_run.place_of(preset) / "ram", place / "ram")
    return place / "ram"


@pytest.fixture(name="ram", scope="module")
def _ram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three replicas."""
    return _flown(TMR, tmp_path_factory.mktemp("looks"))


def _on(ram: Path) -> list[str]:
    return ["--preset", TMR, "--ram", str(ram)]


def test_a_good_flight(ram: Path) -> None:
    """All is told, nothing differs, and the newest run is found without being named."""
    events = _json("events", "--preset", TMR)
    assert [r["type"] for r in events["records"]].count("start") == 3
    assert events["records"][-1]["type"] in ("stop", "park") and not events["running"]
    inputs = _json("events", *_on(ram), "--type", "input")["records"]
    assert inputs and {record["type"] for record in inputs} == {"input"}
    parks = _json("events", *_on(ram), "--type", "park", "--replica", "2", "--limit", "1")
    assert [(record["core"], record["a"]) for record in parks["records"]] == [(2, 2)]
    replicas = _json("replicas", *_on(ram))
    assert [entry["state"] for entry in replicas["replicas"]] == ["stopped"] * 3
    assert replicas["replicas"][0]["role"] == "leader, I/O" and replicas["stopped"]
    assert len({entry["counters"]["votes"] for entry in replicas["replicas"]}) == 1
    status, out, _ = _ternion("diff", *_on(ram))
    assert status == 0 and out.count("equal") == 2
    pairs = _json("diff", *_on(ram))["pairs"]
    assert [pair["pair"] for pair in pairs] == [[0, 1], [0, 2]]
    assert {d["layer"] for pair in pairs for d in pair["differences"]} <= {Layer.STACK.value}


def test_a_good_flight_of_four(tmp_path: Path) -> None:
    """The fourth replica is looked at like the others."""
    chosen = ["--preset", QMR, "--ram", str(_flown(QMR, tmp_path))]
    records = _json("events", *chosen, "--replica", "3")["records"]
    assert records and {record["core"] for record in records} == {3}
    replicas = _json("replicas", *chosen)["replicas"]
    assert [entry["state"] for entry in replicas] == ["stopped"] * 4
    assert len({entry["counters"]["events"] for entry in replicas}) == 1
    assert [pair["pair"] for pair in _json("diff", *chosen)["pairs"]] == [[0, 1], [0, 2], [0, 3]]
    assert _ternion("diff", *chosen)[0] == 0


def _flip(ram: Path, system: SystemReport, replica: int, offset: int) -> None:
    with ram.open("r+b") as file:
        file.seek(system.partitions[replica].base - system.ram.base + offset)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0x10]))


def test_wrong_bits_are_named(ram: Path, tmp_path: Path) -> None:
    """A symbol of the kernel, one of a program, a page table, memory that nobody uses."""
    system = presets.load(TMR)
    hurt = tmp_path / "ram"
    shutil.copyfile(ram, hurt)
    symbols = Symbols(system)
    names = MemoryMap(ram, system, symbols)
    kernel = symbols.kernel.find("trap_syscall")
    assert kernel is not None
    places = {symbols.kernel.segments[0].paddr - IPA_RAM + kernel.address
              - symbols.kernel.segments[0].vaddr: ("kernel", "trap_syscall"),
              system.partitions[1].size - 4096: ("unused", "untyped+")}
    for offset, page in sorted(names.tables.user_pages.items()):
        name = names.name(Layer.USER, offset)
        if page.executable and name.startswith("compressor:"):
            places[offset] = ("user", name)
            break
    table = names.spans[Layer.PAGE_TABLE][-1]
    places[table.offset] = ("page-table", f"table {table.offset // 4096 * 4096:#x} entry")
    assert len(places) == 4
    for offset in places:
        _flip(hurt, system, 1, offset)
    status, out, error = _ternion("diff", *_on(hurt))
    assert status == 1 and not error
    assert "replica 0 and replica 1: 4 differences" in out and "replica 2: equal" in out
    found = [d for d in _json("diff", *_on(hurt), "0", "1")["pairs"][0]["differences"]
             if not d["legitimate"]]
    assert [d["ipa"] - IPA_RAM for d in found] == sorted(place // 8 * 8 for place in places)
    for difference in found:
        place = next(p for p in places if p // 8 * 8 == difference["ipa"] - IPA_RAM)
        assert difference["layer"] == places[place][0]
        assert difference["name"].startswith(places[place][1])
        one, other = difference["first"]
        assert one ^ other == 0x10 << place % 8 * 8
    assert _json("diff", *_on(hurt), "0", "2")["pairs"][0]["moving"] == 0


def _wrong() -> list[list[int]]:
    """Of each pair of a system that runs: the addresses that should not differ."""
    told = _json("diff", "--preset", TMR)
    assert told["running"]
    return [[d["ipa"] for d in pair["differences"] if not d["legitimate"]]
            for pair in told["pairs"]]


def test_while_it_flies() -> None:
    """Programs under way are no difference; a wrong bit is, and only that."""
    system = presets.load(TMR)
    with flying(system, partial(KeptRam, system)) as there:
        assert _wrong() == [[], []]
        names = MemoryMap(there.ram, system, Symbols(system), 1)
        free = next(offset for offset in range(system.partitions[1].size // 2, 0, -4096)
                    if names.layer_of(offset) is None and offset not in names.tables.user_pages)
        there.flip(system.partitions[1].base + free, 3)
        assert _wrong() == [[IPA_RAM + free], []]
        assert there.board().active == 0b111


@pytest.mark.parametrize("name", ["events", "replicas", "diff"])
def test_no_run(ram: Path, tmp_path: Path, name: str) -> None:
    """A file that is cut, one of something else, none: two lines, status 2."""
    cut, foreign = tmp_path / "cut", tmp_path / "foreign"
    cut.write_bytes(ram.read_bytes()[:1 << 20])
    with foreign.open("wb") as file:
        file.truncate(ram.stat().st_size)
    for file_name, text in ((cut, "has 1,048,576 bytes"), (foreign, "holds no image of Ternion"),
                            (tmp_path / "none", "there is no RAM file")):
        status, out, error = _ternion(name, *_on(file_name))
        assert (status, out) == (2, "") and text in error and error.count("\n") == 2
        assert "next: ./ternion run --preset qemu-virt-tmr" in error
