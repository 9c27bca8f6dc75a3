# SPDX-License-Identifier: BSD-2-Clause
"""Plots of a campaign as SVG text, to be put into the report's page."""

from __future__ import annotations

from typing import Any

from faultinj.classify import Outcome
from faultinj.statistics import COUNTED, Analysis, Tally
from tools.svg import FAINT, INK, STYLE, Figure, rc_context, svg

COLOURS = {
    Outcome.MASKED: "#b8c4d0", Outcome.LATENT: "#8195a8", Outcome.CORRECTED_IN_PLACE: "#8fd0ae",
    Outcome.DOWNGRADED: "#2a9d62", Outcome.SAFE_STOP: "#e9b949", Outcome.WRONG_OUTPUT: "#c8342c",
    Outcome.LOST_OUTPUT: "#e0766f", Outcome.HANG: "#7b3fa0", Outcome.VOTER_FAILURE: "#d64fa0",
    Outcome.NOT_INJECTED: "#e8ebee", Outcome.HARNESS_ERROR: "#000000",
}
LIGHT = (Outcome.MASKED, Outcome.SAFE_STOP, Outcome.CORRECTED_IN_PLACE)  # dark figures on them


def _bars(axes: Any, names: list[str], tallies: list[Tally | None]) -> None:
    """Horizontal bars of shares, one per tally, the number of injections behind each."""
    for row, found in enumerate(tallies):
        left = 0.0
        if found is None or not found.injected:
            continue
        for outcome in COUNTED:
            part = 100 * found.counts[outcome] / found.injected
            if part:
                axes.barh(row, part, left=left, color=COLOURS[outcome], height=0.72,
                          edgecolor="white", linewidth=0.6)
                if part >= 7:
                    dark = outcome in LIGHT
                    axes.text(left + part / 2, row, str(found.counts[outcome]), ha="center",
                              va="center", color=INK if dark else "white", fontsize=8)
            left += part
        axes.text(101, row, f"n={found.injected}", va="center", color=FAINT, fontsize=7.5)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xticks((0, 25, 50, 75, 100))
    axes.xaxis.set_major_formatter("{x:.0f} %")


def outcomes(analysis: Analysis) -> str:
    """One bar per arm."""
    with rc_context(STYLE):
        tallies = analysis.by_arm()
        figure = Figure(figsize=(9.2, 0.5 + 0.42 * len(tallies)))
        _bars(figure.subplots(), list(tallies), list(tallies.values()))
        return svg(figure)


def strata(analysis: Analysis) -> str:
    """One panel per arm, one bar per stratum."""
    with rc_context(STYLE):
        table, arms = analysis.by_stratum(), list(analysis.by_arm())
        figure = Figure(figsize=(3.4 * max(len(arms), 2), 0.7 + 0.27 * len(table)))
        panels = figure.subplots(1, len(arms), sharey=True, squeeze=False)[0]
        for axes, arm in zip(panels, arms):
            _bars(axes, list(table), [row.get(arm) for row in table.values()])
            axes.set_title(arm, fontsize=10, fontweight="bold", color=INK)
        figure.subplots_adjust(wspace=0.22)
        return svg(figure)


def uncontrolled(analysis: Analysis) -> str:
    """Share of wrong outputs and hangs per arm, with intervals."""
    with rc_context({**STYLE, "axes.spines.left": True}):
        tallies = analysis.by_arm()
        figure = Figure(figsize=(9.2, 0.6 + 0.38 * len(tallies)))
        axes = figure.subplots()
        for row, found in enumerate(tallies.values()):
            for shift, outcome in ((-0.15, Outcome.WRONG_OUTPUT), (0.15, Outcome.HANG)):
                part = found.of(outcome, Outcome.LOST_OUTPUT) if shift < 0 else found.of(outcome)
                axes.plot((100 * part.low, 100 * part.high), (row + shift, row + shift),
                          color=COLOURS[outcome], linewidth=2.4, solid_capstyle="butt")
                axes.plot(100 * part.part, row + shift, "o", color=COLOURS[outcome], markersize=5)
        axes.set_yticks(range(len(tallies)), list(tallies))
        axes.set_ylim(len(tallies) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter("{x:.0f} %")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        axes.set_axisbelow(True)
        return svg(figure)


def latency(analysis: Analysis, ticks_per_us: float) -> str | None:
    """From the first detection to the exclusion, microseconds; None when nobody was excluded."""
    waits: dict[str, list[float]] = {}
    for result in analysis.results:
        if result.time is not None and result.exclude_time is not None:
            us = max(result.exclude_time - result.time, 0) / ticks_per_us
            waits.setdefault(result.mechanism, []).append(us)
    if not waits:
        return None
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.2, 0.6 + 0.34 * len(waits)))
        axes = figure.subplots()
        names = sorted(waits)
        for row, name in enumerate(names):
            values = sorted(waits[name])
            axes.plot([max(value, 0.01) for value in values], [row] * len(values), "|",
                      color=COLOURS[Outcome.DOWNGRADED], markersize=13, alpha=0.55)
            axes.plot(max(values[len(values) // 2], 0.01), row, "D", color=INK, markersize=4)
        axes.set_yticks(range(len(names)), [f"{name} (n={len(waits[name])})" for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xscale("log")
        axes.set_xlabel("µs of virtual time; diamond: median")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        return svg(figure)
