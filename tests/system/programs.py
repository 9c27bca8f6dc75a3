# SPDX-License-Identifier: BSD-2-Clause
"""Images of the test programs, packed from what a preset has built."""

from __future__ import annotations

from pathlib import Path

from tools import build_image, system_report
from tools.paths import ROOT
from tools.system_report import SystemReport


def pack(name: str, system: SystemReport, place: Path, *, root_task: bool = False,
         description: Path | None = None) -> SystemReport:
    """The system configs/NAME.system, with the preset's replicas; `root_task`: NAME alone."""
    described = description or ROOT / "configs" / f"{name}.system"
    programs = system.elves["init"].parent
    init = programs / f"{name}.elf" if root_task else system.elves["init"]
    directory = place / system.preset
    report = directory / "report.json"
    assert build_image.main([
        "--board", system.board, "--system", str(described), *system.redundancy_options(),
        *(["--root-only"] if root_task else []),
        "--shim-elf", str(system.elves["shim"]),
        "--shim-bin", str(system.elves["shim"].with_suffix(".bin")),
        "--kernel-elf", str(system.elves["kernel"]), "--init-elf", str(init),
        "--pd-dir", str(programs), "-o", str(directory / "ternion.img"),
        "--report", str(report)]) == 0
    return system_report.load(report)
