# SPDX-License-Identifier: BSD-2-Clause
"""The time of a downgrade, on the terminal and as one HTML page."""

from __future__ import annotations

from html import escape

import numpy as np

from tools import web_page
from tools.bench.distribution import Distribution, distribution, us
from tools.bench.downgrade.case import CaseResult, Outcome
from tools.bench.downgrade.plan import What
from tools.bench.downgrade.result import LIMIT_NS, Result
from tools.console import bad, console, note, table, verdict
from tools.svg import FAINT, INK, STYLE, Figure, rc_context, svg
from tools.web_page import section
from tools.web_page import table as grid

GOOD, BAD = "#2a9d62", "#c8342c"
COLOURS = {True: "#0b5394", False: "#2a9d62"}  # the I/O core's replica was hit, or another
ROLES = {True: "the I/O core's replica", False: "another replica"}
BINS = 60
MEASURED = ("from the publication of the wrong ballot to the store to the device with which the "
            "surviving I/O core goes on, in guest time: 1 ns for each instruction of any core")
GAVE_UP = ("flips in registers that made the replica break itself (a trap in the kernel, an access "
           "outside its memory, a missed barrier) before it published anything wrong: timed from "
           "the flip")
LISTED = 40


def _rows(result: Result) -> list[tuple[str, Distribution, Distribution, Distribution]]:
    """Name; time to the exclusion, to the next output; instructions of a surviving core."""
    chosen: list[tuple[str, list[CaseResult]]] = [
        ("wrong ballot", result.timed(Outcome.DOWNGRADED))]
    chosen += [(f"  of {ROLES[role]}", result.timed(Outcome.DOWNGRADED, role))
               for role in (True, False)]
    chosen.append(("gave itself up", result.timed(Outcome.GAVE_UP)))
    rows = []
    for name, cases in chosen:
        timings = [case.timing for case in cases if case.timing is not None]
        found = (distribution(t.exclusion_ns for t in timings),
                 distribution(t.output_ns for t in timings),
                 distribution(t.per_core for t in timings))
        if found[0] is not None and found[1] is not None and found[2] is not None:
            rows.append((name, found[0], found[1], found[2]))
    return rows


def verdict_line(result: Result) -> str:
    """The limit in words."""
    found = result.downgrade
    if found is None:
        return "no wrong ballot was noticed, so there is nothing to measure"
    return (f"TMR to DMR: 99th percentile {us(found.p99)} us, median {us(found.median)}, most "
            f"{us(found.most)}, of {found.count} wrong ballots (at least "
            f"{result.wanted}); limit {us(LIMIT_NS)}")


def show(result: Result) -> None:
    """The terminal's part."""
    columns = ("cases", "excluded", "output p50", "p99", "max", "instr. p50", "p99")
    rows = table("us of guest time", *columns, right=columns)
    rows.padding = (0, 1, 0, 0)
    rows.columns[0].no_wrap = True
    for name, exclusion, output, per_core in _rows(result):
        rows.add_row(name, str(output.count), us(exclusion.median), us(output.median),
                     us(output.p99), us(output.most), f"{per_core.median:,}",
                     f"{per_core.p99:,}")
    console.print(rows)
    note(MEASURED)
    note("excluded: median until the active set was written; instr.: of the surviving core that "
         "executed most")
    note(f"gave itself up: {GAVE_UP}")
    kinds = table("cases", *(what.value for what in What), "all",
                  right=(*(what.value for what in What), "all"))
    for outcome in Outcome:
        kinds.add_row(outcome.value, *(str(result.counts(what)[outcome]) for what in What),
                      str(result.counts()[outcome]))
    console.print(kinds)
    for case in result.wrong[:LISTED]:
        bad(f"case {case.case.number}: {case.outcome.value}: {case.note}")
    sent = not any(case.outcome is Outcome.BAD for case in result.cases)
    verdict(sent, f"{len(result.cases)} cases, output byte for byte that of a run without fault "
                  "in " + ("all" if sent else "not all"))
    verdict(result.good, verdict_line(result))


