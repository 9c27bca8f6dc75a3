# SPDX-License-Identifier: BSD-2-Clause
"""The board is read out of RAM as shim/include/shim/board.h says."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.tools.test_headers import compile_claims
from tools import board_state
from tools.board_state import BALLOT, BALLOTS, CONTROL, PAGE, SLOTS, CoreState
from tools.errors import UserError
from tools.housekeeping import ReplicaWord
from tools.system_file import WINDOW_MOST


def made(replicas: int = 3, active: int = 0b111, leader: int = 0) -> bytearray:
    """A board whose replica r has begun 100 + r events, in the state of a running core."""
    pages = bytearray(board_state.SHARED + PAGE)
    CONTROL.pack_into(pages, 0, board_state.MAGIC, board_state.VERSION, replicas, 1, 16, 0, 1, 2,
                      board_state.active_word(active), leader, 0, 0)
    for replica in range(replicas):
        BALLOT.pack_into(pages, BALLOTS + replica * PAGE, 50, 100 + replica, 0, 7, 0, 3, 4, replica)
        state = CoreState.RUNNING if active >> replica & 1 else CoreState.PARKED
        struct.pack_into("<I", pages, SLOTS + replica * PAGE + board_state.SLOT_STATE, state)
    return pages


def count(pages: bytearray, core: int, word: ReplicaWord, replica: int, value: int) -> None:
    """What that core counted of the replica."""
    struct.pack_into("<Q", pages, SLOTS + core * PAGE + board_state.SLOT_COUNTER
                     + 8 * (word * board_state.REPLICAS_MAX + replica), value)


def test_offsets_are_those_of_the_header(tmp_path: Path) -> None:
    """The compiler compares."""
    control = ["magic", "version", "replicas", "vote_level", "window", "simplex_ok",
               "barrier_ticks", "hard_ticks", "active", "leader", "epoch", "stopped"]
    offsets = [0, 4, 8, 12, 16, 20, 24, 32, 40, 44, 48, 52]
    ballot = ["round", "event", "time_head", "delivered", "deadline", "waits", "wait_ticks",
              "replica"]
    claims = [(f"offsetof(struct board_control, {name})", offset)
              for name, offset in zip(control, offsets, strict=True)]
    claims += [(f"offsetof(struct ballot, {name})", 8 * number)
               for number, name in enumerate(ballot)]
    claims += [("sizeof(struct input_entry)", board_state.LOG_ENTRY),
               ("INPUT_LOG", board_state.LOG_ENTRIES), ("TIME_RING", board_state.TIME_RING),
               ("BALLOT_RING", board_state.BALLOT_RING), ("BALLOT_RING / 2 - 1", WINDOW_MOST)]
    claims += [(f"offsetof(struct {name})", offset) for name, offset in (
        ("board_control, active", board_state.CONTROL_ACTIVE),
        ("board_control, leader", board_state.CONTROL_LEADER),
        ("board_control, hard_ticks", board_state.CONTROL_HARD_TICKS),
        ("board_control, stopped", board_state.CONTROL_STOPPED),
        ("ballot, event", board_state.BALLOT_EVENT),
        ("ballot, time_head", board_state.BALLOT_TIME_HEAD),
        ("ballot, delivered", board_state.BALLOT_DELIVERED),
        ("ballot, deadline", board_state.BALLOT_DEADLINE),
        ("ballot, time", board_state.BALLOT_TIMES),
        ("ballot, fingerprint", board_state.BALLOT_FINGERPRINTS),
        ("ballot, decision", board_state.BALLOT_DECISIONS),
        ("board_log, entry[0].time", board_state.LOG_TIME),
        ("board_shared, timer_fired", board_state.SHARED_TIMER_FIRED),
        ("board_shared, io_core", board_state.SHARED_IO_CORE),
        ("board_shared, start", board_state.SHARED_START),
        ("board_shared, join.replica", board_state.SHARED_JOINER))]
    claims += [("offsetof(struct board_slot, ticks)", board_state.SLOT_TICKS),
               ("offsetof(struct board_slot, state)", board_state.SLOT_STATE),
               ("offsetof(struct board_slot, proposal_input)", board_state.SLOT_PROPOSAL_INPUT),
               ("offsetof(struct board_slot, proposal)", board_state.SLOT_PROPOSALS),
               ("sizeof(struct input_proposal)", board_state.PROPOSAL.size),
               ("offsetof(struct input_proposal, tag)", board_state.PROPOSAL.size - 8),
               ("DECISIONS", board_state.DECISIONS),
               ("offsetof(struct board_slot, request_seq)", board_state.SLOT_REQUEST_SEQ),
               ("offsetof(struct board_slot, request)", board_state.SLOT_REQUESTS),
               ("offsetof(struct board_slot, result)", board_state.SLOT_RESULT),
               ("offsetof(struct board_slot, result_status)", board_state.SLOT_RESULT_STATUS),
               ("offsetof(struct board_slot, result_seq)", board_state.SLOT_RESULT_SEQ),
               ("offsetof(struct board_slot, dma)", board_state.SLOT_DMA),
               ("offsetof(struct board_slot, dma[1])",
                board_state.SLOT_DMA + board_state.DMA_MOST),
               ("offsetof(struct request, event)", board_state.REQUEST_EVENT),
               ("sizeof(struct request)", board_state.REQUEST_SIZE),
               ("offsetof(struct board_slot, counter)", board_state.SLOT_COUNTER),
               ("offsetof(struct board_slot, counter[HKR_VOTES][2])",
                board_state.SLOT_COUNTER + 8 * (ReplicaWord.VOTES * board_state.REPLICAS_MAX + 2)),
               ("BOARD_BALLOT_IPA(1) - BOARD_IPA", BALLOTS + PAGE),
               ("BOARD_SLOT_IPA(1) - BOARD_IPA", SLOTS + PAGE),
               ("BOARD_SHARED_IPA - BOARD_IPA", board_state.SHARED),
               ("BOARD_LOG_IPA - BOARD_IPA", board_state.LOG), ("BOARD_PAGE", PAGE),
               ("ACTIVE_WORD(5)", board_state.active_word(5)), ("BOARD_MAGIC", board_state.MAGIC),
               ("BOARD_STOPPED", board_state.STOPPED), ("BOARD_VERSION", board_state.VERSION),
               ("REPLICAS_MAX", board_state.REPLICAS_MAX)]
    claims += [(f"CORE_{state.name}", int(state)) for state in CoreState]
    assert compile_claims(tmp_path, ["shim/board.h"], claims) == ""


def test_counters_are_summed_as_the_shim_does() -> None:
    """A mismatch that two cores saw is one; repairs of two replicas are two; nothing overflows."""
    pages = made(active=0b101)
    for core in (0, 2):
        count(pages, core, ReplicaWord.MISMATCHES, 1, 1)
    count(pages, 0, ReplicaWord.EXCLUSIONS, 1, 1)
    count(pages, 0, ReplicaWord.REPAIRS, 0, 1)
    count(pages, 2, ReplicaWord.REPAIRS, 2, 1)
    for core in range(3):
        count(pages, core, ReplicaWord.DEVICE_ACCESSES, core, board_state.MOST - 1)
    board = board_state.parse(bytes(pages))
    system, replicas = board.counters.system, board.counters.replicas
    assert (system["mismatches"], system["exclusions"], system["repairs"]) == (1, 1, 2)
    assert [words["mismatches"] for words in replicas] == [0, 1, 0]
    assert [words["repairs"] for words in replicas] == [1, 0, 1]
    assert system["device_accesses"] == board_state.MOST
    assert [words["state"] for words in replicas] == [1, 3, 1]
    assert [words["events"] for words in replicas] == [100, 101, 102]
    assert (board.active, board.leader, system["active"]) == (0b101, 0, 0b101)


@pytest.mark.parametrize("change,message", [
    (lambda pages: pages[:CONTROL.size].replace(bytes(pages[:4]), bytes(4)), "has not started"),
    (lambda pages: b"TREL" + pages[4:CONTROL.size], "damaged or foreign: magic 0x4c455254"),
    (lambda pages: pages[:4] + b"\x09" + pages[5:CONTROL.size], "board version 9"),
    (lambda pages: pages[:8] + b"\x09" + pages[9:CONTROL.size], "9 replicas"),
])
def test_what_is_no_board(change: object, message: str) -> None:
    """Told, not guessed."""
    pages = made()
    assert callable(change)
    with pytest.raises(UserError, match=message):
        board_state.parse(change(bytes(pages)) + bytes(pages[CONTROL.size:]))
