# SPDX-License-Identifier: BSD-2-Clause
"""Estimates, tables and comparisons of a pruned campaign, against values computed by hand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from faultinj import campaign, campaign_file, export, report
from faultinj.classify import EFFECTIVE, Outcome
from faultinj.compare import compare
from faultinj.def_use import marked
from faultinj.estimate import Estimate, Known, Part, failures, mission, mixture, parts_of, wilson
from faultinj.inject import inject
from faultinj.spec import DEF_USE
from faultinj.statistics import Tally
from faultinj.store import Result, Store
from faultinj.strata import Kind
from tests.faultinj import campaign_parts as parts
from tools import web_page

MEMORY, REGISTER = "user/memory", "user/x"
KNOWN = {MEMORY: {"overwritten": 0.5, "untouched": 0.25}}
STRATA = [[MEMORY, 0, 1], [REGISTER, 0, 3]]
FACTS = {"seed": 1, "arms": ["base"], "strata": STRATA, "name": "a", "count": 80, "core": None,
         "workload": "w", "qemu": "q", "icount": "i", "tools": {}, "host": "h", "started": "s"}


def tally(failed: int, total: int, **more: int) -> Tally:
    return Tally(Counter({Outcome.HANG: failed, Outcome.MASKED: total - failed,
                          **{Outcome[name]: count for name, count in more.items()}}))


def test_the_dead_part_is_known_without_failures() -> None:
    """A quarter of 1000 is live, 4 of 10 of that fail: 100, with the interval of that quarter."""
    found = parts_of({"a": tally(4, 10)}, {"a": 1000}, known={"a": Known(0.5, 0.25)})
    assert found == [Part(4, 10, 1000, 0.25)]
    estimate, live = failures(found), wilson(4, 10)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (100, 250 * live.low, 250 * live.high))


def test_what_could_not_be_injected_is_no_part_of_the_live_part() -> None:
    """The dead 600 stay, of the live 400 a quarter is not there: 300 of 900."""
    tallies = {"a": tally(1, 30, NOT_INJECTED=10)}
    part, = parts_of(tallies, {"a": 1000}, known={"a": Known(0.6, 0)})
    assert (part.count, part.total) == (1, 30)
    assert (part.size, part.live) == pytest.approx((900, 1 / 3))


@pytest.mark.parametrize("strata, known, covered, share", [
    ({"a": tally(4, 10)}, {"a": Known(0.5, 0.25)}, 1.0, 0.1),
    ({}, {"a": Known(1, 0)}, 1.0, 0.0),      # all of it is dead: nothing fails
    ({}, {"a": Known(0.2, 0.6)}, 0.8, 0.0),  # nothing is known of the live rest
])
def test_mission(strata: dict[str, Tally], known: dict[str, Known], covered: float,
                 share: float) -> None:
    found = mission("tmr", strata, {"a": 1000}, known)
    assert found is not None
    assert (found.covered, found.share.value) == pytest.approx((covered, share))


def test_mixture_weighs_strata() -> None:
    """0.1 of the space of one that is a quarter of the sample, 0.2 of the rest."""
    tallies = {MEMORY: tally(4, 10), REGISTER: tally(20, 100)}
    found = mixture(tallies, {MEMORY: 1, REGISTER: 3}, EFFECTIVE, {MEMORY: Known(0.5, 0.25)})
    assert found is not None and found.value == pytest.approx(0.25 * 0.1 + 0.75 * 0.2)
    assert mixture({}, {MEMORY: 1}, EFFECTIVE, {}) is None


def store_of(path: Path, pruned: bool, failed: int) -> Store:
    """80 faults: 20 in memory, of which so many hang, and 60 in registers, of which 12 do. Pruned:
    10 of those in memory are dead."""
    plan = [fault for fault in parts.plan_of(600, 1) if fault.kind is not Kind.NULL]
    memory = [fault for fault in plan if fault.stratum == MEMORY]
    registers = [fault for fault in plan if fault.stratum == REGISTER]
    assert len(memory) >= 20 and len(registers) >= 60
    chosen = [replace(fault, dead_in=("base",) if pruned and number < 10 else ())
              for number, fault in enumerate(memory[:20])] + registers[:60]
    store = Store(path)
    golden = {"downlink_bytes": 1, "downlink_sha256": "", "log_digest": "", "total": [1],
              "space": {MEMORY: 1000}, "known": KNOWN if pruned else {}}
    store.begin({**FACTS, "prune": DEF_USE if pruned else None}, ("seed",),
                [("base", "qemu-virt-base", 1, "aa" * 32, golden)], chosen)
    run = [fault for fault in chosen if not fault.dead_in]
    hang = {fault.number for fault in [f for f in run if f.stratum == MEMORY][:failed]}
    hang |= {fault.number for fault in registers[:12]}
    for fault in run:
        store.add(parts.result("base", fault,
                               Outcome.HANG if fault.number in hang else Outcome.MASKED))
    return store


def test_compare_takes_estimates(tmp_path: Path) -> None:
    """4 of 10 live ones are 0.1 of the space, as 2 of 20 of all: raw shares would differ."""
    with store_of(tmp_path / "a.db", True, 4) as first, \
            store_of(tmp_path / "b.db", False, 2) as second:
        lines = {line.what: line for line in compare(first, second)}
    whole, part = lines["with effect"], lines[f"with effect, {MEMORY}"]
    for line, share in ((whole, (1 * 0.1 + 3 * 0.2) / 4), (part, 0.1), (lines["hang"], 0.175)):
        assert [estimate.value for estimate in line.estimates] == pytest.approx([share, share])
        assert not line.differs
    assert part.first.text() == "10.0 % [4.2-17.2 %]"  # a quarter of 4 of 10: 16.8 to 68.7 %
    assert "masked" not in lines and "latent" not in lines  # not told apart in what is dead
    with store_of(tmp_path / "c.db", True, 9) as third:
        with Store(tmp_path / "b.db") as second:
            line = {line.what: line for line in compare(second, third)}[f"with effect, {MEMORY}"]
    assert line.estimates[1].value == pytest.approx(0.225)


def test_page_terminal_and_export(tmp_path: Path) -> None:
    """Only runs are counted; what is known stands beside them."""
    console = Console(width=100, record=True, file=(tmp_path / "out").open("w"))
    with store_of(tmp_path / "a.db", True, 4) as store:
        page, data = report.html(store), json.loads(export.as_json(store))
        console.print(report.pruned_table(store))
    cells = ["user/memory", "base", "50.0 %", "25.0 %", "25.0 %", "10", "10",
             "10.0 % [4.2-17.2 %]", "10.0 % [4.2-17.2 %]"]
    assert web_page.row(cells) in page
    shown = " ".join(console.export_text().split())
    assert " ".join(cells[:2] + cells[4:6] + cells[7:]) in shown
    assert data["results"]["base"]["injected"] == len(data["injections"]) == 70
    only, = data["pruned"]
    assert (only["overwritten"], only["live"], only["run"], only["not run"]) == (0.5, 0.25, 10, 10)
    assert only["uncontrolled"]["value"] == pytest.approx(0.1)
    with store_of(tmp_path / "b.db", False, 2) as store:
        assert "Known without a run" not in report.html(store)
        assert report.pruned_table(store) is None
        assert json.loads(export.as_json(store))["pruned"] == []


class Asked:
    """Workers that note what they are to do, and leave it."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int]] = []

    def results(self, tasks: Any) -> Any:
        self.tasks += [(arm, fault.number) for arm, fault in tasks]
        yield from ()

    def abandon(self) -> None:
        raise AssertionError("nothing failed")

    def close(self) -> None:
        pass


