# SPDX-License-Identifier: BSD-2-Clause
"""Counting instructions of the kernel's operations: exact, complete, repeatable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.bench import kernel
from tools.bench.flight import Trace
from tools.bench.operations import BOOT_KEY, OPERATIONS
from tools.bench.page import PRIVILEGED, Class, Page
from tools.symbols import Program
from tools.system_report import SystemReport

pytestmark = pytest.mark.default_board("benchmarks know the devices of qemu-virt")

BASE = "base"
POLL_LOOP = 8   # instructions of loop_poll in apps/kernelbench/loops.S, the SVC included
POLLS = 72      # REPETITIONS


@pytest.fixture(name="flights", scope="module")
def _flights(system: Callable[[str], SystemReport]) -> tuple[SystemReport, list[Page]]:
    """The same flight twice, with a trace of one Poll."""
    trace = Trace("bench_poll_begin", "bench_poll_end", 40)
    flown = [kernel.fly(system(BASE), trace, announce=print) for _ in range(2)]
    return flown[0][0], [done.page for _, done in flown]


def test_counts(flights: tuple[SystemReport, list[Page]]) -> None:
    """Twice the same, every instruction in one class, and the loops as long as they are written."""
    image, (page, second) = flights
    assert page == second
    assert page.total == [sum(counts.of) for counts in page.counts]
    assert page.total[0] > 1_000_000 and page.total[1:] == [0, 0, 0], "one replica, one core"
    names = list(kernel.markers(Program("kernelbench", image.elves["init"])))
    begin = names.index("bench_poll_begin")
    polls = [record.now for record in page.records if record.marker == begin]
    assert len(polls) == POLLS
    between = [later - earlier for earlier, later in zip(polls, polls[1:])]
    assert {counts[Class.USER] for counts in between} == {POLL_LOOP}


def test_trace(flights: tuple[SystemReport, list[Page]]) -> None:
    """One repetition has its SVC and every instruction that was counted, each once."""
    image, (page, _) = flights
    found = kernel.figures_of(image, page)["poll"]
    assert page.trace_wanted == len(page.trace) == found.work + 1
    assert sum(address >> 63 for address in page.trace) == found.work


def test_every_operation_is_measured(flights: tuple[SystemReport, list[Page]]) -> None:
    """All rows have a figure; with one replica nothing waits after boot."""
    image, (page, _) = flights
    figures = kernel.figures_of(image, page)
    assert set(figures) == {op.key for op in OPERATIONS} | {BOOT_KEY}
    assert figures.pop(BOOT_KEY).work > 100_000
    for key, found in figures.items():
        assert found.wait == 0 and found.work > 50 and found.repetitions >= 10, key
        counted = sum(found.parts[c.name.lower()] for c in PRIVILEGED)
        assert found.work - counted in (0, found.parts["user"]), key
        assert found.equal * 2 > found.repetitions, key
