# SPDX-License-Identifier: BSD-2-Clause
"""Images that benchmarks fly: a root task, or the flight, with the kernel of a built preset."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from tools import build_image, system_report
from tools.paths import BUILD, ROOT
from tools.system_report import SystemReport

PLACE = BUILD / "bench"
OWN_SYSTEM = "flight"  # not a root task: protection domains started by init


@dataclass(frozen=True)
class Parts:
    """What an image is packed from."""

    board: str
    name: str              # of the preset, in the report
    kernel: Path
    shim: Path             # shim.elf; shim.bin lies beside it
    apps: Path             # directory of the programs
    redundancy: list[str]  # options of the image builder


def parts_of(preset: SystemReport) -> Parts:
    """Those of a built preset."""
    elves = preset.elves
    return Parts(preset.board, preset.preset, elves["kernel"], elves["shim"], elves["init"].parent,
                 preset.redundancy_options())


def packed(parts: Parts, program: str, directory: Path,
           described: Path | None = None) -> SystemReport:
    """The image of configs/<program>.system (or of another description), and its report, in this
    directory."""
    own = program == OWN_SYSTEM
    init = parts.apps / ("init.elf" if own else f"{program}.elf")
    with contextlib.redirect_stdout(io.StringIO()):
        build_image.build(build_image.parser().parse_args([
            "--board", parts.board, "--system",
            str(described or ROOT / "configs" / f"{program}.system"),
            *parts.redundancy, *([] if own else ["--root-only"]), "--preset", parts.name,
            "--shim-elf", str(parts.shim), "--shim-bin", str(parts.shim.with_suffix(".bin")),
            "--kernel-elf", str(parts.kernel), "--init-elf", str(init),
            "--pd-dir", str(parts.apps), "-o", str(directory / "ternion.img"),
            "--report", str(directory / "report.json")]))
    return system_report.load(directory / "report.json")


def root_task_image(preset: SystemReport, program: str) -> SystemReport:
    """An image of a root task alone, from the programs of a built preset."""
    return packed(parts_of(preset), program, PLACE / program / preset.preset)
