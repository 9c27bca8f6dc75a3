# SPDX-License-Identifier: BSD-2-Clause
"""Forked runs are the runs that the same faults have alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj.engine import Ending, HarnessError, Limits, Probes, Run, run
from faultinj.fault import Delay, Injection, Landing, MemoryFlip, NoFlip, RegisterFlip, Trigger
from faultinj.fork_server import fly
from faultinj.rsp import PC
from tests.faultinj import guest_system
from tests.faultinj.small_campaign import living
from tools.qemu import Flight

LIMITS = Limits(instructions=20_000_000, cpu_s=4, wall_s=60)
AT = Trigger(core=1, count=1_000_000, steps=3)
SUMS = b"d22ea79959b7a001\nb42e099909e48001\n962d6b98ba116001\n"


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    return guest_system.flight(guest_system.build(tmp_path_factory.mktemp("guest")))


def forked(guest: Flight, faults: list[Injection], limits: Limits = LIMITS,
           before: list[Injection] | None = None) -> dict[int, Run | Exception]:
    return {one.number: one.run for one in fly(guest, limits, faults, Probes(), before or [],
                                               lambda _, ram: ram.stat().st_size)}


def same(one: Run | Exception, other: Run) -> bool:
    assert isinstance(one, Run), one
    return (one.ending, one.downlink, one.evidence, one.page.total) == (
        other.ending, other.downlink, other.evidence, other.page.total)


def test_as_if_each_were_alone(guest: Flight) -> None:
    """Of every way in, out of order, two at the same moment."""
    table = guest.system.ram.base + 0x100000
    late, early = Trigger(2, 1_200_000), Trigger(0, 300_000, steps=1)
    faults: list[Injection] = [
        (late, MemoryFlip(table, 3)), (AT, RegisterFlip(0, 5)), (early, NoFlip()),
        (AT, Delay(300_000)), (early, RegisterFlip(0, 61, width=3)),
        (AT, MemoryFlip(guest.system.ram.base + 0x200000, 1, code=True))]
    found = forked(guest, faults)
    assert sorted(found) == list(range(len(faults)))
    for number, (trigger, flip) in enumerate(faults):
        assert same(found[number], run(guest, LIMITS, trigger, flip)[0]), flip.text()
    changed = found[1]
    assert isinstance(changed, Run) and changed.downlink != SUMS


def test_every_ending(guest: Flight) -> None:
    """One that would never end does not keep the others from theirs."""
    storm = AT, RegisterFlip(PC, 40)
    found = forked(guest, [storm, (replace(AT, count=1_500_000), NoFlip())],
                   replace(LIMITS, cpu_s=0.5))
    assert isinstance(found[0], Run) and found[0].ending is Ending.CPU
    assert isinstance(found[1], Run) and found[1].downlink == SUMS
    short = forked(guest, [(AT, NoFlip())], replace(LIMITS, instructions=4_000_000))
    assert isinstance(short[0], Run) and short[0].ending is Ending.LIMIT


def test_a_fault_that_never_comes_has_no_run(guest: Flight) -> None:
    found = forked(guest, [(Trigger(1, 10 ** 9), NoFlip()), (AT, NoFlip())])
    assert list(found) == [1]


def test_an_earlier_fault_is_in_every_run(guest: Flight) -> None:
    """Before the fork or after it."""
    table = guest.system.ram.base + 0x200000
    first = Trigger(1, 500_000), MemoryFlip(table, 2)
    found = forked(guest, [(AT, NoFlip()), (Trigger(0, 100_000), NoFlip())], before=[first])
    for one in found.values():
        assert isinstance(one, Run) and one.page.fired[1] is not None
        assert one.evidence.landing is Landing.NULL
    never = forked(guest, [(AT, NoFlip())], before=[(Trigger(1, 10 ** 9), MemoryFlip(table, 0))])
    assert isinstance(never[0], HarnessError)


def test_a_copy_that_is_killed_is_no_result(guest: Flight) -> None:
    """The second is, while it waits at its fault; the third comes all the same."""
    places: list[Path] = []

    def look(number: int, ram: Path) -> None:
        places.append(ram.parent.parent)
        if number == 0:
            os.kill(copy_of(places[0]), signal.SIGKILL)

    times = [replace(AT, count=count) for count in (1_000_000, 1_100_000, 1_200_000)]
    found = {one.number: one.run for one in fly(guest, LIMITS, [(at, NoFlip()) for at in times],
                                                Probes(), [], look)}
    assert [isinstance(run, HarnessError) for run in found.values()] == [False, True, False]
    assert not places[0].exists() and not living(str(places[0]))


def copy_of(place: Path) -> int:
    """The process of the run that was forked last from the emulator of this directory."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = subprocess.run(["pgrep", "-f", f"forks={place}"], text=True, capture_output=True,
                               check=False).stdout.split()
        for pid in found:
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            if parent in found:
                return int(pid)
    raise AssertionError("no run was forked")
