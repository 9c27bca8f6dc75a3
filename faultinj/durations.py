# SPDX-License-Identifier: BSD-2-Clause
"""How long things took: from a fault to its detection, to the exclusion, to the return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from faultinj.statistics import Analysis, quantile
from faultinj.store import Result
from faultinj.way_back import Fate
from tools.recorder import TICKS_PER_US


class Span(Enum):
    """From where to where, and in what."""

    LATENCY = "fault to detection, instructions of all cores"
    EVENTS = "fault to detection, kernel entries"
    DOWNGRADE = "detection to exclusion, µs"
    ABSENCE = "exclusion to return, µs"
    STANDSTILL = "standstill of the others for a return, µs"


def _us(ticks: int | None) -> float | None:
    return None if ticks is None else ticks / TICKS_PER_US


def _downgrade(result: Result) -> float | None:
    if result.time is None or result.exclude_time is None:
        return None
    return _us(max(result.exclude_time - result.time, 0))


MEASURES: dict[Span, Callable[[Result], float | None]] = {
    Span.LATENCY: lambda result: result.latency,
    Span.EVENTS: lambda result: result.latency_events,
    Span.DOWNGRADE: _downgrade, Span.ABSENCE: lambda result: _us(result.absence),
    Span.STANDSTILL: lambda result: _us(result.standstill)}
RETURNS = (Span.ABSENCE, Span.STANDSTILL)
RETURNED = Fate.BACK.value  # in a campaign where nobody was to
TIMES = (Span.DOWNGRADE, *RETURNS)  # of virtual time


@dataclass(frozen=True)
class Distribution:
    """Of one span, for one group in one arm; at least one value, sorted."""

    arm: str
    group: str  # what noticed the fault first; of returns, what became of the joiner
    span: Span
    values: tuple[float, ...]

    def at(self, part: float) -> float:
        """A quantile that was observed."""
        return quantile(self.values, part)


def distributions(analysis: Analysis, span: Span) -> list[Distribution]:
    """By arm and group."""
    found: dict[tuple[str, str], list[float]] = {}
    for result in analysis.results:
        value = MEASURES[span](result)
        group = result.way_back or RETURNED if span in RETURNS else result.mechanism
        if value is not None and group:
            found.setdefault((result.arm, group), []).append(value)
    arms = list(analysis.by_arm())
    return [Distribution(arm, group, span, tuple(sorted(values)))
            for (arm, group), values in sorted(
                found.items(), key=lambda item: (arms.index(item[0][0]), item[0][1]))]
