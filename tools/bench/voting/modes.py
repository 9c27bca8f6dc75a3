# SPDX-License-Identifier: BSD-2-Clause
"""The systems that are compared, and their images."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools import presets
from tools.bench.images import PLACE, Parts, packed, parts_of
from tools.errors import UserError
from tools.paths import ROOT
from tools.presets import BuildError
from tools.system_model import VOTE_LEVELS
from tools.system_report import SystemReport

BOARD = "qemu-virt"
REPLICAS = {"base": 1, "dmr": 2, "tmr": 3}
LEVEL = "entry-exit"  # what limits refer to, and what the presets have
WINDOWS = (0, 4, 64)
QUICK_WINDOWS = (0, 64)
HERE = PLACE / "voting"


@dataclass(frozen=True)
class Mode:
    """A number of replicas, a vote level and a window."""

    name: str
    level: str = ""
    window: int = 0

    @property
    def replicas(self) -> int:
        return REPLICAS[self.name]

    @property
    def key(self) -> str:
        """In the JSON file, and the directory of its images."""
        return f"{self.name}-{self.level}-w{self.window}" if self.level else self.name

    @property
    def text(self) -> str:
        """For a table."""
        return f"{self.name} {self.level} W={self.window}" if self.level else self.name


BASE = Mode("base")


def chosen(names: Sequence[str], levels: Sequence[str], windows: Sequence[int]) -> list[Mode]:
    """All combinations, base first. Levels that this tree does not have are the user's mistake."""
    for level in levels:
        if level not in VOTE_LEVELS:
            raise UserError(f"there is no vote level '{level}'; the levels are: "
                            f"{', '.join(VOTE_LEVELS)}",
                            next_step=f"./ternion bench voting --level {LEVEL}")
    return [BASE, *(Mode(name, level, window) for name in names for level in levels
                    for window in windows)]


def all_levels() -> list[str]:
    """Every level, the reference that compares nothing last."""
    return sorted(VOTE_LEVELS, key=lambda level: level == "none")


def preset_of(name: str) -> str:
    """The preset with so many replicas and the usual level."""
    return f"{BOARD}-{name}"


def _cmake(arguments: list[str], preset: str, log: Path) -> None:
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ.get('PATH', '/bin')}"}
    done = subprocess.run(["cmake", *arguments], cwd=ROOT, env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        raise BuildError(preset, done.stdout, log)


def _form(name: str, level: str, usual: Parts) -> Parts:
    """Kernel and shim of another vote level; programs are the same in every mode."""
    place = HERE / "forms" / f"{name}-{level}"
    preset = preset_of(name)
    _cmake(["--preset", preset, "-B", str(place), f"-DTERNION_VOTE_LEVEL={level}"], preset,
           place / "configure.log")
    _cmake(["--build", str(place), "--target", "kernel.elf", "shim.bin"], preset,
           place / "build.log")
    return replace(usual, kernel=place / "kernel" / "kernel.elf", shim=place / "shim" / "shim.elf")


class Images:
    """Builds what is missing: a kernel for each number of replicas and level, once."""

    def __init__(self) -> None:
        self._usual: dict[str, Parts] = {}
        self._forms: dict[tuple[str, str], Parts] = {}

    def _parts(self, mode: Mode) -> Parts:
        if mode.name not in self._usual:
            system = presets.build(preset_of(mode.name)).system
            assert system is not None
            self._usual[mode.name] = parts_of(system)
        usual = self._usual[mode.name]
        if not mode.level:
            return usual
        key = mode.name, mode.level
        if key not in self._forms:
            self._forms[key] = usual if mode.level == LEVEL else _form(*key, usual)
        return replace(self._forms[key], redundancy=[
            "--replicas", str(mode.replicas), "--vote-level", mode.level, "--window",
            str(mode.window)])

    def of(self, mode: Mode, program: str) -> SystemReport:
        """The image of this mode around a program."""
        return packed(self._parts(mode), program, HERE / mode.key / program)
