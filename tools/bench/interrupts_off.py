# SPDX-License-Identifier: BSD-2-Clause
"""The longest time with interrupts off: the most instructions from leaving user or idle to the
return to one of them, over everything that a flight does after its first user instruction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.bench import flight
from tools.bench.kernel import place_of
from tools.bench.page import EL2, PRIVILEGED, WAIT, WORK_EL1, Class, Stretch
from tools.console import console, note, table, verdict
from tools.errors import UserError
from tools.presets import mode_of
from tools.qemu import Ending
from tools.symbols import Symbols
from tools.system_report import SystemReport

FORMAT = 1
GIVEN_UP = "cannot go on: "  # words of apps/kernelbench and apps/apitest
FUNCTIONS = 6  # shown of the longest stretch
BOUND = 100_000
BOUND_REASON = (
    "100 units of work per entry, then the call is repeated from its SVC; a unit is at most the "
    "deletion of one slot, 256 bytes zeroed or 1 KiB of cache maintenance; what is not counted in "
    "units is linear in threads waiting or due, or bounded by 256 objects of one Retype "
    "(kernel/DESIGN.md: What sets the longest stretch)")


@dataclass(frozen=True)
class Longest:
    """One core's longest stretch."""

    core: int
    work: int     # at EL1
    wait: int     # at EL1 and EL2: for other replicas
    shim: int     # at EL2, in the same stretch
    left: str     # where user or idle was left
    back: str     # where it came back
    functions: list[tuple[str, int]]


@dataclass(frozen=True)
class Measurement:
    """One flight."""

    preset: str
    program: str
    sha256: str
    command: str
    entries: int          # of core 0: times that it left user or idle for EL1
    typical: int          # half of them are below this, a power of two
    longest: list[Longest]      # per core, by instructions at EL1
    longest_all: int      # of any core: EL1 and EL2 together

    @property
    def most(self) -> int:
        """Instructions at EL1 of the longest stretch, without waiting."""
        return max(found.work for found in self.longest)


def _longest(symbols: Symbols, core: int, stretch: Stretch, places: dict[int, int]) -> Longest:
    functions: Counter[str] = Counter()
    for address, hits in places.items():
        functions[place_of(symbols, address).partition("+")[0]] += hits
    return Longest(core, stretch.counts.sum(*WORK_EL1), stretch.counts.sum(*WAIT),
                   stretch.counts.sum(*EL2), place_of(symbols, stretch.left),
                   place_of(symbols, stretch.back), functions.most_common())


def _typical(lengths: list[int]) -> int:
    """The power of two that half of the stretches are below."""
    seen = 0
    for bits, number in enumerate(lengths):
        seen += number
        if seen * 2 >= sum(lengths):
            return 2 << bits
    return 0


def measure(system: SystemReport, program: str, limit_s: float,
            announce: Callable[[str], None] | None = None) -> Measurement:
    """One flight of an image to its end."""
    done = flight.fly(system, {}, limit_s=limit_s, announce=announce)
    if done.ending is not Ending.OFF or GIVEN_UP in done.text:
        said = done.text.splitlines()[-1:] or ["nothing"]
        raise UserError(f"{program} on {system.preset} ended by {done.ending.value} after "
                        f"{done.seconds:.0f} s; it said: {said[0]}",
                        next_step="./ternion bench interrupts-off --limit SECONDS")
    symbols = Symbols(system)
    flown = [core for core, counts in enumerate(done.page.counts) if counts[Class.USER]]
    if not flown:
        raise UserError(f"{program} on {system.preset} ran no user code",
                        next_step="./ternion run --preset " + system.preset)
    return Measurement(
        system.preset, program, system.sha256, done.command, done.page.entries[0],
        _typical(done.page.lengths[0]),
        [_longest(symbols, core, done.page.longest[core], done.page.places[core])
         for core in flown],
        max(s.counts.sum(*PRIVILEGED) for s in done.page.longest_all))


def show(measured: list[Measurement]) -> bool:
    """Prints them; whether all are within the bound."""
    numbers = ("entries", "typical", "EL1", "waits", "EL2")
    rows = table("program", "preset", "core", *numbers, right=("core", *numbers))
    for m in measured:
        for found in m.longest:
            first = found.core == m.longest[0].core
            rows.add_row(*((m.program, mode_of(m.preset)) if first else ("", "")), str(found.core),
                         *((f"{m.entries:,}", f"< {m.typical:,}") if first else ("", "")),
                         f"{found.work:,}", f"{found.wait:,}", f"{found.shim:,}")
    console.print(rows)
    for m in measured:
        worst = max(m.longest, key=lambda found: found.work)
        note(f"{m.program} on {m.preset}: left at {worst.left}, back at {worst.back}")
        note("  in it: " + ", ".join(f"{name.partition(':')[2]} {count:,}"
                                     for name, count in worst.functions[:FUNCTIONS]))
        note(f"  EL1 and EL2 together at most {m.longest_all:,}; image sha256 {m.sha256[:16]}")
    good = True
    for m in measured:
        good &= m.most <= BOUND
        verdict(m.most <= BOUND, f"{m.program} on {m.preset}: longest stretch with interrupts off "
                                 f"{m.most:,} instructions at EL1 (bound {BOUND:,})")
    note(f"the bound: {BOUND_REASON}")
    return good


def write(measured: list[Measurement], path: Path) -> None:
    """The JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "format": FORMAT, "bound": BOUND, "bound_reason": BOUND_REASON,
        "unit": "instructions, one callback of the TCG plugin ternion_count each",
        "flights": [{**m.__dict__, "longest": [found.__dict__ for found in m.longest]}
                    for m in measured]}, indent=1) + "\n", encoding="utf-8")
