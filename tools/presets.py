# SPDX-License-Identifier: BSD-2-Clause
"""The named systems of CMakePresets.json and boards/*/presets.json, and how to build one."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tools import system_report
from tools.board import boards
from tools.errors import UserError
from tools.paths import BUILD, PRESETS, relative
from tools.system_report import SystemReport

HOST = "host"
BOARD = "qemu-virt"
DEFAULT = f"{BOARD}-tmr"
CULPRIT = re.compile(r"^FAILED|error:|^CMake Error|^ternion:")
EXCERPT_LINES = 30


def _read(path: Path) -> list[str]:
    """Workflow presets of the files that this one includes, then its own."""
    presets = json.loads(path.read_text(encoding="utf-8"))
    included = [name for part in presets.get("include", []) for name in _read(path.parent / part)]
    return included + [preset["name"] for preset in presets["workflowPresets"]]


def known(path: Path = PRESETS) -> list[str]:
    """Names that `cmake --workflow --preset` takes."""
    try:
        return _read(path)
    except (FileNotFoundError, KeyError, json.JSONDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {error}",
                        next_step="git checkout CMakePresets.json boards") from error


def images(board: str | None = None) -> list[str]:
    """Those presets that make an image; for this board only, if one is given."""
    return [name for name in known() if name != HOST and board in (None, board_of(name))]


def board_of(preset: str) -> str:
    """The board of a preset's full name."""
    return next(board for board in boards() if preset.startswith(f"{board}-"))


def mode_of(preset: str) -> str:
    """What the name says beside the default board: `tmr` for qemu-virt-tmr."""
    return preset.removeprefix(f"{BOARD}-")


def check(preset: str) -> str:
    """The preset's full name. `tmr` means qemu-virt-tmr; an unknown name is an error naming all."""
    names = known()
    if preset in names:
        return preset
    short = [name for name in names if name == f"{BOARD}-{preset}"]
    if short:
        return short[0]
    near = difflib.get_close_matches(preset, names, n=1)
    raise UserError(f"unknown preset '{preset}'; the presets are: {', '.join(names)}",
                    next_step=f"./ternion build --preset {near[0] if near else DEFAULT}")


def on_board(name: str, board: str) -> str:
    """`tmr` on this board; a full name stays."""
    whole = f"{board}-{name}"
    return whole if whole in known() else name


@dataclass(frozen=True)
class BuildResult:
    """What a build did. system is None for the host preset."""

    preset: str
    seconds: float
    system: SystemReport | None
    output: str


def build(preset: str) -> BuildResult:
    """Configures and builds; with the host preset also runs its unit tests."""
    preset = check(preset)
    start = time.monotonic()
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ.get('PATH', '/bin')}"}
    done = subprocess.run(["cmake", "--workflow", "--preset", preset], cwd=PRESETS.parent,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    log = BUILD / preset / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        raise BuildError(preset, done.stdout, log)
    system = None if preset == HOST else load(preset)
    return BuildResult(preset, time.monotonic() - start, system, done.stdout)


class BuildError(UserError):
    """The build failed; `excerpt` is the part of its output that says why."""

    def __init__(self, preset: str, output: str, log: Path) -> None:
        super().__init__(f"building {preset} failed", next_step=f"less {relative(log)}")
        lines = output.splitlines()
        first = next((number for number, line in enumerate(lines) if CULPRIT.search(line)),
                     max(len(lines) - EXCERPT_LINES, 0))
        self.excerpt = "\n".join(lines[first:][:EXCERPT_LINES])


def load(preset: str) -> SystemReport:
    """The report of a preset that has been built."""
    return system_report.load(BUILD / check(preset) / "report.json")
