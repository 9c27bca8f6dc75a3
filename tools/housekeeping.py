# SPDX-License-Identifier: BSD-2-Clause
"""The board's counters (shim/include/shim/board.h): of a telemetry packet, or of a RAM file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum


class Housekeeping(IntEnum):
    """Words of the system: enum housekeeping_word."""

    MAGIC = 0
    REPLICAS = 1
    ACTIVE = 2
    LEADER = 3
    EPOCH = 4
    UPTIME = 5
    TICKS_PER_SECOND = 6
    EVENTS = 7
    VOTES = 8
    DEVICE_ACCESSES = 9
    INPUTS = 10
    MISMATCHES = 11
    TIMEOUTS = 12
    EXCLUSIONS = 13
    READMISSIONS = 14
    REPAIRS = 15


class ReplicaWord(IntEnum):
    """Words of each replica behind them: enum housekeeping_replica_word."""

    STATE = 0
    TICKS = 1
    WAITS = 2
    WAIT_TICKS = 3
    SCRUBBED = 4
    EVENTS = 7
    VOTES = 8
    DEVICE_ACCESSES = 9
    INPUTS = 10
    MISMATCHES = 11
    TIMEOUTS = 12
    EXCLUSIONS = 13
    READMISSIONS = 14
    REPAIRS = 15


HOUSEKEEPING_MAGIC = 0x54524E484B303031
REPLICA_WORDS = 16


@dataclass(frozen=True)
class Counters:
    """A housekeeping packet: word name -> value."""

    system: dict[str, int]
    replicas: list[dict[str, int]]


def decode_housekeeping(payload: bytes) -> Counters | None:
    """None when it is not a housekeeping payload."""
    words = struct.unpack(f">{len(payload) // 8}Q", payload[:len(payload) // 8 * 8])
    if len(payload) % 8 or len(words) < len(Housekeeping) or \
            words[Housekeeping.MAGIC] != HOUSEKEEPING_MAGIC or \
            len(words) != len(Housekeeping) + REPLICA_WORDS * words[Housekeeping.REPLICAS]:
        return None
    return Counters(
        {word.name.lower(): words[word] for word in Housekeeping if word.value},
        [{word.name.lower(): words[first + word] for word in ReplicaWord}
         for first in range(len(Housekeeping), len(words), REPLICA_WORDS)])
