# SPDX-License-Identifier: BSD-2-Clause
"""The trusted part: size of the shim, and what exists only once, as shim/DESIGN.md lists it."""

from __future__ import annotations

import re
from pathlib import Path

from tools import sizes
from tools.errors import UserError
from tools.paths import BUILD, ROOT
from tools.presets import load
from tools.sizes import Size

LIMIT = 2000
SUFFIXES = (".c", ".h", ".S")
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
SECTION = "Not replicated"


def code_lines(text: str) -> int:
    """Lines that are neither blank nor comment."""
    bare = COMMENT.sub(lambda found: '""' if found.group().startswith('"') else
                       "\n" * found.group().count("\n"), text)
    return sum(bool(line.strip()) for line in bare.splitlines())


def runs_at_el2(path: str) -> bool:
    """Whether a file of the shim is part of what runs there: not the declarations that it shares
    with other rooms, and not the calls that are linked into the kernel."""
    parts = Path(path).parts
    return parts[:1] == ("shim",) and parts[-1].endswith(SUFFIXES) and (
        parts[1] != "include" and parts[-1] != "call.S")


def _count(directory: Path) -> dict[str, int]:
    files = sorted(path for path in directory.rglob("*") if path.suffix in SUFFIXES)
    return {str(path.relative_to(ROOT)): code_lines(path.read_text("utf-8")) for path in files}


def count_lines() -> dict[str, int]:
    """Lines of code of every file of the shim, its drivers included."""
    return _count(ROOT / "shim")


def count_board_lines() -> dict[str, int]:
    """Lines of code of the boards, which the shim is compiled with."""
    return _count(ROOT / "boards")


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
