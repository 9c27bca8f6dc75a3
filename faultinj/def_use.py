# SPDX-License-Identifier: BSD-2-Clause
"""Def-use pruning: which flips in memory have no effect is known without a run.

All flips of a bit between two accesses to its byte are one class: the same fault, as nobody can
tell when it came. When the second access is a write, the flip is overwritten; when there is none,
nobody ever sees it. Only classes that end with a read are worth a run. A class weighs as many
instructions as it lasts, and drawing uniformly from the whole space and dropping what is dead draws
the live classes by their weight. So the share of the live faults with an outcome, times the live
part of the space, is what the same campaign without pruning estimates. Executing is reading, too.

A fault runs at its own time, not at one that stands for its class: then a write that trace.py does
not see costs a run for nothing, but makes no result wrong.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from faultinj.estimate import Known
from faultinj.fault import MemoryFlip
from faultinj.golden import Arm
from faultinj.layers import BOARD_LAYERS, IPA_RAM, PAGE, Layer
from faultinj.memory_map import MemoryMap, Span, base_of
from faultinj.plan import PlannedFault, draws, shares
from faultinj.resolve import resolve
from faultinj.spec import Campaign
from faultinj.strata import Stratum
from faultinj.trace import Bytes, Instant, NextAccess, Traced, trace
from tools.symbols import Program

DRAWN = 32  # for each fault that a stratum shall have: enough where 1 / 32 of the space is live
WALKED = ("tables", "leaves")  # objects of the shim that hold page tables
DEAD = {False: (NextAccess.NONE, NextAccess.OVERWRITTEN),  # ... next: of data,
        True: (NextAccess.NONE,)}  # and of code, which is hit by the stub, a little later
Mask = NDArray[np.bool_]       # of bytes
Runs = list[tuple[int, int]]   # offset and size, in order
Fly = Callable[[Arm, Sequence[Bytes], Sequence[Instant]], Traced]


@dataclass(frozen=True)
class Pruning:
    """What a campaign runs of the strata that can be pruned, and what is known of the rest."""

    faults: dict[str, list[PlannedFault]]  # by stratum
    known: dict[str, dict[str, Known]]     # by arm, by stratum


def _paint(mask: Mask, spans: Iterable[Span]) -> None:
    for span in spans:
        mask[span.offset:span.offset + span.size] = True


def _walked(shim: Program) -> Runs:
    """Page tables in the shim."""
    base = min(segment.vaddr for segment in shim.segments)
    found = (shim.at(shim.address(name)) for name in WALKED)
    return [(symbol.address - base, symbol.size) for symbol in found if symbol is not None]


def _read_by_instructions(own: MemoryMap, layer: Layer, size: int) -> Mask:
    """All of the shim, the replica's partition or the board but tables. Pages of a partition that
    are unused at the end may be tables without an entry, if they are not of the kernel's image."""
    mask = np.zeros(size, dtype=np.bool_)
    if layer in BOARD_LAYERS:
        mask[:] = True
    elif layer is Layer.SHIM:
        _paint(mask, own.spans[Layer.SHIM])
        for offset, length in _walked(own.symbols.shim):
            mask[offset:offset + length] = False
    else:
        for segment in own.symbols.kernel.segments:
            start = segment.paddr - IPA_RAM
            mask[max(start, 0):start + segment.size] = True
        for other in Layer:
            if other not in (*BOARD_LAYERS, Layer.SHIM):
                _paint(mask, own.spans[other])
        for table in own.tables.tables:
            mask[table:table + PAGE] = False
    return mask


def visible(layer: Layer, reference: MemoryMap, own: MemoryMap, code: bool) -> Runs:
    """Offsets of a layer's data or code, as the reference has them, whose readers are all seen in
    an arm that has a map of its own: without its page tables."""
    spans = [span for span in reference.spans[layer] if span.code is code]
    mask = np.zeros(max((span.offset + span.size for span in spans), default=0), dtype=np.bool_)
    _paint(mask, spans)
    mask &= _read_by_instructions(own, layer, len(mask))
    edges = np.flatnonzero(np.diff(np.pad(mask, 1).astype(np.int8)))
    return [(int(low), int(high - low)) for low, high in zip(edges[::2], edges[1::2])]


