# SPDX-License-Identifier: BSD-2-Clause
"""A bit of a kernel object flips right after an event wrote it, before that event's exit vote: vote
level object finds it in that vote, entry-exit when the word has had an effect, or never. In
lockstep (window 0): every round is compared when it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from faultinj.campaign import small_mission
from faultinj.golden import Arm, fly_golden
from faultinj.rsp import Stub
from tests.system import flips, hijack, programs
from tools.paths import ROOT
from tools.recorder import RENDEZVOUS, RecordType
from tools.symbols import Symbols
from tools.system_report import SystemReport

ENTRY_EXIT, OBJECT = "tmr", "tmr-object"
CORE = 1
EVENTS = 20
# What comes when the work of an entry is done: the digest, or the way back to the program.
FIRST = {ENTRY_EXIT: "arch_return_to_user", OBJECT: "rcoe_changes_fold"}
WINDOW = 0xFFFFFF8000000000  # PPTR_BASE, kernel/types.h
RAM = 0x40000000
# Offsets in struct kernel_state, struct tcb and struct sched_context.
CURRENT, PAYING = 0, 8
THREAD, PRIORITY = 968, 985
REFILL_HEAD, REFILLS, AMOUNT = 66, 96, 8
LIST, RANGES = 8, 32  # of struct rcoe_changes, rcoe/changes.h


@dataclass(frozen=True)
class Found:
    """Rounds from the last one published before the flip to the first that differs; None: the
    flight ended without a difference."""

    rounds: int | None
    excluded: list[int]


class Objects:
    """What the kernel of a replica on the stopped machine works on."""

    def __init__(self, arm: Arm, stub: Stub) -> None:
        self._stub = stub
        self._base = arm.system.partitions[CORE].base
        kernel = Symbols(arm.system).kernel
        self._state = hijack.physical(arm, CORE, kernel.address("state"))
        self._changes = kernel.find("rcoe_changes")
        self._arm = arm

    def physical(self, pointer: int) -> int:
        """Of an object in the kernel window."""
        return pointer - WINDOW - RAM + self._base

    def pointer(self, offset: int) -> int:
        """A pointer in struct kernel_state."""
        return flips.word(self._stub, self._state + offset)

    def byte(self, address: int) -> int:
        return self._stub.read_physical(address, 1)[0]

    def named(self) -> list[int]:
        """First addresses of what this event wrote."""
        assert self._changes is not None
        start = hijack.physical(self._arm, CORE, self._changes.address)
        count = flips.word(self._stub, start) & 0xFFFFFFFF
        assert 0 < count <= RANGES
        ranges = [flips.word(self._stub, start + LIST + 8 * i) for i in range(count)]
        return [(word >> 16) | 0xFFFF << 48 for word in ranges]


def _priority(objects: Objects) -> tuple[int, int]:
    """The priority of the thread that runs next: (first address named, physical address)."""
    thread = objects.pointer(CURRENT)
    return thread + THREAD, objects.physical(thread) + PRIORITY


def _refill(objects: Objects) -> tuple[int, int]:
    """The budget that is left to the scheduling context that pays, some 2^40 ticks."""
    paying = objects.pointer(PAYING)
    head = objects.byte(objects.physical(paying) + REFILL_HEAD)
    return paying, objects.physical(paying) + REFILLS + 16 * head + AMOUNT + 5


def _lockstep(system: SystemReport, place: Path) -> SystemReport:
    without_window = replace(system, raw={**system.raw, "window": 0})
    return programs.pack("flight", without_window, place, description=ROOT / system.raw["system"])


def _flip(arm: Arm, mode: str, place: Path, target: Callable[[Objects], tuple[int, int]],
          bit: int) -> Found:
    published: list[int] = []

    def change(stub: Stub, _: Path) -> None:
        objects = Objects(arm, stub)
        first, address = target(objects)
        if mode == ENTRY_EXIT or first in objects.named():
            published.append(flips.word(stub, flips.ballot(arm, CORE)))
            flips.flip_physical(stub, address, bit)

    start = Symbols(arm.system).kernel.address(FIRST[mode])
    arm, trigger = flips.after_block(arm, CORE, start, place)
    for _ in range(EVENTS):
        published.clear()
        hit = flips.fly(arm, trigger, change)
        trigger = replace(trigger, count=trigger.count + hit.done.page.trigger_length)
        found = [record.a for record in hit.log.of(RecordType.MISMATCH)]
        rounds = [number for number in found if not number & RENDEZVOUS]
        if published:  # this event wrote the object
            break
    assert published, f"none of {EVENTS} events wrote it"
    assert arm.golden.downlink == hit.done.downlink
    return Found(min(rounds) - published[0] if rounds else None, hit.log.excluded())


@pytest.mark.parametrize("target,bit", [
    pytest.param(_priority, 1, id="priority"), pytest.param(_refill, 0, id="refill")])
def test_flip_in_an_object_just_written(system: Callable[[str], SystemReport], tmp_path: Path,
                                        target: Callable[[Objects], tuple[int, int]],
                                        bit: int) -> None:
    """The next round that is published is this event's exit."""
    found = {}
    for mode in FIRST:
        place = tmp_path / mode
        arm = fly_golden(mode, _lockstep(system(mode), place), small_mission(), place)[0]
        found[mode] = _flip(arm, mode, place, target, bit)
    print(found)
    assert found[OBJECT] == Found(1, [CORE])
    later = found[ENTRY_EXIT].rounds
    assert later is None or later > 1
