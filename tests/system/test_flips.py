# SPDX-License-Identifier: BSD-2-Clause
"""One flipped bit where it hurts most: entry path, ballot, page tables, I/O core, timer.

Every flip comes while the downlink is being sent, so that a byte lost or repeated would show; and
every flip must have an effect that the machine recorded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.fault import Trigger
from faultinj.golden import Arm
from faultinj.marks import LOWER_EL_SYNC
from faultinj.rsp import PC, SP, Stub
from tests.system import flips, hijack, readmission
from tests.system.flips import Hit
from tools.board_state import (BALLOT_DEADLINE, BALLOT_DELIVERED, BALLOT_EVENT, BALLOT_EVENT_CHECK,
                               BALLOT_FINGERPRINTS, BALLOT_RING, CONTROL_LEADER, CONTROL_STOPPED,
                               MOST)
from tools.recorder import TICKS_PER_US, RecordType, StopReason
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
TMR, DMR = "tmr", "dmr"
CORES = pytest.mark.parametrize("core", [0, 1], ids=["io-core", "core-1"])
Entry = tuple[str, int, str]
# Blocks of trap_entry.S (label, offset) and what comes behind them.
VECTOR: Entry = ("arch_vectors", LOWER_EL_SYNC, "from_user_sync")
SYSCALL: Entry = ("from_user_sync", 0, "trap_syscall")
INTERRUPT: Entry = ("from_user_irq", 0, "trap_interrupt")
TIMER = 0xFFFFFFFF  # INPUT_TIMER
SHIFT_US = 500      # less than this is what stopping the machine does
COMES_US = 2        # so soon after a deadline that nobody replaced there is a timer input
FRAME_ELR = 31 * 8  # shim/arch/aarch64/frame.h
ADD_ONE, SUBTRACT_ONE = 0x91000400, 0xD1000400  # of a 64-bit register, to itself or another one
IMMEDIATE = 0xFFFFFC00  # all of these instructions but the registers
ENTRY_STEPS = 64  # of trap_syscall(), at least so many begin the event


def _check_excluded(arm: Arm, hit: Hit, core: int) -> None:
    """The hit one is out, the mission goes on to its end, and nobody outside sees a difference."""
    assert 0 < hit.sent < len(arm.golden.downlink), "the flip comes in the middle of the output"
    assert hit.log.excluded() == [core]
    assert hit.done.downlink == arm.golden.downlink
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.POWER_OFF
    moved = [(record.a, record.b) for record in hit.log.of(RecordType.IO_MOVED)]
    assert moved == ([(0, 1)] if core == 0 else [])


def _check_nothing_lost(arm: Arm, hit: Hit) -> None:
    """Nobody is out, and nobody outside sees a difference."""
    assert 0 < hit.sent < len(arm.golden.downlink), "the flip comes in the middle of the output"
    assert hit.done.downlink == arm.golden.downlink
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.POWER_OFF
    assert hit.log.excluded() == []


def _check_stopped(arm: Arm, hit: Hit, *reasons: StopReason) -> None:
    """Safe stop: what was delivered is right, as far as it goes."""
    assert 0 < hit.sent <= len(hit.done.downlink) < len(arm.golden.downlink)
    assert arm.golden.downlink.startswith(hit.done.downlink)
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() in reasons


def _at_entry(arm: Arm, core: int, flip: flips.AtFault, place: Path, entry: Entry = SYSCALL) -> Hit:
    """On the way from the vector to C, at a place that the assembly names."""
    kernel = Symbols(arm.system).kernel
    behind = kernel.address(entry[2])
    start = flips.last_piece(arm, core, kernel.address(entry[0]) + entry[1], behind, place)

    def there(stub: Stub, where: Path) -> None:
        assert stub.read_register(core, PC) == behind, f"behind {entry[0]} comes {entry[2]}"
        flip(stub, where)

    return flips.fly(*flips.after_block(arm, core, start, place), there)


def _at_publication(arm: Arm, core: int, flip: flips.AtFault, place: Path) -> Hit:
    """A round has just been published at which all replicas compare."""
    start = Symbols(arm.system).kernel.address("vote_check")
    return flips.fly(*flips.after_block(arm, core, start, place), flip)


def _fingerprint_flip(arm: Arm, core: int) -> flips.AtFault:
    def flip(stub: Stub, _: Path) -> None:
        ballot = flips.ballot(arm, core)
        newest = flips.word(stub, ballot)
        flips.flip_physical(stub, ballot + BALLOT_FINGERPRINTS + 4 * (newest % BALLOT_RING), 9)
    return flip


@CORES
@pytest.mark.parametrize("symbol,instruction,bit", [
    pytest.param("from_user_sync", 0xD5384024, 0, id="mrs-elr-to-another-register"),
    pytest.param("from_user_sync", 0xA8C10FE2, 6, id="base-register-of-a-load"),
    pytest.param("trap_syscall", None, 29, id="first-instruction-of-trap_syscall"),
])
def test_code_of_the_entry_path(arm: ArmOf, tmp_path: Path, core: int, symbol: str,
                                instruction: int | None, bit: int) -> None:
    """An instruction that every kernel entry of this replica executes from now on."""
    tmr = arm(TMR)
    place = hijack.physical(tmr, core, Symbols(tmr.system).kernel.address(symbol))

    def flip(stub: Stub, _: Path) -> None:
        code = struct.unpack("<64I", stub.read_physical(place, 256))
        assert instruction is None or instruction in code, f"{symbol} has no such instruction"
        index = 0 if instruction is None else code.index(instruction)
        flips.flip_physical(stub, place + 4 * index, bit)

    _check_excluded(tmr, _at_entry(tmr, core, flip, tmp_path), core)


@CORES
@pytest.mark.parametrize("entry,register,bit", [
    pytest.param(VECTOR, PC, 2, id="vector-pc-next"),
    pytest.param(SYSCALL, 0, 4, id="syscall-context-near"),
    pytest.param(SYSCALL, 0, 40, id="syscall-context-far"),
    pytest.param(SYSCALL, 1, 26, id="syscall-syndrome"),
    pytest.param(SYSCALL, SP, 40, id="syscall-sp"),
    pytest.param(SYSCALL, PC, 40, id="syscall-pc-far"),
    pytest.param(INTERRUPT, 0, 4, id="interrupt-context-near"),
    pytest.param(INTERRUPT, 0, 40, id="interrupt-context-far"),
    pytest.param(INTERRUPT, SP, 40, id="interrupt-sp"),
    pytest.param(INTERRUPT, PC, 40, id="interrupt-pc-far")])
def test_register_in_the_entry_path(arm: ArmOf, tmp_path: Path, core: int, entry: Entry,
                                    register: int, bit: int) -> None:
    """A register of the core while the kernel saves the user's, or has just done so."""
    tmr = arm(TMR)
    flip = flips.register_flip(core, register, bit)
    _check_excluded(tmr, _at_entry(tmr, core, flip, tmp_path, entry), core)


