# SPDX-License-Identifier: BSD-2-Clause
"""A campaign's workers on a Dask cluster. What runs at a worker is in cluster_worker.py.

The store stays here: a result is kept as soon as it arrives, so whatever dies loses only what it
was doing. Dask gives the tasks of a dead worker to another; a task has one future, so no result
comes twice. Only a few tasks are under way for each worker: those that join late get their share.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from distributed import CancelledError, Client, Future, wait
from distributed.scheduler import KilledWorker

from faultinj import cluster_worker, parcel, versions
from faultinj.cluster_worker import Unready
from faultinj.golden import Arm
from faultinj.store import Result
from faultinj.workers import Task
from tools.errors import UserError

CONNECT_S = 10.0
LOOK_S = 1.0     # between two looks at who is there
LOST_S = 60.0    # without any worker: a nanny starts one again sooner
AHEAD = 2        # tasks under way for each thread of a worker: it need not wait for the next
HOW = "docs/campaign-files.md says how workers are started"
MEND = "end it, or mend it: " + HOW


class Cluster:
    """All workers of one scheduler."""

    def __init__(self, address: str) -> None:
        self.address = address
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # its errors are said here
        try:
            self._client = Client(address, timeout=CONNECT_S)
        except (OSError, ValueError, TypeError) as error:
            raise UserError(f"no Dask scheduler answers at {address}",
                            next_step="dask-scheduler --port 8786   (there)") from error
        self._arms: list[Arm] = []
        self._key, self._packed = "", b""
        self._ready: set[str] = set()
        self._next_look = self._last_seen = 0.0
        self._room = 0
        if not self._present():
            self.close()
            raise UserError(f"the scheduler at {address} has no workers", next_step=HOW)

    def hire(self, arms: list[Arm]) -> Cluster:
        """Makes all workers ready for these arms; those that come later, when they come."""
        self._arms = arms
        self._last_seen = time.monotonic()
        try:
            self._look()
        except BaseException:
            self.close()
            raise
        return self

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        """See workers.Workers."""
        waiting = deque(tasks)
        flying: dict[Future, Task] = {}
        try:
            while waiting or flying:
                if time.monotonic() >= self._next_look:
                    self._look()
                while waiting and len(flying) < self._room:
                    task = waiting.popleft()
                    flying[self._submit(task)] = task
                for future in self._ended(flying):
                    answer = self._answer(future, flying[future])
                    if answer is None:
                        continue
                    task = flying.pop(future)
                    if isinstance(answer, Unready):
                        waiting.appendleft(task)
                        self._ready.discard(answer.address)
                        self._next_look = 0.0
                    else:
                        yield answer
        finally:
            if flying and self._client.status == "running":  # not when the scheduler is gone
                self._client.cancel(list(flying))

    def abandon(self) -> None:
        """The futures are cancelled already."""

    def close(self) -> None:
        """Leaves the cluster as it was."""
        self._client.close()

    def _submit(self, task: Task) -> Future:
        return self._client.submit(cluster_worker.work, self._key, *task, pure=False)

    def _ended(self, flying: dict[Future, Task]) -> list[Future]:
        """Those that are done, after a while at the latest."""
        if not flying:  # there is no worker now
            time.sleep(LOOK_S)
            return []
        try:
            return list(wait(list(flying), timeout=LOOK_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            return []
        except CancelledError as error:
            raise self._gone() from error

    def _answer(self, future: Future, task: Task) -> Result | Unready | None:
        """None: its worker died before the answer was fetched, so it is done again."""
        name = f"{task[0]}-{task[1].number}"
        try:
            answer = future.result(timeout=LOOK_S)
        except TimeoutError:
            return None
        except CancelledError as error:
            raise self._gone() from error
        except KilledWorker as error:
            raise UserError(f"workers died again and again at injection {name}; what is finished "
                            "is kept", next_step=self._resume()) from error
        except Exception as error:
            self._look()  # a worker that does not fit is the reason, and says so
            raise UserError(f"injection {name} failed on the cluster: {error}",
                            next_step=self._resume()) from error
        assert isinstance(answer, (Result, Unready))
        return answer

    def _resume(self) -> str:
        return f"./ternion inject --resume --scheduler {self.address}"

    def _gone(self) -> UserError:
        return UserError(f"the scheduler at {self.address} is gone; what is finished is kept",
                         next_step="start it and its workers again, then: " + self._resume())

    def _present(self) -> dict[str, Any]:
        """Workers by their address."""
        return dict(self._client.scheduler_info()["workers"])

    def _look(self) -> None:
        """Who is there? Makes new ones ready."""
        present = self._present()
        new = [address for address in present if address not in self._ready]
        if new:
            self._admit(new)
        now = time.monotonic()
        self._next_look = now + LOOK_S
        self._room = AHEAD * sum(worker["nthreads"] for worker in present.values())
        if present:
            self._last_seen = now
        elif now - self._last_seen > LOST_S:
            raise UserError(f"no worker at {self.address} for {LOST_S:.0f} s; what is finished is "
                            "kept", next_step="start workers, then: " + self._resume())

    def _admit(self, new: list[str]) -> None:
        """Compares versions before anything else is sent: other ones could not read the parcel."""
        binary = self._arms[0].system.qemu.binary
        here, found = versions.here(binary), self._ask(new, versions.here, binary)
        for address, there in found.items():
            complaint = misfit(here, there)
            if complaint:
                raise UserError(f"worker {address} {complaint}", next_step=MEND)
        if not self._key:
            self._packed = parcel.make(self._arms).packed()
            self._key = hashlib.sha256(self._packed).hexdigest()
        told = self._ask(list(found), cluster_worker.receive, self._key, self._packed)
        for address, complaint in told.items():
            if complaint:
                raise UserError(f"worker {address} is of no use: {complaint}", next_step=MEND)
        self._ready.update(told)

    def _ask(self, workers: list[str], function: Any, *arguments: Any) -> dict[str, Any]:
        """Their answers, or exceptions; those that are gone meanwhile have none."""
        answers = self._client.run(function, *arguments, workers=workers, on_error="return")
        present = self._present()
        return {address: answer for address, answer in answers.items() if address in present}


def misfit(here: dict[str, str], there: dict[str, str] | Exception) -> str:
    """Why a worker with these versions is refused; empty when they are the same."""
    if isinstance(there, Exception):
        return f"cannot run this tree's tools: {there}"
    for name, version in here.items():
        found = there.get(name, "")
        if found != version:
            return f"has another {name}: {found}, not {version}" if found else f"has no {name}"
    return ""
