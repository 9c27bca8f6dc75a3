# SPDX-License-Identifier: BSD-2-Clause
"""What a browser shows of a campaign's report, against the JSON export of the same campaign."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faultinj.browser import Browser

TABLES = """Object.fromEntries([...document.querySelectorAll('section')].map(s => [
  s.querySelector('h2').innerText,
  [...s.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(
    c => c.innerText)))]))"""
HEAT = """Object.fromEntries([...document.querySelectorAll('g[id^=heat-]')].map(g => {
  const box = g.getBoundingClientRect(), all = g.closest('svg').getBoundingClientRect();
  const inside = box.width > 0 && box.left >= all.left && box.right <= all.right
    && box.top >= all.top && box.bottom <= all.bottom;
  return [g.id, [g.textContent.trim(), inside]]}))"""
PLOTS = """[...document.querySelectorAll('svg')].map(s => {
  const r = s.getBoundingClientRect(); return [r.width, r.height, r.right]})"""
SIZES = (1280, 420)  # widths of the window: a desk's, a telephone's
LATENCY = "From the fault to its detection"
TIMES = {"From detection to exclusion": "detection to exclusion, µs",
         "From exclusion to return": "exclusion to return, µs",
         "Standstill for a return": "standstill of the others for a return, µs"}


@dataclass(frozen=True)
class Shown:
    """Texts as a person sees them."""

    tables: dict[str, list[list[list[str]]]]  # section -> tables -> rows -> cells
    heat: dict[str, list[Any]]                # cell -> its text, and whether it can be seen


def look(browser: Browser, page: Path) -> Shown:
    """Opens it in windows of several sizes; there must be no request and no complaint."""
    for width in reversed(SIZES):
        browser.resize(width, 900)
        browser.open(page)
        assert browser.requests() == [page.resolve().as_uri()]
        assert browser.complaints() == []
        plots = browser.value(PLOTS)
        assert len(plots) >= 4 and all(
            w > 100 and h > 20 and right <= width for w, h, right in plots), (width, plots)
        assert browser.value("document.documentElement.scrollWidth") <= width
    return Shown(browser.value(TABLES), browser.value(HEAT))


def compare(shown: Shown, exported: dict[str, Any]) -> None:
    """Every figure that both have."""
    check_outcomes(shown.tables["Outcomes"][0], exported)
    check_strata(shown.tables["Strata in numbers"][0], exported)
    check_heat(shown.heat, exported)
    check_spots(shown.tables.get("Most vulnerable", []), exported)
    check_durations(shown.tables, exported)


def interval(part: dict[str, float]) -> str:
    """As the page writes it."""
    low, high = 100 * part["low"], 100 * part["high"]
    return f"≥ {min(low, 99.9):.1f} %" if high >= 99.95 else f"{low:.1f}-{high:.1f} %"


def share_text(part: dict[str, float], total: int) -> str:
    """Count, share, interval."""
    if not total:
        return "-"
    whole = "" if part["count"] == total else f"{100 * part['count'] / total:.1f} % "
    return f"{part['count']} {whole}[{interval(part)}]"


def check_outcomes(table: list[list[str]], exported: dict[str, Any]) -> None:
    """Every figure of the first table."""
    arms = table[0][1:]
    assert arms == list(exported["results"])
    rows = {row[0]: row[1:] for row in table[1:]}
    for arm, column in zip(arms, range(len(arms)), strict=True):
        tally = exported["results"][arm]
        assert rows["injected"][column] == str(tally["injected"])
        parts = {**tally["outcomes"], "with an effect": tally["with effect"],
                 "uncontrolled": tally["uncontrolled"]}
        assert {name: rows[name][column] for name in parts} == {
            name: share_text(part, tally["injected"]) for name, part in parts.items()}


def check_strata(table: list[list[str]], exported: dict[str, Any]) -> None:
    """Every stratum in every arm, its counts and their intervals."""
    head, rows = table[0], [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    assert [(row["stratum"], row["arm"]) for row in rows] == [
        (name, arm) for name, arms in exported["strata"].items() for arm in arms]
    for row in rows:
        tally = exported["strata"][row["stratum"]][row["arm"]]
        assert row["injected"] == str(tally["injected"])
        parts = {**tally["outcomes"], "with an effect": tally["with effect"],
                 "uncontrolled": tally["uncontrolled"]}
        for name, part in parts.items():
            if name not in head:
                assert not part["count"]
            else:
                assert row[name] == (f"{part['count']}\n{interval(part)}" if part["count"]
                                     else "·")


def check_heat(shown: dict[str, list[Any]], exported: dict[str, Any]) -> None:
    """Every cell, where it can be seen."""
    expected = {}
    for cell in exported["heat_map"]:
        for name, key in (("effective", "with effect"), ("uncontrolled", "uncontrolled")):
            expected[f"heat-{cell['arm']}-{name}-{cell['layer']}-{cell['column']}"] = [
                f"{cell[key]['count']}/{cell['injected']}", True]
    assert shown == expected


def check_spots(tables: list[list[list[str]]], exported: dict[str, Any]) -> None:
    """The first ten places of each list in each arm."""
    expected: dict[str, list[list[str]]] = {}
    for arm in exported["results"]:
        for name in dict.fromkeys(spot["list"] for spot in exported["hot_spots"]):
            expected.setdefault(name, []).extend(
                [f"{arm}: {spot['place']}", str(spot["injected"]),
                 share_text(spot["with effect"], spot["injected"]),
                 share_text(spot["uncontrolled"], spot["injected"])]
                for spot in [one for one in exported["hot_spots"]
                             if (one["arm"], one["list"]) == (arm, name)][:10])
    assert {table[0][0]: table[1:] for table in tables} == expected


def _rows(exported: dict[str, Any], span: str, digits: int) -> list[list[str]]:
    """Who, how many, median, largest."""
    return [[f"{one['arm']}: {one['group']}", str(len(one["values"])),
             f"{statistics.median_low(one['values']):,.{digits}f}",
             f"{max(one['values']):,.{digits}f}"]
            for one in exported["durations"] if one["span"] == span]


def check_durations(tables: dict[str, list[list[list[str]]]], exported: dict[str, Any]) -> None:
    """Latencies in instructions, and all times."""
    late = _rows(exported, "fault to detection, instructions of all cores", 0)
    shown = [[*row[:3], row[4]] for row in tables[LATENCY][0][1:]] if LATENCY in tables else []
    assert shown == late
    for title, span in TIMES.items():
        expected = _rows(exported, span, 2)
        found = [[*row[:3], row[4]] for row in tables[title][0][1:]] if title in tables else []
        assert found == expected
