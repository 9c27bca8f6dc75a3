# SPDX-License-Identifier: BSD-2-Clause
"""A broken replica cannot reach what is not its own, and cannot keep the others waiting."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.rsp import Stub
from tests.system import hijack
from tools.board import load_board
from tools.recorder import TICKS_PER_US, EventLog, RecordType, StopReason
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
TMR = "tmr"
CORES = [0, 1, 2]
BOARD_IPA = 0x3F000000
BALLOT_PAGE = 0x4000
PAGE = 4096
SPARE = 300  # a page-table entry that nobody uses
BARRIERS = 4  # detection, objections and the exclusion all fit in so many barrier times


def _check_excluded(arm: Arm, ending: Ending, downlink: bytes, log: EventLog, core: int) -> None:
    """One replica less; the mission goes on to its end, and nobody outside sees a difference."""
    assert downlink == arm.golden.downlink
    assert ending is Ending.OFF and log.stop_reason() is StopReason.POWER_OFF
    assert log.excluded() == [core]
    moved = log.of(RecordType.IO_MOVED)
    assert bool(moved) == (core == 0), "core 0 does the I/O at first"


@pytest.mark.every_board
@pytest.mark.parametrize("core", CORES)
def test_store_to_the_ballot_of_a_peer(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """Ballots are read only for all but their owner."""
    tmr, peer = arm(TMR), (core + 1) % 3
    target = BALLOT_PAGE + peer * PAGE
    change = hijack.in_kernel(tmr, core, [hijack.STORE, hijack.LOOP],
                              {0: hijack.VALUE, 1: hijack.BOARD_VADDR + target})
    done, log = hijack.fly(tmr, core, change, tmp_path)
    _check_excluded(tmr, done.ending, done.downlink, log, core)
    caught = log.of(RecordType.STAGE2)
    assert [(r.core, r.a & ~(PAGE - 1)) for r in caught] == [(core, BOARD_IPA + target)]


def _elsewhere(arm: Arm) -> dict[str, int]:
    """Physical addresses that no replica may use."""
    board, partitions = load_board(arm.system.board), arm.system.partitions
    devices = {device.name: device.range.base for device in board.devices}
    return {"shim": arm.system.shim[0].base, "peer": partitions[1].base,
            "spare": board.partitions.end - 0x2000000, "controller": devices["gic_distributor"],
            "page-one": PAGE}


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("where", ["shim", "peer", "spare", "controller", "page-one"])
def test_store_outside_all_memory(arm: ArmOf, tmp_path: Path, core: int, where: str) -> None:
    """A damaged page-table entry leads to the shim, to a peer, to the interrupt controller."""
    tmr = arm(TMR)
    ipa = _elsewhere(tmr)[where]
    table = Symbols(tmr.system).kernel.address("board_block")
    entries = hijack.physical(tmr, core, table)

    def change(stub: Stub, place: Path) -> None:
        first = struct.unpack("<Q", stub.read_physical(entries, 8))[0]
        entry = first - BOARD_IPA + ipa
        stub.write_physical(entries + 8 * SPARE, struct.pack("<Q", entry))
        target = hijack.BOARD_VADDR + SPARE * PAGE
        hijack.in_kernel(tmr, core, [hijack.STORE, hijack.LOOP],
                         {0: hijack.VALUE, 1: target + 8})(stub, place)

    done, log = hijack.fly(tmr, core, change, tmp_path)
    _check_excluded(tmr, done.ending, done.downlink, log, core)
    assert [(r.core, r.a) for r in log.of(RecordType.STAGE2)] == [(core, ipa + 8)]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_endless_loop_with_interrupts_masked(arm: ArmOf, tmp_path: Path, core: int,
                                             part: float) -> None:
    """The watchdog of the others excludes it within its bound."""
    tmr = arm(TMR)
    loop = hijack.in_kernel(tmr, core, [hijack.LOOP], {})
    done, log = hijack.fly(tmr, core, loop, tmp_path, part)
    _check_excluded(tmr, done.ending, done.downlink, log, core)
    timeouts = log.of(RecordType.TIMEOUT)
    # Who ran ahead misses all that are behind, also one that waits for the same core.
    assert timeouts and all(record.a & 1 << core for record in timeouts)
    bound = BARRIERS * tmr.system.raw["barrier_timeout_us"] * TICKS_PER_US
    assert all(record.b <= bound for record in timeouts)
    excluded = log.of(RecordType.EXCLUDE)[0]
    assert excluded.time - (timeouts[0].time - timeouts[0].b) <= bound
