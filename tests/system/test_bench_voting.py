# SPDX-License-Identifier: BSD-2-Clause
"""Counting what voting costs: complete, repeatable, and base is what others are compared with."""

from __future__ import annotations

import pytest

from tools.bench.voting.measure import COMPUTE, PROGRAM, STORM, TITLES, Sample, fly_workloads
from tools.bench.voting.modes import BASE, Images, Mode

TMR = Mode("tmr", "entry-exit", 64)
STORM_CALLS = 2000  # apps/votebench/system.c
COMPUTE_LIMIT = 1.02


@pytest.fixture(name="flown", scope="module")
def _flown() -> dict[Mode, dict[str, Sample]]:
    images = Images()
    return {mode: fly_workloads(mode, images.of(mode, PROGRAM), print)[0] for mode in (BASE, TMR)}


def test_every_workload_in_every_mode(flown: dict[Mode, dict[str, Sample]]) -> None:
    """All but the payload, on all cores; one replica waits for nobody."""
    for mode, samples in flown.items():
        assert len(samples) == len(TITLES) - 1
        for name, sample in samples.items():
            assert len(sample.cores) == mode.replicas, name
            assert all(split.work > 1000 for split in sample.cores), name
            assert mode != BASE or sample.cores[0].waiting == 0, name


def test_the_same_work(flown: dict[Mode, dict[str, Sample]]) -> None:
    """As many kernel entries in base as in TMR; TMR votes twice in each."""
    base, tmr = flown[BASE][STORM].told, flown[TMR][STORM].told
    assert base.events == STORM_CALLS and tmr.events - base.events in range(0, 4)
    assert tmr.votes == 2 * tmr.events and base.votes == 0
    assert flown[TMR][STORM].busiest.voting > flown[BASE][STORM].busiest.voting
    assert flown[BASE]["output"].told.rendezvous == flown[TMR]["output"].told.rendezvous > 500


def test_no_work_hides_in_waits(flown: dict[Mode, dict[str, Sample]]) -> None:
    """The I/O core does all that base does, whoever it waits for in between."""
    for name, base in flown[BASE].items():
        assert max(split.work for split in flown[TMR][name].cores) >= base.busiest.work, name


def test_compute_bound_work_is_free(flown: dict[Mode, dict[str, Sample]]) -> None:
    """The limit of programs that make no system call."""
    for name in COMPUTE:
        assert flown[TMR][name].ratio(flown[BASE][name]) <= COMPUTE_LIMIT, name


def test_twice_the_same(flown: dict[Mode, dict[str, Sample]]) -> None:
    """Counts are of instructions, so they repeat exactly."""
    again, _ = fly_workloads(TMR, Images().of(TMR, PROGRAM), print)
    assert again == flown[TMR]
