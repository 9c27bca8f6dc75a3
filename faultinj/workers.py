# SPDX-License-Identifier: BSD-2-Clause
"""Who runs a campaign's injections: processes of this machine. cluster.py has those of others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from itertools import count
from multiprocessing.connection import Connection, wait
from typing import Protocol

from faultinj.golden import Arm
from faultinj.inject import inject_together
from faultinj.plan import PlannedFault
from faultinj.store import Result
from faultinj.workspace import sweep
from tools.errors import UserError
from tools.qemu import die_with

Task = tuple[str, PlannedFault]  # arm, fault
KILLS = 5        # of processes in one batch, until it is no accident any more
PORTION = 64     # faults that share a flight, at most


class Workers(Protocol):
    """What a campaign needs of them."""

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        """One result for each task, in any order. When closed, it drops what has not begun."""

    def abandon(self) -> None:
        """Nobody waits any more for injections that run."""

    def close(self) -> None:
        """The end."""


def portions_of(tasks: Sequence[Task], workers: int) -> list[list[Task]]:
    """Tasks of one arm each; so many that no worker is idle long while another has much to do."""
    by_arm: dict[str, list[Task]] = {}
    for task in tasks:
        by_arm.setdefault(task[0], []).append(task)
    found = []
    for mine in by_arm.values():
        size = min(PORTION, -(-len(mine) // (2 * workers)))
        found += [mine[at:at + size] for at in range(0, len(mine), size)]
    order = {task[1].number: index for index, task in enumerate(tasks)}
    return sorted(found, key=lambda portion: order[portion[0][1].number])


def _serve(arms: list[Arm], line: Connection, parent: int) -> None:
    """A worker process: gets portions, sends results, and None at the end of each."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    known = {arm.name: arm for arm in arms}
    while True:
        try:
            portion: list[Task] = line.recv()
        except EOFError:
            return
        for result in inject_together(known[portion[0][0]], [fault for _, fault in portion]):
            line.send(result)
        line.send(None)


class _Worker:
    """One process, and what it still has to do."""

    def __init__(self, arms: list[Arm]) -> None:
        self.line, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_serve, args=(arms, theirs, os.getpid()),
                                               daemon=True)
        self.process.start()
        theirs.close()  # so that its end is seen
        self.busy = False
        self.left: dict[tuple[str, int], Task] = {}

    def give(self, portion: list[Task]) -> None:
        """A worker that has died meanwhile is noticed when it should answer."""
        self.busy = True
        self.left = {(arm, fault.number): (arm, fault) for arm, fault in portion}
        try:
            self.line.send(portion)
        except OSError:
            pass

    def end(self) -> None:
        """At once; the emulator that it has started ends with it."""
        self.process.kill()
        self.process.join()
        self.line.close()
        sweep()


class LocalWorkers:
    """So many processes here, each with a flight at a time."""

    def __init__(self, arms: list[Arm], count: int) -> None:
        self._arms, self._count = arms, count
        self._workers: list[_Worker] = []

    def results(self, tasks: Sequence[Task]) -> Generator[Result, None, None]:
        """What a killed worker had to do is done by a new one."""
        waiting = deque(portions_of(tasks, self._count))
        killed = count(1)
        try:
            while waiting or self._busy():
                self._hire(waiting)
                for line in wait([worker.line for worker in self._busy()]):
                    worker = next(entry for entry in self._workers if entry.line is line)
                    try:
                        result = worker.line.recv()
                    except (EOFError, OSError):
                        self._replace(worker, waiting, next(killed))
                        continue
                    if result is None:
                        worker.busy = False
                    else:
                        del worker.left[result.arm, result.fault]
                        yield result
        finally:
            self._dismiss(self._busy())

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.busy]

    def _hire(self, waiting: deque[list[Task]]) -> None:
        """Everybody has something to do while something waits."""
        while waiting and len(self._workers) < self._count:
            self._workers.append(_Worker(self._arms))
        for worker in self._workers:
            if waiting and not worker.busy:
                worker.give(waiting.popleft())

    def _replace(self, worker: _Worker, waiting: deque[list[Task]], killed: int) -> None:
        if worker.left:
            waiting.append(list(worker.left.values()))
        self._dismiss([worker])
        if killed == KILLS:
            raise UserError(f"workers were killed {KILLS} times; what is finished is kept",
                            next_step="./ternion inject --resume --workers 1")

    def _dismiss(self, workers: Iterable[_Worker]) -> None:
        for worker in list(workers):
            self._workers.remove(worker)
            worker.end()

    def abandon(self) -> None:
        """Ends them."""
        self._dismiss(self._workers)

    def close(self) -> None:
        """They have nothing to do any more."""
        self._dismiss(self._workers)
