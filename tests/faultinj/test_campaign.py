# SPDX-License-Identifier: BSD-2-Clause
"""Campaigns on the real image: killed and resumed, replayed, with bad options."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj import campaign, commands, replay
from faultinj.campaign import Progress
from faultinj.classify import Outcome
from faultinj.layers import Layer
from faultinj.spec import Join, Workload
from faultinj.statistics import analyse
from faultinj.store import Store
from faultinj.strata import JOIN_STAGES, Event, Kind, Stratum
from faultinj.way_back import Fate
from tests.faultinj import campaign_parts as parts
from tests.faultinj.small_campaign import COUNT, SEED, living, seen, small
from tools.errors import UserError
from tools.paths import ROOT, ram_directory


def test_all_of_the_plan_is_run(undisturbed: Path) -> None:
    with Store(undisturbed, must_exist=True) as store:
        results = store.results()
        assert len(results) == len(store.faults()) == COUNT + 1
    assert not [r.note for r in results if r.outcome is Outcome.HARNESS_ERROR]


def test_kill_and_resume_equals_an_undisturbed_run(undisturbed: Path, tmp_path: Path) -> None:
    db = tmp_path / "killed.db"
    code = ("import sys; from pathlib import Path; from faultinj import campaign\n"
            "from tests.faultinj.small_campaign import small\n"
            "campaign.run_campaign(small(), lambda step: print(step.done, flush=True), "
            "Path(sys.argv[1]))\n")
    runner = subprocess.Popen([sys.executable, "-c", code, str(db)], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, env={**os.environ})
    assert runner.stdout
    while runner.stdout.readline().strip() != "1":
        assert runner.poll() is None
    children = [int(pid) for pid in subprocess.run(
        ["pgrep", "-P", str(runner.pid)], capture_output=True, text=True,
        check=False).stdout.split()]
    assert children
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    runner.stdout.close()
    deadline = time.monotonic() + 60
    while any(Path("/proc", str(pid)).exists() for pid in children) or any(
            living(f"ternion-inject-{pid}-") for pid in children):
        assert time.monotonic() < deadline, "orphans"
        time.sleep(0.05)
    with Store(db, must_exist=True) as store:
        kept = seen(store.results())
    assert kept
    parser = argparse.ArgumentParser()
    commands.configure_inject(parser)
    resumed = commands.campaign_of(parser.parse_args(["--resume", f"--db={db}"]))
    assert resumed == small()
    steps: list[Progress] = []
    store, _ = campaign.run_campaign(resumed, steps.append, db)
    with store, Store(undisturbed) as whole:
        assert steps[-1].tallies == analyse(store.results(), store.faults()).by_arm()
        assert seen(store.results()) == seen(whole.results())
        assert set(kept) <= set(seen(store.results()))
    left = [path for pid in children for path in ram_directory().glob(f"ternion-inject-{pid}-*")]
    assert left == []


def test_a_killed_worker_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(step: Progress) -> None:
        if step.done == 2 and not killed:
            worker = multiprocessing.active_children()[0]
            killed.append(worker.pid or 0)
            worker.kill()

    store, _ = campaign.run_campaign(small(), kill_one, tmp_path / "a.db")
    with store, Store(undisturbed) as whole:
        assert seen(store.results()) == seen(whole.results())
    assert killed and not living(f"ternion-inject-{killed[0]}-")


def test_a_second_fault_while_a_replica_comes_back(tmp_path: Path) -> None:
    """Of the admission: 0.03 % of the join, so a fault there is no accident."""
    strata = (Stratum(Layer.SHIM, Kind.X, 1, event=Event.JOIN_ADMIT),)
    chosen = parts.campaign(arms=("tmr",), count=1, seed=SEED, strata=strata, join=Join(2),
                            workload=Workload(2, 96))
    store, (arm,) = campaign.run_campaign(chosen, lambda _: None, tmp_path / "a.db")
    assert arm.first and len(arm.golden.stages) == len(JOIN_STAGES) + 1
    with store:
        results, faults = store.results(), store.faults()
    for result in results:
        assert result.outcome not in (Outcome.HARNESS_ERROR, Outcome.NOT_INJECTED), result.note
        null = faults[result.fault].kind is Kind.NULL
        assert result.way_back == Fate.BACK.value or (result.way_back and not null)


def test_replay_gives_the_same(undisturbed: Path) -> None:
    """Alone, in every respect, what they were as forks of one flight."""
    with Store(undisturbed, must_exist=True) as store:
        found = list(replay.replay_some(store, COUNT + 1, seed=3))
        assert {done.stored.id for done in found} == {result.id for result in store.results()}
        for done in found:
            assert done.differences == ()
            assert replace(done.again, wall_s=0.0) == replace(done.stored, wall_s=0.0)
        with pytest.raises(UserError) as error:
            list(replay.replay_some(store, COUNT + 2, seed=3))
    assert error.value.message == f"--sample {COUNT + 2}: this campaign has {COUNT + 1} results"
    assert error.value.next_step == f"./ternion replay --sample {COUNT + 1}"


def test_replay_under_gdb_stops_at_the_fault(undisturbed: Path,
                                             capfd: pytest.CaptureFixture[str]) -> None:
    with Store(undisturbed, must_exist=True) as store:
        result = next(r for r in store.results() if r.what.startswith("x"))
        register = result.what.split()[0]
        status = replay.debug(store, result.id, [f"p/x ${register}", "p/x $pc"])
    text = capfd.readouterr().out
    assert status == 0
    assert f"= {result.after_value:#x}" in text
    assert f"= {result.pc:#x}" in text


def test_replay_refuses_another_image(undisturbed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(undisturbed.read_bytes())
    with Store(other) as store:
        store._base.execute("UPDATE arm SET image_sha256 = 'feed'")
        with pytest.raises(UserError, match="the image of qemu-virt-tmr is not the one of this "
                                            "campaign"):
            replay.replay(store, store.results()[0].id)


@pytest.mark.parametrize("arguments, message", [
    (["--arms", "base,quad"], "unknown preset 'quad'; the presets are: "),
    (["--workers", "0"], "a campaign needs at least one worker, not 0"),
    (["--arms", ","], "no arm to inject into"),
    (["--count", "0"], "a campaign has at least one injection, not 0"),
    (["--layer", "cache"], "unknown layer 'cache'; the layers are: user, kernel, rcoe, objects, "
     "page-table, stack, ballot, control, log, slot, shared, shim"),
    (["a.toml", "--campaign", "smoke"], "two campaigns: a.toml and smoke"),
])
def test_bad_options(arguments: list[str], message: str) -> None:
    parser = argparse.ArgumentParser()
    commands.configure_inject(parser)
    with pytest.raises(UserError) as error:
        commands.run_inject(parser.parse_args(arguments))
    assert error.value.message.startswith(message)


def test_host_is_no_arm() -> None:
    with pytest.raises(UserError) as error:
        commands.arm_name("host")
    assert error.value.message == "the preset 'host' makes no image"
