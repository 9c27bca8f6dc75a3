# SPDX-License-Identifier: BSD-2-Clause
"""A healthy flight: complete, the same in every mode, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import FRAMES, LIMIT_S, MODES, Fly
from tools import flight, frames, packets, recorder
from tools.packets import Apid
from tools.qemu import Ending, Flight, Qemu, RamFile, Timing
from tools.recorder import RecordType, StopReason
from tools.system_report import SystemReport

pytestmark = pytest.mark.every_board

SLOW = ("dmr", Timing.FREE)  # waits for threads of a host that is busy with proofs
FLIGHTS = [pytest.param(mode, timing, id=f"{mode}-{timing.value}",
                        marks=pytest.mark.asked_board if (mode, timing) == SLOW else ())
           for mode in MODES for timing in Timing]


@pytest.mark.parametrize("preset, timing", FLIGHTS)
def test_frames_arrive_bit_exact(fly: Fly, preset: str, timing: Timing) -> None:
    """Every packet right, every pixel right, and the board switches itself off."""
    result = fly(preset, timing, 1)
    assert result.ground.problems == []
    assert result.end.ending is Ending.OFF
    assert (result.ground.frames_exact, result.ground.crc_errors) == (FRAMES, 0)


@pytest.mark.parametrize("preset, timing", FLIGHTS)
def test_nothing_remarkable_is_recorded(fly: Fly, preset: str, timing: Timing) -> None:
    """No mismatch, timeout or exclusion without a fault; one orderly stop."""
    log = fly(preset, timing, 1).log
    assert log.damaged == []
    assert timing is Timing.FREE or log.lost == 0, "a busy host makes many timer inputs"
    assert {record.type for record in log.remarkable()} == {RecordType.STOP}
    assert log.stop_reason() is StopReason.POWER_OFF


@pytest.mark.parametrize("preset, timing", FLIGHTS)
def test_downlinks_are_the_same_in_every_mode(fly: Fly, preset: str, timing: Timing) -> None:
    """Replication does not show outside."""
    reference = fly("base", Timing.ICOUNT, 1).downlink
    assert reference and fly(preset, timing, 1).downlink == reference


@pytest.mark.parametrize("preset", MODES)
def test_instruction_counted_flights_repeat_exactly(fly: Fly, preset: str) -> None:
    """Same downlink, same event log, down to the counter ticks."""
    first, second = (fly(preset, Timing.ICOUNT, run) for run in (1, 2))
    assert first.downlink == second.downlink
    assert first.log.digest() == second.log.digest()


@pytest.mark.parametrize("preset", MODES)
def test_every_replica_started(fly: Fly, preset: str) -> None:
    """As many start records as replicas, each in a partition of its own."""
    result = fly(preset, Timing.ICOUNT, 1)
    starts = result.log.of(RecordType.START)
    expected = MODES.index(preset) + 1
    assert {record.core for record in starts} == set(range(expected))
    assert len({record.b for record in starts}) == expected
    assert {record.a for record in starts} == {expected}


def test_text_of_programs_is_no_downlink(system: Callable[[str], SystemReport],
                                         tmp_path: Path) -> None:
    """The camera complains into the recorder; the serial line carries packets only."""
    base = system("base")
    junk, downlink = tmp_path / "junk", tmp_path / "downlink"
    junk.write_bytes(bytes(16))
    mission = frames.write_mission(flight.MISSIONS, 1)
    with RamFile() as ram:
        plan = Flight(base, ram, junk, mission.mission_path, downlink=downlink)
        with Qemu(plan, print) as machine:
            assert machine.wait(LIMIT_S).ending is Ending.OFF
        log = recorder.read(ram, base)
    name = "fw_cfg file opt/ternion/frames" if base.qemu.frame_store is None \
        else "the frame store"
    assert [words for _, words in recorder.told(log.of(RecordType.TEXT))] == [
        f"text: camera: {name} holds no frames; make one with tools/frames.py"]
    stream = packets.decode(downlink.read_bytes())
    assert [packet.apid for packet in stream.packets] == [Apid.END]
    assert (stream.stray_bytes, stream.crc_errors) == (0, 0)
