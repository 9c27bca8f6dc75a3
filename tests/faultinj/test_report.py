# SPDX-License-Identifier: BSD-2-Clause
"""The report's page: whole, self-contained, with every wrong output in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from faultinj import findings, report
from faultinj.classify import Outcome
from faultinj.statistics import analyse
from faultinj.store import Store
from faultinj.strata import Kind
from tests.faultinj.campaign_parts import plan_of, result, store_of

VOID = {"meta", "br", "path", "use", "rect", "image"}


class Balance(HTMLParser):
    """Collects addresses and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture(name="page", scope="module")
def _page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[str]]:
    """The text, and what it must list."""
    place = tmp_path_factory.mktemp("page")
    with store_of(place / "a.db") as store:
        report.write_html(store, place / "a.html")
        nulls = {f.number for f in store.faults().values() if f.kind is Kind.NULL}
        bad = {r.id for r in store.results() if r.fault not in nulls
               and r.outcome in (Outcome.WRONG_OUTPUT, Outcome.HANG)}
    return (place / "a.html").read_text(encoding="utf-8"), bad


def test_page_is_whole_and_needs_no_network(page: tuple[str, set[str]]) -> None:
    balance = Balance()
    balance.feed(page[0])
    assert balance.open == []
    assert all(link.startswith("#") for link in balance.links)
    assert "@import" not in page[0] and "<script" not in page[0]
    assert page[0].count("<svg") == 4


def test_page_lists_every_wrong_output_and_hang(page: tuple[str, set[str]]) -> None:
    listed = re.findall(r"<code>((?:base|tmr)-\d+)</code>", page[0])
    assert set(listed) == page[1] and listed


def test_page_tells_its_provenance(page: tuple[str, set[str]]) -> None:
    for fact in ("aa" * 32, "bb" * 32, "ef" * 32, "version 7.2", "shift=0", "seed 1",
                 "not noted: the campaign is older"):
        assert fact in page[0]


def test_terminal_table(tmp_path: Path) -> None:
    console = Console(width=140, record=True, file=(tmp_path / "out").open("w"))
    with store_of(tmp_path / "a.db") as store:
        console.print(report.terminal_table(store))
        console.print(report.stratum_table(store, "tmr"))
    text = console.export_text()
    assert re.search(r"wrong output +\d+ \[\d+\.\d-\d+\.\d %\] +0 \[0\.0-", text)
    assert "ballot/memory" in text


def test_page_tells_how_late_faults_are_noticed(tmp_path: Path) -> None:
    with store_of(tmp_path / "a.db") as store:
        faults = store.faults()
        noticed = [r for r in store.results()
                   if r.mechanism and faults[r.fault].kind is not Kind.NULL]
        for found, late, events in zip(noticed, (100, 300, 7000), (1, 2, 5)):
            store.add(replace(found, latency=late, latency_events=events))
        text, = findings.latency_section(analyse(store.results(), faults))
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", text)[:8]
    assert cells == ["tmr: watchdog", "3", "300", "-", "7,000", "2", "-", "5"]


def test_page_says_where_a_list_ends(tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    """The arm that had few cases comes first: a control may have thousands."""
    with store_of(tmp_path / "a.db") as store:
        chosen = [r for r in store.results() if r.arm == "tmr"
                  and store.faults()[r.fault].kind is not Kind.NULL][-1]
        store.add(replace(chosen, outcome=Outcome.HANG, line="kernel/a.c:7"))
        text = report._case_section(analyse(store.results(), store.faults()))[0]
        ids = re.findall(r"<code>((?:base|tmr)-\d+)</code>", text)
        assert ids[0] == chosen.id and len(ids) > 10
        assert "(kernel/a.c:7)" in text and "The first" not in text
        monkeypatch.setattr(report, "LISTED", 5)
        text = report._case_section(analyse(store.results(), store.faults()))[0]
    assert re.findall(r"<code>((?:base|tmr)-\d+)</code>", text) == ids[:5]
    assert f"The first 5 of {len(ids)}; all are in the exports." in text


def test_page_estimates_for_a_mission(page: tuple[str, set[str]], tmp_path: Path) -> None:
    """Weights that leave one stratum: base fails there, TMR has three times the space."""
    with store_of(tmp_path / "a.db") as store:
        assert "For a mission" not in page[0]
        for name, size in (("base", 1e9), ("tmr", 3e9)):
            golden = next(one["golden"] for one in store.arms() if one["name"] == name)
            store._base.execute("UPDATE arm SET golden = ? WHERE name = ?", (
                json.dumps({**golden, "space": {"user/x": size}}), name))
        strata = analyse(store.results(), store.faults()).by_stratum()["user/x"]
        bad, of = strata["base"].uncontrolled.count, strata["base"].injected
        text = report.html(store)
        table = report.mission_table(store)
    row = re.findall(r"<td[^>]*>([^<]*)</td>", text[text.index("For a mission"):])[:10]
    assert row[0] == "base" and row[1] == "1e+09" and row[5] == "tmr" and row[6] == "3e+09"
    assert bad and row[3].startswith(f"{1e6 * bad / of:.3g} [")
    assert row[9].startswith("0 [0 to ")
    assert table is not None and table.row_count == 2


def test_intervals_survive_the_terminal(tmp_path: Path) -> None:
    """The console reads words in brackets as colours."""
    with Store(tmp_path / "a.db") as store:
        plan = plan_of(40, 1)
        store.begin({"seed": 1}, ("seed",), [("base", "qemu-virt-base", 1, "aa", {})], plan)
        for fault in plan:
            store.add(result("base", fault, Outcome.MASKED))
        with Console(width=140, record=True, file=(tmp_path / "out").open("w")) as console:
            console.print(report.terminal_table(store))
        assert report.mission_table(store) is None
    assert re.search(r"masked +40 \[≥ 91.2 %\]", console.export_text())


def test_page_and_table_tell_who_came_back(page: tuple[str, set[str]], tmp_path: Path) -> None:
    with store_of(tmp_path / "a.db") as store:
        assert "The way back" not in page[0]
        faults = store.faults()
        chosen = [r for r in store.results() if r.arm == "tmr"
                  and r.outcome is Outcome.DOWNGRADED and faults[r.fault].kind is not Kind.NULL]
        for found, way in zip(chosen, ("came back", "stayed out", "came back")):
            store.add(replace(found, way_back=way))
        text, console = report.html(store), Console(width=140, record=True,
                                                    file=(tmp_path / "out").open("w"))
        shown = report.way_back_table(analyse(store.results(), faults))
        assert shown is not None
        console.print(shown)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", text[text.index("The way back"):])
    at = cells.index("stayed out")
    assert cells[at - 1:at + 2] == ["tmr", "stayed out", "1"]
    table = console.export_text()
    assert re.search(r"tmr: came back +2 +2\s", table)
    assert re.search(r"tmr: stayed out +1 +1\s", table)
