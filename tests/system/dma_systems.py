# SPDX-License-Identifier: BSD-2-Clause
"""The system configs/dma.system: kernel and shim have a form for it, which no preset has."""

from __future__ import annotations

import fcntl
import os
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.system import programs
from tools.paths import BUILD, ROOT
from tools.system_report import SystemReport

PARTS = ("shim", "kernel")
BOTH = {1: "base", 2: "tmr", 3: "tmr", 4: "tmr"}  # forms: one replica, several


@cache
def _form(preset: str) -> dict[str, Path]:
    """Built like the preset, but for a system with DMA regions; programs are the preset's own."""
    place = BUILD / "dma-form" / preset
    place.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ.get('PATH', '/bin')}"}
    with (place / "lock").open("w", encoding="utf-8") as lock:  # tests run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["cmake", "--preset", preset, "-B", str(place),
                         "-DTERNION_SYSTEM=configs/dma.system"],
                        ["cmake", "--build", str(place), "--target", "shim.bin", "kernel.elf"]):
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True,
                                  text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return {part: place / part / f"{part}.elf" for part in PARTS}


def pack(system: SystemReport, place: Path, description: Path | None = None) -> SystemReport:
    """The test system with the preset's replicas."""
    form = _form(f"{system.board}-{BOTH[system.replicas]}")
    return programs.pack("dma", replace(system, elves={**system.elves, **form}), place,
                         description=description)
