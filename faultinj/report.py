# SPDX-License-Identifier: BSD-2-Clause
"""A campaign's report: one HTML file that needs nothing else, and a table for the terminal."""

from __future__ import annotations

import math
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

from rich.table import Table

from faultinj import plots, pruned
from faultinj.classify import UNCONTROLLED, Outcome
from faultinj.estimate import Estimate, Mission, known_of, mission, ratio
from faultinj.findings import (heat_section, latency_section, share_text, spot_section,
                               time_sections)
from faultinj.heat_map import flights_of
from faultinj.plan import PlannedFault
from faultinj.provenance import provenance
from faultinj.statistics import COUNTED, Analysis, Share, analyse, share
from faultinj.store import Result, Store
from faultinj.strata import Kind
from tools import web_page
from tools.console import table
from tools.web_page import section
from tools.web_page import table as grid

LISTED = 200
COVERED = 0.9  # of the fault space: with less an estimate says nothing about it
MISSION_NOTE = (
    "Upsets that are uniform in bits and time, in the campaign's strata with single bits, weighted "
    "by their size; an arm with more replicas has more bits and instructions to be hit. Failures "
    "relative to the first arm are what a flight of the same work has to fear under the same rate "
    "of upsets; the inverse is the ratio of the mean work to failure. 95 % intervals (MOVER of "
    "Wilson intervals).")
LEGEND = (
    (Outcome.MASKED, "output right, nobody excluded, final state right"),
    (Outcome.LATENT, "the same, but memory is wrong at the end"),
    (Outcome.CORRECTED_IN_PLACE, "the same, repaired without losing a replica"),
    (Outcome.DOWNGRADED, "the replica was excluded, output complete and right"),
    (Outcome.SAFE_STOP, "safe stop, what was sent is a right beginning"),
    (Outcome.WRONG_OUTPUT, "wrong bytes"),
    (Outcome.LOST_OUTPUT, "right bytes, but some are missing or twice, without a safe stop"),
    (Outcome.HANG, "never ended, so output was lost; the rest is right"),
    (Outcome.VOTER_FAILURE, "a replica that was not hit was excluded; output right"),
)


def _outcome_table(analysis: Analysis) -> str:
    arms = analysis.by_arm()
    rows = [["injected", *(str(found.injected) for found in arms.values())]]
    rows += [[outcome.value, *(share_text(found.of(outcome)) for found in arms.values())]
             for outcome in COUNTED]
    rows.append(["with an effect", *(share_text(found.effective) for found in arms.values())])
    rows.append(["uncontrolled", *(share_text(found.uncontrolled) for found in arms.values())])
    rows += [[outcome.value, *(str(found.counts[outcome]) for found in arms.values())]
             for outcome in (Outcome.NOT_INJECTED, Outcome.HARNESS_ERROR)]
    return grid(["outcome", *(escape(arm) for arm in arms)], rows)


def _stratum_cell(part: Share) -> str:
    """Shorter: what a zero means is told once in the row."""
    return f"{part.count}<br><small>{part.interval()}</small>" if part.count else "·"


def _none_cell(injected: int) -> str:
    """What a count of none leaves open."""
    return f"≤ {100 * share(0, injected).high:.1f} %" if injected else "-"


def _stratum_table(analysis: Analysis) -> str:
    strata = analysis.by_stratum()
    seen = [outcome for outcome in COUNTED
            if any(found.counts[outcome] for arms in strata.values() for found in arms.values())]
    rows = []
    for name, arms in strata.items():
        for arm, found in arms.items():
            rows.append([escape(name), escape(arm), str(found.injected)]
                        + [_stratum_cell(found.of(outcome)) for outcome in seen]
                        + [_stratum_cell(found.effective), _stratum_cell(found.uncontrolled),
                           _none_cell(found.injected), str(found.counts[Outcome.NOT_INJECTED])])
    return grid(["stratum", "arm", "injected", *(outcome.value for outcome in seen),
                 "with an effect", "uncontrolled", "· means", "not injected"], rows)


def _mechanism_rows(analysis: Analysis) -> list[list[str]]:
    arms = list(analysis.by_arm())
    counts = {arm: analysis.by_mechanism(arm) for arm in arms}
    names = sorted({name for found in counts.values() for name in found})
    return [[escape(name)] + [str(counts[arm][name]) for arm in arms] for name in names]


def _cases(analysis: Analysis) -> list[Result]:
    """Every uncontrolled outcome; the arms that had few come first, as a control has many."""
    found = [result for result in analysis.results if result.outcome in UNCONTROLLED]
    arms = list(analysis.by_arm())
    of_arm = Counter(result.arm for result in found)
    return sorted(found, key=lambda result: (of_arm[result.arm], arms.index(result.arm),
                                             result.fault))


