# SPDX-License-Identifier: BSD-2-Clause
"""Where and when faults matter: an arm's injections by layer and by time of flight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faultinj.layers import Layer
from faultinj.statistics import Analysis, Tally, tally
from faultinj.store import Result

ENOUGH = 10  # injections in a cell: with fewer its share says next to nothing, and gets no colour
COLUMNS = (4, 8)  # fewest and most


@dataclass(frozen=True)
class Cell:
    """A layer in a part of the flight, with at least one injection."""

    layer: Layer
    column: int  # from 0
    found: Tally

    @property
    def enough(self) -> bool:
        """Whether its share may be told by a colour."""
        return self.found.injected >= ENOUGH


@dataclass(frozen=True)
class HeatMap:
    """Of one arm. Columns are equal parts of the golden run from the start of its kernels on, by
    instructions of all cores."""

    arm: str
    columns: int
    cells: list[Cell]
    unplaced: int  # injections whose moment was not noted

    @property
    def layers(self) -> list[Layer]:
        """That have a cell, in the order of all tables."""
        return [layer for layer in Layer if any(cell.layer is layer for cell in self.cells)]


def columns_for(injected: int, layers: int) -> int:
    """So many that cells have twice what is enough, on average."""
    low, high = COLUMNS
    return max(low, min(high, injected // (2 * ENOUGH * max(layers, 1))))


def heat_map(analysis: Analysis, arm: str, flight: range, columns: int) -> HeatMap:
    """`flight`: instructions of all cores in the sampled part of the arm's golden run."""
    cells: dict[tuple[Layer, int], list[Result]] = {}
    unplaced = 0
    for result in analysis.results:
        if result.arm != arm:
            continue
        if result.moment is None or not flight:
            unplaced += 1
            continue
        column = columns * (result.moment - flight.start) // len(flight)
        column = max(0, min(column, columns - 1))  # kernels do not all start at once
        cells.setdefault((analysis.faults[result.fault].layer, column), []).append(result)
    tallies = [Cell(layer, column, tally(found)) for (layer, column), found in cells.items()]
    order = list(Layer)
    return HeatMap(arm, columns, sorted(
        (cell for cell in tallies if cell.found.injected),
        key=lambda cell: (order.index(cell.layer), cell.column)), unplaced)


def heat_maps(analysis: Analysis, flights: dict[str, range]) -> list[HeatMap]:
    """Of all arms, with the same columns. None where no injection has a moment."""
    arms = analysis.by_arm()
    layers = {analysis.faults[result.fault].layer for result in analysis.results}
    fewest = min((found.injected for found in arms.values()), default=0)
    columns = columns_for(fewest, len(layers))
    maps = [heat_map(analysis, arm, flights.get(arm, range(0)), columns) for arm in arms]
    return [one for one in maps if one.cells]


def flights_of(arms: Sequence[dict[str, Any]]) -> dict[str, range]:
    """Of the arms of a store: instructions of all cores, from the start of the kernels to the end
    of the golden run."""
    return {arm["name"]: range(sum(arm["golden"].get("first_high", ())),
                               sum(arm["golden"].get("total", ()))) for arm in arms}
