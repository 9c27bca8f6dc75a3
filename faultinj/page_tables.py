# SPDX-License-Identifier: BSD-2-Clause
"""Finds the stage-1 page tables in a replica's memory, and who sees which page.

The tool asks no kernel structure: it looks for pages that can only be translation tables
(VMSAv8-64, 4 KiB granule: Arm ARM, D8.3), and walks from those that no other table points to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

PAGE = 4096
ENTRIES = 512
VALID, TABLE = 1, 3
ADDRESS = 0x0000FFFFFFFFF000
ADDRESSES_END = 1 << 32  # no board has anything for a replica beyond
EL0_ACCESS = 1 << 6
READ_ONLY = 1 << 7
UXN = 1 << 54
RESERVED = 0x000F_0000_0000_0000  # bits 51:48, zero without large physical addresses


@dataclass(frozen=True)
class UserPage:
    """A page that user code can reach."""

    offset: int   # in the partition
    vaddr: int
    root: int     # offset of the table its address space starts with
    executable: bool
    writable: bool

    @property
    def rights(self) -> int:
        """How many, beside reading."""
        return self.executable + self.writable


@dataclass
class Tables:
    """What was found. Offsets are from the start of the partition."""

    tables: set[int] = field(default_factory=set)
    user_pages: dict[int, UserPage] = field(default_factory=dict)


def _candidates(words: NDArray[np.uint64]) -> set[int]:
    """Pages whose every non-zero word is a plausible descriptor of memory, tables or devices."""
    used = words != 0
    valid = (words & np.uint64(VALID)) != 0
    clean = (words & np.uint64(RESERVED)) == 0
    address = words & np.uint64(ADDRESS)
    # RAM of the replica, its board window and devices; never page zero.
    known = (address < np.uint64(ADDRESSES_END)) & (address >= np.uint64(PAGE))
    good = ~used | (valid & clean & known)
    pages = good.all(axis=1) & used.any(axis=1)
    return {int(index) * PAGE for index in np.nonzero(pages)[0]}


class Walker:
    """Walks all address spaces of one partition image."""

    def __init__(self, partition: bytes, ram_ipa: int) -> None:
        self.words = np.frombuffer(partition, dtype="<u8").reshape(-1, ENTRIES)
        self.ram_ipa = ram_ipa
        self.size = len(partition)
        self.candidates = _candidates(self.words)

    def _offset(self, descriptor: int) -> int | None:
        offset = (descriptor & ADDRESS) - self.ram_ipa
        return offset if 0 <= offset < self.size else None

    def _entries(self, table: int) -> list[tuple[int, int]]:
        row = self.words[table // PAGE]
        return [(int(index), int(row[index])) for index in np.nonzero(row)[0]]

    def roots(self) -> dict[int, int]:
        """Tables where a walk can start, with their level: no other such walk reaches them."""
        levels = {}
        for table in self.candidates:
            level = next((level for level in (0, 1) if self._consistent(table, level)), None)
            if level is not None:
                levels[table] = level
        inner: set[int] = set()
        for table, level in levels.items():
            reached = Tables()
            self._walk_from(table, level, reached)
            inner |= reached.tables - {table}
        return {table: level for table, level in sorted(levels.items()) if table not in inner}

    def _consistent(self, table: int, level: int) -> bool:
        pending = [(table, level)]
        leaves = 0
        while pending:
            at, depth = pending.pop()
            for _, descriptor in self._entries(at):
                kind = descriptor & 3
                if depth == 3:
                    if kind != TABLE:
                        return False
                    leaves += 1
                elif kind == TABLE:
                    offset = self._offset(descriptor)
                    if offset is None:
                        return False
                    if offset in self.candidates:
                        pending.append((offset, depth + 1))
                    elif self.words[offset // PAGE].any():
                        return False  # a table's child must be a table, or empty
                elif depth == 0:
                    return False
                else:
                    leaves += 1
        return leaves > 0

    def walk(self) -> Tables:
        """Every table and every user page."""
        result = Tables()
        for root, level in self.roots().items():
            self._walk_from(root, level, result)
        return result

    def _walk_from(self, root: int, level: int, result: Tables) -> None:
        pending = [(root, level, 0)]
        while pending:
            table, depth, base = pending.pop()
            result.tables.add(table)
            shift = 12 + 9 * (3 - depth)
            for index, descriptor in self._entries(table):
                vaddr = base + (index << shift)
                offset = self._offset(descriptor)
                if depth < 3 and descriptor & 3 == TABLE:
                    if offset is not None and offset in self.candidates:
                        pending.append((offset, depth + 1, vaddr))
                elif offset is not None and descriptor & EL0_ACCESS:
                    self._leaf(root, offset, vaddr, 1 << shift, descriptor, result)

    @staticmethod
    def _leaf(root: int, offset: int, vaddr: int, size: int, descriptor: int,
              result: Tables) -> None:
        """Of several mappings the one with the fewest rights tells what a page is for: a root task
        maps all of its image, and with every right."""
        for step in range(0, size, PAGE):
            page = UserPage(offset + step, vaddr + step, root, not descriptor & UXN,
                            not descriptor & READ_ONLY)
            known = result.user_pages.get(page.offset)
            if known is None or page.rights < known.rights:
                result.user_pages[page.offset] = page