def _case_row(result: Result, fault: PlannedFault) -> list[str]:
    return [f"<code>{escape(result.id)}</code>", escape(result.outcome.value),
            escape(fault.stratum), escape(f"replica {fault.replica}: {result.what}"),
            escape(_where(result, fault)), escape(result.note)]


def _case_section(analysis: Analysis) -> list[str]:
    cases = _cases(analysis)
    if not cases:
        return []
    left = f" The first {LISTED} of {len(cases)}; all are in the exports." \
        if len(cases) > LISTED else ""
    rows = [_case_row(result, analysis.faults[result.fault]) for result in cases[:LISTED]]
    return [section("Every uncontrolled outcome" if not left else "Uncontrolled outcomes", grid(
        ["id", "outcome", "stratum", "fault", "where", "what was seen"], rows, numbers=False),
        f"Run one again: ./ternion replay ID; under gdb: ./ternion replay ID --gdb.{left}")]


def missions_of(analysis: Analysis, arms: list[dict[str, Any]]) -> list[Mission]:
    """Estimates for the whole fault space of every arm, where the campaign has weights."""
    table = analysis.by_stratum()
    found = []
    for arm in arms:
        strata = {name: row[arm["name"]] for name, row in table.items() if arm["name"] in row}
        found.append(mission(arm["name"], strata, arm["golden"].get("space", {}), known_of(arm)))
    return [one for one in found if one is not None and one.covered >= COVERED]


def _range(estimate: Estimate, digits: int = 3) -> str:
    ends = [f"{end:.{digits}g}" if math.isfinite(end) else "∞"
            for end in (estimate.value, estimate.low, estimate.high)]
    return f"{ends[0]} [{ends[1]} to {ends[2]}]"


def _mission_rows(missions: list[Mission]) -> list[list[str]]:
    first = missions[0].failures

    def relative_to_first(one: Mission) -> str:
        if one is missions[0]:
            return "1"
        return _range(ratio(one.failures, first)) if first.value else "none seen in the first"

    return [[escape(one.arm), f"{one.space:.3g}", f"{100 * one.covered:.0f} %",
             _range(one.share.times(1e6)), relative_to_first(one)] for one in missions]


def mission_table(store: Store) -> Table | None:
    """The same for a terminal; None where the campaign has no weights."""
    missions = missions_of(analyse(store.results(), store.faults()), store.arms())
    if not missions:
        return None
    columns = ("space", "covered", "uncontrolled, per million", f"failures, {missions[0].arm} is 1")
    result = table("arm", *columns)
    for row in _mission_rows(missions):
        result.add_row(*row)
    return result


def pruned_table(store: Store) -> Table | None:
    """What was known without a run, for a terminal; None where nothing was pruned."""
    return pruned.terminal_table(
        pruned.rows_of(analyse(store.results(), store.faults()), store.arms()))


def _way_back_rows(analysis: Analysis) -> list[list[str]]:
    return [[escape(arm), escape(way), str(counts.total())]
            + [str(counts[outcome]) for outcome in COUNTED]
            for (arm, way), counts in sorted(analysis.ways_back().items())]


def way_back_table(analysis: Analysis) -> Table | None:
    """For a terminal, without outcomes that nobody had; None where nobody was to come back."""
    ways = analysis.ways_back()
    seen = [outcome for outcome in COUNTED if any(counts[outcome] for counts in ways.values())]
    if not ways:
        return None
    names = [outcome.value for outcome in seen]
    result = table("the joiner", "n", *names, right=("n", *names))
    for (arm, way), counts in sorted(ways.items()):
        result.add_row(f"{arm}: {way}", str(counts.total()),
                       *(str(counts[outcome] or "·") for outcome in seen))
    return result


def _where(result: Result, fault: PlannedFault) -> str:
    """A register flip hits the code that runs, a memory flip the byte's owner."""
    if fault.kind is Kind.MEMORY:
        return fault.target + (f", while in {result.place}" if result.place else "")
    return result.place + (f" ({result.line})" if result.line else "")


def _cards(analysis: Analysis) -> str:
    cards = []
    for arm, found in analysis.by_arm().items():
        wrong = found.uncontrolled
        cards.append((f"{wrong.count} of {found.injected}",
                      f"uncontrolled in <strong>{escape(arm)}</strong> (wrong or lost output, "
                      f"hang, voter failure), 95 % interval {100 * wrong.low:.1f} to "
                      f"{100 * wrong.high:.1f} %; "
                      f"{found.effective.count} faults had an effect"))
    return web_page.cards(cards)


