# SPDX-License-Identifier: BSD-2-Clause
"""The trace of a golden run: what it says of flips, against the flips themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from faultinj.engine import run
from faultinj.fault import Landing, MemoryFlip, Trigger
from faultinj.golden import Arm
from faultinj.trace import CELL, FLIP, HEAD, Bytes, Instant, NextAccess, decode, encode, trace
from tests.faultinj import campaign_parts as parts
from tests.faultinj.test_engine import LIMITS, SUMS, guest, symbol  # noqa: F401
from tools.errors import UserError
from tools.qemu import Flight

ENTRY, BIT = 300, 2  # of a table; a bit whose flips never cancel each other out in the sum
NONE, READ, OVERWRITTEN = NextAccess.NONE, NextAccess.READ, NextAccess.OVERWRITTEN


@pytest.fixture(scope="module")
def arm(guest: Flight) -> Arm:  # noqa: F811
    """The guest as an arm of a campaign."""
    flown, _ = run(guest, LIMITS)
    plain = parts.arm("tmr", 3)
    golden = replace(plain.golden, downlink=flown.downlink, total=flown.page.total,
                     first_high=(0, 0, 0, 0))
    return replace(plain, system=guest.system, flight=guest, golden=golden)


# The cores run one after the other: 0 starts the others, then 1, 2, and the rest of 0.
@pytest.mark.parametrize("core, table, fates", [
    (1, 1, [OVERWRITTEN, READ, NONE]),
    (1, 0, [READ]),               # filled before core 1 begins, read when it has ended
    (1, 2, [OVERWRITTEN]),        # filled when it has ended
    (0, 1, [OVERWRITTEN, NONE]),  # filled and read while core 0 stands
])
def test_flips_do_what_the_trace_says(arm: Arm, core: int, table: int,
                                      fates: list[NextAccess]) -> None:
    """In the time of a core, to the instruction: a table is filled, then read, then nobody touches
    it. The first and the last flip of each part go into the machine."""
    entry, total = symbol(arm.flight, "table") + table * 8192 + 8 * ENTRY, arm.golden.total[core]
    whole = trace(arm, [Bytes(core, entry, 8)], [])
    first_write, = set(whole.overwritten[0].tolist())
    last_read, = {first_write + read for read in whole.read[0].tolist()}
    ends = {OVERWRITTEN: (0, first_write), READ: (first_write, last_read), NONE: (last_read, total)}
    assert [fate for fate, (begin, end) in ends.items() if begin < end] == fates
    expected = [(time, fate) for fate in fates for time in (ends[fate][0], ends[fate][1] - 1)]
    instants = [Instant(core, entry, time) for time, _ in expected]
    found = trace(arm, [Bytes(core, entry, 8)], instants)
    assert found.next_access == [fate for _, fate in expected]
    for time, fate in expected:
        done, _ = run(arm.flight, LIMITS, Trigger(core, time), MemoryFlip(entry, BIT))
        assert done.evidence.landing is Landing.LANDED
        assert (done.downlink != SUMS) is (fate is READ), (time, fate)


def test_fetches_are_reads(arm: Arm) -> None:
    """The first instruction of the sums runs once on each core; core 0 is the last. A flip in it
    changes them until then, and nothing after."""
    begin, total = symbol(arm.flight, "fold"), arm.golden.total[0]
    traced = trace(arm, [Bytes(0, begin, 4)], [Instant(0, begin, 0), Instant(0, begin, total - 1)])
    assert traced.next_access == [READ, NONE]
    last_fetch, = set(traced.read[0].tolist())
    assert 0 < last_fetch < total // 100 and not traced.overwritten[0].any()
    for time, changes in ((0, True), (last_fetch, False), (total // 2, False)):
        done, _ = run(arm.flight, LIMITS, Trigger(0, time), MemoryFlip(begin, 0, code=True))
        assert done.evidence.landing is Landing.LANDED
        assert (done.downlink != SUMS) is changes, time


def filled(arm: Arm, **head: object) -> bytes:
    """A file as the plugin would leave it: one byte with one flip, read at once."""
    data, _ = encode(arm, [Bytes(0, 0x44000000, 1)], [Instant(0, 0x44000000, 600)])
    heads = np.frombuffer(data, HEAD, 1).copy()
    heads["total"][0, :len(arm.golden.total)] = arm.golden.total
    for name, value in head.items():
        heads[name] = value
    return heads.tobytes() + data[HEAD.itemsize:]


def test_questions_keep_their_order() -> None:
    arm = parts.arm("tmr", 3)
    asked = [Bytes(1, 0x46000000, 2), Bytes(0, 0x44000010, 3)]
    instants = [Instant(0, 0x44000012, 900), Instant(1, 0x46000000, 700),
                Instant(0, 0x44000012, 800)]
    data, order = encode(arm, asked, instants)
    cells = np.frombuffer(data, CELL, 5, HEAD.itemsize)
    assert cells["offset"].tolist() == [0x6000000, 0x6000001, 0x4000010, 0x4000011, 0x4000012]
    assert cells["core"].tolist() == [1, 1, 0, 0, 0]
    assert cells["last"].tolist() == [500] * 5  # the kernel's start: campaign_parts.arm
    assert cells["flips"].tolist() == [1, 0, 0, 0, 2] and cells["flip"].tolist()[4] == 1
    flips = np.frombuffer(data, FLIP, 3, HEAD.itemsize + cells.nbytes)
    assert flips["time"].tolist() == [700, 800, 900]
    answers = np.array([(700, 1), (800, 2), (900, 0)], FLIP).tobytes()
    heads = np.frombuffer(data, HEAD, 1).copy()
    heads["total"][0, :3] = arm.golden.total
    traced = decode(arm, heads.tobytes() + cells.tobytes() + answers, asked, order)
    assert traced.next_access == [NextAccess.NONE, NextAccess.READ, NextAccess.OVERWRITTEN]
    assert [len(part) for part in traced.read] == [2, 3]
    assert traced.window == {0: 9500, 1: 9500}


def test_a_flip_nowhere() -> None:
    with pytest.raises(ValueError, match="none of the bytes that are traced"):
        encode(parts.arm("tmr", 3), [Bytes(0, 0x44000000, 4)], [Instant(0, 0x44000004, 600)])


@pytest.mark.parametrize("head, problem", [
    ({"total": (9999, 10000, 10000, 0, 0, 0, 0, 0)},
     "it executed (9999, 10000, 10000) instructions, not (10000, 10000, 10000)"),
    ({"unplaced": 1}, "this emulator does not tell the physical addresses of all accesses"),
    ({"first_seen": 8}, "this emulator does not tell the physical addresses of all accesses"),
])
def test_another_run(head: dict[str, object], problem: str) -> None:
    arm = parts.arm("tmr", 3)
    order = np.zeros(1, dtype=np.int64)
    asked = [Bytes(0, 0x44000000, 1)]
    assert decode(arm, filled(arm), asked, order).next_access == [NextAccess.NONE]
    with pytest.raises(UserError) as error:
        decode(arm, filled(arm, **head), asked, order)
    assert error.value.message == f"the trace of qemu-virt-tmr is not of the golden run: {problem}"
    assert error.value.next_step == 'remove from [sample]: prune = "def-use"'
