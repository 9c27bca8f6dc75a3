# SPDX-License-Identifier: BSD-2-Clause
"""Reads report.json, which the image builder writes beside every image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import UserError
from tools.paths import ROOT, relative

FORMAT = 1
IN_BUILD = "report.json"  # in the directory of its preset; other reports lie beside their image


@dataclass(frozen=True)
class Region:
    """Physical addresses [base, base + size)."""

    base: int
    size: int

    def holds(self, address: int) -> bool:
        """Whether the address is inside."""
        return self.base <= address < self.base + self.size


@dataclass(frozen=True)
class QemuBoard:
    """How QEMU is told to be this board."""

    binary: str
    machine: str
    arguments: list[str]
    icount: list[str]
    frame_store: int | None = None  # address of the camera's frames; None: they are fw_cfg files


@dataclass(frozen=True)
class SystemReport:
    """One built system. The names of the memory map are those of the board."""

    path: Path
    preset: str  # also the name of its directory
    board: str
    replicas: int
    image: Path
    sha256: str
    ram: Region
    shim: list[Region]        # one per core
    board_page: Region        # ballots, slots, control, log
    recorders: list[Region]   # one per core
    partitions: list[Region]  # one per replica
    elves: dict[str, Path]
    qemu: QemuBoard
    raw: dict[str, Any]       # everything, as read

    @property
    def is_root_task(self) -> bool:
        """The image holds one root task instead of protection domains."""
        return bool(self.raw.get("kind") == "root-task")

    def redundancy_options(self) -> list[str]:
        """For another image with this one's kernel: it knows one vote level only."""
        return ["--replicas", str(self.replicas), "--vote-level", str(self.raw["vote_level"]),
                "--window", str(self.raw["window"])]


def _number(value: Any) -> int:
    return int(value, 0) if isinstance(value, str) else int(value)


def _region(value: Any) -> Region:
    return Region(_number(value["base"]), _number(value["size"]))


def _regions(value: Any) -> list[Region]:
    return [_region(item) for item in value] if isinstance(value, list) else [_region(value)]


def _path(base: Path, value: str) -> Path:
    """Paths in the report are absolute, or relative to it, or relative to the tree."""
    for candidate in (Path(value), base / value, ROOT / value):
        if candidate.is_absolute() and candidate.exists():
            return candidate
    return base / value


def _parse(path: Path, raw: dict[str, Any]) -> SystemReport:
    qemu, memory_map = raw["qemu"], raw["memory_map"]
    return SystemReport(
        path=path, preset=path.parent.name if path.name == IN_BUILD else raw["preset"],
        board=raw["board"], replicas=_number(raw["replicas"]),
        image=_path(path.parent, raw["image"]["path"]), sha256=raw["image"]["sha256"],
        ram=_region(memory_map["ram"]), shim=_regions(memory_map["shim"]),
        board_page=_region(memory_map["board"]), recorders=_regions(memory_map["recorder"]),
        partitions=_regions(memory_map["partitions"]),
        elves={name: _path(path.parent, value) for name, value in raw["elves"].items()},
        qemu=QemuBoard(qemu["binary"], qemu["machine"], list(qemu["args"]), list(qemu["icount"]),
                       _number(qemu["frame_store"]) if "frame_store" in qemu else None),
        raw=raw)


def load(path: Path) -> SystemReport:
    """Reads and checks a report; an old or broken one is the user's to rebuild."""
    again = f"./ternion build --preset {path.parent.name}"
    if path.name != IN_BUILD:
        again = f"./ternion image --rootserver FILE.elf -o {relative(path.with_suffix(''))}"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"no image in {relative(path.parent)}: {path.name} is not there",
                        next_step=again) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{relative(path)} is not JSON: {error}", next_step=again) from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise UserError(f"{relative(path)} has format {found}, not {FORMAT}", next_step=again)
    try:
        return _parse(path, raw)
    except (KeyError, TypeError, ValueError, FileNotFoundError) as error:
        raise UserError(f"{relative(path)} lacks or garbles an entry: {error}",
                        next_step=again) from error
