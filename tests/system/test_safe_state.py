# SPDX-License-Identifier: BSD-2-Clause
"""What a safe stop does to the board: its outputs first, then power-off, halt or reset."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.rsp import Stub
from tests.system import flips, hijack, readmission
from tests.system.flips import AtFault, Hit, fingerprint_flips
from tools import presets
from tools.board_state import SHARED, SHARED_START
from tools.recorder import TICKS_PER_US, RecordType, StopReason
from tools.symbols import Symbols
from tools.system_model import SafeState

pytestmark = pytest.mark.every_board

ArmOf = Callable[[str], Arm]
DMR, TMR, BASE = "dmr", "tmr", "base"
OFF, HALT, RESET = SafeState.POWER_OFF, SafeState.HALT, SafeState.RESET
HOUR_TICKS = int(3601e6 * TICKS_PER_US)
# With all cores off QEMU jumps from one of its own timers to the next, so busily that on a loaded
# host it never gets to the reset that was asked for. In real time there are ten in a second.
AWAKE = ["-icount", "shift=0,sleep=on"]
GPIO_HIGH = re.compile(r"setting output 7 to 1")


def _watched(arm: Arm, place: Path) -> tuple[Arm, Callable[[], int]]:
    """... and how often the board's safe output was driven: the GPIO's pin, as QEMU traces it, or
    words on the second serial line."""
    seen = place / "outputs"
    if arm.system.board == presets.BOARD:
        extra = ["-trace", f"enable=pl061_set_output,file={seen}"]
    else:
        extra = ["-serial", f"file:{seen}"]

    def count() -> int:
        text = seen.read_bytes().decode("ascii")
        if arm.system.board == presets.BOARD:
            return len(GPIO_HIGH.findall(text))
        assert not text.replace("SAFE STOP\r\n", "")
        return text.count("SAFE STOP\r\n")

    return replace(arm, flight=replace(arm.flight, extra=[*extra, *AWAKE])), count


def _traps(arm: Arm) -> AtFault:
    """Its kernel's next entry finds no instruction."""
    place = hijack.physical(arm, 0, Symbols(arm.system).kernel.address("trap_syscall"))
    return lambda stub, _: stub.write_physical(place, bytes(4))


def _started_again(arm: Arm, stub: Stub) -> None:
    """Runs on until the drivers work in the board's next start."""
    readmission.stopped_at(arm, stub, 0, "paging_close")
    readmission.stopped_at(arm, stub, 0, "device_store")


def _entered(hit: Hit) -> list[tuple[int, int]]:
    return [(record.a, record.b) for record in hit.log.of(RecordType.SAFE_STATE)]


def _check_the_end(arm: Arm, state: SafeState, ending: Ending, place: Path) -> None:
    """What went out is right as far as it goes, the outputs are safe, and no core runs any more."""
    dmr, outputs = _watched(readmission.variant(arm, safe_state=state.text), place)
    rounds: list[flips.NextRound] = []
    hit = flips.fly(*flips.at_store(dmr, place),
                    fingerprint_flips(dmr, {1: 3}, rounds))
    assert hit.done.ending is ending and _entered(hit) == [(state, 0)]
    assert hit.sent < rounds[0].sent < len(dmr.golden.downlink)
    assert hit.done.downlink == dmr.golden.downlink[:rounds[0].sent]
    assert outputs() == 1
    parked = {record.core for record in hit.log.of(RecordType.PARK)}
    stopped = {record.core for record in hit.log.of(RecordType.STOP)}
    assert parked | stopped == {0, 1} and (parked == {0, 1}) == (state is HALT)


def test_power_off(arm: ArmOf, tmp_path: Path) -> None:
    """The default."""
    _check_the_end(arm(DMR), OFF, Ending.OFF, tmp_path)


def test_halt(arm: ArmOf, tmp_path: Path) -> None:
    """The board keeps its power, its memory and its outputs."""
    _check_the_end(arm(DMR), HALT, Ending.STUCK, tmp_path)


@pytest.mark.parametrize("mode,change,reason", [
    pytest.param(BASE, _traps, StopReason.LAST_REPLICA, id="base-kernel-trap"),
    pytest.param(DMR, lambda arm: fingerprint_flips(arm, {0: 3}), StopReason.NO_MAJORITY, id="dmr"),
    pytest.param(TMR, lambda arm: fingerprint_flips(arm, {0: 3, 1: 5}), StopReason.NO_MAJORITY,
                 id="tmr")])
def test_reset(arm: ArmOf, tmp_path: Path, mode: str, change: Callable[[Arm], AtFault],
               reason: StopReason) -> None:
    """The system starts again and does all of its work; what led to the reset is still recorded,
    and the orderly end is none of the board's business."""
    system, outputs = _watched(readmission.variant(arm(mode), safe_state="reset"), tmp_path)
    hit = flips.fly(*flips.at_store(system, tmp_path), change(system))
    whole = system.golden.downlink
    first = hit.done.downlink[:-len(whole)]
    assert hit.done.ending is Ending.OFF and hit.done.downlink[len(first):] == whole
    assert hit.sent <= len(first) < len(whole) and whole.startswith(first)
    assert [record.a for record in hit.log.of(RecordType.STOP)] == [reason, StopReason.POWER_OFF]
    assert _entered(hit) == [(RESET, 1)] and outputs() == 1
    starts = [record.core for record in hit.log.of(RecordType.START)]
    assert sorted(starts) == sorted(2 * list(range(system.system.replicas)))
    assert not hit.log.damaged


def test_a_permanent_fault_makes_no_loop(arm: ArmOf, tmp_path: Path) -> None:
    """Each start ends in a stop: after so many resets in a row the power goes off. A start that
    went well for an hour counts as the first again."""
    wanted = {"safe_state": "reset", "reset_limit": "1"}
    dmr, outputs = _watched(readmission.variant(arm(DMR), **wanted), tmp_path)
    fault = fingerprint_flips(dmr, {0: 3})
    start = dmr.system.board_page.base + SHARED + SHARED_START

    def change(stub: Stub, place: Path) -> None:
        fault(stub, place)
        _started_again(dmr, stub)
        begun = flips.word(stub, start) - HOUR_TICKS & (1 << 64) - 1
        stub.write_physical(start, begun.to_bytes(8, "little"))
        fault(stub, place)
        _started_again(dmr, stub)
        fault(stub, place)

    hit = flips.fly(*flips.at_store(dmr, tmp_path), change)
    assert hit.done.ending is Ending.OFF
    assert [record.a for record in hit.log.of(RecordType.STOP)] == 3 * [StopReason.NO_MAJORITY]
    assert _entered(hit) == [(RESET, 1), (RESET, 1), (OFF, 1)] and outputs() == 3
    assert not hit.log.damaged