def test_the_dead_are_not_run_and_a_resumed_campaign_knows_them(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half is finished; the rest is what is neither finished nor dead."""
    arms = [parts.arm("base", 1), parts.arm("tmr", 3)]
    faults = [replace(fault, dead_in=("base",) if fault.number % 3 == 0 else ())
              for fault in parts.plan_of(30, 1) if fault.kind is not Kind.NULL]
    prepared = campaign.Prepared(parts.campaign(count=30), arms, faults, {"base": {}, "tmr": {}})
    monkeypatch.setattr(campaign, "plan_campaign", lambda *_: prepared)
    monkeypatch.setattr(campaign, "facts_of", lambda _: {**prepared.campaign.identity(),
                                                         "images": {}})
    done: list[Result] = []
    for finished in (0, 10):
        workers, totals = Asked(), set[int]()
        with Store(tmp_path / "a.db") as store:
            for fault in faults[:finished]:
                done.append(parts.result("tmr", fault, Outcome.MASKED))
                store.add(done[-1])
        store, _ = campaign.run_campaign(
            prepared.campaign, lambda step: totals.add(step.total), tmp_path / "a.db",
            hire=lambda _: workers)
        store.close()
        expected = {("tmr", fault.number) for fault in faults[finished:]}
        expected |= {("base", fault.number) for fault in faults if fault.number % 3}
        assert set(workers.tasks) == expected
        assert max(totals) == 60 - sum(fault.number % 3 == 0 for fault in faults)


def test_dead_faults_have_no_effect_on_the_real_image() -> None:
    """One of each of these layers, where no vote could repair it: the golden output, and nothing
    is noticed."""
    chosen = replace(campaign_file.find("memory"), arms=("base",), count=11, seed=5)
    (arm,), maps = campaign.prepare(chosen)
    found = marked(chosen, [arm], maps, 0)
    for stratum in ("user/memory", "kernel/memory", "objects/memory", "slot/memory"):
        assert 0.01 < found.known["base"][stratum].live < 0.25
        fault = next(fault for fault in found.faults[stratum] if fault.dead_in)
        result = inject(arm, replace(fault, number=1))
        assert result.landing == "landed" and not result.mechanism
        assert result.outcome in (Outcome.MASKED, Outcome.LATENT), (stratum, result.what)


def test_an_estimate_as_text() -> None:
    assert Estimate(0.123, 0.1, 0.2).text() == "12.3 % [10.0-20.0 %]"
