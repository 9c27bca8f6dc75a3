# SPDX-License-Identifier: BSD-2-Clause
"""The terminal while a campaign runs: how far, how fast, and how much is known already."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn,
                           TimeRemainingColumn)
from rich.table import Table
from rich.text import Text

from faultinj import campaign
from faultinj.classify import Outcome
from faultinj.statistics import COUNTED, Tally
from tools.console import note, table

SPEED_PERIOD_S = 120.0  # that the estimate of the rest looks back on


def arm_table(tallies: dict[str, Tally]) -> Table:
    """For each arm what was seen, and within how many points the uncontrolled share is known."""
    result = table("", *tallies, right=tuple(tallies))
    arms = list(tallies.values())
    result.add_row("injected", *(str(found.injected) for found in arms))
    for outcome in Outcome:
        if any(found.counts[outcome] for found in arms):
            result.add_row(outcome.value, *(str(found.counts[outcome] or "·") for found in arms))
    result.add_section()
    result.add_row("with effect", *(str(found.effective.count) for found in arms))
    result.add_row("uncontrolled", *(str(found.uncontrolled.count) for found in arms))
    result.add_row("95 % interval", *(found.uncontrolled.interval() for found in arms))
    result.add_row("its width", *(_points(found.uncontrolled.width) for found in arms))
    return result


def _points(width: float) -> str:
    return f"{100 * width:.1f} points"


def in_words(tallies: dict[str, Tally]) -> str:
    """The same on one line, where no table can be drawn again and again."""
    parts = []
    for arm, found in tallies.items():
        seen = ", ".join(f"{found.counts[outcome]} {outcome.value}" for outcome in COUNTED
                         if found.counts[outcome])
        part = found.uncontrolled
        parts.append(f"{arm} {seen or 'nothing'}, uncontrolled within {_points(part.width)} "
                     f"({part.interval()})")
    return "; ".join(parts)


class View:
    """Shows the progress of a campaign."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._bar = Progress(
            TextColumn("[cyan]{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(),
            TaskProgressColumn(), TextColumn("{task.fields[rate]}"), TextColumn("left"),
            TimeRemainingColumn(), console=console, speed_estimate_period=SPEED_PERIOD_S)
        self._task = self._bar.add_task("golden runs", total=None, rate="")
        self._live = Live(self._bar, console=console, transient=True, refresh_per_second=4)
        self._since: float | None = None
        self._tenth = 0
        self.fresh = 0

    def __enter__(self) -> View:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def rate(self) -> str:
        """Injections a minute since the first batch began; empty before the first has ended."""
        if self._since is None or not self.fresh:
            return ""
        return f"{60 * self.fresh / max(self._clock() - self._since, 1e-3):.0f} a minute"

    def __call__(self, step: campaign.Progress) -> None:
        if step.total and self._since is None:
            self._since = self._clock()
        self.fresh += step.result is not None
        self._tell(step)
        self._bar.update(self._task, description=step.text or "injecting", completed=step.done,
                         total=step.total or None, rate=self.rate())
        self._live.update(Group(self._bar, Text(), arm_table(step.tallies)) if step.tallies
                          else self._bar)

    def _tell(self, step: campaign.Progress) -> None:
        """Where nothing can move: a line every tenth."""
        tenth = 10 * step.done // step.total if step.total else 0
        if not self._console.is_terminal and tenth > self._tenth:
            self._tenth = tenth
            note(f"{step.done} of {step.total}, {self.rate()}: {in_words(step.tallies)}")
