# SPDX-License-Identifier: BSD-2-Clause
"""The terminal while a campaign runs."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.console import Console

from faultinj import live
from faultinj.campaign import Progress
from faultinj.classify import Outcome
from faultinj.statistics import Tally
from tests.faultinj.campaign_parts import plan_of, result
from tools.console import THEME

FAULT = plan_of(1, 1)[0]


def tallies(masked: int) -> dict[str, Tally]:
    return {"tmr": Tally(Counter({Outcome.MASKED: masked, Outcome.DOWNGRADED: 2,
                                  Outcome.NOT_INJECTED: 1}))}


def step(done: int) -> Progress:
    return Progress(done, 100, result("tmr", FAULT, Outcome.MASKED), tallies=tallies(done))


def test_table_tells_the_width() -> None:
    """In a narrow terminal, too."""
    out = io.StringIO()
    arms = {**tallies(38), "base": Tally(Counter({Outcome.HANG: 3}))}
    Console(file=out, theme=THEME, width=60).print(live.arm_table(arms))
    rows = [line.split() for line in out.getvalue().splitlines() if line.strip()]
    assert rows == [
        ["tmr", "base"], ["injected", "40", "3"], ["not", "injected", "1", "·"],
        ["masked", "38", "·"], ["downgraded", "2", "·"], ["hang", "·", "3"],
        ["with", "effect", "2", "3"], ["uncontrolled", "0", "3"],
        ["95", "%", "interval", "0.0-8.8", "%", "≥", "29.2", "%"],
        ["its", "width", "8.8", "points", "70.8", "points"]]


def test_terminal_shows_rate_and_rest() -> None:
    """Ten injections in thirty seconds."""
    out, now = io.StringIO(), [0.0]
    console = Console(file=out, theme=THEME, width=140, force_terminal=True)
    with live.View(console, lambda: now[0]) as view:
        view(Progress(0, 0, None, "golden runs, each twice"))
        now[0] = 60.0
        view(Progress(0, 100, None, tallies=tallies(0)))
        for done in range(1, 11):
            now[0] = 60.0 + 3 * done
            view(step(done))
    assert view.rate() == "20 a minute" and view.fresh == 10
    for text in ("10/100", "20 a minute", "left", "width", "0.0-26.5 %", "26.5 points"):
        assert text in out.getvalue()


def test_without_a_terminal_a_line_every_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(live, "note", told.append)
    now = [0.0]
    with live.View(Console(file=io.StringIO(), theme=THEME), lambda: now[0]) as view:
        view(Progress(0, 100, None, tallies=tallies(0)))
        for done in range(1, 21):
            now[0] = 3.0 * done
            view(step(done))
    assert told == [
        "10 of 100, 20 a minute: tmr 10 masked, 2 downgraded, uncontrolled within 26.5 points "
        "(0.0-26.5 %)",
        "20 of 100, 20 a minute: tmr 20 masked, 2 downgraded, uncontrolled within 15.4 points "
        "(0.0-15.4 %)"]
