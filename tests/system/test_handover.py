# SPDX-License-Identifier: BSD-2-Clause
"""An I/O core that stands still in the middle of an access, and goes on when another one has the
devices, puts nothing out any more."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.rsp import PC, Stub
from tests.system import flips
from tests.system.readmission import stopped_at
from tools.board import load_board
from tools.board_state import CONTROL_HARD_TICKS, PAGE
from tools.recorder import TICKS_PER_US, RecordType, StopReason
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
ALONE, IO, HEIR, RETURNING = 4, 6, 8, 9  # of struct core in shim/core.h
IO_CORE = 0x5A5A
TURNS = 3
DATA_ABORT_AT_EL2 = 0x25
HARD_TICKS = int(100_000 * TICKS_PER_US)  # 2 s are long for an emulator


def _at_next_output(arm: Arm, stub: Stub, page: int) -> int:
    """Core 0 is about to store to the serial line: no intent is told yet. The address there."""
    store = flips.shim_address(arm, 0, "device_store")
    while True:
        stub.break_at(store)
        stub.go_on()
        stub.wait_stop(flips.STOP_S)
        stub.break_at(store, False)
        assert stub.read_register(0, PC) == store
        if stub.read_register(0, 0) & -PAGE == page:
            return store
        stub.step(0)


def test_a_late_store_is_refused(arm: ArmOf) -> None:
    """It stood still between the last comparison and the store until another core had done that,
    too: the byte comes once, and the old core learns that it is none of them any more."""
    tmr = arm("tmr")
    board = load_board(tmr.system.board)
    page = next(d.range.base for d in board.devices if d.name == board.tree.console)
    dead = flips.shim_address(tmr, 0, "dead")
    hard_bound = tmr.system.board_page.base + CONTROL_HARD_TICKS

    def change(stub: Stub, _: Path) -> None:
        stub.write_physical(hard_bound, HARD_TICKS.to_bytes(8, "little"))
        store = _at_next_output(tmr, stub, page)
        stub.write_register(0, PC, dead)
        stopped_at(tmr, stub, 1, "device_store")
        stub.write_register(0, PC, store)

    hit = flips.fly(tmr, flips.in_user(tmr, 0), change)
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.POWER_OFF
    assert hit.log.excluded() == [0]
    assert [(r.a, r.b) for r in hit.log.of(RecordType.IO_MOVED)] == [(0, 1)]
    assert hit.done.downlink == tmr.golden.downlink
    caught = [r for r in hit.log.of(RecordType.SHIM_TRAP) if r.core == 0]
    assert [(r.a >> 26, r.b & -PAGE) for r in caught] == [(DATA_ABORT_AT_EL2, page)]
    assert not hit.log.of(RecordType.IO_RESUMED)


def _self(arm: Arm, core: int, word: int) -> int:
    """Where the core's own struct core is."""
    return arm.system.shim[core].base + Symbols(arm.system).shim.address("self") + word


def _flip(arm: Arm, core: int, word: int) -> flips.AtFault:
    """The lowest bit of what the core knows of itself; that is there."""
    healthy = struct.pack("<H", IO_CORE if core == 0 else 0) if word == IO else b"\0"

    def change(stub: Stub, _: Path) -> None:
        place = _self(arm, core, word)
        assert stub.read_physical(place, len(healthy)) == healthy
        flips.flip_physical(stub, place, 0)
    return change


def _check_whole(arm: Arm, hit: flips.Hit) -> None:
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.POWER_OFF
    assert hit.done.downlink == arm.golden.downlink


@pytest.mark.parametrize("core,moved", [(0, [(0, 1)]), (1, [])])
def test_who_drives(arm: ArmOf, core: int, moved: list[tuple[int, int]]) -> None:
    """An I/O core that forgets its role gives itself up, and takes over from nobody; a flip makes
    no other core drive devices."""
    tmr = arm("tmr")
    hit = flips.fly(tmr, flips.in_user(tmr, core), _flip(tmr, core, IO))
    _check_whole(tmr, hit)
    assert [(r.a, r.b) for r in hit.log.of(RecordType.IO_MOVED)] == moved
    assert hit.log.excluded() == [old for old, _ in moved]
    assert [r.core for r in hit.log.of(RecordType.SHIM_TRAP)] == [old for old, _ in moved]


@pytest.mark.parametrize("core,word", [(0, ALONE), (1, RETURNING)], ids=["alone", "returning"])
def test_what_a_core_knows_of_itself(arm: ArmOf, core: int, word: int) -> None:
    """Nobody stops the system for it; only the core that is hit may give itself up."""
    tmr = arm("tmr")
    hit = flips.fly(tmr, flips.in_user(tmr, core), _flip(tmr, core, word))
    _check_whole(tmr, hit)
    assert hit.log.excluded() == ([core] if word == ALONE else [])


def test_no_heir_of_a_core_that_works(arm: ArmOf) -> None:
    """Core 1 waits for the result of a load, and a flip tells it to look what its predecessor left:
    it has no devices, and answers nobody."""
    tmr = arm("tmr")
    load, dead = (flips.shim_address(tmr, 0, name) for name in ("device_load", "dead"))

    def change(stub: Stub, place: Path) -> None:
        stub.break_at(load)
        stub.go_on()
        stub.wait_stop(flips.STOP_S)
        stub.break_at(load, False)
        stub.write_register(0, PC, dead)
        stopped_at(tmr, stub, 1, "board_wait")
        _flip(tmr, 1, HEIR)(stub, place)
        for _turn in range(TURNS):
            stub.step(1)
            stopped_at(tmr, stub, 1, "board_wait")
        stub.write_register(0, PC, load)

    hit = flips.fly(tmr, flips.in_user(tmr, 0), change)
    _check_whole(tmr, hit)
    assert {record.type for record in hit.log.remarkable()} == {RecordType.STOP}
