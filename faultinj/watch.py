# SPDX-License-Identifier: BSD-2-Clause
"""What the injection plugin notes of a run: code that is reached, words of RAM that change."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from faultinj.plugin_page import VCPUS

SIGHTS = 32768
HEAD = struct.Struct("<Q")
SIGHT = struct.Struct(f"<IIQQ{VCPUS}Q")
SIZE = HEAD.size + SIGHTS * SIGHT.size
ANY_CORE = VCPUS
STRIKES = 64
STRUCK = 0xFFFFFFFF  # id of a strike's sight; its entry is the bit


class Kind(IntEnum):
    """enum watch_kind."""

    BLOCK = 0
    WORD = 1
    RING = 2


@dataclass(frozen=True)
class Watch:
    """One thing to be watched. The core applies to words: only before its blocks are they read."""

    kind: Kind
    id: int
    address: int        # of the code, or offset of the word in the RAM file
    core: int = ANY_CORE
    ring: int = 0       # offset of 32-bit words that the watched word counts
    entries: int = 0

    def line(self) -> str:
        """For the plugin."""
        return (f"{self.kind.value} {self.id} {self.core} {self.address} {self.ring} "
                f"{self.entries}\n")


@dataclass(frozen=True)
class Sight:
    """It was reached, or has changed."""

    id: int
    core: int
    value: int               # of the word
    entry: int               # the newest in its ring
    total: tuple[int, ...]   # instructions of every core until then

    @property
    def moment(self) -> int:
        """Nanoseconds of virtual time, while no core sleeps: one per instruction of any core."""
        return sum(self.total)


@dataclass(frozen=True)
class Strike:
    """A bit of RAM flips when the core's ring has a new entry, once all replicas have taken part
    again for `gap` instructions of all cores."""

    core: int
    address: int  # offset of a 32-bit word in the RAM file
    bit: int
    gap: int


def write_strikes(path: Path, members_at: int, members: int, strikes: list[Strike]) -> None:
    """The plugin's file; the members are a 32-bit set at this offset of the RAM file."""
    path.write_text(f"{members_at} {members}\n" + "".join(
        f"{strike.core} {strike.address} {strike.bit} {strike.gap}\n" for strike in strikes),
        encoding="ascii")


def write_watches(path: Path, watches: list[Watch]) -> None:
    """The plugin's file."""
    path.write_text("".join(watch.line() for watch in watches), encoding="ascii")


def decode(data: bytes) -> tuple[list[Sight], bool]:
    """In the order in which they happened, and whether all found room."""
    written, = HEAD.unpack_from(data)
    sights = []
    for index in range(min(written, SIGHTS)):
        which, core, value, entry, *total = SIGHT.unpack_from(data, HEAD.size + index * SIGHT.size)
        sights.append(Sight(which, core, value, entry, tuple(total)))
    return sights, written <= SIGHTS
