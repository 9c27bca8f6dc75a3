# SPDX-License-Identifier: BSD-2-Clause
"""Campaigns on a Dask cluster: a scheduler and workers, each a process of its own here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from faultinj import campaign, cluster, cluster_worker
from faultinj.campaign import Progress
from faultinj.cluster import Cluster, misfit
from faultinj.engine import HarnessError
from faultinj.golden import Arm
from faultinj.store import Store
from tests.faultinj import campaign_parts as parts
from tests.faultinj.small_campaign import COUNT, living, seen, small
from faultinj.workspace import sweep
from tools.cli import main
from tools.errors import UserError
from tools.paths import ROOT

LIMIT_S = 120.0
SAME = {"Ternion": "0123", "QEMU": "version 7.2.22", "Python": "3.11"}


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Dask:
    """Processes of a cluster."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._started: list[subprocess.Popen[bytes]] = []
        file = place / "scheduler.json"
        self.start("dask-scheduler", "--host=127.0.0.1", "--port=0", f"--scheduler-file={file}")
        until(lambda: file.is_file() and file.read_bytes().endswith(b"}"))
        self.address = str(json.loads(file.read_text())["address"])

    def start(self, program: str, *options: str, path: str = "") -> subprocess.Popen[bytes]:
        log = self.place / f"{len(self._started)}.log"
        with log.open("wb") as file:
            self._started.append(subprocess.Popen(
                [f"/usr/bin/{program}", *options, "--no-dashboard"], cwd=self.place, stdout=file,
                stderr=file, env={**os.environ, "PYTHONPATH": path}))
        return self._started[-1]

    def worker(self, path: str = str(ROOT)) -> subprocess.Popen[bytes]:
        """It has joined when this returns."""
        process = self.start("dask-worker", self.address, "--nthreads=1", "--no-nanny",
                             f"--local-directory={self.place}", path=path)
        log = self.place / f"{len(self._started) - 1}.log"
        until(lambda: b"Registered to:" in log.read_bytes())
        return process

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()
        sweep()  # what killed workers left


@pytest.fixture()
def dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dask]:
    monkeypatch.setattr(cluster, "CONNECT_S", LIMIT_S)  # the host may be busy
    with contextlib.ExitStack() as stack:
        started = Dask(tmp_path)
        stack.callback(started.end)
        yield started


def flies(worker: subprocess.Popen[bytes]) -> bool:
    return bool(living(f"ternion-inject-{worker.pid}-"))


def half_of(whole: Path, db: Path) -> Path:
    """A campaign that was interrupted."""
    shutil.copy(whole, db)
    with Store(db) as store, store._base as base:
        base.execute("DELETE FROM result WHERE fault > ?", (COUNT // 2,))
    return db


def test_a_killed_worker_loses_nothing_and_nothing_counts_twice(undisturbed: Path,
                                                                dask: Dask) -> None:
    """It is killed in mid-injection. The campaign was begun elsewhere; and workers that are taken
    for ready, but do not know it, are told."""
    workers = [dask.worker(), dask.worker()]
    done: list[int] = []
    killed: list[int] = []

    def kill_one(step: Progress) -> None:
        done.append(step.done)
        if step.result and not killed:
            until(lambda: any(flies(worker) for worker in workers))
            victim = next(worker for worker in workers if flies(worker))
            victim.send_signal(signal.SIGKILL)
            killed.append(victim.wait())

    def hire(arms: list[Arm]) -> Cluster:
        ready = Cluster(dask.address)
        ready._ready.update(ready._present())
        return ready.hire(arms)

    store, _ = campaign.run_campaign(small(), kill_one,
                                     half_of(undisturbed, dask.place / "a.db"), hire=hire)
    with store, Store(undisturbed) as whole:
        assert seen(store.results()) == seen(whole.results())
    assert done == [0, *range(COUNT // 2, COUNT + 2)]
    assert killed == [-signal.SIGKILL]


def test_a_worker_without_this_tree_is_refused(dask: Dask) -> None:
    with pytest.raises(UserError) as error:
        Cluster(dask.address)
    assert error.value.message == f"the scheduler at {dask.address} has no workers"
    assert error.value.next_step == "docs/campaign-files.md says how workers are started"
    dask.worker(path="")
    with pytest.raises(UserError) as error:
        Cluster(dask.address).hire([parts.arm("tmr", 3)])
    [address] = [word for word in error.value.message.split() if word.startswith("tcp:")]
    assert error.value.message == (f"worker {address} cannot run this tree's tools: "
                                   "ModuleNotFoundError(\"No module named 'faultinj'\")")
    assert error.value.next_step == (
        "end it, or mend it: docs/campaign-files.md says how workers are started")


def test_a_worker_without_room_for_the_image_says_so(tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(cluster_worker, "PLACE", tmp_path / "file" / "place")
    assert asyncio.run(cluster_worker.receive("key", b"")) == (
        f"cannot keep the image: [Errno 20] Not a directory: '{tmp_path}/file/place'")


def test_a_worker_with_another_golden_run_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = parts.arm("tmr", 3)
    log = SimpleNamespace(digest=lambda: arm.golden.log_digest)
    page = SimpleNamespace(total=arm.golden.total)
    seen_here = [b"down"]
    monkeypatch.setattr(cluster_worker, "remember", lambda system: None)
    monkeypatch.setattr(cluster_worker, "run", lambda *_, **__: (
        SimpleNamespace(downlink=seen_here[0], page=page), log))
    assert cluster_worker._proved(arm).golden == arm.golden
    seen_here[0] = b"dawn"
    with pytest.raises(HarnessError) as error:
        cluster_worker._proved(arm)
    assert str(error.value) == "the golden run of qemu-virt-tmr is another one here"


@pytest.mark.parametrize("there, complaint", [
    (SAME, ""),
    (SAME | {"Ternion": "4567"}, "has another Ternion: 4567, not 0123"),
    (SAME | {"QEMU": "version 8.0.2"}, "has another QEMU: version 8.0.2, not version 7.2.22"),
    (SAME | {"QEMU": ""}, "has no QEMU"),
    (SAME | {"Python": "3.12"}, "has another Python: 3.12, not 3.11"),
    (OSError("gone"), "cannot run this tree's tools: gone"),
])
def test_versions_must_be_the_same(there: dict[str, str] | Exception, complaint: str) -> None:
    assert misfit(SAME, there) == complaint


@pytest.mark.parametrize("address, message, step", [
    ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1",
     "dask-scheduler --port 8786   (there)"),
    ("ftp://nowhere", "no Dask scheduler answers at ftp://nowhere",
     "dask-scheduler --port 8786   (there)"),
])
def test_bad_addresses(address: str, message: str, step: str, monkeypatch: pytest.MonkeyPatch,
                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    assert main(["inject", "--scheduler", address]) == 2
    assert capsys.readouterr().err == f"ternion: {message}\n    next: {step}\n"


def test_workers_are_here_or_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inject", "--scheduler", "tcp://127.0.0.1:1", "--workers", "3"]) == 2
    assert capsys.readouterr().err == (
        "ternion: argument --workers: not allowed with argument --scheduler\n"
        "    next: ./ternion inject --help\n")
