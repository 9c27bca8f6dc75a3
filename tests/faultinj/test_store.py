# SPDX-License-Identifier: BSD-2-Clause
"""The campaign database: nothing is lost, nothing is mixed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faultinj import store as store_module
from faultinj.classify import Outcome
from faultinj.store import YOUNGER, Store
from tests.faultinj.campaign_parts import plan_of, result
from tools.errors import UserError
from tools.paths import ROOT

PLAN = plan_of(20, 1)
FACTS: dict[str, Any] = {"seed": 1, "count": 20, "arms": ["base", "tmr"]}
ARMS: list[tuple[str, str, int, str, dict[str, Any]]] = [
    ("base", "qemu-virt-base", 1, "aa", {}), ("tmr", "qemu-virt-tmr", 3, "bb", {"total": [1]})]


def begun(path: Path) -> Store:
    store = Store(path)
    store.begin(FACTS, ("seed", "arms"), ARMS, PLAN)
    return store


def test_plan_and_results_come_back(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        stored = result("tmr", PLAN[0], Outcome.DOWNGRADED, "watchdog")
        store.add(stored)
    with Store(tmp_path / "a.db", must_exist=True) as store:
        assert list(store.faults().values()) == PLAN
        assert store.results() == [stored]
        assert store.result("tmr-1") == stored
        assert [arm["name"] for arm in store.arms()] == ["base", "tmr"]
        assert store.arms()[1]["golden"] == {"total": [1]}


def test_any_number_that_the_guest_wrote_can_be_kept(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        stored = replace(result("tmr", PLAN[0], Outcome.DOWNGRADED, "watchdog"), event=2 ** 64 - 1,
                         time=2 ** 63, latency_events=-2 ** 64 + 5)
        store.add(stored)
        assert store.results() == [stored]


def test_the_same_campaign_goes_on(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        store.add(result("tmr", PLAN[0], Outcome.MASKED))
    with Store(tmp_path / "a.db") as store:
        assert store.begin(FACTS, ("seed", "arms"), ARMS, PLAN)
        assert store.finished() == {("tmr", 1)}


def test_two_runners_cannot_fill_one_database(tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCK_S", 0.1)
    with begun(tmp_path / "a.db"), Store(tmp_path / "a.db") as second:
        for _ in range(2):
            with pytest.raises(UserError) as caught:
                second.begin(FACTS, ("seed", "arms"), ARMS, PLAN)
        assert second.results() == []
    assert str(caught.value).endswith("a.db is being filled by another run")
    assert caught.value.next_step == "wait for its end, or --db ANOTHER-FILE"
    begun(tmp_path / "a.db").close()


def test_a_harness_error_is_not_finished(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        failed = result("tmr", PLAN[0], Outcome.HARNESS_ERROR)
        store.add(failed)
        assert store.finished() == set()
        store.add(replace(failed, outcome=Outcome.MASKED))
        assert store.finished() == {("tmr", 1)}
        assert len(store.results()) == 1


def test_another_campaign_is_refused(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        with pytest.raises(UserError, match=r"holds another campaign \(seed is 1, not 2\)"):
            store.begin({**FACTS, "seed": 2}, ("seed", "arms"), ARMS, PLAN)


def test_unknown_injection(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        store.add(result("tmr", PLAN[0], Outcome.MASKED))
        with pytest.raises(UserError, match="no injection 'dmr-7' in ") as error:
            store.result("dmr-7")
    assert error.value.next_step == "./ternion replay tmr-1"


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no campaign "):
        Store(tmp_path / "none.db", must_exist=True)
    (tmp_path / "text.db").write_text("this is no database at all, however long it is\n" * 40)
    with pytest.raises(UserError, match="is not a campaign database: "):
        Store(tmp_path / "text.db")


def test_another_format_is_one_clear_error(tmp_path: Path) -> None:
    with begun(tmp_path / "a.db") as store:
        store._base.execute("UPDATE campaign SET value = '1' WHERE name = 'format'")
        store._base.commit()
    with pytest.raises(UserError) as error:
        Store(tmp_path / "a.db")
    assert error.value.message.endswith("a.db is of format 1, this tool reads 4")
    assert error.value.next_step == "./ternion inject   (a new campaign), or the older tool"


def test_kill_loses_no_finished_injection(tmp_path: Path) -> None:
    """A writer is killed without warning; what it said was stored is there."""
    path = tmp_path / "a.db"
    begun(path).close()
    writer = (
        "import sys; from pathlib import Path; from faultinj.store import Store\n"
        "from tests.faultinj.test_store import PLAN, result, Outcome\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for arm in ('base', 'tmr'):\n"
        "    for fault in PLAN:\n"
        "        store.add(result(arm, fault, Outcome.MASKED)); print(fault.number, flush=True)\n"
        "import time; time.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "-c", writer, str(path)], cwd=ROOT,
                               stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stdout
    said = [process.stdout.readline() for _ in range(10)]
    process.kill()
    process.wait()
    process.stdout.close()
    assert all(said)
    time.sleep(0)
    with Store(path, must_exist=True) as store:
        assert len(store.results()) >= 10


def test_an_older_campaign_gets_the_younger_columns(tmp_path: Path) -> None:
    """It is read, and goes on."""
    with begun(tmp_path / "a.db") as store:
        store.add(replace(result("tmr", PLAN[0], Outcome.MASKED), line="a.c:1", moment=7))
        for name in YOUNGER:
            store._base.execute(f"ALTER TABLE result DROP COLUMN {name}")
    with Store(tmp_path / "a.db", must_exist=True) as store:
        assert store.results() == [result("tmr", PLAN[0], Outcome.MASKED)]
        younger = replace(result("tmr", PLAN[1], Outcome.MASKED), line="b.c:2", moment=8,
                          absence=9, standstill=1)
        store.add(younger)
        assert store.result(younger.id) == younger
