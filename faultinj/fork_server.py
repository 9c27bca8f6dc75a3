# SPDX-License-Identifier: BSD-2-Clause
"""Many injections from one flight: the emulator forks at each fault (plugin/fork.h).

What comes before the faults is executed once. A forked run is observed as any other (engine.py),
and gives what the same fault gives alone.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from faultinj.engine import (HarnessError, Limits, Probes, Run, Watch, observe, order,
                             plugin_option)
from faultinj.fault import Injection
from faultinj.plugin_page import PluginPage
from faultinj.workspace import Workspace
from tools.qemu import Flight, Qemu

EVENT_S = 60.0     # between two events, while no copy runs: the golden run takes a second or two
LOOK_S = 0.1
POLL_S = 0.002
T = TypeVar("T")


@dataclass(frozen=True)
class Forked(Generic[T]):
    """One injection of many."""

    number: int  # in the list of faults
    run: Run | HarnessError | OSError
    seen: T | None


class _Events:
    """What the plugin says: "began" or "ended", which fault, process or status."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._text = b""

    def close(self) -> None:
        os.close(self._pipe)

    def wait(self, qemu: Qemu) -> tuple[str, int, int] | None:
        """None: there are no more."""
        deadline = time.monotonic() + EVENT_S
        event = None
        while event is None and qemu.running() and time.monotonic() < deadline:
            event = self.next(LOOK_S)
        return event or self.next(0)

    def next(self, wait_s: float) -> tuple[str, int, int] | None:
        """None: nothing in that time."""
        while b"\n" not in self._text:
            if not select.select([self._pipe], [], [], wait_s)[0]:
                return None
            more = os.read(self._pipe, 4096)
            if not more:
                return None
            self._text += more
        line, _, self._text = self._text.partition(b"\n")
        what, number, value = line.decode().split()
        return what, int(number), int(value)


class _Copy:
    """The process of a forked run. The emulator that it was copied from is its parent."""

    def __init__(self, qemu: Qemu, events: _Events, pid: int) -> None:
        self._qemu, self._events, self.pid = qemu, events, pid
        self._status: int | None = None

    def running(self) -> bool:
        """Whether its parent has not yet told of its end."""
        if self._status is None:
            event = self._events.next(0)
            if event is None and not self._qemu.running():
                event = self._events.next(0)  # its last word may have come between the two looks
                if event is None:
                    raise HarnessError("the emulator that was forked has ended")
            if event is not None:
                self._status = os.waitstatus_to_exitcode(event[2])
        return self._status is None

    def status(self) -> int:
        """Of its end; negative: the number of a signal."""
        assert self._status is not None
        return self._status

    def messages(self) -> str:
        return self._qemu.messages()

    def kill(self) -> None:
        """Ends it, and waits for that. It dies with its parent."""
        while self._qemu.running() and self.running():
            with suppress(ProcessLookupError):  # its parent is about to say so
                os.killpg(self.pid, signal.SIGKILL)
            time.sleep(POLL_S)


def fly(flight: Flight, limits: Limits, faults: Sequence[Injection], probes: Probes,
        before: Sequence[Injection],
        inspect: Callable[[int, Path], T]) -> Iterator[Forked[T]]:
    """One run for each fault, in the order in which they come. A fault that the flight does not
    reach has none. `inspect` gets the fault's number and the RAM file at the end of its run."""
    with Workspace() as place, ExitStack() as stack:
        page = stack.enter_context(PluginPage(place.path / "page"))
        with place.ram.open("wb") as ram:
            ram.truncate(flight.system.ram.size)
        (place.path / "forks").write_text("".join(
            f"{' '.join(order(fault, flight.system.ram.base))}\n" for fault in faults))
        pages = []
        for number in range(len(faults)):
            (place.path / str(number)).mkdir()
            pages.append(stack.enter_context(PluginPage(place.path / str(number) / "page")))
        events = _Events(place.path / "events")
        stack.callback(events.close)
        option = plugin_option(page.path, place.ram, probes, before, limits,
                               flight.system.ram.base, forks=place.path)
        qemu = stack.enter_context(Qemu(replace(
            flight, ram_file=place.ram, downlink=place.downlink,
            extra=[*flight.extra, "-plugin", option])))
        while (event := events.wait(qemu)) is not None:
            what, number, pid = event
            if what != "began":
                continue  # the end of a copy that was no more asked for
            yield _one(_Copy(qemu, events, pid), pages[number], limits,
                       Workspace(place.path / str(number)), number, faults[number], before, inspect)


def _one(copy: _Copy, page: PluginPage, limits: Limits, place: Workspace, number: int,
         fault: Injection, before: Sequence[Injection],
         inspect: Callable[[int, Path], T]) -> Forked[T]:
    """A forked run to its end."""
    with place:
        try:
            done = observe(Watch(copy, page, limits), place, [fault], before, False)
            return Forked(number, done, inspect(number, place.ram))
        except (HarnessError, OSError) as error:
            return Forked(number, error, None)
        finally:
            copy.kill()
