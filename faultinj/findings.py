# SPDX-License-Identifier: BSD-2-Clause
"""Sections of the report: where and when faults matter, and how long things take."""

from __future__ import annotations

from html import escape

from faultinj import plots
from faultinj.durations import TIMES, Distribution, Span, distributions
from faultinj.heat_map import ENOUGH, heat_maps
from faultinj.hot_spots import FEWEST, Ground, HotSpot, hot_spots
from faultinj.statistics import Analysis, Share
from tools.web_page import section, table

SPOTS = 10  # of a list
TAIL = 20   # values, below which nothing is known of the largest 5 %
HEAT_NOTE = (
    "Rows: layers, with all strata that hit them. Columns: equal parts of the golden run from the "
    "start of the kernels to the end, by instructions of all cores. A cell has count/injections "
    "and the 95 % interval of the share in percent; its colour tells the share. Hatched: fewer "
    f"than {ENOUGH} injections, too few for a colour. Empty: none.")
SPOTS_NOTE = (
    f"At most {SPOTS} of each arm: places that were hit at least {FEWEST} times, where a fault had "
    "an effect, in the order of the lower ends of the 95 % intervals, first of uncontrolled "
    "outcomes, then of effects. Each interval is of one place by itself: of many places with a few "
    "hits, some are in front by chance.")
LATENCY_NOTE = (
    "From the (last) fault to the first record of its detection, by what noticed it. Instructions "
    "are those of all cores together; events are kernel entries of the replicas, where the record "
    f"tells a number that can be. 95 %: where there are at least {TAIL} values.")
TIME_NOTES = {
    Span.DOWNGRADE: ("From detection to exclusion",
                     "Virtual time from the first record of a detection to the exclusion.",
                     "mechanism"),
    Span.ABSENCE: ("From exclusion to return",
                   "Virtual time from an exclusion to the replica's return to the votes.",
                   "the joiner"),
    Span.STANDSTILL: ("Standstill for a return",
                      "Virtual time for which the others stood still for a return.",
                      "the joiner")}


def share_text(part: Share) -> str:
    """Count, share and interval. No share is said to be the whole."""
    if not part.total:
        return "-"
    whole = "" if part.count == part.total else f"{100 * part.part:.1f} % "
    return f"{part.count} <small>{whole}[{part.interval()}]</small>"


def _heat_legend() -> str:
    items = [f'<span><i style="background:{shade}"></i>'
             + (f"up to {100 * most:.0f} %</span>" if most else "none</span>")
             for most, shade in plots.SHADES.items()]
    return f"<div class=legend>{''.join(items)}</div>"


def heat_section(analysis: Analysis, flights: dict[str, range]) -> list[str]:
    """A map for each arm; none where moments were not noted."""
    maps = heat_maps(analysis, flights)
    if not maps:
        return []
    unplaced = sum(found.unplaced for found in maps)
    left = f" Never came to their moment, or did not note it: {unplaced}." if unplaced else ""
    return [section("Where and when", _heat_legend() + "".join(map(plots.heat, maps)),
                    HEAT_NOTE + left)]


def _spot_row(arm: str, spot: HotSpot) -> list[str]:
    return [f"{escape(arm)}: <code>{escape(spot.name)}</code>", str(spot.found.injected),
            share_text(spot.found.effective), share_text(spot.found.uncontrolled)]


def spot_section(analysis: Analysis) -> list[str]:
    """Lists of what is most vulnerable."""
    parts = []
    for ground in Ground:
        rows = [_spot_row(arm, spot) for arm in analysis.by_arm()
                for spot in hot_spots(analysis, arm, ground)[:SPOTS]]
        if rows:
            parts.append(table([ground.value, "injected", "with an effect", "uncontrolled"], rows))
    return [section("Most vulnerable", "".join(parts), SPOTS_NOTE)] if parts else []


def _figures(found: Distribution | None) -> list[str]:
    if found is None:
        return ["-"] * 3
    digits = 2 if found.span in TIMES else 0
    texts = [f"{figure:,.{digits}f}" for figure in (found.at(0.5), found.at(0.95),
                                                    found.values[-1])]
    return texts if len(found.values) >= TAIL else [texts[0], "-", texts[2]]


def _duration_row(found: Distribution) -> list[str]:
    return [escape(f"{found.arm}: {found.group}"), str(len(found.values)), *_figures(found)]


def latency_section(analysis: Analysis) -> list[str]:
    """Instructions and events from the fault to its detection."""
    late = distributions(analysis, Span.LATENCY)
    if not late:
        return []
    events = {(one.arm, one.group): one for one in distributions(analysis, Span.EVENTS)}
    rows = [_duration_row(one) + _figures(events.get((one.arm, one.group))) for one in late]
    body = ""
    for arm in dict.fromkeys(one.arm for one in late):
        body += f"<h3>{escape(arm)}</h3>" + plots.cumulative([
            ("instructions of all cores", [one for one in late if one.arm == arm]),
            ("kernel entries", [one for one in events.values() if one.arm == arm])])
    return [section("From the fault to its detection", body + table(
        ["arm, mechanism", "n", "instructions: median", "95 %", "largest", "events: median",
         "95 %", "largest"], rows), LATENCY_NOTE)]


def time_sections(analysis: Analysis) -> list[str]:
    """Times of downgrades and returns, where there were any."""
    parts = []
    for span, (title, remark, group) in TIME_NOTES.items():
        found = distributions(analysis, span)
        if found:
            parts.append(section(title, plots.strips(found) + table(
                [f"arm, {group}", "n", "median, µs", "95 %", "largest"],
                [_duration_row(one) for one in found]), remark))
    return parts
