# SPDX-License-Identifier: BSD-2-Clause
"""Two campaigns side by side, and a campaign as CSV and JSON."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from faultinj import commands, export
from faultinj.classify import Outcome
from faultinj.compare import Line, compare, different_facts
from faultinj.statistics import share
from faultinj.store import Store
from faultinj.strata import Kind
from tests.faultinj.campaign_parts import plan_of, result
from tools.commands import compare as command
from tools.console import console
from tools.errors import UserError

PLAN = [fault for fault in plan_of(200, 1) if fault.kind is not Kind.NULL]


def store_of(path: Path, arm: str, wrong: int, **facts: Any) -> Store:
    """So many of 200 faults gave wrong output."""
    store = Store(path)
    store.begin({"seed": 1, "count": 200, "name": "bits", **facts}, ("seed",),
                [(arm, f"qemu-virt-{arm}", 1, facts.get("image", "aa") * 32, {})], PLAN)
    for number, fault in enumerate(PLAN):
        store.add(result(arm, fault, Outcome.WRONG_OUTPUT if number < wrong else Outcome.MASKED))
    return store


@pytest.mark.parametrize("first, second, low, high, differs", [
    # Newcombe: Wilson of 20 in 200 is 0.0657 to 0.1494, of 40 in 200 0.1504 to 0.2609;
    # 0.1 - hypot(0.0496, 0.0494) and 0.1 + hypot(0.0609, 0.0343)
    (20, 40, 0.0300, 0.1699, True),
    (40, 20, -0.1699, -0.0300, True),
    (20, 24, -0.0423, 0.0826, False),  # of 24: 0.0820 to 0.1723
    (0, 0, -0.0188, 0.0188, False),
])
def test_difference_of_shares(first: int, second: int, low: float, high: float,
                              differs: bool) -> None:
    line = Line("tmr", "hang", share(first, 200), share(second, 200))
    assert (line.difference.low, line.difference.high) == pytest.approx((low, high), abs=5e-4)
    assert line.differs is differs


def test_compare_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)
    store_of(tmp_path / "a.db", "base", 20).close()
    store_of(tmp_path / "b.db", "base", 60, seed=2, image="bb").close()
    with console.capture() as said:
        assert command.run(argparse.Namespace(first=tmp_path / "a.db",
                                              second=tmp_path / "b.db")) == 0
    lines = [" ".join(line.split()) for line in said.get().splitlines()]
    assert "seed 1 2" in lines
    assert f"image of base {'aa' * 6} {'bb' * 6}" in lines
    assert any(line.startswith("base wrong output 20 [6.6-14.9 %] 60 [") and
               line.endswith("differs") for line in lines)
    assert any(line.startswith("4 of 11 shares differ") for line in lines)


def test_the_same_campaign_does_not_differ(tmp_path: Path) -> None:
    with store_of(tmp_path / "a.db", "base", 20) as first, \
            store_of(tmp_path / "b.db", "base", 20) as second:
        assert different_facts(first, second) == []
        assert not any(line.differs for line in compare(first, second))


def test_no_common_arm(tmp_path: Path) -> None:
    with store_of(tmp_path / "a.db", "base", 1) as first, \
            store_of(tmp_path / "b.db", "tmr", 1) as second:
        with pytest.raises(UserError) as error:
            compare(first, second)
    assert error.value.message == "the two campaigns have no arm in common (base; tmr)"


def test_export(tmp_path: Path) -> None:
    with store_of(tmp_path / "a.db", "base", 20) as store:
        lines = list(csv.DictReader(io.StringIO(export.as_csv(store))))
        data = json.loads(export.as_json(store))
    assert len(lines) == len(data["injections"]) == 200
    assert lines[0]["id"] == f"base-{PLAN[0].number}"
    assert lines[0]["fault_stratum"] == PLAN[0].stratum
    assert lines[0]["trigger_count"] == hex(2 ** 63 + 5)
    assert sum(line["outcome"] == "wrong output" for line in lines) == 20
    wrong = data["results"]["base"]["outcomes"]["wrong output"]
    assert wrong["count"] == 20 and wrong["low"] == pytest.approx(0.0657, abs=5e-5)
    assert data["campaign"]["seed"] == 1


def test_report_writes_both(tmp_path: Path) -> None:
    store_of(tmp_path / "a.db", "base", 20, arms=["base"], core=None, workload="w", qemu="q",
             icount="i", tools={}, host="h", started="s").close()
    parser = argparse.ArgumentParser()
    commands.configure_report(parser)
    args = parser.parse_args([f"--db={tmp_path}/a.db", f"--csv={tmp_path}/a.csv",
                              f"--json={tmp_path}/a.json"])
    with Store(tmp_path / "a.db") as store:
        golden = {"downlink_bytes": 1, "downlink_sha256": "", "log_digest": "", "total": [1]}
        store._base.execute("UPDATE arm SET golden = ?", (json.dumps(golden),))
        store._base.commit()
    assert commands.run_report(args) == 0
    assert (tmp_path / "a.csv").read_text().startswith("id,fault_stratum,")
    assert json.loads((tmp_path / "a.json").read_text())["arms"][0]["name"] == "base"
