# SPDX-License-Identifier: BSD-2-Clause
"""What the builder and the tools know about a board: boards/<name>/board.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import UserError
from tools.paths import ROOT

BOARDS = ROOT / "boards"


@dataclass(frozen=True)
class Range:
    """Bytes [base, base + size)."""

    base: int
    size: int

    @property
    def end(self) -> int:
        return self.base + self.size

    def overlaps(self, other: Range) -> bool:
        return self.base < other.end and other.base < self.end

    def holds(self, other: Range) -> bool:
        return self.base <= other.base and other.end <= self.end

    def __str__(self) -> str:
        return f"0x{self.base:x}..0x{self.end:x}"


@dataclass(frozen=True)
class DeviceNode:
    """What the device tree says about a device beside its place and interrupts."""

    compatible: tuple[str, ...]
    clocks: tuple[str, ...]  # names of its inputs of the bus clock
    instances: int           # equal parts of the range, each with one of the interrupts
    edge: bool               # its interrupts are edge triggered
    dma: bool                # it may access memory by itself: only by way of DMA regions


@dataclass(frozen=True)
class Device:
    """A device of the board. Those owned by the shim are not for protection domains."""

    name: str
    range: Range
    irqs: tuple[int, ...]
    for_systems: bool
    tree: DeviceNode


@dataclass(frozen=True)
class TreeFacts:
    """What the device tree says about the board beside its devices."""

    compatible: tuple[str, ...]
    cpu: str
    firmware: tuple[str, ...]
    clock_hz: int
    console: str                     # a device
    controller: str
    controller_devices: tuple[str, ...]
    timer: tuple[str, ...]
    timer_ppis: tuple[int, ...]      # secure, non-secure, virtual, hypervisor


@dataclass(frozen=True)
class Board:
    """Physical facts; addresses are physical, which for devices equals intermediate physical."""

    name: str
    cores: int
    ram: Range
    image: Range
    shim: tuple[Range, ...]  # per core
    board: Range
    recorder: tuple[Range, ...]  # per core
    partitions: Range
    dma: Range | None  # what devices see, at the same address as replicas see their own
    ram_ipa: int
    devices: tuple[Device, ...]
    tree: TreeFacts
    qemu: dict[str, object]

    def system_devices(self) -> tuple[Device, ...]:
        return tuple(device for device in self.devices if device.for_systems)

    def partition(self, replica: int, size: int) -> Range:
        return Range(self.partitions.base + replica * size, size)


def _number(text: str) -> int:
    return int(text, 0)


def _range(entry: dict[str, str]) -> Range:
    return Range(_number(entry["base"]), _number(entry["size"]))


def _tree_facts(facts: dict[str, Any]) -> TreeFacts:
    controller, timer = facts["interrupt_controller"], facts["timer"]
    return TreeFacts(tuple(facts["compatible"]), facts["cpu"], tuple(facts["firmware"]),
                     facts["clock_hz"], facts["console"], controller["compatible"],
                     tuple(controller["devices"]), tuple(timer["compatible"]),
                     tuple(timer["ppis"]))


def boards(place: Path = BOARDS) -> list[str]:
    """The names of all boards."""
    return sorted(entry.parent.name for entry in place.glob("*/board.json"))


def load_board(name: str, place: Path = BOARDS) -> Board:
    """Reads a board's facts. The file is the project's own, so its shape is not questioned."""
    path = place / name / "board.json"
    if not path.is_file():
        raise UserError(f"unknown board '{name}'",
                        next_step=f"choose one of: {', '.join(boards(place))}")
    facts = json.loads(path.read_text(encoding="utf-8"))
    cores = facts["cores"]
    areas = facts["memory_map"]

    def per_core(area: str) -> tuple[Range, ...]:
        first = _range(areas[area])
        return tuple(Range(first.base + core * first.size, first.size) for core in range(cores))

    devices = tuple(
        Device(entry["name"], _range(entry), tuple(entry.get("irqs", ())),
               entry.get("owner") != "shim",
               DeviceNode(tuple(entry.get("compatible", ())), tuple(entry.get("clocks", ())),
                          entry.get("instances", 1), entry.get("edge", False),
                          entry.get("dma", False)))
        for entry in facts["devices"])
    dma = _range(areas["dma"]) if "dma" in areas else None
    return Board(facts["name"], cores, _range(facts["memory"]), _range(areas["image"]),
                 per_core("shim"), _range(areas["board"]), per_core("recorder"),
                 _range(areas["partitions"]), dma, _number(facts["replica"]["ram_ipa"]), devices,
                 _tree_facts(facts["device_tree"]), facts["qemu"])
