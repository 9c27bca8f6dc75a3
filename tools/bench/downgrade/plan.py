# SPDX-License-Identifier: BSD-2-Clause
"""The cases: which replica, when, and what flips. A seed decides all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from faultinj.fault import Flip, MemoryFlip, RegisterFlip, Trigger
from faultinj.watch import Kind, Sight, Watch
from tools import board_state
from tools.symbols import Symbols
from tools.system_report import SystemReport

PUBLISHED, ACTIVE, OUTPUT = 1, 2, 3  # what is watched
STORE = "device_store"    # of the shim, on every core
RUNNING = "rcoe_fingerprint"  # of the kernel: what the next round is made from
REGISTER_SHARE = 0.25
REACH = 150               # instructions of the core before a publication: the entry and its hashing
GENERAL_REGISTERS = 31


class What(Enum):
    """Where the bit flips."""

    FINGERPRINT = "fingerprint"  # the running one in RAM, right after a publication
    REGISTER = "register"        # of the kernel, while it makes the fingerprint


@dataclass(frozen=True)
class Case:
    """One fault. `round` is the publication that it comes after, or before."""

    number: int
    what: What
    replica: int
    round: int
    trigger: Trigger
    flip: Flip


def watches(system: SystemReport) -> list[Watch]:
    """Publications of each replica, changes of the active set, stores to devices of each core."""
    board = system.board_page.base - system.ram.base
    symbols = Symbols(system)
    store = symbols.programs["shim"].find(STORE)
    assert store is not None
    found = [Watch(Kind.WORD, ACTIVE, board + board_state.CONTROL_ACTIVE)]
    for replica in range(system.replicas):
        ballot = board + board_state.BALLOTS + replica * board_state.PAGE
        found.append(Watch(Kind.RING, PUBLISHED, ballot, replica,
                           ballot + board_state.BALLOT_FINGERPRINTS, board_state.BALLOT_RING))
        found.append(Watch(Kind.BLOCK, OUTPUT, store.address + symbols.shim_offset(replica)))
    return found


def candidates(sights: Sequence[Sight]) -> list[Sight]:
    """Publications while output flows: after the first store to a device, and before the last but
    one, so that there is an output to wait for."""
    outputs = [sight.moment for sight in sights if sight.id == OUTPUT]
    if len(outputs) < 3:
        raise ValueError(f"{len(outputs)} outputs in the run without a fault")
    return [sight for sight in sights
            if sight.id == PUBLISHED and outputs[0] < sight.moment < outputs[-2]]


def fingerprints(system: SystemReport) -> list[int]:
    """Physical address of each replica's running fingerprint."""
    symbols = Symbols(system)
    running = symbols.kernel.find(RUNNING)
    assert running is not None
    return [symbols.kernel_physical(replica, running.address)
            for replica in range(system.replicas)]


def _case(number: int, rng: random.Random, sight: Sight, running: Sequence[int]) -> Case:
    core, at = sight.core, sight.total[sight.core]
    if rng.random() < REGISTER_SHARE:
        trigger = Trigger(core, at - rng.randint(1, REACH))
        return Case(number, What.REGISTER, core, sight.value, trigger,
                    RegisterFlip(rng.randrange(GENERAL_REGISTERS), rng.randrange(64)))
    bit = rng.randrange(32)
    return Case(number, What.FINGERPRINT, core, sight.value, Trigger(core, at),
                MemoryFlip(running[core] + bit // 8, bit % 8))


def make_plan(sights: Sequence[Sight], running: Sequence[int], count: int,
              seed: int) -> list[Case]:
    """Replicas in equal shares, the I/O core's among them; rounds at random."""
    rng = random.Random(f"{seed}/downgrade")
    of: dict[int, list[Sight]] = {replica: [] for replica in range(len(running))}
    for sight in candidates(sights):
        of[sight.core].append(sight)
    return [_case(number, rng, rng.choice(of[number % len(running)]), running)
            for number in range(1, count + 1)]
