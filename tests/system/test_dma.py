# SPDX-License-Identifier: BSD-2-Clause
"""DMA: what replicas hand over to a device is agreed on before it sees any of it, and what comes
from it is the same in all of them, whoever of them fails meanwhile."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultinj.campaign import PLACE
from faultinj.engine import Ending, run
from faultinj.golden import (GOLDEN_LIMITS, Arm, Golden, kept_image, kernel_shift, limits_after,
                             probes_of)
from faultinj.layers import code_ranges, write_ranges
from faultinj.plugin_page import built_plugin
from faultinj.rsp import PC, Stub
from tests.system import dma_systems, flips, readmission, refusals
from tests.system.conftest import SYSTEMS
from tools import flight, qemu
from tools.board import Range, load_board
from tools.board_state import (CONTROL_HARD_TICKS, PAGE, REQUEST_SIZE, SLOT_DMA,
                               SLOT_REQUESTS, SLOT_RESULT, SLOT_RESULT_SEQ, SLOTS)
from tools.frames import write_mission
from tools.recorder import TICKS_PER_US, RecordType, StopReason
from tools.sel4_abi import LARGE_PAGE_SIZE
from tools.symbols import Symbols
from tools.system_report import SystemReport

ArmOf = Callable[[str], Arm]
RETURN_FRAMES, RETURN_PART = 8, 0.2
PIECE = 0x2000             # of the file, for which the program prints a line: its buffer
FRAMES = 1
PART = 0.7                 # of a flight: a line is out, and more is to be read
REQUEST = struct.Struct("<IIQQQQ")  # struct request of shim/include/shim/board.h, its beginning
REQUEST_DMA = 8
BIT = 8 * 3 + 1            # of fw_cfg's command: read; of the engine's list: where from
CPU_S = 5.0                # of a flight, at most
HARD_TICKS = int(100_000 * TICKS_PER_US)
DATA_ABORT_AT_EL2 = 0x25
DIRECTIONS = pytest.mark.parametrize("out", [True, False], ids=["to-the-device", "from-it"])


def _expected(data: bytes) -> str:
    """What the program prints of such a file: FNV-1a of all that it has read."""
    total, lines = 2166136261, []
    for number, byte in enumerate(data, 1):
        total = (total ^ byte) * 16777619 & 0xFFFFFFFF
        if number % PIECE == 0 or number == len(data):
            lines.append(f"dma: {number} bytes, sum {total}\n")
    return "".join(lines) + "dma: 0 different\n"


def _text(downlink: bytes) -> str:
    return downlink.decode("ascii").replace("\r", "")


@pytest.mark.every_board
@pytest.mark.parametrize("preset", SYSTEMS)
def test_a_file(system: Callable[[str], SystemReport], tmp_path: Path, preset: str) -> None:
    """The device puts it into memory, and every replica has it."""
    built = dma_systems.pack(system(preset), tmp_path)
    result = flight.fly(built, frames=FRAMES, limit_s=flips.STOP_S, announce=print)
    file = write_mission(flight.MISSIONS, FRAMES).frames_path.read_bytes()
    assert _text(result.downlink) == _expected(file)
    assert result.end.ending is qemu.Ending.OFF
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
    assert result.log.stop_reason() is StopReason.POWER_OFF


_arms: dict[str, Arm] = {}


def _fly(system: SystemReport, place: Path, frames: int = FRAMES) -> Arm:
    """Flown once without a fault. What it sends is no downlink of frames, which is why it is not
    faultinj's golden run."""
    mission = write_mission(PLACE, frames)
    plan = qemu.Flight(system, Path("set by the engine"), mission.frames_path,
                       mission.mission_path, image=kept_image(system, place))
    ranges, symbols = place / "dma.ranges", Symbols(system)
    write_ranges(ranges, code_ranges(system))
    probes = probes_of(symbols, ranges)
    done, _ = run(plan, GOLDEN_LIMITS, probes=probes)
    assert done.ending is Ending.OFF
    assert _text(done.downlink) == _expected(mission.frames_path.read_bytes())
    page = done.page
    golden = Golden(done.downlink, "", 0, page.total, page.by_class, page.first_high,
                    page.by_class_first_high, done.wall_s, page.marks)
    limits = limits_after(golden, system, CPU_S)
    return Arm(place.name, system, plan, mission, ranges, golden, limits, CPU_S, probes,
               kernel_shift=kernel_shift(symbols))


@pytest.fixture(name="arm")
def _arm_fixture(system: Callable[[str], SystemReport]) -> ArmOf:
    """Mode -> the system, ready for faults."""
    def make(mode: str) -> Arm:
        preset = system(mode)
        if preset.preset not in _arms:
            built_plugin()
            place = PLACE / f"dma-{preset.preset}"
            _arms[preset.preset] = _fly(dma_systems.pack(preset, place), place)
        return _arms[preset.preset]
    return make


@dataclass(frozen=True)
class Call:
    """A function that a core is about to execute, and its arguments."""

    address: int
    arguments: tuple[int, ...]


