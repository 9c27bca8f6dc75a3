# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of flips in memory, from one golden run: plugin/ternion_trace.c looks at every load,
store and fetched instruction, and knows by its physical address which flips it reads and which it
overwrites.

It sees what a core's instructions load and store, also in helpers of the emulator, and exclusive
and vector accesses, by whatever core. It does not see:
- walks of page tables. So nothing may be asked about bytes that hold tables: def_use.py.
- what devices read by themselves. The boards' devices that the systems use do not: fw_cfg is read
  word by word, the rest has no access to memory.
- `dc zva` and the emulator's loader. They only write, so that a flip that one of them overwrites
  is taken for one that is read next: it is run for nothing, and no result is wrong.
"""

from __future__ import annotations

import bisect
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultinj.engine import run
from faultinj.golden import GOLDEN_LIMITS, Arm
from faultinj.plugin_page import CLASS_ANY, VCPUS
from tools import plugin
from tools.errors import UserError
from tools.paths import ram_directory

SOURCE = Path(__file__).resolve().parent / "plugin" / "ternion_trace.c"
MAGIC = 0x31434152544E5254
HEAD = np.dtype([("magic", "<u8"), ("cells", "<u8"), ("flips", "<u8"), ("ram_base", "<u8"),
                 ("ram_size", "<u8"), ("accesses", "<u8"), ("unplaced", "<u8"),
                 ("first_seen", "<u8"), ("first_placed", "<u8"), ("total", "<u8", (VCPUS,))])
CELL = np.dtype([("offset", "<u8"), ("last", "<u8"), ("read", "<u8"), ("overwritten", "<u8"),
                 ("core", "<u4"), ("other", "<u4"), ("flip", "<u4"), ("flips", "<u4")])
FLIP = np.dtype([("time", "<u8"), ("fate", "<u8")])
Numbers = NDArray[np.uint64]


class NextAccess(IntEnum):
    """What comes first after a flip: enum fate."""

    NONE = 0
    READ = 1
    OVERWRITTEN = 2


@dataclass(frozen=True, order=True)
class Bytes:
    """Consecutive bytes of RAM, at instructions of a core."""

    core: int
    address: int
    size: int


@dataclass(frozen=True)
class Instant:
    """A flip before the block that contains instruction `time` (from 0) of the core."""

    core: int
    address: int
    time: int


@dataclass(frozen=True)
class Traced:
    """For each byte, in the order of the question: how many instructions of the core's window, from
    its kernel's start to the end, come before a read and how many before a write. The rest has no
    access behind it."""

    window: dict[int, int]  # core -> its instructions
    read: list[Numbers]
    overwritten: list[Numbers]
    next_access: list[NextAccess]  # of the instants


def built_trace() -> Path:
    """The compiled plugin."""
    return plugin.built(SOURCE, "trace")


def _cells(arm: Arm, asked: Sequence[Bytes]) -> NDArray[np.void]:
    """One for each byte."""
    cells = np.zeros(sum(part.size for part in asked), CELL)
    at = 0
    for part in asked:
        chosen = cells[at:at + part.size]
        chosen["offset"] = np.arange(part.size) + (part.address - arm.system.ram.base)
        chosen["core"] = part.core
        chosen["last"] = arm.golden.window(part.core, CLASS_ANY)[0]
        at += part.size
    return cells


def _places(asked: Sequence[Bytes], instants: Sequence[Instant]) -> NDArray[np.int64]:
    """Numbers of the instants' cells."""
    starts = np.cumsum([0, *(part.size for part in asked)])
    known = sorted(zip(asked, map(int, starts)))
    found = []
    for instant in instants:
        index = bisect.bisect_right(known, (instant.core, instant.address),
                                    key=lambda entry: (entry[0].core, entry[0].address)) - 1
        part, start = known[max(index, 0)]
        offset = instant.address - part.address
        if part.core != instant.core or not 0 <= offset < part.size:
            raise ValueError(f"{instant} is in none of the bytes that are traced")
        found.append(start + offset)
    return np.array(found, dtype=np.int64)


def encode(arm: Arm, asked: Sequence[Bytes], instants: Sequence[Instant]
           ) -> tuple[bytes, NDArray[np.int64]]:
    """The file that the plugin fills, and which instant each of its flips is."""
    cells, places = _cells(arm, asked), _places(asked, instants)
    times = np.array([instant.time for instant in instants], dtype=np.uint64)
    order = np.lexsort((times, places))
    flips = np.zeros(len(instants), FLIP)
    flips["time"] = times[order]
    hit, first, count = np.unique(places[order], return_index=True, return_counts=True)
    cells["flip"][hit], cells["flips"][hit] = first, count
    head = np.zeros((), HEAD)
    head["magic"], head["cells"], head["flips"] = MAGIC, len(cells), len(flips)
    head["ram_base"], head["ram_size"] = arm.system.ram.base, arm.system.ram.size
    return head.tobytes() + cells.tobytes() + flips.tobytes(), order


def _check(arm: Arm, head: NDArray[np.void]) -> None:
    """It must be the golden run, and no access may be in an unknown place."""
    total = tuple(int(count) for count in head["total"][:len(arm.golden.total)])
    problem = ""
    if total != arm.golden.total:
        problem = f"it executed {total} instructions, not {arm.golden.total}"
    elif head["unplaced"] or head["first_seen"] != head["first_placed"]:
        problem = "this emulator does not tell the physical addresses of all accesses"
    if problem:
        raise UserError(f"the trace of {arm.system.preset} is not of the golden run: {problem}",
                        next_step='remove from [sample]: prune = "def-use"')


def decode(arm: Arm, data: bytes, asked: Sequence[Bytes], order: NDArray[np.int64]) -> Traced:
    """Reads what the plugin has filled in."""
    head = np.frombuffer(data, HEAD, 1)[0]
    _check(arm, head)
    cells = np.frombuffer(data, CELL, int(head["cells"]), HEAD.itemsize)
    flips = np.frombuffer(data, FLIP, int(head["flips"]),
                          HEAD.itemsize + cells.nbytes)
    edges = np.cumsum([part.size for part in asked])[:-1]
    found = np.zeros(len(flips), dtype=np.uint64)
    found[order] = flips["fate"]
    window = {}
    for core in {part.core for part in asked}:
        low, high = arm.golden.window(core, CLASS_ANY)
        window[core] = high - low
    return Traced(window, np.split(cells["read"], edges), np.split(cells["overwritten"], edges),
                  [NextAccess(int(fate)) for fate in found])


def trace(arm: Arm, asked: Sequence[Bytes], instants: Sequence[Instant]) -> Traced:
    """One more golden run of the arm."""
    data, order = encode(arm, asked, instants)
    with tempfile.TemporaryDirectory(prefix=f"ternion-inject-{os.getpid()}-trace-",
                                     dir=ram_directory()) as place:
        file = Path(place, "trace")
        file.write_bytes(data)
        extra = ["-plugin", f"{built_trace()},trace={file}"]
        done, _ = run(replace(arm.flight, extra=[*arm.flight.extra, *extra]), GOLDEN_LIMITS,
                      probes=arm.probes)
        filled = file.read_bytes()
    if done.downlink != arm.golden.downlink:
        raise UserError(f"the trace of {arm.system.preset} is not of the golden run: another "
                        "downlink", next_step=f"./ternion run --icount --preset "
                                              f"{arm.system.preset}   (twice)")
    return decode(arm, filled, asked, order)
