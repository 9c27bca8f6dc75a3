# SPDX-License-Identifier: BSD-2-Clause
"""Makes a report.json as the image builder would, for tests without an image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools import system_report
from tools.paths import ROOT
from tools.system_report import SystemReport


def report_dict(replicas: int = 3) -> dict[str, Any]:
    """The entries that the tools read."""
    shim = [{"base": 0x42000000 + core * 0x200000, "size": 0x200000} for core in range(4)]
    recorder = [{"base": 0x42A00000 + core * 0x10000, "size": 0x10000} for core in range(4)]
    partitions = [{"base": 0x44000000 + r * 0x2000000, "size": 0x2000000} for r in range(replicas)]
    board = json.loads((ROOT / "boards/qemu-virt/board.json").read_text(encoding="utf-8"))
    return {
        "format": 1, "board": "qemu-virt", "replicas": replicas,
        "image": {"path": "ternion.img", "size": 4, "sha256": "00" * 32},
        "memory_map": {"ram": {"base": 0x40000000, "size": 0x10000000}, "shim": shim,
                       "board": {"base": "0x42800000", "size": "0x200000"},
                       "recorder": recorder, "partitions": partitions},
        "elves": {}, "qemu": board["qemu"]}


def make_report(place: Path, replicas: int = 3) -> SystemReport:
    """Written and read back."""
    path = place / "report.json"
    path.write_text(json.dumps(report_dict(replicas)), encoding="utf-8")
    (place / "ternion.img").write_bytes(b"none")
    return system_report.load(path)
