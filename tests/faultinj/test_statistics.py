# SPDX-License-Identifier: BSD-2-Clause
"""Intervals against known values, and the sorting of results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from faultinj.classify import Outcome
from faultinj.statistics import analyse, quantile, share
from faultinj.strata import Kind
from tests.faultinj.campaign_parts import plan_of, result


@pytest.mark.parametrize("count, total, low, high", [
    (10, 100, 0.0552, 0.1744),   # Wilson
    (0, 300, 0.0, 0.0122),       # Clopper-Pearson: 1 - 0.025 ** (1 / 300)
    (300, 300, 0.9878, 1.0),
    (0, 0, 0.0, 1.0),
])
def test_share(count: int, total: int, low: float, high: float) -> None:
    found = share(count, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("count, total, text", [
    (10, 100, "10 [5.5-17.4 %]"),
    (0, 0, "-"),
    (0, 300, "0 [0.0-1.2 %]"),
    (300, 300, "300 [≥ 98.8 %]"),
    (20000, 20000, "20000 [≥ 99.9 %]"),
])
def test_share_text(count: int, total: int, text: str) -> None:
    assert share(count, total).text() == text


def test_harness_errors_and_misses_are_in_no_share() -> None:
    plan = [fault for fault in plan_of(10, 1) if fault.kind is not Kind.NULL]
    outcomes = [Outcome.MASKED] * 4 + [Outcome.DOWNGRADED] * 3 + [
        Outcome.NOT_INJECTED, Outcome.NOT_INJECTED, Outcome.HARNESS_ERROR]
    results = [result("tmr", fault, outcome) for fault, outcome in zip(plan, outcomes)]
    tally = analyse(results, {fault.number: fault for fault in plan}).by_arm()["tmr"]
    assert tally.injected == 7
    assert (tally.effective.count, tally.effective.total) == (3, 7)
    assert tally.uncontrolled.count == 0


def test_null_injections_are_apart() -> None:
    plan = plan_of(10, 1)
    results = [result("tmr", fault, Outcome.MASKED) for fault in plan]
    found = analyse(results, {fault.number: fault for fault in plan})
    assert len(found.results) == 10
    assert len(found.nulls) == 1


@pytest.mark.parametrize("values, part, value", [
    ([5], 0.5, 5), ([1, 2, 3, 4], 0.5, 2), ([1, 2, 3, 4], 0.95, 4), (list(range(1, 101)), 0.95, 95),
])
def test_quantile(values: list[int], part: float, value: int) -> None:
    assert quantile(values, part) == value


def test_what_is_common_to_all_replicas_is_no_promise() -> None:
    plan = [fault for fault in plan_of(4, 1) if fault.kind is not Kind.NULL]
    kinds: list[dict[str, Any]] = [
        {}, {"replicas": 2}, {"kind": Kind.DEVICE_READ}, {"kind": Kind.INTERRUPT}]
    faults = {fault.number: replace(fault, **kind) for fault, kind in zip(plan, kinds, strict=True)}
    found = analyse([result("tmr", fault, Outcome.HANG) for fault in plan], faults)
    assert [r.fault for r in found.promised().results] == [plan[0].number, plan[3].number]
    assert found.promised().by_arm()["tmr"].uncontrolled.count == 2
