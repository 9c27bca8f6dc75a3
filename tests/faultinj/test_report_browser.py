# SPDX-License-Identifier: BSD-2-Clause
"""The report in a real browser: no request, no complaint, and the figures of the JSON export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj import export, report
from tests.faultinj.browser import Browser
from tests.faultinj.campaign_parts import store_of
from tests.faultinj.report_page import compare, look


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def test_a_page_without_findings(browser: Browser, tmp_path: Path) -> None:
    """No moments, no lines, no latencies: a campaign that an older tool has run."""
    with store_of(tmp_path / "a.db") as store:
        report.write_html(store, tmp_path / "a.html")
        exported = json.loads(export.as_json(store))
    assert exported["heat_map"] == []
    compare(look(browser, tmp_path / "a.html"), exported)


def test_browser_shows_what_the_export_says(browser: Browser, tmp_path: Path) -> None:
    """Hot spots, latencies, returns; and a figure that differs is found."""
    with store_of(tmp_path / "a.db") as store:
        for found in store.results():
            late = found.fault ** 3
            store.add(replace(found, moment=60 * found.fault, line=f"kernel/a.c:{found.fault % 5}",
                              place=f"kernel:f{found.fault % 3}<int>+{found.fault:#x}",
                              latency=late if found.mechanism else None,
                              latency_events=late // 9 if found.mechanism else None,
                              absence=late, standstill=found.fault))
        report.write_html(store, tmp_path / "a.html")
        exported = json.loads(export.as_json(store))
    assert {one["list"] for one in exported["hot_spots"]} >= {
        "functions that ran", "source lines that ran"}
    assert len({one["span"] for one in exported["durations"]}) == 5
    shown = look(browser, tmp_path / "a.html")
    compare(shown, exported)
    for wrong in (exported["results"]["tmr"]["outcomes"]["downgraded"],
                  exported["heat_map"][0]["with effect"], exported["hot_spots"][0]["uncontrolled"]):
        wrong["count"] += 1
        with pytest.raises(AssertionError):
            compare(shown, exported)
        wrong["count"] -= 1


def test_browser_would_tell(browser: Browser, tmp_path: Path) -> None:
    """A page that asks the network, complains and throws."""
    page = tmp_path / "bad.html"
    page.write_text("<img src='http://192.0.2.1/a.png'><script>console.error('broken');"
                    "throw new Error('thrown')</script>", encoding="utf-8")
    browser.open(page)
    assert browser.requests() == [page.as_uri(), "http://192.0.2.1/a.png"]
    told = " ".join(browser.complaints())
    assert "broken" in told and "thrown" in told
