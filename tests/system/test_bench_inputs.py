# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts of a serial line and of the timer beside loads, and agreed time: a short form of
`ternion bench inputs` in every mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.system.conftest import SYSTEMS
from tools.bench.images import root_task_image
from tools.bench.inputs.fly import TICK_NS, Flown, Schedule, fly
from tools.bench.inputs.plan import AMOUNTS, PHASES, SHORT, TICKER_US, Source
from tools.bench.inputs.result import (LIMIT_NS, TICKED_LIMIT_NS, TIME_LIMIT_NS, limit_ns)
from tools.system_report import SystemReport

SAMPLES, CHARACTERS = AMOUNTS[SHORT]
SEED = 5
NOTICED_NS = 200  # from a deadline until its input is logged, when nothing masks EL2's timer
Short = Callable[[str, Schedule], Flown]
pytestmark = pytest.mark.default_board("the program drives that board's UART")


@pytest.fixture(name="short", scope="module")
def _short(system: Callable[[str], SystemReport],
           tmp_path_factory: pytest.TempPathFactory) -> Short:
    flown: dict[tuple[str, Schedule], Flown] = {}

    def flight(mode: str, schedule: Schedule) -> Flown:
        key = mode, schedule
        if key not in flown:
            image = root_task_image(system(mode), SHORT)
            flown[key] = fly(image, SHORT, tmp_path_factory.mktemp(mode), schedule, SEED, every=1)
        return flown[key]
    return flight


@pytest.mark.parametrize(("mode", "schedule"), [
    *((mode, Schedule.SIDE_BY_SIDE) for mode in SYSTEMS), ("tmr", Schedule.OWN)])
def test_no_character_is_lost(short: Short, mode: str, schedule: Schedule) -> None:
    """At full rate, for more than 4 KiB, while replicas compute: each comes once, in order. So do
    ticks, and nobody is taken for late."""
    flown = short(mode, schedule)
    assert not flown.problems
    full, = (one for one in flown.phases if one.phase.source is Source.FULL)
    assert len(full.taken_ns) == CHARACTERS >= 4096
    assert [one.lost for one in flown.phases] == [0] * len(flown.phases)
    heard, _, _ = flown.text.partition("inputs:")
    assert len(bytes.fromhex(heard)) == sum(phase.count(SHORT) for phase in PHASES if phase.speaks)


@pytest.mark.parametrize("mode", SYSTEMS)
def test_latency(short: Short, mode: str) -> None:
    """Every interrupt, level or edge, and every timeout reaches all replicas within the bound."""
    for one in short(mode, Schedule.SIDE_BY_SIDE).phases:
        assert len(one.handled) == (CHARACTERS if one.phase.source is Source.FULL else SAMPLES)
        assert 0 < max(handled.last_ns for handled in one.handled) <= LIMIT_NS
        assert max(handled.io_core for handled in one.handled) <= LIMIT_NS / 4


def test_latency_in_the_emulators_order(short: Short) -> None:
    """A core that computes keeps the others from running, far shorter than the barrier time."""
    flown = short("tmr", Schedule.OWN)
    for one in flown.phases:
        assert max(handled.last_ns for handled in one.handled) <= limit_ns(flown)


@pytest.mark.parametrize("mode", SYSTEMS)
def test_timeouts_are_exact(short: Short, mode: str) -> None:
    """A period counts from the agreed time at which the last one was acted on, to the tick."""
    flown = short(mode, Schedule.SIDE_BY_SIDE)
    period = TICKER_US * 1000 // TICK_NS
    late = [ns for one in flown.phases for ns in one.late_ns]
    assert len(late) == len(flown.releases) == 3 * SAMPLES and min(late) >= 0
    assert sorted(late)[len(late) // 4] <= NOTICED_NS
    pairs = [(before, after) for before, after in zip(flown.releases, flown.releases[1:])
             if before.phase == after.phase]
    assert len(pairs) == 3 * (SAMPLES - 1)
    if mode == "base":  # publishes no times: never early, and late by the kernel's way only
        assert all(0 <= after.deadline - before.deadline - period < NOTICED_NS
                   for before, after in pairs)
        return
    for before, after in pairs:
        assert before.acted is not None and before.acted >= before.deadline
        assert after.deadline - before.acted == period


@pytest.mark.parametrize("mode", ["dmr", "tmr"])
def test_agreed_time(short: Short, mode: str) -> None:
    """Within a microsecond of the counter, never before the question; equal in all replicas, or the
    vote would have ended the flight."""
    times = short(mode, Schedule.SIDE_BY_SIDE).times
    assert len(times.error_ns) > 10_000
    assert max(times.error_ns) <= TIME_LIMIT_NS
    assert max(times.ticked_ns, default=0) <= TICKED_LIMIT_NS
    assert len(times.early_ns) == len(times.cost) == 8 * SAMPLES
    assert max(times.early_ns) <= TICK_NS


def test_twice_the_same(system: Callable[[str], SystemReport], short: Short,
                        tmp_path_factory: pytest.TempPathFactory) -> None:
    """To the instruction: the line speaks in virtual time."""
    first = short("tmr", Schedule.SIDE_BY_SIDE)
    image = root_task_image(system("tmr"), SHORT)
    again = fly(image, SHORT, tmp_path_factory.mktemp("again"), Schedule.SIDE_BY_SIDE, SEED,
                every=1)
    assert again.instructions == first.instructions
    assert (again.phases, again.times) == (first.phases, first.times)
