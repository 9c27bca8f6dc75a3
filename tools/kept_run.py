# SPDX-License-Identifier: BSD-2-Clause
"""The RAM of the newest run of a system, while it runs and after it: for `ternion events`,
`replicas` and `diff`. build/<preset>/run/run.json says where it is."""

from __future__ import annotations

import argparse
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tools import presets, system_report
from tools.errors import UserError
from tools.image import DIGEST_OFFSET, MANIFEST_MAGIC, MANIFEST_OFFSET
from tools.paths import BUILD, relative
from tools.qemu import RamFile
from tools.system_report import SystemReport

RECORD = "run.json"
RAM = "ram"
CHUNK = 64 << 10
DIGESTS = struct.Struct("<II")


def place_of(preset: str) -> Path:
    """Where the newest run of a preset leaves its traces."""
    return BUILD / preset / "run"


def copy_sparsely(source: Path, target: Path) -> None:
    """Most of a guest's RAM is zero: that takes no room."""
    zeros = bytes(CHUNK)
    with source.open("rb") as old, target.open("wb") as new:
        while chunk := old.read(CHUNK):
            if chunk == zeros[:len(chunk)]:
                new.seek(len(chunk), os.SEEK_CUR)
            else:
                new.write(chunk)
        new.truncate(source.stat().st_size)


class KeptRam(RamFile):
    """A RAM file that can be looked at during the run, and is kept after it."""

    def __init__(self, system: SystemReport) -> None:
        super().__init__()
        self._system = system
        self._place = place_of(system.preset)

    def _write(self, ram: Path, running: bool) -> None:
        new = self._place / f"{RECORD}.{os.getpid()}"
        new.write_text(json.dumps({"ram": str(ram), "report": str(self._system.path.resolve()),
                                   "running": running}) + "\n", encoding="utf-8")
        new.replace(self._place / RECORD)

    def __enter__(self) -> Path:
        self._place.mkdir(parents=True, exist_ok=True)
        self._write(self.path, running=True)
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self.path.stat().st_size == 0:  # QEMU did not start
            (self._place / RECORD).unlink(missing_ok=True)
        else:
            part = self._place / f"{RAM}.{os.getpid()}"
            copy_sparsely(self.path, part)
            part.replace(self._place / RAM)
            self._write(self._place / RAM, running=False)
        super().__exit__(kind, error, trace)


@dataclass(frozen=True)
class KeptRun:
    """A RAM file and the system that it belongs to."""

    ram: Path
    system: SystemReport
    running: bool  # as far as is known

    @property
    def title(self) -> str:
        """Of what a command shows."""
        return f"{self.system.preset}, {'running' if self.running else 'stopped'}"


def _digests(ram: Path, system: SystemReport) -> tuple[int, int]:
    """Those of the image in the RAM file."""
    base = int(system.raw["memory_map"]["image"]["base"]) - system.ram.base
    with ram.open("rb") as file:
        file.seek(base + MANIFEST_OFFSET)
        magic = file.read(8)
        file.seek(base + DIGEST_OFFSET)
        data = file.read(DIGESTS.size)
    if magic != MANIFEST_MAGIC.to_bytes(8, "little"):
        raise UserError(f"{ram}: holds no image of Ternion",
                        next_step=f"./ternion run --preset {system.preset}")
    first, second = DIGESTS.unpack(data)
    return int(first), int(second)


def _size(ram: Path) -> int:
    try:
        return ram.stat().st_size if ram.is_file() else -1
    except OSError:
        return -1


def check(ram: Path, system: SystemReport) -> None:
    """It is the whole RAM of a run of this very image."""
    again = f"./ternion run --preset {system.preset}"
    size = _size(ram)
    if size < 0:
        raise UserError(f"there is no RAM file {ram}", next_step=again)
    if size == 0:
        raise UserError(f"{ram}: is empty: the run is just beginning, or never began",
                        next_step=again)
    if size != system.ram.size:
        raise UserError(f"{ram}: has {size:,} bytes, the RAM of {system.preset} has "
                        f"{system.ram.size:,}", next_step=again)
    image = system.raw["image"]
    if _digests(ram, system) != (int(image["crc32"]), int(image["crc32c"])):
        raise UserError(f"{ram}: is of another image than the one in {relative(system.path)}",
                        next_step=again)


def _newest(preset: str | None) -> Path:
    """The record of the newest run, of one preset or of any."""
    if preset is not None:
        records = [place_of(presets.check(preset)) / RECORD]
    else:
        records = list(BUILD.glob(f"*/run/{RECORD}"))
    records = [record for record in records if record.is_file()]
    if not records:
        of = f" of {presets.check(preset)}" if preset is not None else ""
        raise UserError(f"there was no run{of} yet", next_step="./ternion run --preset "
                        + (presets.check(preset) if preset is not None else presets.DEFAULT))
    return max(records, key=lambda record: record.stat().st_mtime_ns)


def _read(record: Path) -> KeptRun:
    preset = record.parent.parent.name
    try:
        entry = json.loads(record.read_text(encoding="utf-8"))
        ram, report, running = Path(entry["ram"]), Path(entry["report"]), bool(entry["running"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{relative(record)} cannot be read: {error}",
                        next_step=f"./ternion run --preset {preset}") from error
    return KeptRun(ram, system_report.load(report), running)


def configure(parser: argparse.ArgumentParser) -> None:
    """The options that name a run."""
    parser.add_argument("--preset", metavar="P",
                        help="the newest run of this system (default: the newest run of all)")
    parser.add_argument("--ram", type=Path, metavar="FILE",
                        help="this RAM file instead; --preset names its system "
                             f"(default: {presets.DEFAULT})")


def chosen(args: argparse.Namespace) -> KeptRun:
    """The run that the options name."""
    if args.ram is not None:
        run = KeptRun(args.ram, presets.load(args.preset or presets.DEFAULT), False)
    else:
        run = _read(_newest(args.preset))
    check(run.ram, run.system)
    return run
