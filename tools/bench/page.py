# SPDX-License-Identifier: BSD-2-Clause
"""The page that plugin/ternion_count.c shares with us: counters, records of markers, stretches."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tools import plugin

SOURCE = Path(__file__).resolve().parent / "plugin" / "ternion_count.c"
MAGIC = 0x31544E4F434E5254
VERSION = 2
VCPUS = 8
CLASSES = 9
RECORDS = 65536
TRACE = 65536
PLACES = 16384
BUCKETS = 32


class Class(IntEnum):
    """enum class: what an instruction is counted as."""

    OTHER = 0        # firmware before the image
    USER = 1
    IDLE = 2         # the kernel's idle thread: interrupts are on
    KERNEL = 3
    KERNEL_WAIT = 4  # EL1, from the first turn of a wait for another replica to its end
    RCOE = 5         # EL1, voting
    SHIM = 6
    SHIM_WAIT = 7    # EL2, waiting or while the kernel waits
    SHIM_VOTE = 8    # EL2, rendezvous and comparison


WORK_EL1 = (Class.KERNEL, Class.RCOE)
EL1 = (*WORK_EL1, Class.KERNEL_WAIT)
EL2 = (Class.SHIM, Class.SHIM_VOTE)
WORK = (*WORK_EL1, *EL2)
WAIT = (Class.KERNEL_WAIT, Class.SHIM_WAIT)
PRIVILEGED = (*WORK, *WAIT)


@dataclass(frozen=True)
class Counts:
    """Instructions by class."""

    of: tuple[int, ...]

    def __getitem__(self, which: Class) -> int:
        return self.of[which]

    def __sub__(self, other: Counts) -> Counts:
        return Counts(tuple(a - b for a, b in zip(self.of, other.of)))

    def sum(self, *classes: Class) -> int:
        """Of several classes."""
        return sum(self.of[which] for which in classes)


@dataclass(frozen=True)
class Record:
    """A vCPU reached a marker."""

    marker: int
    vcpu: int
    now: Counts
    entry: Counts  # when user or idle was last left


@dataclass(frozen=True)
class Stretch:
    """Instructions from leaving user or idle to coming back to one of them."""

    counts: Counts
    left: int  # address of the last instruction before it
    back: int  # of the first one after it


@dataclass(frozen=True)
class Page:
    """Everything that one flight's plugin counted. Lists are per vCPU."""

    records: list[Record]
    records_wanted: int
    trace: list[int]
    trace_wanted: int
    odd_waits: int
    total: list[int]
    entries: list[int]
    counts: list[Counts]
    first_user: list[Counts]
    lengths: list[list[int]]  # stretches by log2 of their EL1 instructions
    longest: list[Stretch]
    longest_all: list[Stretch]
    places: list[dict[int, int]]  # address -> executions in the longest stretch


class _Counts(ctypes.Structure):
    _fields_ = [("of", ctypes.c_uint64 * CLASSES)]


class _Record(ctypes.Structure):
    _fields_ = [("marker", ctypes.c_uint32), ("vcpu", ctypes.c_uint32), ("now", _Counts),
                ("entry", _Counts)]


class _Stretch(ctypes.Structure):
    _fields_ = [("counts", _Counts), ("left", ctypes.c_uint64), ("back", ctypes.c_uint64)]


class _Place(ctypes.Structure):
    _fields_ = [("address", ctypes.c_uint64), ("hits", ctypes.c_uint64)]


class RawPage(ctypes.Structure):
    """struct shared_page."""

    _fields_ = [
        ("magic", ctypes.c_uint64), ("version", ctypes.c_uint32), ("vcpus", ctypes.c_uint32),
        ("records", ctypes.c_uint64), ("trace_length", ctypes.c_uint64),
        ("odd_waits", ctypes.c_uint64), ("total", ctypes.c_uint64 * VCPUS),
        ("entries", ctypes.c_uint64 * VCPUS), ("counts", _Counts * VCPUS),
        ("first_user", _Counts * VCPUS), ("lengths", ctypes.c_uint64 * BUCKETS * VCPUS),
        ("longest", _Stretch * VCPUS), ("longest_all", _Stretch * VCPUS),
        ("places", ctypes.c_uint64 * VCPUS), ("place", _Place * PLACES * VCPUS),
        ("trace", ctypes.c_uint64 * TRACE), ("record", _Record * RECORDS)]


def _counts(raw: _Counts) -> Counts:
    return Counts(tuple(raw.of))


def _stretch(raw: _Stretch) -> Stretch:
    return Stretch(_counts(raw.counts), raw.left, raw.back)


def decode(data: bytes) -> Page:
    """Reads the bytes of struct shared_page."""
    raw = RawPage.from_buffer_copy(data)
    if (raw.magic, raw.version) != (MAGIC, VERSION):
        raise ValueError("the plugin's page is empty or of another version")
    cores = range(raw.vcpus)
    return Page(
        records=[Record(r.marker, r.vcpu, _counts(r.now), _counts(r.entry))
                 for r in raw.record[:min(raw.records, RECORDS)]],
        records_wanted=raw.records, trace=list(raw.trace[:min(raw.trace_length, TRACE)]),
        trace_wanted=raw.trace_length, odd_waits=raw.odd_waits,
        total=[raw.total[c] for c in cores], entries=[raw.entries[c] for c in cores],
        counts=[_counts(raw.counts[c]) for c in cores],
        first_user=[_counts(raw.first_user[c]) for c in cores],
        lengths=[list(raw.lengths[c]) for c in cores],
        longest=[_stretch(raw.longest[c]) for c in cores],
        longest_all=[_stretch(raw.longest_all[c]) for c in cores],
        places=[{p.address: p.hits for p in raw.place[c][:raw.places[c]]} for c in cores])


def built_plugin() -> Path:
    """The compiled plugin, made again when its source is newer."""
    return plugin.built(SOURCE, "counting")
