# SPDX-License-Identifier: BSD-2-Clause
"""Who runs a campaign's injections: processes of this machine. cluster.py has those of others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

from faultinj.golden import Arm
from faultinj.inject import inject
from faultinj.plan import PlannedFault
from faultinj.store import Result
from tools.errors import UserError
from tools.qemu import die_with

Task = tuple[str, PlannedFault]  # arm, fault
KILLS = 5                        # of processes in one batch, until it is no accident any more


class Workers(Protocol):
    """What a campaign needs of them."""

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        """One result for each task, in any order. When closed, it drops what has not begun."""

    def abandon(self) -> None:
        """Nobody waits any more for injections that run."""

    def close(self) -> None:
        """The end."""


_arms: dict[str, Arm] = {}  # of a worker process


def _start_worker(arms: list[Arm], parent: int) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _arms.update({arm.name: arm for arm in arms})


def _work(arm: str, fault: PlannedFault) -> Result:
    return inject(_arms[arm], fault)


class LocalWorkers:
    """So many processes here, each with a QEMU at a time."""

    def __init__(self, arms: list[Arm], count: int) -> None:
        self._arms, self._count = arms, count
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, initializer=_start_worker,
                                   initargs=(self._arms, os.getpid()))

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        """A worker that is killed takes the others with it; new ones do what is left."""
        left = {(arm, fault.number): (arm, fault) for arm, fault in tasks}
        for _ in range(KILLS):
            try:
                for result in self._run(list(left.values())):
                    del left[result.arm, result.fault]
                    yield result
                return
            except BrokenProcessPool:
                self.close()
                self._pool = self._new_pool()
        raise UserError(f"workers were killed {KILLS} times; what is finished is kept",
                        next_step="./ternion inject --resume --workers 1")

    def _run(self, tasks: list[Task]) -> Iterator[Result]:
        futures = [self._pool.submit(_work, arm, fault) for arm, fault in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def abandon(self) -> None:
        """Ends them."""
        for worker in multiprocessing.active_children():
            worker.terminate()

    def close(self) -> None:
        """Waits for injections that run."""
        self._pool.shutdown(wait=True, cancel_futures=True)
