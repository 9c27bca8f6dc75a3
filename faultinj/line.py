# SPDX-License-Identifier: BSD-2-Clause
"""A serial line that speaks at set moments of virtual time: plugin/line.h."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faultinj.watch import Sight

TURN = 1000         # instructions of a core before the next one runs: nearly side by side
SPOKE = 0xFFFFFFFE  # id of a sight: its value is the virtual time, its entry the character
LOST = 0x100        # in the entry: the UART had no room


@dataclass(frozen=True)
class Phase:
    """Characters that come after all replicas have executed the block at an address."""

    address: int
    gaps_ns: tuple[int, ...]  # before each character
    characters: bytes


def write_line(path: Path, replicas: int, phases: list[Phase]) -> None:
    """The plugin's file."""
    lines = [f"{replicas} {len(phases)}"]
    for phase in phases:
        lines.append(f"{phase.address} {len(phase.characters)}")
        lines += [f"{gap} {character}"
                  for gap, character in zip(phase.gaps_ns, phase.characters, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def lost(sight: Sight) -> bool:
    """Whether the UART had no room for this character."""
    return bool(sight.entry & LOST)
