# SPDX-License-Identifier: BSD-2-Clause
"""Campaigns with a join: what became of the joiner, where its faults hit, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from faultinj import way_back
from faultinj.classify import Outcome, classify
from faultinj.dry_run import join_lines
from faultinj.engine import Ending
from faultinj.fault import Landing, MemoryFlip, Trigger
from faultinj.golden import Arm
from faultinj.join import system_of
from faultinj.layers import Code, Layer
from faultinj.plan import PlannedFault, make_plan
from faultinj.plugin_page import CLASS_ANY, CLASSES
from faultinj.resolve import resolve_all
from faultinj.spec import Join
from faultinj.strata import JOIN_STAGES, Event, Kind, Stratum
from faultinj.way_back import Fate, FirstFault, fate
from tests.faultinj import campaign_parts as parts
from tools.errors import UserError
from tools.recorder import EventLog, Record, RecordType, StopReason

OUT, BEGIN, IN = RecordType.EXCLUDE, RecordType.JOIN_BEGIN, RecordType.JOIN
FAILED, OFF = RecordType.JOIN_FAILED, (RecordType.STOP, StopReason.POWER_OFF)
FIRST = [(OUT, 2), (BEGIN, 2)]


def log(*entries: tuple[RecordType, int]) -> EventLog:
    return EventLog([Record(100 * at, 0, at, 7, kind, a, 3)
                     for at, (kind, a) in enumerate(entries, 1)], 0, [])


STORIES = [
    ([(IN, 2), OFF], Fate.BACK, Outcome.MASKED, ""),
    ([(FAILED, 2), (BEGIN, 2), (IN, 2), OFF], Fate.RETRIED, Outcome.CORRECTED_IN_PLACE,
     "re-admission"),
    ([(FAILED, 2), OFF], Fate.REFUSED, Outcome.DOWNGRADED, "re-admission"),
    ([OFF], Fate.AWAY, Outcome.DOWNGRADED, ""),
    ([(IN, 2), (RecordType.MISMATCH, 1), (OUT, 2), OFF], Fate.AGAIN, Outcome.DOWNGRADED,
     "fingerprint vote"),
    ([(RecordType.PANIC, 0), (OUT, 0), (FAILED, 2), (BEGIN, 2), (IN, 2), OFF], Fate.RETRIED,
     Outcome.VOTER_FAILURE, "kernel"),
]


@pytest.mark.parametrize("story, became, outcome, mechanism", STORIES,
                         ids=[story[1].name.lower() for story in STORIES])
def test_outcome_with_a_joiner(story: list[tuple[RecordType, int]], became: Fate,
                               outcome: Outcome, mechanism: str) -> None:
    """What the first fault recorded is no effect of the second one; the joiner was hit by that."""
    golden, whole = log(*FIRST, (IN, 2), OFF), log(*FIRST, *story)
    first = FirstFault((Trigger(2, 5), MemoryFlip(0, 0)), 2, (), way_back.begun(golden))
    assert fate(whole, 2) is became
    own = way_back.since(whole, first)
    assert own.records == whole.records[2:]
    found = classify(Ending.OFF, Landing.LANDED, b"down", b"down", own, (2,), "", fate(whole, 2))
    assert (found.outcome, found.mechanism) == (outcome, mechanism)
    assert f"the joiner {became.value}" in found.note


def test_without_a_joiner_nothing_became_of_it() -> None:
    assert fate(log(*FIRST, (IN, 2)), None) is Fate.NONE
    assert way_back.since(log(*FIRST), None) == log(*FIRST)


@pytest.mark.parametrize("entries, problem", [
    ([*FIRST, (IN, 2)], []),
    ([OFF], ["the first fault excluded nobody, not replica 2"]),
    ([(OUT, 1), (BEGIN, 1), (IN, 1)], ["the first fault excluded [1], not replica 2"]),
    ([*FIRST, OFF], ["replica 2 not back when the run ended"]),
    ([*FIRST, (FAILED, 2)], ["replica 2 stayed out"]),
])
def test_a_golden_run_has_one_join(entries: list[tuple[RecordType, int]],
                                   problem: list[str]) -> None:
    assert way_back.problems(log(*entries), 2) == problem


def test_how_long_a_replica_was_away() -> None:
    """Of the first that returned, from its own last exclusion on; with the others' standstill."""
    told = log((OUT, 1), (OUT, 2), (BEGIN, 2), (FAILED, 2), (OUT, 1), (IN, 2), (IN, 1))
    joined = [replace(record, c=record.time << 32 | 23) for record in told.records]
    assert way_back.returned(replace(told, records=joined)) == (400, 600)
    assert way_back.returned(log((IN, 2))) == (None, 0)
    assert way_back.returned(log((OUT, 2), (BEGIN, 2))) == way_back.NOT_BACK


