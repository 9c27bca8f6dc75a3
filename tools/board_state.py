# SPDX-License-Identifier: BSD-2-Clause
"""What the replicas share (shim/include/shim/board.h), read from the guest's RAM file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tools.errors import UserError
from tools.housekeeping import REPLICA_WORDS, Counters, Housekeeping, ReplicaWord
from tools.system_report import SystemReport

MAGIC, VERSION = 0x544E4244, 2
PAGE = 4096
REPLICAS_MAX = 4
BALLOTS, SLOTS = 0x4000, 0x8000  # offsets of the first ones, a page each
LOG, SHARED = 0x1000, 0xC000
CONTROL = struct.Struct("<IIIIIIQQIIII")
BALLOT = struct.Struct("<8Q")  # round, event, time_head, delivered, deadline, waits, ticks, replica
COUNTER = struct.Struct(f"<{REPLICA_WORDS * REPLICAS_MAX}Q")
SLOT_TICKS, SLOT_STATE, SLOT_COUNTER = 8, 132, 320
SLOT_PROPOSAL_INPUT, SLOT_REQUEST_SEQ, SLOT_REQUESTS = 0, 24, 32
SLOT_RESULT, SLOT_RESULT_STATUS, SLOT_RESULT_SEQ, SLOT_DMA, DMA_MOST = 144, 152, 160, 856, 1024
SLOT_PROPOSALS, PROPOSAL = 192, struct.Struct("<4Q")  # input, position, check, tag
REQUEST_EVENT, REQUEST_SIZE = 8, 48
SHARED_TIMER_FIRED, SHARED_IO_CORE, SHARED_START, SHARED_JOINER = 256, 264, 272, 300
CONTROL_HARD_TICKS, CONTROL_ACTIVE, CONTROL_LEADER, CONTROL_STOPPED = 32, 40, 44, 52
STOPPED = 0x53544F50
BALLOT_EVENT, BALLOT_TIME_HEAD, BALLOT_DELIVERED, BALLOT_DEADLINE = 8, 16, 24, 32
BALLOT_TIMES, TIME_RING = 64, 128
BALLOT_FINGERPRINTS, BALLOT_RING = 1088, 256
BALLOT_EVENT_CHECK, BALLOT_DECISIONS, DECISIONS = 2112, 2120, 4
LOG_TIME, LOG_ENTRY, LOG_ENTRIES = 72, 16, 128  # of the first entry, bytes of one, how many
MOST = (1 << 64) - 1  # where a counter stops


def active_word(members: int) -> int:
    """ACTIVE_WORD: the set three times, a byte apart."""
    return members * 0x10101


def active_set(word: int) -> int:
    """As active_set() of shim/board.h: each member by majority."""
    first, second, third = word, word >> 8, word >> 16
    return (first & second | first & third | second & third) & (1 << REPLICAS_MAX) - 1


class CoreState(IntEnum):
    """enum core_state."""

    OFF = 0
    RUNNING = 1
    WAITING = 2
    PARKED = 3
    JOINING = 4


@dataclass(frozen=True)
class Board:
    """One look at it. While the system runs, its parts are of slightly different moments."""

    replicas: int
    vote_level: int
    window: int
    active: int   # bit r: replica r takes part
    leader: int
    epoch: int
    stopped: bool
    io_core: int
    counters: Counters


def counter_address(system: SystemReport, core: int, word: ReplicaWord, replica: int) -> int:
    """Physical address of what this core counted of that replica."""
    return (system.board_page.base + SLOTS + core * PAGE + SLOT_COUNTER
            + 8 * (word * REPLICAS_MAX + replica))


def _counted(pages: bytes, word: int, replicas: list[int]) -> int:
    """As counted() of shim/device_port.c."""
    sums = []
    for core in range(REPLICAS_MAX):
        words = COUNTER.unpack_from(pages, SLOTS + core * PAGE + SLOT_COUNTER)
        sums.append(min(MOST, sum(words[word * REPLICAS_MAX + r] for r in replicas)))
    if word in (ReplicaWord.MISMATCHES, ReplicaWord.TIMEOUTS):
        return max(sums)
    return min(MOST, sum(sums))


def _of_replica(pages: bytes, replica: int) -> dict[str, int]:
    rounds, event, _, delivered, _, waits, ticks, _ = BALLOT.unpack_from(
        pages, BALLOTS + replica * PAGE)
    slot = SLOTS + replica * PAGE
    own = {ReplicaWord.STATE: struct.unpack_from("<I", pages, slot + SLOT_STATE)[0],
           ReplicaWord.TICKS: struct.unpack_from("<Q", pages, slot + SLOT_TICKS)[0],
           ReplicaWord.WAITS: waits, ReplicaWord.WAIT_TICKS: ticks,
           ReplicaWord.EVENTS: event, ReplicaWord.VOTES: rounds, ReplicaWord.INPUTS: delivered}
    return {word.name.lower(): min(MOST, own.get(word, 0) + _counted(pages, word, [replica]))
            for word in ReplicaWord}


def parse(pages: bytes) -> Board:
    """The board's pages."""
    (magic, version, replicas, level, window, _, _, _, active, leader, epoch,
     stopped) = CONTROL.unpack_from(pages)
    if magic == 0:
        raise UserError("the system has not started: its board is empty",
                        next_step="./ternion run   (or wait until it flies)")
    if magic != MAGIC or not 0 < replicas <= REPLICAS_MAX or leader >= replicas:
        raise UserError(f"the board is damaged or foreign: magic {magic:#x}, {replicas} replicas, "
                        f"leader {leader}", next_step="name the RAM file of a run: --ram FILE")
    if version != VERSION:
        raise UserError(f"board version {version}, but this tool reads {VERSION}",
                        next_step="./ternion build")
    everyone = [_of_replica(pages, replica) for replica in range(replicas)]
    start, = struct.unpack_from("<Q", pages, SHARED + SHARED_START)
    system = {Housekeeping.REPLICAS: replicas, Housekeeping.ACTIVE: active_set(active),
              Housekeeping.LEADER: leader, Housekeeping.EPOCH: epoch,
              Housekeeping.EVENTS: everyone[leader]["events"],
              Housekeeping.VOTES: everyone[leader]["votes"],
              Housekeeping.INPUTS: struct.unpack_from("<Q", pages, LOG)[0]}
    for word in Housekeeping:
        if word >= Housekeeping.DEVICE_ACCESSES and word is not Housekeeping.INPUTS:
            system[word] = _counted(pages, word, list(range(REPLICAS_MAX)))
    return Board(replicas, level, window, active_set(active), leader, epoch,
                 stopped == STOPPED and start != 0,
                 struct.unpack_from("<I", pages, SHARED + SHARED_IO_CORE)[0],
                 Counters({word.name.lower(): value for word, value in sorted(system.items())},
                          everyone))


def read(ram_file: Path, system: SystemReport) -> Board:
    """The board in the RAM file, during a run or after it."""
    with ram_file.open("rb") as ram:
        ram.seek(system.board_page.base - system.ram.base)
        pages = ram.read(SHARED + PAGE)
    if len(pages) < SHARED + PAGE:
        raise UserError(f"{ram_file}: ends before the board of {system.preset}",
                        next_step="name the RAM file of a run: --ram FILE")
    return parse(pages)
