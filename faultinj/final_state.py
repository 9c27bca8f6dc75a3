# SPDX-License-Identifier: BSD-2-Clause
"""Whether a run whose output was right left a wrong state behind: a latent fault.

With several replicas the one that was hit is compared with a healthy one of the same run; they
stand at the same event, so their memory is equal but for what calls left on the kernel's stack
(tools/replica_diff.py). A single replica is compared with its golden run, but for the words that
hold time: a fault that only makes it a little faster or slower left nothing wrong behind. What lies
outside the replicas changes with the schedule, so there only the byte that was hit is looked at: it
is latent when it was never written again.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faultinj.layers import IPA_RAM, PAGE
from faultinj.places import symbols_of
from tools.symbols import Symbols
from tools.system_report import Region, SystemReport

ZERO = bytes(PAGE)
WORD = 8
CHUNK = 4 * PAGE  # regions are multiples of it
LIBC = ctypes.CDLL(None)
Buffer = bytearray | mmap.mmap
Pages = dict[int, bytes]  # by offset in the region; pages of zeros are left out


@dataclass(frozen=True)
class FinalState:
    """Of a golden run: all of replica 0, and what is not replicated."""

    partition: Pages
    rest: tuple[tuple[Region, Pages], ...]  # copies of the shim, the board
    stack: tuple[int, int]                  # offsets of the kernel's stack
    timed: frozenset[int] = frozenset()     # offsets of words that hold time; one replica only

    def depends_on_time(self, other: FinalState) -> FinalState:
        """`other`: after the same run with another length of an instruction."""
        size = max([*self.partition, *other.partition], default=0) // CHUNK * CHUNK + CHUNK
        words = differing_words(whole(self.partition, size), whole(other.partition, size),
                                range(0, size, CHUNK), self.stack)
        return replace(self, timed=frozenset(words))

    def byte(self, address: int) -> int | None:
        """What was at a physical address outside the replicas."""
        for region, pages in self.rest:
            if region.holds(address):
                offset = address - region.base
                return pages.get(offset // PAGE * PAGE, ZERO)[offset % PAGE]
        return None


def extents(handle: int, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Where a part of a sparse file has no holes: first and last-but-one offset in the file, whole
    pages."""
    at, end = start, start + size
    while at < end:
        try:
            at = os.lseek(handle, at, os.SEEK_DATA) // PAGE * PAGE
        except OSError:  # nothing but a hole up to the end of the file
            break
        stop = min(os.lseek(handle, at, os.SEEK_HOLE), end)
        if stop > at:
            yield at, stop
        at = max(stop, at + 1)


def used_pages(handle: int, start: int, size: int) -> Pages:
    """The pages of a part of a sparse file that hold anything."""
    pages: Pages = {}
    for at, stop in extents(handle, start, size):
        data = os.pread(handle, stop - at, at)
        for offset in range(0, len(data), PAGE):
            page = data[offset:offset + PAGE]
            if page != ZERO[:len(page)]:
                pages[at + offset - start] = page
    return pages


