# SPDX-License-Identifier: BSD-2-Clause
"""What the injection plugin notes of a run: code that is reached, words of RAM that change."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from faultinj.plugin_page import VCPUS

SIGHTS = 262144
HEAD = struct.Struct("<Q")
SIGHT = struct.Struct(f"<IIQQQQ{VCPUS}Q")
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
    ring: int = 0       # offset of words that the watched word counts
    entries: int = 0
    stride: int = 4     # bytes from one to the next: 4 for 32-bit words, else 64-bit ones
    first: int = 0      # value of the watched word that stands for the ring's first one
    every: int = 0      # only values that this divides are noted; 0: all

    def line(self) -> str:
        """For the plugin."""
        return (f"{self.kind.value} {self.id} {self.core} {self.address} {self.ring} "
                f"{self.entries} {self.stride} {self.first} {self.every}\n")


@dataclass(frozen=True)
class Sight:
    """It was reached, or has changed."""

    id: int
    core: int
    value: int               # of the word
    entry: int               # the newest in its ring
    total: tuple[int, ...]   # instructions of every core until then
    since: int = 0           # instructions of this core since its turn began
    away: int = 0            # instructions of the others between that turn and the one before

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


def read(path: Path) -> tuple[list[Sight], bool]:
    """The plugin's file, which is mostly a hole."""
    with path.open("rb") as file:
        head = file.read(HEAD.size)
        written, = HEAD.unpack(head)
        return decode(head + file.read(min(written, SIGHTS) * SIGHT.size))


def decode(data: bytes) -> tuple[list[Sight], bool]:
    """In the order in which they happened, and whether all found room."""
    written, = HEAD.unpack_from(data)
    sights = []
    for index in range(min(written, SIGHTS)):
        which, core, value, entry, since, away, *total = SIGHT.unpack_from(
            data, HEAD.size + index * SIGHT.size)
        sights.append(Sight(which, core, value, entry, tuple(total), since, away))
    return sights, written <= SIGHTS