def histogram(result: Result) -> str:
    """Times to the next output, by the role of the replica's core."""
    groups = {role: [case.timing.output_ns / 1000 for case in
                     result.timed(Outcome.DOWNGRADED, role) if case.timing is not None]
              for role in (False, True)}
    highest = max((value for values in groups.values() for value in values), default=1.0)
    bins = np.linspace(0, max(highest, LIMIT_NS / 1000) * 1.03, BINS)
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.6, 3.2))
        axes = figure.subplots()
        axes.hist([groups[role] for role in groups], bins=bins, stacked=True,
                  color=[COLOURS[role] for role in groups],
                  label=[f"{ROLES[role]} (n={len(groups[role])})" for role in groups])
        axes.axvline(LIMIT_NS / 1000, color=BAD, linewidth=1.2, linestyle="--")
        axes.text(LIMIT_NS / 1000, axes.get_ylim()[1], " limit of p99", color=BAD, va="top",
                  ha="right", fontsize=8, rotation=90)
        found = result.downgrade
        if found is not None:
            axes.axvline(found.p99 / 1000, color=INK, linewidth=1)
            axes.text(found.p99 / 1000, axes.get_ylim()[1], "p99 ", color=INK, va="top",
                      ha="right", fontsize=8, rotation=90)
        axes.set_xlabel("µs of guest time from the wrong ballot to the next output")
        axes.set_ylabel("cases")
        axes.grid(axis="y", color="#e3e7eb", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, fontsize=8, loc="center left",
                    bbox_to_anchor=(1.01, 0.5), labelcolor=FAINT)
        return svg(figure)


def _cards(result: Result) -> str:
    found = result.downgrade
    colour = GOOD if result.good else BAD
    p99 = f"{us(found.p99)} µs" if found else "-"
    counts = result.counts()
    return web_page.cards([
        (f'<span style="color:{colour};font-size:25px">{p99}</span>',
         f"99th percentile; limit {us(LIMIT_NS)} µs"),
        (f"{us(found.median)} µs" if found else "-", "median"),
        (f"{us(found.most)} µs" if found else "-", "longest"),
        (f"{counts[Outcome.BAD] + counts[Outcome.HARNESS]} of {len(result.cases)}",
         "cases with wrong, lost or repeated output, a healthy replica lost, or no result")])


def html(result: Result) -> str:
    """The whole page."""
    rows = [[name, str(output.count), us(exclusion.median), us(exclusion.p99), us(output.median),
             us(output.p99), us(output.most), f"{per_core.median:,}", f"{per_core.p99:,}"]
            for name, exclusion, output, per_core in _rows(result)]
    kinds = [[outcome.value] + [str(result.counts(what)[outcome]) for what in What]
             + [str(result.counts()[outcome])] for outcome in Outcome]
    parts = [_cards(result), section("From the wrong ballot to the next output",
                                     histogram(result), f"Measured {MEASURED}."),
             section("In numbers", grid(
                 ["µs of guest time", "cases", "excluded p50", "p99", "next output p50", "p99",
                  "most", "instr. per core p50", "p99"], rows),
                 f"Instructions: of the surviving core that executed most. Gave itself up: "
                 f"{GAVE_UP}."),
             section("All cases", grid(["outcome", *(what.value for what in What), "all"], kinds),
                     "Ballot: a bit of the fingerprint in RAM, right after its publication; no "
                     "effect means that nobody compared that round any more. Register: a bit of a "
                     "general register of the kernel in the last instructions before a "
                     "publication.")]
    if result.wrong:
        parts.append(section("What went wrong", grid(["case", "outcome", "what was seen"], [
            [str(case.case.number), case.outcome.value, escape(case.note)]
            for case in result.wrong[:LISTED]], numbers=False)))
    facts = [[escape(name), f"<code>{escape(text)}</code>"] for name, text in result.facts.items()]
    parts.append(section("Provenance", grid(["", ""], facts, numbers=False)))
    return web_page.page("TMR to DMR: how long outputs stop",
                         f"{result.facts['started']} · {len(result.cases)} cases", parts)
