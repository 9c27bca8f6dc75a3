# SPDX-License-Identifier: BSD-2-Clause
"""Reads the flight recorder (shim/include/shim/record.h) out of the guest's RAM file."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tools import kernel_panic
from tools.errors import UserError
from tools.system_model import SafeState
from tools.system_report import SystemReport

MAGIC = 0x5452454C
VERSION = 5
RECORDS = 680  # in each of a core's two rings: inputs, and all else
HEADER = struct.Struct("<IHHQQ72x")
RECORD = struct.Struct("<HHIQQQQQ")


class RecordType(IntEnum):
    """enum record_type."""

    NONE = 0
    START = 1
    DIGEST_BAD = 2
    INPUT = 3
    MISMATCH = 4
    TIMEOUT = 5
    ACCUSE = 6
    EXCLUDE = 7
    IO_MOVED = 8
    STAGE2 = 9
    PANIC = 10
    SHIM_TRAP = 11
    STOP = 12
    PARK = 13
    IO_RESUMED = 14
    TEXT = 15
    JOIN_BEGIN = 16
    JOIN = 17
    JOIN_FAILED = 18
    REPAIR = 19
    SAFE_STATE = 20


class StopReason(IntEnum):
    """enum stop_reason."""

    POWER_OFF = 1
    NO_MAJORITY = 2
    LAST_REPLICA = 3
    DIGEST = 4
    RESET = 5


class JoinReason(IntEnum):
    """enum join_reason, in words."""

    CORE = 1
    IMAGE = 2
    MEMBERS = 3
    LATE = 4
    BUSY = 5
    DIFFERENT = 6
    BUDGET = 7


_WHY = {
    JoinReason.CORE: "its core is not off, does not start, or gave up",
    JoinReason.IMAGE: "what it was to be made from is damaged",
    JoinReason.MEMBERS: "another replica was excluded meanwhile",
    JoinReason.LATE: "it took too long",
    JoinReason.BUSY: "the others had no quiet moment",
    JoinReason.DIFFERENT: "the others differ in what is to be copied",
    JoinReason.BUDGET: "it came back too often within an hour",
}
REPAIR_IMAGE, REPAIR_NONE, REPAIR_BOARD = 0x10, 0x11, 0x12
TICKS_PER_US = 62.5  # the architected counter of QEMU's boards runs at 62.5 MHz
ROUTINE = (RecordType.START, RecordType.INPUT, RecordType.PARK)
RENDEZVOUS = 1 << 63
INPUT_NAMES = {0xFFFFFFFF: "timer", 0xFFFFFFFE: "a replica wants to join"}
SHIM_END = 1 << 21  # a repair below is in a core's shim, else in a replica


@dataclass(frozen=True, order=True)
class Record:
    """One event of the log. Sorts by time, then core, then sequence."""

    time: int   # counter ticks
    core: int
    sequence: int
    event: int  # kernel entries begun by this core's replica
    type: RecordType
    a: int
    b: int
    c: int = 0  # TEXT and JOIN only

    def text(self) -> str:
        """What happened, in words."""
        return _TEXTS.get(self.type, _plain)(self)

    def as_dict(self) -> dict[str, int | str]:
        """For machines."""
        return {"time": self.time, "core": self.core, "event": self.event,
                "type": self.type.name.lower(), "a": self.a, "b": self.b, "c": self.c,
                "text": self.text()}

    def characters(self) -> bytes:
        """The debug text in this record, which may be a piece of a line."""
        return struct.pack("<QQQ", self.a, self.b, self.c).rstrip(b"\0")


def _plain(record: Record) -> str:
    return f"{record.type.name.lower()} a={record.a:#x} b={record.b:#x}"


def _line(data: bytes) -> str:
    return "text: " + "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
                              for byte in data.rstrip(b"\r\n"))


def _set(bits: int) -> str:
    members = [str(bit) for bit in range(31) if bits >> bit & 1]
    text = "{" + ", ".join(members) + "}"
    return text + " (no majority)" if bits >> 31 & 1 else text


def _where(word: int) -> str:
    return f"rendezvous {word ^ RENDEZVOUS}" if word & RENDEZVOUS else f"round {word}"


def _stop(record: Record) -> str:
    try:
        reason = StopReason(record.a).name.lower().replace("_", " ")
    except ValueError:
        reason = f"reason {record.a}"
    return f"stop: {reason}, active {_set(record.b)}"


def _why(reason: int) -> str:
    return _WHY[JoinReason(reason)] if reason in _WHY else f"reason {reason}"


def _repair(record: Record) -> str:
    place = f"offset {record.a:#x} of the shim" if record.a < SHIM_END else f"address {record.a:#x}"
    whose = {REPAIR_IMAGE: "the image was corrected",
             REPAIR_NONE: "no majority, left as it is",
             REPAIR_BOARD: "the set of active replicas was corrected"}
    return f"scrubbing: {place}: " + whose.get(record.b, f"replica {record.b} was corrected")


def _safe_state(record: Record) -> str:
    known = record.a in SafeState.__members__.values()
    state = SafeState(record.a).text if known else f"state {record.a}"
    return f"safe state: {state}; resets in a row: {record.b}"


_TEXTS = {
    RecordType.START: lambda r: f"start: {r.a} replicas, partition at {r.b:#x}",
    RecordType.DIGEST_BAD: lambda r: f"image digest: expected {r.a:#x}, found {r.b:#x}",
    RecordType.INPUT: lambda r: f"input {r.b}: " + (
        INPUT_NAMES.get(r.a, f"interrupt {r.a}")),
    RecordType.MISMATCH: lambda r: (
        f"mismatch at {_where(r.a)}: own {r.b >> 32:08x}, other {r.b & 0xFFFFFFFF:08x}"),
    RecordType.TIMEOUT: lambda r: f"timeout: replicas {_set(r.a)} missing after {r.b} ticks",
    RecordType.ACCUSE: lambda r: f"accuses {_set(r.a)} at {_where(r.b)}",
    RecordType.EXCLUDE: lambda r: f"replica {r.a} excluded, active {_set(r.b)}",
    RecordType.IO_MOVED: lambda r: f"I/O moved from core {r.a} to core {r.b}",
    RecordType.STAGE2: lambda r: f"access outside its memory: address {r.a:#x}, ESR {r.b:#x}",
    RecordType.PANIC: lambda r: kernel_panic.text(r.a, r.b),
    RecordType.SHIM_TRAP: lambda r: f"exception inside the shim: ESR {r.a:#x}, at {r.b:#x}",
    RecordType.STOP: _stop,
    RecordType.PARK: lambda r: f"replica {r.a} parked",
    RecordType.IO_RESUMED: lambda r: (
        f"rendezvous {r.a} taken over, " + ("was performed" if r.b else "performed by new leader")),
    RecordType.JOIN_BEGIN: lambda r: f"replica {r.a} is to come back, as a copy of replica {r.b}",
    RecordType.JOIN: lambda r: (
        f"replica {r.a} is back, active {_set(r.b)}: {r.c & 0xFFFFFFFF} pages and the registers "
        f"in {(r.c >> 32) / TICKS_PER_US:.0f} us of standstill"),
    RecordType.JOIN_FAILED: lambda r: f"replica {r.a} stays out: {_why(r.b)}",
    RecordType.TEXT: lambda r: _line(r.characters()),
    RecordType.REPAIR: _repair,
    RecordType.SAFE_STATE: _safe_state,
}


def told(records: list[Record]) -> list[tuple[Record, str]]:
    """The records in words; the pieces of a line of debug text become one, where it begins."""
    result: list[tuple[Record, str]] = []
    line = b""
    place = 0  # in the result, of the line
    for record in records:
        if record.type is not RecordType.TEXT:
            result.append((record, record.text()))
            continue
        if not line:
            place = len(result)
            result.append((record, ""))
        line += record.characters()
        result[place] = result[place][0], _line(line)
        if line.endswith(b"\n"):
            line = b""
    return result


@dataclass(frozen=True)
class EventLog:
    """The merged log of all cores."""

    records: list[Record]
    lost: int          # overwritten in their rings
    damaged: list[str]  # rings or records that hold no sense (a fault may have hit them)

    def digest(self) -> str:
        """sha256 over everything the log says; equal for two equal runs."""
        state = hashlib.sha256()
        for r in self.records:
            state.update(RECORD.pack(r.type, r.core, r.sequence, r.time, r.event, r.a, r.b, r.c))
        state.update(repr((self.lost, self.damaged)).encode())
        return state.hexdigest()

    def of(self, *types: RecordType) -> list[Record]:
        """The records of these types."""
        return [record for record in self.records if record.type in types]

    def remarkable(self) -> list[Record]:
        """All but what every healthy flight has."""
        return [record for record in self.records if record.type not in ROUTINE]

    def excluded(self) -> list[int]:
        """Replicas in the order of their exclusion."""
        order: list[int] = []
        for record in self.of(RecordType.EXCLUDE):
            if record.a not in order:
                order.append(record.a)
        return order

    def stop_reason(self) -> StopReason | None:
        """Why the system stopped, when it did."""
        for record in self.of(RecordType.STOP):
            if record.a in StopReason.__members__.values():
                return StopReason(record.a)
        return None


def _parse_ring(data: bytes, core: int, first: int, written: int,
                inputs: bool) -> tuple[list[Record], list[str]]:
    """Records and damage of one ring, which begins at offset `first`."""
    records: list[Record] = []
    damaged: list[str] = []
    kinds = {RecordType.INPUT} if inputs else set(RecordType) - {RecordType.INPUT}
    for sequence in range(max(1, written - RECORDS + 1), written + 1):
        offset = first + (sequence - 1) % RECORDS * RECORD.size
        kind, from_core, found, time, event, a, b, c = RECORD.unpack_from(data, offset)
        if found != sequence or from_core != core or kind not in kinds:
            damaged.append(f"{'input ' if inputs else ''}record {sequence} of core {core}")
            if len(damaged) > 8:  # a hit on the counter: what follows is no record
                break
            continue
        records.append(Record(time, core, sequence, event, RecordType(kind), a, b, c))
    return records, damaged


def _lives(records: list[Record]) -> list[list[Record]]:
    """Cut where this core started: the recorder outlives resets, and time may begin anew."""
    lives: list[list[Record]] = []
    for record in records:
        if record.type is RecordType.START or not lives:
            lives.append([])
        lives[-1].append(record)
    return lives


def merged(cores: list[list[Record]]) -> list[Record]:
    """The records of all cores by time, one start of the board after the other; the newest start of
    each core is the same one."""
    lives = [_lives(records) for records in cores]
    order: list[Record] = []
    for age in range(max(map(len, lives), default=0), 0, -1):
        order += sorted(record for own in lives if len(own) >= age for record in own[-age])
    return order


def parse_core(data: bytes, core: int) -> tuple[list[Record], int, list[str]]:
    """Records, number lost and damage of one core. Inputs are those since its newest start."""
    if len(data) < HEADER.size or not any(data[:HEADER.size]):
        return [], 0, []  # a core that never started has written nothing
    magic, version, owner, written, inputs = HEADER.unpack_from(data)
    if magic != MAGIC or owner != core:
        return [], 0, [f"recorder of core {core}: magic {magic:#x}, core {owner}"]
    if version != VERSION:
        raise UserError(f"flight recorder version {version}, but this tool reads {VERSION}",
                        next_step="./ternion build")
    second = HEADER.size + RECORDS * RECORD.size
    records, damaged = _parse_ring(data, core, HEADER.size, written, False)
    more, broken = _parse_ring(data, core, second, inputs, True)
    lost = max(0, written - RECORDS) + max(0, inputs - RECORDS)
    older = _lives(records)
    newest = older.pop() if older else []
    return [*sum(older, []), *sorted(newest + more)], lost, damaged + broken


def read(ram_file: Path, system: SystemReport) -> EventLog:
    """The log in the RAM file, during a flight or after it."""
    cores: list[list[Record]] = []
    damaged: list[str] = []
    lost = 0
    with ram_file.open("rb") as ram:
        for core, region in enumerate(system.recorders):
            ram.seek(region.base - system.ram.base)
            found, missed, broken = parse_core(ram.read(region.size), core)
            cores.append(found)
            lost += missed
            damaged += broken
    return EventLog(merged(cores), lost, damaged)