def _holds(runs: Runs, offset: int) -> bool:
    index = bisect.bisect_right(runs, offset, key=lambda run: run[0]) - 1
    return index >= 0 and offset < sum(runs[index])


class _ArmTrace:
    """One arm's answers."""

    def __init__(self, arm: Arm, own: MemoryMap, reference: MemoryMap,
                 cores: Sequence[int], drawn: dict[Stratum, list[PlannedFault]]) -> None:
        self.arm, self._reference = arm, reference
        self._cores = Counter(arm.replica(core) for core in cores)
        self._drawn = drawn
        self._runs = {(stratum, code): visible(stratum.layer, reference, own, code)
                      for stratum in drawn for code in (False, True)}
        self._asked = [
            (stratum, code, Bytes(core, base_of(stratum.layer, arm.system, core) + offset, size))
            for (stratum, code), runs in self._runs.items() for core in self._cores
            for offset, size in runs]
        self._instants = {(stratum, index): instant for stratum, faults in drawn.items()
                          for index, fault in enumerate(faults)
                          if (instant := self._instant(stratum, fault)) is not None}

    def _instant(self, stratum: Stratum, fault: PlannedFault) -> Instant | None:
        """None where nothing can be known."""
        found = resolve(fault, self.arm)
        if found is None or fault.offset is None or \
                not _holds(self._runs[stratum, fault.code], fault.offset):
            return None
        trigger, flip = found
        assert isinstance(flip, MemoryFlip)
        return Instant(trigger.core, flip.address, trigger.count)

    def fly(self, fly: Fly) -> tuple[dict[str, Known], set[tuple[Stratum, int]]]:
        """What is known of each stratum, and the drawn faults that are dead."""
        traced = fly(self.arm, [part for _, _, part in self._asked],
                     list(self._instants.values()))
        dead = {(stratum, index) for (stratum, index), found
                in zip(self._instants, traced.next_access)
                if found in DEAD[self._drawn[stratum][index].code]}
        return {stratum.name: self._known(stratum, traced) for stratum in self._drawn}, dead

    def _known(self, stratum: Stratum, traced: Traced) -> Known:
        overwritten = untouched = 0.0
        for (other, code, part), read, written in zip(self._asked, traced.read,
                                                      traced.overwritten):
            if other is stratum:
                window = traced.window[part.core]
                weight = self._cores[part.core] / self._cores.total()
                whole = window * self._reference.size(stratum.layer)
                overwritten += 0 if code else weight * int(written.sum()) / whole
                untouched += weight * (part.size * window - int(read.sum() + written.sum())) / whole
        return Known(overwritten, untouched)


def marked(campaign: Campaign, arms: Sequence[Arm], maps: Sequence[MemoryMap], reference: int,
           fly: Fly = trace) -> Pruning:
    """Draws from the whole space, DRAWN times as many faults as are wanted, and marks what is dead
    in which arm. `reference`: the arm whose memory the plan is drawn from."""
    memory, replicas = maps[reference], arms[reference].system.replicas
    drawn = {stratum: list(islice(draws(stratum, memory, replicas, campaign), DRAWN * share))
             for stratum, share in shares(memory, campaign) if stratum.prunable}
    cores = [campaign.core] if campaign.core is not None else range(replicas)
    known, dead = {}, {}
    for arm, own in zip(arms, maps):
        known[arm.name], dead[arm.name] = _ArmTrace(arm, own, memory, cores, drawn).fly(fly)
    return Pruning({stratum.name: [
        replace(fault, dead_in=tuple(arm for arm in dead if (stratum, index) in dead[arm]))
        for index, fault in enumerate(faults)] for stratum, faults in drawn.items()}, known)


def prune(campaign: Campaign, arms: Sequence[Arm], maps: Sequence[MemoryMap], reference: int,
          fly: Fly = trace) -> Pruning:
    """As many as are wanted of those that are live in any arm."""
    everything = marked(campaign, arms, maps, reference, fly)
    wanted = {stratum.name: share for stratum, share in shares(maps[reference], campaign)}
    return replace(everything, faults={
        name: [fault for fault in faults if len(fault.dead_in) < len(arms)][:wanted[name]]
        for name, faults in everything.faults.items()})