@pytest.mark.every_board
@CORES
def test_fingerprint_just_published(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """The others see another fingerprint than this replica computed."""
    tmr = arm(TMR)
    hit = _at_publication(tmr, core, _fingerprint_flip(tmr, core), tmp_path)
    _check_excluded(tmr, hit, core)
    assert hit.log.of(RecordType.MISMATCH)


@CORES
@pytest.mark.parametrize("offset,bit", [
    pytest.param(BALLOT_EVENT, 0, id="event-near"), pytest.param(BALLOT_EVENT, 40, id="event-far"),
    pytest.param(BALLOT_EVENT_CHECK, 0, id="check-near"),
    pytest.param(BALLOT_EVENT_CHECK, 40, id="check-far"),
    pytest.param(BALLOT_DELIVERED, 0, id="inputs-delivered")])
def test_counters_of_the_ballot(arm: ArmOf, core: int, offset: int, bit: int) -> None:
    """Its owner finds them changed at the next kernel entry, and gives up."""
    tmr = arm(TMR)
    flip = flips.physical_flip(flips.ballot(tmr, core) + offset, bit)
    hit = flips.fly(tmr, flips.in_user(tmr, core), flip)
    _check_excluded(tmr, hit, core)
    assert {record.core for record in hit.log.of(RecordType.PANIC)} == {core}


def _counting_flip(arm: Arm, core: int, instruction: int, bit: int) -> flips.AtFault:
    """From the start of trap_syscall() on to where it counts the event, or the check of it: a bit
    of the register, after the old value was looked at and before the next one is made of it."""
    def flip(stub: Stub, place: Path) -> None:
        event = flips.word(stub, flips.ballot(arm, core) + BALLOT_EVENT)
        old = event if instruction == ADD_ONE else -event & MOST
        for _ in range(ENTRY_STEPS):
            code = stub.read_virtual(core, stub.read_register(core, PC), 4)
            assert code is not None
            word = int.from_bytes(code, "little")
            register = word >> 5 & 31
            if word & IMMEDIATE == instruction and stub.read_register(core, register) == old:
                return flips.register_flip(core, register, bit)(stub, place)
            stub.step(core, flips.STOP_S)
        raise AssertionError("trap_syscall() counts no event")
    return flip


@CORES
@pytest.mark.parametrize("instruction,bit", [
    pytest.param(ADD_ONE, 0, id="event-bit-0"), pytest.param(ADD_ONE, 7, id="event-bit-7"),
    pytest.param(ADD_ONE, 53, id="event-bit-53"),
    pytest.param(SUBTRACT_ONE, 53, id="check-bit-53")])
def test_number_of_the_event(arm: ArmOf, tmp_path: Path, core: int, instruction: int,
                             bit: int) -> None:
    """Counted wrong, in all places at once or not: its owner finds out at its next entry, and gives
    up, or a device access before that has the wrong number in it; nobody waits for it in vain."""
    tmr = arm(TMR)
    hit = _at_entry(tmr, core, _counting_flip(tmr, core, instruction, bit), tmp_path)
    _check_excluded(tmr, hit, core)
    gave_up = {record.core for record in hit.log.of(RecordType.PANIC)}
    assert gave_up == {core} or (not gave_up and hit.log.of(RecordType.MISMATCH))
    assert not hit.log.of(RecordType.TIMEOUT)


@pytest.mark.parametrize("bit", [0, 1, 2, 6, 20, 31])
def test_leader_in_the_control_page(arm: ArmOf, bit: int) -> None:
    """Another core's number, or one that no core has, where every core reads it: nobody follows it
    out of the board, and no second core takes the devices."""
    tmr = arm(TMR)
    flip = flips.physical_flip(tmr.system.board_page.base + CONTROL_LEADER, bit)
    _check_nothing_lost(tmr, flips.fly(tmr, flips.in_user(tmr, 1), flip))


@pytest.mark.parametrize("bit", [0, 6, 22])
def test_no_flip_stops_the_system(arm: ArmOf, bit: int) -> None:
    """The word that tells every core of a safe stop: one bit is not that word, whatever it was."""
    tmr = arm(TMR)
    flip = flips.physical_flip(tmr.system.board_page.base + CONTROL_STOPPED, bit)
    _check_nothing_lost(tmr, flips.fly(tmr, flips.in_user(tmr, 1), flip))


@CORES
@pytest.mark.parametrize("level,bit", [
    pytest.param(3, 0, id="page-invalid"),
    pytest.param(3, 12, id="page-elsewhere"), pytest.param(2, 0, id="table-invalid"),
    pytest.param(2, 29, id="table-outside-the-partition")])
def test_page_table_of_the_running_domain(arm: ArmOf, core: int, level: int, bit: int) -> None:
    """Stage 1: the descriptors through which the user's instructions are fetched."""
    tmr = arm(TMR)
    hit = flips.fly(tmr, flips.in_user(tmr, core), flips.stage1_flip(tmr, core, level, bit))
    _check_excluded(tmr, hit, core)


@CORES
@pytest.mark.parametrize("bit", [
    pytest.param(0, id="invalid"), pytest.param(7, id="read-only"),
    pytest.param(21, id="elsewhere-in-the-partition"), pytest.param(44, id="no-such-memory")])
def test_stage_2_of_a_replica(arm: ArmOf, core: int, bit: int) -> None:
    """The block that holds its kernel, in its core's copy of the shim."""
    tmr = readmission.impatient(arm(TMR))
    hit = flips.fly(tmr, flips.in_user(tmr, core), flips.stage2_flip(tmr, core, bit))
    _check_excluded(tmr, hit, core)


@CORES
def test_stage_2_into_a_peer(arm: ArmOf, core: int) -> None:
    """Two replicas in one partition spoil each other: a safe stop, as shim/DESIGN.md says; unless
    the hit one breaks down before it has written anything there."""
    tmr = arm(TMR)
    first, second = (region.base for region in tmr.system.partitions[:2])
    bit = (first ^ second).bit_length() - 1
    assert first ^ second == 1 << bit
    hit = flips.fly(tmr, flips.in_user(tmr, core), flips.stage2_flip(tmr, core, bit))
    if hit.log.stop_reason() is StopReason.POWER_OFF:
        _check_excluded(tmr, hit, core)
    else:
        _check_stopped(tmr, hit, StopReason.LAST_REPLICA, StopReason.NO_MAJORITY)


@pytest.mark.every_board
@CORES
def test_frame_in_the_shim(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """In EL2, on the way to the rendezvous: where the replica asked from is saved wrong, a GiB away
    (a few instructions may only make it ask again)."""
    tmr = arm(TMR)
    start = flips.shim_address(tmr, core, "save_and_call")

    def flip(stub: Stub, _: Path) -> None:
        flips.flip_physical(stub, stub.read_register(core, SP) + FRAME_ELR, 30)

    hit = flips.fly(*flips.after_block(tmr, core, start, tmp_path), flip)
    _check_excluded(tmr, hit, core)


def _timer_inputs(hit: Hit) -> list[int]:
    return [record.time for record in hit.log.of(RecordType.INPUT) if record.a == TIMER]


def _late(arm: Arm, hit: Hit, reference: Hit) -> bool:
    """Nobody was wrong and nothing was lost; whether a timer input came later than it should."""
    _check_nothing_lost(arm, hit)
    pairs = zip(_timer_inputs(hit), _timer_inputs(reference))
    late, expected = next((pair for pair in pairs if pair[0] != pair[1]), (0, 0))
    assert late - expected <= arm.system.raw["barrier_timeout_us"] * TICKS_PER_US
    return late - expected > SHIFT_US * TICKS_PER_US


def _comes(reference: Hit, deadline: int) -> bool:
    """Whether nobody replaced the deadline before there was a timer input for it."""
    return any(0 <= time - deadline < COMES_US * TICKS_PER_US
               for time in _timer_inputs(reference))


@pytest.mark.parametrize("target", ["x1", "ballot"])
def test_deadline_of_the_leader(arm: ArmOf, tmp_path: Path, target: str) -> None:
    """Late, not forgotten, as documented: EL2 reads the ballot again at each tick, and the kernel
    stores it again at its next entry. Most deadlines are replaced before they come, or repaired by
    a tick in time: which of them are late depends on where the ticks fall."""
    tmr, leader = arm(TMR), 0
    start = Symbols(tmr.system).kernel.address("shim_timer")
    vector = flips.shim_address(tmr, leader, "vectors") + LOWER_EL_SYNC
    flip = flips.physical_flip(flips.ballot(tmr, leader) + BALLOT_DEADLINE, 45)
    if target == "x1":
        flip = flips.register_flip(leader, 1, 45)
    deadlines: list[int] = []
    flipped = 0

    def look(stub: Stub, _: Path) -> None:
        """The reference: the machine stops and goes on."""
        assert stub.read_register(leader, PC) == vector
        deadlines.append(stub.read_register(leader, 1))

    system = flips.only_block(tmr, start, tmp_path)
    trigger = Trigger(leader, 0, flips.PLACE)
    last = flips.counted(system).by_class[leader][flips.PLACE]
    while trigger.count < last:
        there = system, trigger
        reference = flips.fly(*there, look)
        trigger = replace(trigger, count=trigger.count + reference.done.page.trigger_length)
        if reference.sent and _comes(reference, deadlines[-1]):
            flipped += 1
            if _late(tmr, flips.fly(*there, flip), reference):
                return
    assert flipped, "no deadline came during the output"


@pytest.mark.parametrize("bit", [40, 63])
def test_tick_of_a_core(arm: ArmOf, bit: int) -> None:
    """By ticks every wait ends: a core whose next one was moved to a far time finds that out. Core
    1 does no input and output, so its timer is programmed at ticks only."""
    tmr, core = arm(TMR), 1
    next_tick = flips.shim_address(tmr, core, "timer") + 8
    ticks: list[int] = []

    def flip_and_wait(stub: Stub, place: Path) -> None:
        flips.flip_physical(stub, next_tick, bit)
        for _ in range(3):  # the first one was programmed before
            readmission.stopped_at(tmr, stub, core, "timer_program")
            ticks.append(flips.word(stub, next_tick))

    hit = flips.fly(tmr, flips.in_user(tmr, core, 0.5), flip_and_wait)
    assert ticks == sorted(ticks) and ticks[0] < ticks[-1] < 1 << 40
    assert hit.done.downlink == tmr.golden.downlink and not hit.log.excluded()


@pytest.mark.every_board
@CORES
def test_bare_mismatch_in_dmr(arm: ArmOf, tmp_path: Path, core: int) -> None:
    """Nobody can tell who is right: the system stops, and what it sent is right."""
    dmr = arm(DMR)
    hit = _at_publication(dmr, core, _fingerprint_flip(dmr, core), tmp_path)
    _check_stopped(dmr, hit, StopReason.NO_MAJORITY)
    assert hit.log.of(RecordType.MISMATCH)