def _legend() -> str:
    items = [f'<span><i style="background:{plots.COLOURS[outcome]}"></i><b>{outcome.value}</b>: '
             f"{escape(text)}</span>" for outcome, text in LEGEND]
    return f"<div class=legend>{''.join(items)}</div>"


def html(store: Store) -> str:
    """The whole page."""
    facts, arms = store.facts(), store.arms()
    analysis = analyse(store.results(), store.faults())
    parts = [_cards(analysis), section(
        "Outcomes", _legend() + plots.outcomes(analysis) + _outcome_table(analysis),
        "Shares of injected faults with 95 % intervals: Wilson, and Clopper-Pearson where the "
        "count is none or all. The same faults in every arm; a replica that an arm lacks becomes "
        "replica 0. The sample gives each stratum a fixed share, so totals describe this mixture.")]
    parts += pruned.section(pruned.rows_of(analysis, arms))
    parts.append(section("Uncontrolled", plots.uncontrolled(analysis),
                         "Point: share. Line: 95 % interval. Red: wrong or lost output. Violet: "
                         "hang. Pink: voter failure."))
    parts.append(section("By stratum", plots.strata(analysis),
                         "Layer / what was flipped. For registers the layer is that of the code "
                         "that was running, for memory that of the byte."))
    ways = _way_back_rows(analysis)
    if ways:
        parts.append(section("The way back", grid(
            ["arm", "the joiner", "n"] + [outcome.value for outcome in COUNTED], ways),
            "A first fault, the same in every run, excludes a replica; the faults counted here hit "
            "while it comes back. A run whose joiner is not back at its end is downgraded."))
    parts += heat_section(analysis, flights_of(arms)) + spot_section(analysis)
    parts.append(section("What noticed the effective faults first", grid(
        ["mechanism", *analysis.by_arm()], _mechanism_rows(analysis))))
    missions = missions_of(analysis, arms)
    if missions:
        parts.append(section("For a mission", grid(
            ["arm", "fault space, bits x instructions", "covered",
             "uncontrolled, of 10<sup>6</sup>", "failures, relative to the first arm"],
            _mission_rows(missions)), MISSION_NOTE))
    parts += latency_section(analysis) + time_sections(analysis)
    parts += _case_section(analysis)
    parts.append(section("Strata in numbers", _stratum_table(analysis),
                         "Counts with 95 % intervals of their shares. None (·) of a few leaves "
                         "much open: the last column but one tells how much. Outcomes that never "
                         "occurred have no column."))
    nulls = sum(r.outcome is Outcome.MASKED for r in analysis.nulls)
    parts.append(section("Provenance", provenance(facts, arms, store.path),
                         f"Null injections that changed nothing: {nulls} of "
                         f"{len(analysis.nulls)}. Every golden run was flown twice and was "
                         "identical."))
    title = f"Ternion fault injection: {', '.join(facts['arms'])}"
    return web_page.page(title, f"{facts['started']} · seed {facts['seed']} · "
                                f"{len(analysis.results)} injections", parts)


def write_html(store: Store, path: Path) -> None:
    """Writes the page, whole or not at all."""
    web_page.write(path, html(store))


def terminal_table(store: Store) -> Table:
    """Outcomes per arm with intervals."""
    analysis = analyse(store.results(), store.faults())
    tallies = analysis.by_arm()
    result = table("outcome", *tallies, right=tuple(tallies))
    for outcome in COUNTED:
        result.add_row(outcome.value, *(found.of(outcome).text() for found in tallies.values()))
    result.add_section()
    result.add_row("injected", *(str(found.injected) for found in tallies.values()))
    result.add_row("with effect", *(found.effective.text() for found in tallies.values()))
    for outcome in (Outcome.NOT_INJECTED, Outcome.HARNESS_ERROR):
        result.add_row(outcome.value, *(str(f.counts[outcome]) for f in tallies.values()))
    return result


def stratum_table(store: Store, arm: str) -> Table:
    """Outcomes per stratum of one arm."""
    analysis = analyse(store.results(), store.faults())
    names = [outcome.value for outcome in COUNTED]
    result = table(f"stratum ({arm})", "n", *names, right=("n", *names))
    for name, arms in analysis.by_stratum().items():
        if arm in arms:
            counts = [arms[arm].counts[outcome] for outcome in COUNTED]
            result.add_row(name, str(arms[arm].injected), *(str(n) if n else "·" for n in counts))
    return result
