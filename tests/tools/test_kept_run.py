# SPDX-License-Identifier: BSD-2-Clause
"""The run that `ternion events`, `replicas` and `diff` look at, and what is no such run."""

from __future__ import annotations

import argparse
import json
import os
import struct
from pathlib import Path

import pytest

from tests.tools.reports import report_dict
from tools import kept_run, paths, presets, system_report
from tools.errors import UserError
from tools.image import DIGEST_OFFSET, MANIFEST_MAGIC, MANIFEST_OFFSET
from tools.kept_run import KeptRam
from tools.system_report import SystemReport

IMAGE = 0x40200000
DIGESTS = (0x1234, 0x98765432)


def make_system(build: Path, preset: str = "qemu-virt-tmr") -> SystemReport:
    """A report whose image has these digests."""
    place = build / preset
    place.mkdir(parents=True, exist_ok=True)
    raw = report_dict()
    raw["image"].update(crc32=DIGESTS[0], crc32c=DIGESTS[1])
    raw["memory_map"]["image"] = {"base": IMAGE, "size": 0x1800000}
    (place / "report.json").write_text(json.dumps(raw), encoding="utf-8")
    (place / "ternion.img").write_bytes(b"none")
    return system_report.load(place / "report.json")


def fill(ram: Path, system: SystemReport, digests: tuple[int, int] = DIGESTS,
         magic: int = MANIFEST_MAGIC) -> None:
    """As the loader leaves it, for all that is looked at here."""
    with ram.open("wb") as file:
        file.seek(IMAGE - system.ram.base + MANIFEST_OFFSET)
        file.write(magic.to_bytes(8, "little"))
        file.seek(IMAGE - system.ram.base + DIGEST_OFFSET)
        file.write(struct.pack("<II", *digests))
        file.truncate(system.ram.size)


@pytest.fixture(name="build")
def _build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (kept_run, presets, paths):
        monkeypatch.setattr(module, "BUILD", tmp_path)
    monkeypatch.setattr("tools.qemu.ram_directory", lambda: tmp_path)
    return tmp_path


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    kept_run.configure(parser)
    return parser.parse_args(arguments)


def test_during_the_run_and_after_it(build: Path) -> None:
    """The default is the newest run of all; a preset names its own."""
    dmr, tmr = make_system(build, "qemu-virt-dmr"), make_system(build)
    with KeptRam(dmr) as ram:
        fill(ram, dmr)
        during = kept_run.chosen(_options())
        assert (during.ram, during.running, during.system.preset) == (ram, True, dmr.preset)
    assert not ram.exists(), "the file in memory goes with the run"
    after = kept_run.chosen(_options("--preset", "dmr"))
    assert not after.running and after.ram == build / "qemu-virt-dmr" / "run" / "ram"
    with KeptRam(tmr) as ram:
        fill(ram, tmr)
    os.utime(build / "qemu-virt-dmr/run/run.json", ns=(0, 0))
    assert kept_run.chosen(_options()).system.preset == tmr.preset
    assert kept_run.chosen(_options("--preset", "dmr")).system.preset == dmr.preset
    assert kept_run.chosen(_options("--ram", str(after.ram), "--preset", "dmr")).ram == after.ram


def test_a_run_that_never_began_leaves_nothing(build: Path) -> None:
    """QEMU refused, say."""
    with KeptRam(make_system(build)):
        with pytest.raises(UserError, match="is empty: the run is just beginning"):
            kept_run.chosen(_options())
    with pytest.raises(UserError, match="there was no run yet"):
        kept_run.chosen(_options())


def test_copies_are_sparse_and_equal(tmp_path: Path) -> None:
    """Holes where there are zeros, also at the end."""
    data = bytes(200_000) + os.urandom(70_000) + bytes(100_001) + b"x" + bytes(3_000_000)
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(data)
    kept_run.copy_sparsely(source, target)
    assert target.read_bytes() == data and target.stat().st_blocks * 512 < 500_000


def _message(*arguments: str) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        kept_run.chosen(_options(*arguments))
    return caught.value.message, caught.value.next_step


def test_what_is_no_run(build: Path) -> None:
    """One line each, and what to do."""
    again = "./ternion run --preset qemu-virt-tmr"
    assert _message() == ("there was no run yet", again)
    assert _message("--preset", "dmr") == ("there was no run of qemu-virt-dmr yet",
                                           "./ternion run --preset qemu-virt-dmr")
    system = make_system(build)
    report = paths.relative(system.path)
    ram = build / "some.ram"
    assert _message("--ram", str(ram)) == (f"there is no RAM file {ram}", again)
    assert _message("--ram", str(build)) == (f"there is no RAM file {build}", again)
    ram.write_bytes(b"")
    assert _message("--ram", str(ram)) == (
        f"{ram}: is empty: the run is just beginning, or never began", again)
    ram.write_bytes(b"cut")
    assert _message("--ram", str(ram)) == (
        f"{ram}: has 3 bytes, the RAM of qemu-virt-tmr has 268,435,456", again)
    fill(ram, system, magic=0)
    assert _message("--ram", str(ram)) == (f"{ram}: holds no image of Ternion", again)
    fill(ram, system, digests=(1, 2))
    assert _message("--ram", str(ram)) == (f"{ram}: is of another image than the one in {report}",
                                           again)
    record = build / "qemu-virt-tmr" / "run" / "run.json"
    record.parent.mkdir()
    record.write_text("{}", encoding="utf-8")
    assert _message() == (f"{paths.relative(record)} cannot be read: 'ram'", again)
