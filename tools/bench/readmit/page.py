# SPDX-License-Identifier: BSD-2-Clause
"""The way back, on the terminal and as one HTML page."""

from __future__ import annotations

from collections import Counter
from html import escape

import numpy as np

from tools import web_page
from tools.bench.distribution import distribution, us
from tools.bench.readmit.fly import Cycle, Way
from tools.bench.readmit.result import LIMIT_NS, Result
from tools.console import bad, console, note, table, verdict
from tools.svg import FAINT, INK, STYLE, Figure, rc_context, svg
from tools.web_page import section
from tools.web_page import table as grid

GOOD, BAD, PAUSE = "#2a9d62", "#c8342c", "#0b5394"
BINS = 50
LISTED = 40
MEASURED = ("pause: from the moment when the replicas stop until they go on, as the recorder "
            "has it (RECORD_JOIN); in guest time, 1 ns for each instruction of any core")
COLUMNS = ("cycles", "pause p50", "p99", "most", "pages p50", "most", "away p50")


def _cells(cycles: list[Cycle]) -> list[str]:
    pause = distribution(cycle.pause_ns for cycle in cycles)
    pages = distribution(cycle.pages for cycle in cycles)
    away = distribution(cycle.away_ns for cycle in cycles)
    if pause is None or pages is None or away is None:
        return ["0"] + ["-"] * (len(COLUMNS) - 1)
    return [str(pause.count), us(pause.median), us(pause.p99), us(pause.most),
            str(pages.median), str(pages.most), us(away.median)]


def _rows(result: Result) -> list[list[str]]:
    back = result.of(Way.BACK)
    rows = [["all", *_cells(back)]]
    for replica in sorted({cycle.replica for cycle in back}):
        rows.append([f"  replica {replica}", *_cells(result.of(Way.BACK, replica))])
    rows.append(["  of the I/O core", *_cells([cycle for cycle in back if cycle.io_core])])
    return rows


def _refusals(result: Result) -> Counter[str]:
    return Counter(cycle.reason.partition(": ")[2] for cycle in result.of(Way.FAILED))


def verdict_line(result: Result) -> str:
    """The limit in words."""
    pause = result.pause
    if pause is None:
        return "no replica came back"
    return (f"DMR to TMR: {pause.count} cycles (at least {result.wanted}), pause at most "
            f"{us(pause.most)} us, median {us(pause.median)}; limit {us(LIMIT_NS)}")


def show(result: Result) -> None:
    """The terminal's part."""
    rows = table("us of guest time", *COLUMNS)
    for column in rows.columns[1:]:
        column.justify = "right"
    rows.padding = (0, 1, 0, 0)
    rows.columns[0].no_wrap = True
    for cells in _rows(result):
        rows.add_row(*cells)
    console.print(rows)
    note(MEASURED)
    ways = ", ".join(f"{way.value} {len(result.of(way))}" for way in Way)
    note(f"{len(result.flown)} flights; exclusions: {ways}; flips that nobody noticed: "
         f"{result.unnoticed}")
    for reason, count in _refusals(result).most_common():
        note(f"refused {count} times: {reason}")
    for problem in result.problems[:LISTED]:
        bad(problem)
    verdict(not result.problems, "downlink byte for byte that of a flight without fault in "
            + ("every flight" if not result.problems else "not every flight"))
    verdict(result.good, verdict_line(result))


def _histogram(result: Result) -> str:
    back = result.of(Way.BACK)
    pauses = [cycle.pause_ns / 1000 for cycle in back]
    bins = np.linspace(0, max([*pauses, LIMIT_NS / 1000]) * 1.03, BINS)
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.8, 3.1))
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        left.hist(pauses, bins=bins, color=PAUSE)
        left.axvline(LIMIT_NS / 1000, color=BAD, linewidth=1.2, linestyle="--")
        left.text(LIMIT_NS / 1000, left.get_ylim()[1], "limit ", color=BAD, va="top", ha="right",
                  fontsize=8, rotation=90)
        left.set_xlabel("pause, µs of guest time")
        left.set_ylabel("cycles")
        right.plot([cycle.pages for cycle in back], pauses, "o", color=PAUSE, markersize=3.5,
                   alpha=0.5)
        right.set_xlabel("pages copied in the pause")
        right.set_ylabel("pause, µs", color=INK)
        right.set_ylim(bottom=0)
        for axes in (left, right):
            axes.grid(axis="y", color="#e3e7eb", linewidth=0.7)
            axes.set_axisbelow(True)
            axes.tick_params(color=FAINT)
        figure.tight_layout(w_pad=2)
        return svg(figure)


def _cards(result: Result) -> str:
    pause = result.pause
    colour = GOOD if result.good else BAD
    most = f"{us(pause.most)} µs" if pause else "-"
    wrong = sum(bool(flown.problems) for flown in result.flown)
    return web_page.cards([
        (f'<span style="color:{colour};font-size:25px">{most}</span>',
         f"longest pause; limit {us(LIMIT_NS)} µs"),
        (f"{us(pause.median)} µs" if pause else "-", "median"),
        (str(len(result.of(Way.BACK))), f"cycles out and in again, at least {result.wanted}"),
        (f"{wrong} of {len(result.flown)}", "flights with a wrong, lost or repeated byte")])


def html(result: Result) -> str:
    """The whole page."""
    ways = [[way.value, str(len(result.of(way)))] for way in Way]
    ways.append(["flip that nobody noticed", str(result.unnoticed)])
    ways += [[f"refused: {escape(reason)}", str(count)]
             for reason, count in _refusals(result).most_common()]
    flights = [[str(flown.seed), str(flown.strikes),
                str(sum(cycle.way is Way.BACK for cycle in flown.cycles)),
                f"{flown.instructions:,}", escape("; ".join(flown.problems) or "identical")]
               for flown in result.flown]
    facts = [[escape(name), f"<code>{escape(text)}</code>"] for name, text in result.facts.items()]
    parts = [_cards(result),
             section("The pause", _histogram(result), f"{MEASURED[0].upper()}{MEASURED[1:]}."),
             section("In numbers", grid(["µs of guest time", *COLUMNS], _rows(result)),
                     "Away: from the exclusion until the replica is back. Pages: copied in the "
                     "pause; those before it are copied while the others work."),
             section("All exclusions", grid(["", "number"], ways)),
             section("Flights", grid(["seed", "faults", "cycles", "instructions", "downlink"],
                                     flights)),
             section("Provenance", grid(["", ""], facts, numbers=False))]
    return web_page.page("DMR to TMR: the way back", f"{result.facts['started']} · "
                         f"{len(result.flown)} flights", parts)
