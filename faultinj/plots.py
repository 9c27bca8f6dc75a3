# SPDX-License-Identifier: BSD-2-Clause
"""Plots of a campaign as SVG text, to be put into the report's page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from faultinj.classify import Outcome
from faultinj.durations import Distribution
from faultinj.heat_map import Cell, HeatMap
from faultinj.statistics import COUNTED, Analysis, Share, Tally, quantile
from tools.svg import FAINT, INK, STYLE, Figure, Rectangle, rc_context, svg

COLOURS = {
    Outcome.MASKED: "#b8c4d0", Outcome.LATENT: "#8195a8", Outcome.CORRECTED_IN_PLACE: "#8fd0ae",
    Outcome.DOWNGRADED: "#2a9d62", Outcome.SAFE_STOP: "#e9b949", Outcome.WRONG_OUTPUT: "#c8342c",
    Outcome.LOST_OUTPUT: "#e0766f", Outcome.HANG: "#7b3fa0", Outcome.VOTER_FAILURE: "#d64fa0",
    Outcome.NOT_INJECTED: "#e8ebee", Outcome.HARNESS_ERROR: "#000000",
}
LIGHT = (Outcome.MASKED, Outcome.SAFE_STOP, Outcome.CORRECTED_IN_PLACE)  # dark figures on them
SHADES = {0.0: "#f3f5f7", 0.05: "#fde9d2", 0.1: "#fdcf9b", 0.25: "#fb9a5f", 0.5: "#dd4a35",
          1.0: "#8f1313"}  # of a heat map: up to this share; grey is none at all
LIGHT_SHADE = 0.25  # dark figures up to here
RARE = "#c3cad2"  # of cells with too few injections for a colour
HEAT_TITLES = {"effective": "with an effect", "uncontrolled": "uncontrolled"}
GUARDS = {  # what notices a fault
    "fingerprint vote": "#0072b2", "device vote": "#56b4e9", "kernel": "#009e73",
    "stage 2": "#e69f00", "watchdog": "#d55e00", "shim": "#cc79a7", "scrubber": "#7a5cc0",
    "image digest": "#6b6b6b", "re-admission": "#b8a200"}
LEAST_US = 0.01  # a logarithm of less is not shown
BAD = ((Outcome.WRONG_OUTPUT, Outcome.LOST_OUTPUT), (Outcome.HANG,), (Outcome.VOTER_FAILURE,))
WIDTH = 10.6  # inches, of the page
MARKS = 200  # of one curve or row, at most


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
        figure = Figure(figsize=(WIDTH, 0.5 + 0.42 * len(tallies)))
        _bars(figure.subplots(), list(tallies), list(tallies.values()))
        return svg(figure)


def strata(analysis: Analysis) -> str:
    """One panel per arm, one bar per stratum."""
    with rc_context(STYLE):
        table, arms = analysis.by_stratum(), list(analysis.by_arm())
        figure = Figure(figsize=(max(WIDTH, 3 * len(arms)), 0.7 + 0.27 * len(table)))
        panels = figure.subplots(1, len(arms), sharey=True, squeeze=False)[0]
        for axes, arm in zip(panels, arms):
            _bars(axes, list(table), [row.get(arm) for row in table.values()])
            axes.set_title(arm, fontsize=10, fontweight="bold", color=INK)
        figure.subplots_adjust(wspace=0.22)
        return svg(figure)


def uncontrolled(analysis: Analysis) -> str:
    """Shares of what redundancy is to prevent, per arm, with intervals."""
    with rc_context({**STYLE, "axes.spines.left": True}):
        tallies = analysis.by_arm()
        figure = Figure(figsize=(WIDTH, 0.6 + 0.48 * len(tallies)))
        axes = figure.subplots()
        for row, found in enumerate(tallies.values()):
            for shift, outcomes in zip((-0.22, 0, 0.22), BAD):
                part, colour = found.of(*outcomes), COLOURS[outcomes[0]]
                axes.plot((100 * part.low, 100 * part.high), (row + shift, row + shift),
                          color=colour, linewidth=2.4, solid_capstyle="butt")
                axes.plot(100 * part.part, row + shift, "o", color=colour, markersize=5)
        axes.set_yticks(range(len(tallies)), list(tallies))
        axes.set_ylim(len(tallies) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter("{x:g} %")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        axes.set_axisbelow(True)
        return svg(figure)


def _percent(part: float) -> str:
    """Short, but neither a false none nor a false all."""
    whole = 100 * part
    if whole >= 99:
        return f"{math.floor(10 * whole) / 10:.1f}"
    return f"{whole:.0f}" if whole >= 10 else f"{whole:.2g}"


def _range(part: Share) -> str:
    """The interval in percents, for a small cell."""
    low = _percent(part.low)
    return f"≥ {low}" if part.high >= 0.9995 else f"{low}-{_percent(part.high)}"


def _cell(axes: Any, gid: str, cell: Cell, row: int, part: Share) -> None:
    """Count, injections and interval; a colour only where there are enough injections."""
    fill = next(shade for most, shade in SHADES.items() if part.part <= most)
    axes.add_patch(Rectangle((cell.column, row - 0.5), 1, 1, linewidth=0.8,
                             facecolor=fill if cell.enough else "white",
                             edgecolor="white" if cell.enough else RARE,
                             hatch=None if cell.enough else "////"))
    dark = not cell.enough or part.part <= LIGHT_SHADE
    style = {"ha": "center", "va": "center", "color": INK if dark else "white"}
    axes.text(cell.column + 0.5, row - 0.16, f"{part.count}/{part.total}", fontsize=7.5, gid=gid,
              **style)
    axes.text(cell.column + 0.5, row + 0.24, _range(part), fontsize=6, **style)


def heat(found: HeatMap) -> str:
    """One arm: what had an effect, and what was uncontrolled, by layer and time of flight."""
    with rc_context({**STYLE, "hatch.color": RARE, "hatch.linewidth": 0.6}):
        layers = found.layers
        figure = Figure(figsize=(WIDTH, 0.75 + 0.34 * len(layers)))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, name in zip(panels, ("effective", "uncontrolled")):
            for cell in found.cells:
                gid = f"heat-{found.arm}-{name}-{cell.layer.value}-{cell.column}"
                _cell(axes, gid, cell, layers.index(cell.layer), getattr(cell.found, name))
            axes.set_xlim(0, found.columns)
            axes.set_ylim(len(layers) - 0.45, -0.55)
            axes.set_yticks(range(len(layers)), [layer.value for layer in layers])
            marks = range(0, found.columns + 1, max(found.columns // 4, 1))
            axes.set_xticks(marks, [f"{100 * mark / found.columns:.0f} %" for mark in marks])
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel("part of the flight")
            axes.set_title(f"{found.arm}: {HEAT_TITLES[name]}", fontsize=10, fontweight="bold",
                           color=INK)
        figure.subplots_adjust(wspace=0.13)
        return svg(figure)


def _thinned(values: Sequence[float]) -> list[float]:
    """All, or so many quantiles that a plot of thousands looks the same."""
    if len(values) <= MARKS:
        return list(values)
    return [quantile(values, index / (MARKS - 1)) for index in range(MARKS)]


def cumulative(panels: list[tuple[str, list[Distribution]]]) -> str:
    """Shares of the faults that were noticed within a time, a curve for each mechanism."""
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(WIDTH, 2.7))
        for axes, (title, found) in zip(figure.subplots(1, len(panels), sharey=True), panels):
            for one in found:
                values = _thinned(one.values)
                steps = [100 * (index + 1) / len(values) for index in range(len(values))]
                axes.step([values[0], *values], [0, *steps], where="post", linewidth=1.8,
                          color=GUARDS.get(one.group, INK),
                          label=f"{one.group} (n={len(one.values)})")
            axes.set_xscale("symlog", linthresh=1)
            axes.set_xlim(0, 2 * max([one.values[-1] for one in found] + [5]))
            axes.set_ylim(0, 103)
            axes.yaxis.set_major_formatter("{x:.0f} %")
            axes.grid(color="#e3e7eb", linewidth=0.7)
            axes.set_xlabel(title)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="center left",
                      bbox_to_anchor=(0.91, 0.5), frameon=False, fontsize=8)
        figure.subplots_adjust(wspace=0.06)
        return svg(figure)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Whole ones around all values, so that ticks are round numbers."""
    low, high = math.log10(min(values) * 0.8), math.log10(max(values) * 1.25)
    return 10 ** math.floor(low), 10 ** math.ceil(high)


def strips(found: list[Distribution]) -> str:
    """Every value of a time, one row for each arm and mechanism."""
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(WIDTH, 0.6 + 0.34 * len(found)))
        axes = figure.subplots()
        for row, one in enumerate(found):
            values = [max(value, LEAST_US) for value in _thinned(one.values)]
            axes.plot(values, [row] * len(values), "|", color=GUARDS.get(one.group, INK),
                      markersize=13, alpha=0.6)
            axes.plot(max(one.at(0.5), LEAST_US), row, "D", color=INK, markersize=4)
        axes.set_yticks(range(len(found)),
                        [f"{one.arm}: {one.group} (n={len(one.values)})" for one in found])
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.set_xscale("log")
        axes.set_xlim(_decades([max(value, LEAST_US) for one in found for value in one.values]))
        axes.set_xlabel("µs of virtual time; diamond: median")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        return svg(figure)