def joining_arm() -> Arm:
    """At stage n every core has executed 100 n instructions of each class; but the joiner, 2, no
    kernel before the last stage begins."""
    stages = []
    for stage in range(len(JOIN_STAGES) + 1):
        rows = [[100 * stage] * (CLASSES + 1) for _ in range(3)]
        rows[2][Code.KERNEL] = 100 * max(stage - 3, 0)
        stages.append(tuple(tuple(row) for row in rows))
    plain = parts.arm("tmr", 3)
    return replace(plain, golden=replace(plain.golden, stages=tuple(stages)),
                   first=FirstFault((Trigger(2, 5, Code.USER), MemoryFlip(0x48000000, 3)), 2, ()))


def planned(stratum: Stratum) -> list[PlannedFault]:
    plan = make_plan(parts.memory(), 3, parts.campaign(count=60, seed=3, strata=(stratum,)))
    return [fault for fault in plan if fault.kind is not Kind.NULL]


@pytest.mark.parametrize("event", [*JOIN_STAGES, None])
def test_a_fault_stays_in_its_stage(event: Event | None) -> None:
    low, high = (0, 400) if event is None else (100 * JOIN_STAGES.index(event),
                                                100 * JOIN_STAGES.index(event) + 100)
    counts = []
    for fault in planned(Stratum(Layer.SHIM, Kind.X, 1, event=event)):
        (trigger, _), = resolve_all(fault, joining_arm())
        assert (trigger.core, trigger.code, trigger.after) == (fault.replica, Code.SHIM, 0)
        assert low <= trigger.count < high
        counts.append(trigger.count)
    assert max(counts) - min(counts) > (high - low) // 2
    for fault in planned(Stratum(Layer.BALLOT, Kind.MEMORY, 1, event=event)):
        (trigger, _), = resolve_all(fault, joining_arm())
        assert trigger.code == CLASS_ANY and low <= trigger.count < high


def test_a_joiner_that_copies_runs_no_kernel() -> None:
    for event, cores in ((Event.JOIN_COPY, {0, 1}), (Event.JOIN_AFTER, {0, 1, 2})):
        faults = planned(Stratum(Layer.KERNEL, Kind.X, 1, event=event))
        assert {resolve_all(fault, joining_arm())[0][0].core for fault in faults} == cores


def test_the_plan_shows_the_join() -> None:
    assert join_lines(joining_arm()) == [
        "tmr: first fault, in every run: replica 2, byte 0x48000000 bit 3, at its user instruction "
        "5",
        "tmr: instructions of all cores in the join: join-copy 300, join-stop 300, join-admit 300, "
        "join-after 300"]
    assert not join_lines(parts.arm("tmr", 3))


@pytest.mark.parametrize("replicas, join, message, step", [
    (1, Join(0), "qemu-virt-x has one replica, so none can come back",
     "./ternion inject --arms tmr"),
    (3, Join(3), "replica 3 of [join] is not in qemu-virt-x (it has 3 replicas: 0..2)",
     "write in [join]: replica = 0"),
    (2, Join(1), "qemu-virt-x stops when one of its two replicas is out",
     "write in [join]: simplex_ok = true"),
])
def test_arms_in_which_nobody_comes_back(replicas: int, join: Join, message: str, step: str,
                                         tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        system_of(parts.arm("x", replicas).system, join, tmp_path)
    assert (error.value.message, error.value.next_step) == (message, step)
    assert system_of(parts.arm("x", replicas).system, None, tmp_path).replicas == replicas
