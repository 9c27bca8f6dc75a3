# SPDX-License-Identifier: BSD-2-Clause
"""Where, when and how long: what the report's maps and lists are made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faultinj.classify import Outcome
from faultinj.durations import Span, distributions
from faultinj.heat_map import columns_for, flights_of, heat_map, heat_maps
from faultinj.hot_spots import Ground, hot_spots, without_offset
from faultinj.layers import Layer
from faultinj.plan import PlannedFault
from faultinj.plots import _range
from faultinj.statistics import Analysis, share
from faultinj.store import Result
from faultinj.strata import Kind
from tests.faultinj.campaign_parts import result

FLIGHT = range(1000, 5000)


def fault(number: int, layer: Layer = Layer.KERNEL, kind: Kind = Kind.X,
          target: str = "x1") -> PlannedFault:
    return PlannedFault(number, layer, kind, 0, 0, 0, None, None, 0, False, target)


def analysis(pairs: list[tuple[PlannedFault, Result]]) -> Analysis:
    return Analysis([found for _, found in pairs], [], {one.number: one for one, _ in pairs})


def at(moment: int | None, number: int, layer: Layer, outcome: Outcome
       ) -> tuple[PlannedFault, Result]:
    one = fault(number, layer)
    return one, replace(result("tmr", one, outcome), moment=moment)


def test_cells_by_layer_and_time() -> None:
    """Columns are quarters of the flight; what lies outside belongs to the nearest."""
    pairs = [at(moment, number, Layer.RCOE, Outcome.MASKED) for number, moment in enumerate(
        (900, 1000, 1999, 2000, 4999, 5000, 6000))]
    pairs += [at(2500, 10 + number, Layer.USER, Outcome.HANG) for number in range(10)]
    pairs += [at(None, 30, Layer.USER, Outcome.HANG), at(3500, 31, Layer.STACK,
                                                         Outcome.NOT_INJECTED)]
    found = heat_map(analysis(pairs), "tmr", FLIGHT, 4)
    assert [(cell.layer, cell.column, cell.found.injected, cell.enough)
            for cell in found.cells] == [
        (Layer.USER, 1, 10, True), (Layer.RCOE, 0, 3, False), (Layer.RCOE, 1, 1, False),
        (Layer.RCOE, 3, 3, False)]
    assert found.cells[0].found.uncontrolled.count == 10
    assert found.layers == [Layer.USER, Layer.RCOE] and found.unplaced == 1


def test_maps_need_moments_and_a_golden_run() -> None:
    one = analysis([at(2500, 1, Layer.USER, Outcome.MASKED)])
    assert [found.arm for found in heat_maps(one, {"tmr": FLIGHT})] == ["tmr"]
    assert heat_maps(one, {}) == []
    assert heat_maps(analysis([at(None, 1, Layer.USER, Outcome.MASKED)]), {"tmr": FLIGHT}) == []
    assert flights_of([{"name": "tmr", "golden": {"first_high": [300, 200], "total": [900, 800]}},
                       {"name": "old", "golden": {}}]) == {
        "tmr": range(500, 1700), "old": range(0, 0)}


@pytest.mark.parametrize("injected, layers, columns", [
    (62, 12, 4), (0, 0, 4), (1200, 12, 5), (20000, 12, 8)])
def test_columns(injected: int, layers: int, columns: int) -> None:
    assert columns_for(injected, layers) == columns


def test_places_are_ranked_by_what_is_certain() -> None:
    """Nine effects of ten before three of three; what was hit twice, or had no effect, is left
    out; an uncontrolled outcome is before all effects."""
    pairs: list[tuple[PlannedFault, Result]] = []

    def hit(place: str, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            one = fault(len(pairs))
            pairs.append((one, replace(result("tmr", one, outcome), place=place, line="a.c:1")))

    hit("kernel:often+0x8", [Outcome.DOWNGRADED] * 9 + [Outcome.MASKED])
    hit("kernel:thrice+0x10", [Outcome.DOWNGRADED] * 3)
    hit("kernel:twice", [Outcome.HANG] * 2)
    hit("kernel:quiet", [Outcome.MASKED] * 50)
    hit("rcoe:bad", [Outcome.WRONG_OUTPUT] + [Outcome.MASKED] * 20)
    assert [(spot.name, spot.found.injected) for spot in hot_spots(
        analysis(pairs), "tmr", Ground.SYMBOL)] == [
        ("rcoe:bad", 21), ("kernel:often", 10), ("kernel:thrice", 3)]
    assert [(spot.name, spot.found.injected) for spot in hot_spots(
        analysis(pairs), "tmr", Ground.LINE)] == [("a.c:1", 86)]
    assert hot_spots(analysis(pairs), "tmr", Ground.DATA) == []
    assert hot_spots(analysis(pairs), "base", Ground.SYMBOL) == []


def test_memory_is_listed_by_what_was_hit() -> None:
    """Not by the code that happened to run."""
    targets = ["table 0x5000 entry 3", "table 0x5000 entry 9", "table 0x5000 entry 1"]
    pairs = [(one, result("tmr", one, Outcome.DOWNGRADED)) for one in (
        fault(number, Layer.PAGE_TABLE, Kind.MEMORY, target)
        for number, target in enumerate(targets))]
    pairs += [(one, result("tmr", one, Outcome.HANG)) for one in (
        fault(10 + number, Layer.BALLOT, Kind.MEMORY, f"ballot+{number:#x}")
        for number in range(3))]
    found = analysis(pairs)
    assert [spot.name for spot in hot_spots(found, "tmr", Ground.DATA)] == [
        "ballot", "page-table: table 0x5000"]
    assert hot_spots(found, "tmr", Ground.SYMBOL) == []


def test_offsets() -> None:
    assert without_offset("kernel:f.isra.0+0x1c") == "kernel:f.isra.0"
    assert without_offset("kernel:f") == "kernel:f"


def test_durations_by_arm_and_mechanism() -> None:
    pairs = []
    for number, (late, back) in enumerate(((300, None), (100, 925), (200, 425))):
        one = fault(number)
        pairs.append((one, replace(result("tmr", one, Outcome.DOWNGRADED, "watchdog"),
                                   latency=late, absence=back, standstill=back)))
    one = fault(9)
    pairs.append((one, replace(result("tmr", one, Outcome.MASKED), latency=5)))
    found, = distributions(analysis(pairs), Span.LATENCY)
    assert (found.arm, found.group, found.values) == ("tmr", "watchdog", (100, 200, 300))
    assert (found.at(0.5), found.at(0.95)) == (200, 300)
    assert distributions(analysis(pairs), Span.EVENTS) == []
    assert distributions(analysis(pairs), Span.DOWNGRADE)[0].values == (1.6, 1.6, 1.6)
    for span in (Span.ABSENCE, Span.STANDSTILL):
        times, = distributions(analysis(pairs), span)
        assert (times.group, times.values) == ("came back", (6.8, 14.8))


@pytest.mark.parametrize("count, total, text", [
    (0, 20000, "0-0.018"), (0, 96, "0-3.8"), (5, 83, "2.6-13"), (27, 48, "42-69"),
    (19999, 20000, "≥ 99.9"), (3, 3, "≥ 29"), (299, 300, "98-99.9")])
def test_a_small_cell_says_neither_never_nor_always(count: int, total: int, text: str) -> None:
    assert _range(share(count, total)) == text