def used_chunks(handle: int, system: SystemReport, region: Region) -> set[int]:
    """Of a region: only there a chunk can be other than zero."""
    start = region.base - system.ram.base
    return {chunk for at, stop in extents(handle, start, region.size)
            for chunk in range((at - start) // CHUNK * CHUNK, stop - start, CHUNK)}


def region_pages(handle: int, system: SystemReport, region: Region) -> Pages:
    """Used pages of a region of the board's RAM."""
    return used_pages(handle, region.base - system.ram.base, region.size)


def whole(pages: Pages, size: int) -> bytearray:
    """The region again."""
    data = bytearray(size)
    for offset, page in pages.items():
        data[offset:offset + len(page)] = page
    return data


def differing_words(one: Buffer, other: Buffer, chunks: Iterable[int],
                    stack: tuple[int, int]) -> list[int]:
    """Offsets, in order; the kernel's stack is left out. Both have the same size, and what is not
    in the chunks is equal."""
    found = []
    for start in _differing_chunks(one, other, chunks):
        first, second = (np.frombuffer(data, dtype="<u8", count=CHUNK // WORD, offset=start)
                         for data in (one, other))
        found += [start + WORD * int(index) for index in np.nonzero(first != second)[0]]
    return [word for word in found if not stack[0] <= word < stack[1]]


def _differing_chunks(one: Buffer, other: Buffer, chunks: Iterable[int]) -> list[int]:
    """Partitions are tens of megabytes and nearly always equal: the C library compares them."""
    first, second = (np.frombuffer(data, dtype=np.uint8).ctypes.data for data in (one, other))
    return [at for at in sorted(chunks)
            if LIBC.memcmp(ctypes.c_void_p(first + at), ctypes.c_void_p(second + at), CHUNK)]


@contextmanager
def _mapped(handle: int, system: SystemReport, region: Region) -> Iterator[Buffer]:
    """A region of the RAM file."""
    memory = mmap.mmap(handle, region.size, prot=mmap.PROT_READ,
                       offset=region.base - system.ram.base)
    try:
        yield memory
    finally:
        # A profiler's thread, which cluster workers have, can hold frames and so the arrays that
        # look at this; then it goes with them.
        with suppress(BufferError):
            memory.close()


_kept: list[tuple[FinalState, bytearray]] = []  # the golden partition that was asked for last


def _of_golden(golden: FinalState, size: int) -> bytearray:
    if not _kept or _kept[0][0] is not golden:
        _kept[:] = [(golden, whole(golden.partition, size))]
    return _kept[0][1]


def stack_of(symbols: Symbols) -> tuple[int, int]:
    """Offsets of the kernel's stack in a partition; it may have none of that name."""
    kernel = symbols.kernel
    low, high = kernel.find("kernel_stack"), kernel.find("kernel_stack_top")
    if low is None or high is None:
        return 0, 0
    first = kernel.to_physical(low.address) - IPA_RAM
    return first, first + high.address - low.address


def keep(ram_file: Path, system: SystemReport, symbols: Symbols) -> FinalState:
    """After a golden run."""
    handle = os.open(ram_file, os.O_RDONLY)
    try:
        regions = [*system.shim, system.board_page]
        return FinalState(
            region_pages(handle, system, system.partitions[0]),
            tuple((region, region_pages(handle, system, region)) for region in regions),
            stack_of(symbols))
    finally:
        os.close(handle)


def _wrong_words(handle: int, system: SystemReport, golden: FinalState, hit: int) -> list[int]:
    region = system.partitions[hit]
    chunks = used_chunks(handle, system, region)
    with _mapped(handle, system, region) as own:
        if system.replicas == 1:
            chunks.update(page // CHUNK * CHUNK for page in golden.partition)
            return differing_words(own, _of_golden(golden, region.size), chunks, golden.stack)
        healthy = system.partitions[(hit + 1) % system.replicas]
        chunks |= used_chunks(handle, system, healthy)
        with _mapped(handle, system, healthy) as other:
            return differing_words(own, other, chunks, golden.stack)


def latent(ram_file: Path, system: SystemReport, golden: FinalState, hit: int,
           flipped: tuple[int, int, int] | None) -> str:
    """What differs, in words; empty when nothing does. `hit`: the replica; `flipped`: address of a
    byte of memory, its value before the fault and after."""
    handle = os.open(ram_file, os.O_RDONLY)
    try:
        wrong = [word for word in _wrong_words(handle, system, golden, hit)
                 if word not in golden.timed]
        if wrong:
            place = symbols_of(system).physical(system.partitions[hit].base + wrong[0])
            return f"{len(wrong)} words are wrong at the end, the first in {place.text()}"
        if flipped is None:
            return ""
        address, before, after = flipped
        now = os.pread(handle, 1, address - system.ram.base)[0]
        if golden.byte(address) == before and now == after:
            return f"byte {address:#x} is still wrong at the end"
        return ""
    finally:
        os.close(handle)
