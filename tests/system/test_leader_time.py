# SPDX-License-Identifier: BSD-2-Clause
"""A bit flips in the time that the leader has just published: whatever it becomes, earlier, later
or nearly the same, the leader is found and nobody else is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from faultinj.engine import Ending, Limits, Run, run
from faultinj.fault import Landing, MemoryFlip, NoFlip, Trigger
from faultinj.watch import Sight, write_watches
from tools import board_state, recorder
from tools.bench.images import root_task_image
from tools.bench.inputs.plan import agreed_times
from tools.qemu import Flight
from tools.recorder import EventLog
from tools.system_report import SystemReport

PROGRAM = "beacon"
LIMITS = Limits(instructions=5_000_000_000, cpu_s=300, wall_s=900)
LEADER = 0
pytestmark = pytest.mark.default_board("the program drives that board's UART")


@dataclass(frozen=True)
class Reference:
    """A run without a fault, and an event whose time all replicas took one after the other."""

    system: SystemReport
    watches: Path
    run: Run
    taken: tuple[Sight, ...]  # the leader published it, a follower took it, the other one did

    def fly(self, trigger: Trigger | None = None,
            flip: MemoryFlip | NoFlip = NoFlip()) -> tuple[Run, EventLog]:
        """The same run, with a flip in it."""
        done, log = run(Flight(self.system, Path("set by the engine")), LIMITS, trigger, flip,
                        watches=self.watches,
                        inspect=lambda ram: recorder.read(ram, self.system))
        assert log is not None
        return done, log

    def flip_after(self, sight: Sight, bit: int) -> tuple[Run, EventLog]:
        """In the leader's ballot, right after this replica has gone on."""
        ballot = self.system.board_page.base + board_state.BALLOTS + LEADER * board_state.PAGE
        place = (ballot + board_state.BALLOT_TIMES + 8 * (sight.value % board_state.TIME_RING)
                 + bit // 8)
        done, log = self.fly(Trigger(sight.core, sight.total[sight.core]),
                             MemoryFlip(place, bit % 8))
        assert done.evidence.landing is Landing.LANDED and done.ending is Ending.OFF
        return done, log


def _one_after_the_other(sights: tuple[Sight, ...]) -> tuple[Sight, ...]:
    """Of an event in the middle, with some blocks between each two."""
    events: dict[int, list[Sight]] = {}
    for sight in sights:
        events.setdefault(sight.value, []).append(sight)
    for event in sorted(events)[len(events) // 2:]:
        taken = events[event]
        moments = [sight.moment for sight in taken]
        if len(taken) == 3 and taken[0].core == LEADER and all(
                later - earlier > 50 for earlier, later in zip(moments, moments[1:])):
            return tuple(taken)
    raise AssertionError("no event whose time all replicas take one after the other")


@pytest.fixture(name="reference", scope="module")
def _reference(system: Callable[[str], SystemReport],
               tmp_path_factory: pytest.TempPathFactory) -> Reference:
    image = root_task_image(system("tmr"), PROGRAM)
    path = tmp_path_factory.mktemp("time") / "watches"
    write_watches(path, agreed_times(image))
    nothing = cast(Run, None)
    done, log = Reference(image, path, nothing, ()).fly()
    assert done.ending is Ending.OFF and not log.excluded() and done.all_sights
    return Reference(image, path, done, _one_after_the_other(done.sights))


@pytest.mark.parametrize("bit", [2, 7, 12, 20, 26, 40, 63])
def test_leader_is_found(reference: Reference, bit: int) -> None:
    """Far in the future or before the event before it, it is no time, and the leader is late;
    plausible, both followers take it, and the vote finds the leader."""
    done, log = reference.flip_after(reference.taken[0], bit)
    assert log.excluded() == [LEADER]
    assert done.downlink == reference.run.downlink


@pytest.mark.parametrize("bit", [2, 26, 63])
def test_between_two_followers(reference: Reference, bit: int) -> None:
    """One took the right time, the other cannot: one replica is lost, and no output."""
    done, log = reference.flip_after(reference.taken[1], bit)
    assert len(log.excluded()) == 1
    assert done.downlink == reference.run.downlink
