# SPDX-License-Identifier: BSD-2-Clause
"""Sample sizes, fault spaces, stratified estimates and ratios, against values computed by hand."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from faultinj.classify import Outcome
from faultinj.estimate import (Estimate, Part, at_most, failures, mission, parts_of, ratio, wilson)
from faultinj.fault_space import size_of
from faultinj.layers import Layer
from faultinj.sample_size import faults_needed, margin_of
from faultinj.statistics import Tally
from faultinj.strata import Event, Kind, Model, Stratum
from tests.faultinj.campaign_parts import arm, memory


@pytest.mark.parametrize("population, margin, needed", [
    (10 ** 15, 0.01, 9604),  # 1.96^2 * 0.25 / 0.01^2
    (10 ** 15, 0.05, 385),
    (1000, 0.05, 278),       # 1000 / (1 + 0.0025 * 999 / 0.9604) = 277.7
    (10, 0.05, 10),
])
def test_faults_needed(population: int, margin: float, needed: int) -> None:
    assert faults_needed(population, margin) == needed


def test_margin_is_the_inverse() -> None:
    assert margin_of(1000, 278) == pytest.approx(0.05, abs=5e-5)
    assert margin_of(10 ** 15, 9604) == pytest.approx(0.01, abs=1e-6)
    assert margin_of(100, 100) == 0


@pytest.mark.parametrize("stratum, base, tmr", [
    # The arms' kernel and user windows are 3000 and 4000 instructions of each core, all 9500.
    (Stratum(Layer.USER, Kind.X, 1), 31 * 64 * 4000, 3 * 31 * 64 * 4000),
    (Stratum(Layer.KERNEL, Kind.PC, 1), 64 * 3000, 3 * 64 * 3000),
    (Stratum(Layer.KERNEL, Kind.PSTATE, 1), 8 * 3000, 3 * 8 * 3000),
    (Stratum(Layer.USER, Kind.V, 1), 4096 * 4000, 3 * 4096 * 4000),
    (Stratum(Layer.KERNEL, Kind.SYSTEM, 1), 16 * 64 * 3000, 3 * 16 * 64 * 3000),
    (Stratum(Layer.OBJECTS, Kind.MEMORY, 1), 8000 * 9500, 3 * 8000 * 9500),
    (Stratum(Layer.CONTROL, Kind.MEMORY, 1), 8000 * 9500, 8000 * 9500),  # exists once
    (Stratum(Layer.SHIM, Kind.MEMORY, 1), 0, 0),                         # none here
    (Stratum(Layer.USER, Kind.X, 1, Model.BURST), 0, 0),                 # no known rate
    (Stratum(Layer.USER, Kind.X, 1, event=Event.KERNEL_ENTRY), 0, 0),
    (Stratum(Layer.USER, Kind.X, 1, replicas=2), 0, 0),
])
def test_size_of_a_stratum(stratum: Stratum, base: int, tmr: int) -> None:
    assert size_of(stratum, arm("base", 1), memory()) == base
    assert size_of(stratum, arm("tmr", 3), memory()) == tmr


def near(found: Estimate, *expected: float) -> None:
    assert (found.value, found.low, found.high) == pytest.approx(expected, rel=2e-3)


def test_wilson_and_clopper_pearson() -> None:
    near(wilson(10, 100), 0.1, 0.0552, 0.1744)
    assert wilson(0, 100).high == pytest.approx(0.0370, abs=5e-5)  # 3.84 / 103.84
    assert at_most(0, 300) == pytest.approx(1 - 0.025 ** (1 / 300))
    assert at_most(1, 10) == pytest.approx(0.4450, abs=5e-5)
    assert at_most(0, 0) == 1.0


def test_failures_of_two_strata() -> None:
    """1000 * (0.1 - 0.0552) = 44.8; 1000 * sqrt(0.0744^2 + 0.0370^2) = 83.1."""
    near(failures([Part(10, 100, 1000), Part(0, 100, 1000)]), 100, 55.2, 183.1)


def test_weights_are_sizes() -> None:
    """Half of a stratum of 1000 fails and nothing of one of 9000: 5 %, not 25 %."""
    found = failures([Part(50, 100, 1000), Part(0, 100, 9000)])
    assert found.value / 10_000 == pytest.approx(0.05)
    assert failures([Part(50, 100, 1000), Part(0, 0, 9000)]).value == 500  # nothing is known of it


@pytest.mark.parametrize("first, second, value, low, high", [
    # L = (200 - sqrt(200^2 - 5 * 31 * 15 * 9)) / (31 * 9), U = (200 + sqrt(200^2 - 18 * 12 * 2 *
    # 28)) / (12 * 28)
    (Estimate(10, 5, 18), Estimate(20, 12, 31), 0.5, 0.2218, 1.0924),
    # U = sqrt(3 * 12 * 3 * 28) / (12 * 28)
    (Estimate(0, 0, 3), Estimate(20, 12, 31), 0.0, 0.0, 0.1637),
])
def test_ratio(first: Estimate, second: Estimate, value: float, low: float, high: float) -> None:
    found = ratio(first, second)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-4)


def test_ratio_to_something_that_may_be_nothing() -> None:
    assert ratio(Estimate(1, 0.5, 2), Estimate(0, 0, 3)).high == math.inf
    assert ratio(Estimate(1, 0.5, 2), Estimate(1, 0, 3)).high == math.inf


def tally(**counts: int) -> Tally:
    return Tally(Counter({Outcome[name]: count for name, count in counts.items()}))


def test_what_was_not_injected_is_no_part_of_the_space() -> None:
    strata = {"a": tally(MASKED=60, HANG=15, NOT_INJECTED=25), "b": tally(MASKED=10),
              "c": tally(HARNESS_ERROR=3)}
    assert parts_of(strata, {"a": 1000, "c": 50, "d": 7}) == [Part(15, 75, 750.0)]


def test_a_mission_has_three_times_to_fear_with_three_replicas() -> None:
    """The same share of failures in an arm with three times the space is three times the failures;
    a coverage would not show it."""
    strata = {"a": tally(MASKED=900, WRONG_OUTPUT=100)}
    base, tmr = mission("base", strata, {"a": 1000}), mission("tmr", strata, {"a": 3000})
    assert base is not None and tmr is not None
    assert [base.share.value, tmr.share.value] == pytest.approx([0.1, 0.1])
    assert ratio(tmr.failures, base.failures).value == pytest.approx(3)
    assert mission("none", strata, {"b": 5}) is None
    half = mission("half", strata, {"a": 1000, "b": 3000})
    assert half is not None and half.covered == 0.25
    assert half.share.value == pytest.approx(0.1)