def _next_call(stub: Stub, core: int, address: int, wanted: Callable[[Call], bool]) -> Call:
    """Runs on until this core is about to execute it with such arguments."""
    while True:
        stub.break_at(address)
        stub.go_on()
        stub.wait_stop(flips.STOP_S)
        stub.break_at(address, False)
        there = [number for number in range(stub.cores)
                 if stub.read_register(number, PC) == address]
        call = Call(address, tuple(stub.read_register(core, number) for number in range(4)))
        if core in there and wanted(call):
            return call
        stub.step(there[0], flips.STOP_S)


def _dma(arm: Arm) -> Range:
    found = load_board(arm.system.board).dma
    assert found
    return found


def _own(arm: Arm, replica: int) -> int:
    """Where the replica's own copy of the device's command is."""
    base = load_board(arm.system.board).ram_ipa
    return arm.system.partitions[replica].base + _dma(arm).base - base


def _flip_at(arm: Arm, replica: int, name: str, out: Callable[[Call], bool],
             sent: list[int] | None = None) -> flips.AtFault:
    """A bit of the replica's own copy of the command, when its kernel comes to this function for
    its clean. How much was sent by then can be noted."""
    address = Symbols(arm.system).kernel.address(name)

    def change(stub: Stub, place: Path) -> None:
        _next_call(stub, replica, address,
                   lambda call: call.arguments[0] == _dma(arm).base and out(call))
        if sent is not None:
            sent.append(flips.sent_by(place))
        before = stub.read_physical(_dma(arm).base, 16)
        assert before != stub.read_physical(_own(arm, replica), 16), "the device has an older one"
        flips.flip_physical(stub, _own(arm, replica), BIT)
    return change


def _cleans(call: Call) -> bool:
    """rcoe_dma(address, memory, size, out)"""
    return bool(call.arguments[3] & 1)


def _is_out(call: Call) -> bool:
    """shim_dma(address, DMA_VALUE(sum, bytes, out))"""
    return bool(call.arguments[1] & 1)


def _check_one_out(tmr: Arm, replica: int) -> None:
    """Of three, the one is out, and the device gets the command that it should."""
    hit = flips.fly(tmr, flips.in_user(tmr, replica, PART),
                    _flip_at(tmr, replica, "rcoe_dma", _cleans))
    assert 0 < hit.sent < len(tmr.golden.downlink)
    assert hit.done.downlink == tmr.golden.downlink and hit.done.ending is Ending.OFF
    assert hit.log.excluded() == [replica]
    assert hit.log.of(RecordType.MISMATCH)
    assert hit.log.stop_reason() is StopReason.POWER_OFF


@pytest.mark.every_board
@pytest.mark.parametrize("replica", [0, 1])
def test_a_flip_before_the_clean(arm: ArmOf, replica: int) -> None:
    """The I/O core's, or another one's."""
    _check_one_out(arm("tmr"), replica)


@pytest.mark.default_board("boards do not differ in it")
@pytest.mark.parametrize("other", [{"window": 0}, {"vote_level": "io"}],
                         ids=["lockstep", "level-io"])
def test_a_flip_before_the_clean_otherwise(system: Callable[[str], SystemReport], tmp_path: Path,
                                           other: dict[str, str | int]) -> None:
    """What is agreed on when, beside what goes out, changes nothing of that."""
    built_plugin()
    built = dma_systems.pack(system("tmr"), tmp_path, other=other)
    assert built.raw.items() >= other.items()
    _check_one_out(_fly(built, tmp_path), 1)


@pytest.mark.parametrize("replica", [0, 1])
def test_a_flip_before_the_clean_of_two(arm: ArmOf, replica: int) -> None:
    """Nobody knows which is right, so the device gets neither."""
    dmr = arm("dmr")
    sent: list[int] = []
    hit = flips.fly(dmr, flips.in_user(dmr, replica, PART),
                    _flip_at(dmr, replica, "rcoe_dma", _cleans, sent))
    assert hit.done.downlink == dmr.golden.downlink[:sent[0]]
    assert 0 < sent[0] < len(dmr.golden.downlink)
    assert hit.done.ending is Ending.OFF and not hit.log.excluded()
    assert hit.log.stop_reason() is StopReason.NO_MAJORITY


def test_a_flip_behind_the_vote(arm: ArmOf) -> None:
    """All have agreed, then the I/O core's copy is hit: it finds that out itself, and another one
    hands over its own."""
    tmr = arm("tmr")
    hit = flips.fly(tmr, flips.in_user(tmr, 0, PART), _flip_at(tmr, 0, "shim_dma", _is_out))
    assert 0 < hit.sent < len(tmr.golden.downlink)
    assert hit.done.downlink == tmr.golden.downlink and hit.done.ending is Ending.OFF
    assert hit.log.excluded() == [0]
    assert [(r.a, r.b) for r in hit.log.of(RecordType.IO_MOVED)] == [(0, 1)]
    assert [(r.core, r.b) for r in hit.log.of(RecordType.SHIM_TRAP)] == [(0, _dma(tmr).base)]


