# SPDX-License-Identifier: BSD-2-Clause
"""Where the memory of two replicas differs, and what lies there.

Healthy replicas that stand at the same event have equal memory, page tables included, but for one
thing: below the stack pointer of the kernel's stack lies what earlier calls left, and how long a
replica waited for the others shows in it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultinj.layers import Layer
from faultinj.memory_map import MemoryMap
from tools.symbols import IPA_RAM, Symbols
from tools.system_report import SystemReport

LEGITIMATE = {Layer.STACK: "what calls left on the kernel's stack; each waited differently"}
WORD = 8
LOOKS = 3    # at a system that runs
GAP_S = 0.2  # between them
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Difference:
    """Consecutive differing words of one symbol."""

    ipa: int
    size: int  # bytes from the first to the last that differs
    layer: str
    name: str
    first: tuple[int, int]  # the first word, in each of the two
    legitimate: str         # why it is no fault, or nothing


@dataclass(frozen=True)
class Comparison:
    """Two replicas."""

    pair: tuple[int, int]
    differences: list[Difference]  # by address
    moving: int  # words that differed in one look and not, or otherwise, in another

    @property
    def wrong(self) -> list[Difference]:
        """Those that no rule explains."""
        return [difference for difference in self.differences if not difference.legitimate]


def partition(ram_file: Path, system: SystemReport, replica: int) -> Words:
    """A copy of a replica's memory."""
    region = system.partitions[replica]
    view = np.memmap(ram_file, dtype="<u8", mode="r", offset=region.base - system.ram.base,
                     shape=(region.size // WORD,))
    return np.array(view)


def differing(one: Words, other: Words) -> NDArray[np.intp]:
    """Indices of the words that are not the same."""
    return np.nonzero(one != other)[0]


def settled(looks: list[tuple[Words, Words]]) -> tuple[NDArray[np.intp], int]:
    """Of several looks at a running pair: the words that differ in all, and always in the same way;
    and how many others differ in one of them."""
    first = looks[0]
    same = differing(*first)
    ever = same
    for look in looks[1:]:
        ever = np.union1d(ever, differing(*look))
        same = same[(look[0][same] == first[0][same]) & (look[1][same] == first[1][same])]
    return same, len(ever) - len(same)


def _name(names: MemoryMap, offset: int) -> tuple[Layer | None, str]:
    layer = names.layer_of(offset)
    if layer is None:
        return None, f"untyped+{offset:#x}"
    return layer, names.name(layer, offset)


def described(indices: NDArray[np.intp], pair: tuple[Words, Words],
              names: MemoryMap) -> list[Difference]:
    """Neighbouring words of one symbol are one difference."""
    found: list[Difference] = []
    symbol = ""
    for index in indices.tolist():
        offset, values = index * WORD, (int(pair[0][index]), int(pair[1][index]))
        changed = values[0] ^ values[1]
        layer, name = _name(names, offset + ((changed & -changed).bit_length() - 1) // 8)
        last = found[-1] if found else None
        if last and last.ipa + last.size == IPA_RAM + offset and name.split("+")[0] == symbol:
            found[-1] = Difference(last.ipa, last.size + WORD, last.layer, last.name, last.first,
                                   last.legitimate)
            continue
        symbol = name.split("+")[0]
        found.append(Difference(IPA_RAM + offset, WORD, layer.value if layer else "unused", name,
                                values, LEGITIMATE.get(layer, "") if layer else ""))
    return found


def compare(ram_file: Path, system: SystemReport, pair: tuple[int, int], looks: int,
            symbols: Symbols) -> Comparison:
    """looks: more than one at a running system, to tell what moves from what stays."""
    seen = []
    for number in range(looks):
        time.sleep(GAP_S if number else 0)
        seen.append((partition(ram_file, system, pair[0]), partition(ram_file, system, pair[1])))
    indices, moving = settled(seen)
    names = MemoryMap(ram_file, system, symbols, pair[0])
    return Comparison(pair, described(indices, seen[0], names), moving)
