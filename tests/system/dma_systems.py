# SPDX-License-Identifier: BSD-2-Clause
"""The board's test system with DMA: kernel and shim have a form for it, which no preset has."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.system import programs
from tools import presets
from tools.board import load_board
from tools.paths import BUILD, ROOT
from tools.system_report import SystemReport

FORMS = {1: "base", 2: "tmr", 3: "tmr", 4: "tmr"}  # by replicas: one, several
ANY_LEVEL = "entry-exit"  # the shim is the same at all of them


def description_of(board: str) -> Path:
    """The board's own; of the default board that of the tree."""
    own = ROOT / "configs" / board / "dma.system"
    return own if own.exists() else ROOT / "configs/dma.system"


@cache
def _built(preset: str, level: str, target: str) -> Path:
    """A program made as for the preset, but for a system with DMA regions and this vote level."""
    place = BUILD / "dma-form" / f"{preset}-{level}"
    place.mkdir(parents=True, exist_ok=True)
    system = description_of(presets.board_of(preset)).relative_to(ROOT)
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ.get('PATH', '/bin')}"}
    with (place / "lock").open("w", encoding="utf-8") as lock:  # tests run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["cmake", "--preset", preset, "-B", str(place),
                         f"-DTERNION_SYSTEM={system}", f"-DTERNION_VOTE_LEVEL={level}"],
                        ["cmake", "--build", str(place), "--target", target]):
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True,
                                  text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    part = target.partition(".")[0]
    return place / part / f"{part}.elf"


def _form(system: SystemReport) -> dict[str, Path]:
    """The board's shim. A kernel knows of a board only where its DMA memory is, so one is enough
    for all that have it at the same place."""
    form, level = FORMS[system.replicas], str(system.raw["vote_level"])
    assert load_board(system.board).dma == load_board(presets.BOARD).dma
    return {"shim": _built(f"{system.board}-{form}", ANY_LEVEL, "shim.bin"),
            "kernel": _built(f"{presets.BOARD}-{form}", level, "kernel.elf")}


def pack(system: SystemReport, place: Path, description: Path | None = None,
         other: Mapping[str, str | int] | None = None) -> SystemReport:
    """The test system with the preset's replicas and programs; `other` is what shall be other than
    in its report: vote_level, window."""
    system = replace(system, raw={**system.raw, **(other or {})})
    return programs.pack("dma", replace(system, elves={**system.elves, **_form(system)}), place,
                         description=description or description_of(system.board))