@DIRECTIONS
def test_the_io_core_stands_still(arm: ArmOf, out: bool) -> None:
    """... before it copies, until another one does; then it goes on, and is refused."""
    tmr = arm("tmr")
    dead, perform = (flips.shim_address(tmr, 0, name) for name in ("dead", "perform_other"))
    hard_bound = tmr.system.board_page.base + CONTROL_HARD_TICKS

    def change(stub: Stub, _: Path) -> None:
        def wanted(call: Call) -> bool:
            kind, _, _, _, _, value = REQUEST.unpack(
                stub.read_physical(call.arguments[0], REQUEST.size))
            return kind == REQUEST_DMA and value & 1 == out

        stub.write_physical(hard_bound, HARD_TICKS.to_bytes(8, "little"))
        _next_call(stub, 0, perform, wanted)
        stub.write_register(0, PC, dead)
        readmission.stopped_at(tmr, stub, 1, "perform_other")
        stub.write_register(0, PC, perform)

    hit = flips.fly(tmr, flips.in_user(tmr, 0, PART), change)
    assert 0 < hit.sent < len(tmr.golden.downlink)
    assert hit.done.downlink == tmr.golden.downlink and hit.done.ending is Ending.OFF
    assert hit.log.excluded() == [0]
    assert [(r.a, r.b) for r in hit.log.of(RecordType.IO_MOVED)] == [(0, 1)]
    caught = [r.a >> 26 for r in hit.log.of(RecordType.SHIM_TRAP) if r.core == 0]
    assert caught == [DATA_ABORT_AT_EL2]


def _slot(arm: Arm, core: int) -> int:
    return arm.system.board_page.base + SLOTS + core * PAGE


def _check_unharmed(arm: Arm, hit: flips.Hit) -> None:
    assert 0 < hit.sent < len(arm.golden.downlink)
    assert hit.done.downlink == arm.golden.downlink and hit.done.ending is Ending.OFF
    assert {record.type for record in hit.log.remarkable()} == {RecordType.STOP}


def test_a_flip_in_what_came(arm: ArmOf) -> None:
    """... before a replica has taken it: there is the other copy, and nobody is lost."""
    tmr = arm("tmr")
    ask = Symbols(tmr.system).kernel.address("dma_slot")

    def change(stub: Stub, _: Path) -> None:
        _next_call(stub, 1, ask, lambda call: call.arguments[0] == 0)
        flips.flip_physical(stub, _slot(tmr, 0) + SLOT_DMA, BIT)

    _check_unharmed(tmr, flips.fly(tmr, flips.in_user(tmr, 1, PART), change))


def test_a_flip_in_its_sum(arm: ArmOf) -> None:
    """... before a replica has it: the copies say what came."""
    tmr = arm("tmr")
    slot = _slot(tmr, 0)

    def change(stub: Stub, _: Path) -> None:
        def wanted(call: Call) -> bool:
            """board_taken(n, answer), when the I/O core has the answer to a request for bytes"""
            n = call.arguments[0]
            kind, _, _, _, _, value = REQUEST.unpack(stub.read_physical(
                slot + SLOT_REQUESTS + n % 2 * REQUEST_SIZE, REQUEST.size))
            done = int.from_bytes(stub.read_physical(slot + SLOT_RESULT_SEQ, 8), "little")
            return kind == REQUEST_DMA and not value & 1 and done == n

        _next_call(stub, 1, flips.shim_address(tmr, 1, "board_taken"), wanted)
        flips.flip_physical(stub, slot + SLOT_RESULT, BIT)

    _check_unharmed(tmr, flips.fly(tmr, flips.in_user(tmr, 1, PART), change))


def test_memory_that_is_none(system: Callable[[str], SystemReport], tmp_path: Path) -> None:
    """A replica whose RAM ends before the DMA memory does not start."""
    built = dma_systems.pack(system("base"), tmp_path)
    board = load_board(built.board)
    assert board.dma
    size = board.dma.end - board.ram_ipa - LARGE_PAGE_SIZE
    image = refusals.changed(built, tmp_path, refusals.PARTITION_SIZE, size)
    assert refusals.said(built, tmp_path, image) == (
        f"ternion: partition size 0x{size:08x}, DMA memory ends at 0x{board.dma.end:08x}\r\n")


def test_a_replica_comes_back(system: Callable[[str], SystemReport], tmp_path: Path) -> None:
    """Its memory of DMA regions comes with the rest, and it goes on with hand-overs."""
    built_plugin()
    description = tmp_path / "dma.system"
    preset = system("tmr")
    text = dma_systems.description_of(preset.board).read_text(encoding="utf-8")
    description.write_text(text.replace("<redundancy", '<redundancy readmit_per_hour="1"'),
                           encoding="utf-8")
    tmr = _fly(dma_systems.pack(preset, tmp_path, description), tmp_path, RETURN_FRAMES)
    hit = flips.fly(tmr, flips.in_user(tmr, 1, RETURN_PART), readmission.excluding(tmr, 1))
    readmission.check_whole(tmr, hit, 0b111)
    assert readmission.story(hit.log) == [
        (RecordType.EXCLUDE, 1), (RecordType.JOIN_BEGIN, 1), (RecordType.JOIN, 1)]
