# SPDX-License-Identifier: BSD-2-Clause
"""What became of the replica that was to come back, and which records are the fault's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from faultinj.fault import Injection
from tools.recorder import EventLog, Record, RecordType

NOT_BACK = (None, None)
STANDSTILL_SHIFT = 32  # in the last word of a record of a join


class Fate(Enum):
    """Of the replica that a campaign's first fault excludes."""

    NONE = ""  # nobody is to come back in this campaign
    BACK = "came back"
    RETRIED = "came back, not at the first attempt"
    AGAIN = "came back, then excluded"
    REFUSED = "stayed out"
    AWAY = "not back when the run ended"


@dataclass(frozen=True)
class FirstFault:
    """It excludes a replica, so that the sampled fault hits while that one comes back."""

    injection: Injection
    replica: int
    stages: tuple[int, ...]                     # blocks where the stages of the join begin
    known: frozenset[Record] = frozenset()      # what it and the begin of the join record


def fate(log: EventLog, replica: int | None) -> Fate:
    """The last word of the log decides."""
    kinds = (RecordType.EXCLUDE, RecordType.JOIN, RecordType.JOIN_FAILED)
    own = [record.type for record in log.of(*kinds) if record.a == replica]
    if replica is None or not own:
        return Fate.NONE
    if own[-1] is RecordType.JOIN:
        return Fate.RETRIED if RecordType.JOIN_FAILED in own else Fate.BACK
    if own[-1] is RecordType.JOIN_FAILED:
        return Fate.REFUSED
    return Fate.AGAIN if RecordType.JOIN in own else Fate.AWAY


def returned(log: EventLog) -> tuple[int | None, int | None]:
    """Of the first return: counter ticks since that replica's exclusion, and for how many of them
    the others stood still. NOT_BACK where nobody returned."""
    for join in log.of(RecordType.JOIN)[:1]:
        out = [record.time for record in log.of(RecordType.EXCLUDE)
               if record.a == join.a and record.time <= join.time]
        return join.time - out[-1] if out else None, join.c >> STANDSTILL_SHIFT
    return NOT_BACK


def begun(log: EventLog) -> frozenset[Record]:
    """All records up to the begin of the first join. A run with one more fault has the same ones
    until that fault, at the same times."""
    first = log.of(RecordType.JOIN_BEGIN)
    return frozenset(record for record in log.records if first and record <= first[0])


def since(log: EventLog, first: FirstFault | None) -> EventLog:
    """Without what was recorded before the sampled fault."""
    if first is None:
        return log
    return replace(log, records=[record for record in log.records if record not in first.known])


def problems(log: EventLog, replica: int) -> list[str]:
    """Why a golden run is not one in which this replica, and no other, was out and came back."""
    if log.excluded() != [replica]:
        return [f"the first fault excluded {log.excluded() or 'nobody'}, not replica {replica}"]
    if fate(log, replica) is not Fate.BACK:
        return [f"replica {replica} {fate(log, replica).value}"]
    return []
