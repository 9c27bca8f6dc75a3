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

import os
from dataclasses import dataclass, replace
from pathlib import Path

from faultinj.layers import IPA_RAM, PAGE
from tools.symbols import Symbols
from tools.system_report import Region, SystemReport

ZERO = bytes(PAGE)
WORD = 8
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
        words = differing_words(self.partition, other.partition, self.stack)
        return replace(self, timed=frozenset(words))

    def byte(self, address: int) -> int | None:
        """What was at a physical address outside the replicas."""
        for region, pages in self.rest:
            if region.holds(address):
                offset = address - region.base
                return pages.get(offset // PAGE * PAGE, ZERO)[offset % PAGE]
        return None


def used_pages(handle: int, start: int, size: int) -> Pages:
    """The pages of a part of a sparse file that hold anything."""
    pages: Pages = {}
    at, end = start, start + size
    while at < end:
        try:
            at = os.lseek(handle, at, os.SEEK_DATA)
        except OSError:  # nothing but a hole up to the end of the file
            break
        stop = min(os.lseek(handle, at, os.SEEK_HOLE), end)
        at = at // PAGE * PAGE
        data = os.pread(handle, max(stop - at, 0), at)
        for offset in range(0, len(data), PAGE):
            page = data[offset:offset + PAGE]
            if page != ZERO[:len(page)]:
                pages[at + offset - start] = page
        at = max(stop, at + 1)
    return pages


def region_pages(handle: int, system: SystemReport, region: Region) -> Pages:
    """Used pages of a region of the board's RAM."""
    return used_pages(handle, region.base - system.ram.base, region.size)


def differing_words(one: Pages, other: Pages, stack: tuple[int, int]) -> list[int]:
    """Offsets, in order; the kernel's stack is left out."""
    found = []
    for offset in sorted(one.keys() | other.keys()):
        first, second = one.get(offset, ZERO), other.get(offset, ZERO)
        if first == second:
            continue
        for at in range(0, PAGE, WORD):
            if first[at:at + WORD] != second[at:at + WORD] and not (
                    stack[0] <= offset + at < stack[1]):
                found.append(offset + at)
    return found


def stack_of(symbols: Symbols) -> tuple[int, int]:
    """Offsets of the kernel's stack in a partition; it may have none of that name."""
    kernel = symbols.kernel
    low, high = kernel.find("kernel_stack"), kernel.find("kernel_stack_top")
    if low is None or high is None:
        return 0, 0
    segment = next(s for s in kernel.segments if s.vaddr <= low.address < s.vaddr + s.size)
    shift = segment.paddr - IPA_RAM - segment.vaddr
    return low.address + shift, high.address + shift


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


def latent(ram_file: Path, system: SystemReport, golden: FinalState, hit: int,
           flipped: tuple[int, int, int] | None) -> str:
    """What differs, in words; empty when nothing does. `hit`: the replica; `flipped`: address of a
    byte of memory, its value before the fault and after."""
    handle = os.open(ram_file, os.O_RDONLY)
    try:
        own = region_pages(handle, system, system.partitions[hit])
        other = golden.partition
        if system.replicas > 1:
            healthy = (hit + 1) % system.replicas
            other = region_pages(handle, system, system.partitions[healthy])
        wrong = [word for word in differing_words(own, other, golden.stack)
                 if word not in golden.timed]
        if wrong:
            place = Symbols(system).physical(system.partitions[hit].base + wrong[0])
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
