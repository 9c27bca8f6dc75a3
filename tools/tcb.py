# SPDX-License-Identifier: BSD-2-Clause
"""The trusted part: size of the shim, and what exists only once, as shim/DESIGN.md lists it."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from pathlib import Path

from tools import sizes
from tools.board import BOARDS, boards, load_board
from tools.errors import UserError
from tools.paths import BUILD, ROOT
from tools.presets import load
from tools.sizes import Size

LIMIT = 2000  # resident lines
SUFFIXES = (".c", ".h", ".S")
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
SECTION = "Not replicated"
DMA = "shim/dma/"  # the form without DMA regions, and the other one, which is larger
DRIVERS = "drivers"  # the directory whose files the boards choose from
DRIVER = re.compile(r"\bdrivers/[\w/-]+\.c\b")
START = "start"  # the name of the directories whose code has pages of its own


def code_lines(text: str) -> int:
    """Lines that are neither blank nor comment."""
    bare = COMMENT.sub(lambda found: '""' if found.group().startswith('"') else
                       "\n" * found.group().count("\n"), text)
    return sum(bool(line.strip()) for line in bare.splitlines())


class Part(Enum):
    """When a file of the shim is there to run."""

    RESIDENT = "at EL2"
    START = "at EL2 until the replica runs, then unexecutable"  # shim/shim.ld
    SHARED = "shared, not at EL2"  # declarations, and the calls that are linked into the kernel


def part_of(path: str) -> Part | None:
    """None: no code of the shim."""
    parts = Path(path).parts
    if parts[:1] != ("shim",) or not parts[-1].endswith(SUFFIXES):
        return None
    if parts[1] == "include" or parts[-1] in ("call.S", "dma_call.S"):
        return Part.SHARED
    return Part.START if START in parts else Part.RESIDENT


def _count(directory: Path) -> dict[str, int]:
    files = sorted(path for path in directory.rglob("*") if path.suffix in SUFFIXES)
    return {str(path.relative_to(ROOT)): code_lines(path.read_text("utf-8")) for path in files}


@cache
def drivers_of(board: str) -> set[str]:
    """Names, without their endings, of the files in shim/drivers that the board has chosen."""
    text = (BOARDS / board / "CMakeLists.txt").read_text("utf-8")
    return {Path(name).stem for name in DRIVER.findall(text)}


def is_for(path: str, board: str) -> bool:
    """False for another board's driver, and for one of the two forms of DMA. A driver that no board
    knows counts for all."""
    if path.startswith(DMA):
        return path.startswith(f"{DMA}handed_over/" if load_board(board).dma else f"{DMA}none/")
    if DRIVERS not in Path(path).parts:
        return True
    chosen = drivers_of(board)
    others = {name for other in boards() for name in drivers_of(other)}
    return Path(path).stem not in others - chosen


def count_lines(board: str) -> dict[str, int]:
    """Lines of code of every file of the shim on this board, its drivers included."""
    return {path: lines for path, lines in _count(ROOT / "shim").items() if is_for(path, board)}


def count_board_lines(board: str) -> dict[str, int]:
    """Lines of code of the board, which the shim is compiled with."""
    return _count(BOARDS / board)


def shim_size(preset: str) -> Size | None:
    """Bytes of the built shim, when that preset has been built."""
    if not (BUILD / preset / "report.json").exists():
        return None
    return sizes.of_elf(load(preset).elves["shim"])


def not_replicated(design: Path = ROOT / "shim" / "DESIGN.md") -> list[str]:
    """The items of the section of that name; an item may go over several lines."""
    text = design.read_text("utf-8") if design.exists() else ""
    match = re.search(rf"^#+\s*{SECTION}[^\n]*\n(.*?)(?=^#|\Z)", text,
                      re.MULTILINE | re.DOTALL | re.IGNORECASE)
    body = match.group(1) if match else ""
    items = re.findall(r"^[-*]\s+(.*?)(?=^[-*]\s|^\s*$|\Z)", body, re.MULTILINE | re.DOTALL)
    if not items:
        raise UserError(f"{design.name} has no list under a heading '{SECTION}'",
                        next_step=f"write it: what exists once, in shim/{design.name}")
    return [re.sub(r"\s+", " ", item).replace("*", "").replace("`", "").strip() for item in items]
