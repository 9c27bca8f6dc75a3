# SPDX-License-Identifier: BSD-2-Clause
"""Def-use pruning on made-up traces: what is dead, what is drawn, and that estimates stay right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from faultinj.campaign import Prepared
from faultinj.classify import Outcome
from faultinj.def_use import Pruning, prune, visible
from faultinj.dry_run import injections
from faultinj.estimate import Known, mixture
from faultinj.golden import Arm
from faultinj.layers import IPA_RAM, Layer
from faultinj.memory_map import MemoryMap, Span
from faultinj.page_tables import Tables
from faultinj.plan import PlannedFault, draws, make_plan
from faultinj.resolve import resolve
from faultinj.spec import DEF_USE, Campaign
from faultinj.statistics import Tally
from faultinj.strata import Event, Kind, Model, Stratum
from faultinj.trace import Bytes, Instant, NextAccess, Traced
from tests.faultinj import campaign_parts as parts
from tools.symbols import Segment, Symbol

USER, CODE = Span(Layer.USER, 0x1000, 4, False), Span(Layer.USER, 0x2000, 4, True)
STRATUM = Stratum(Layer.USER, Kind.MEMORY, 1)
# A byte's accesses, by the core's count: (count, a write).
ACCESSES: dict[int, list[tuple[int, bool]]] = {
    0x1000: [(2000, True), (3000, False)], 0x1001: [(10000, False)],
    0x1002: [(600, True), (10000, True)], 0x1003: [],
    0x2000: [(10000, False)], 0x2001: [(600, True), (5500, False)], 0x2002: [],
    0x2003: [(5250, False)]}
# Instructions in which a flip is live: code that is overwritten counts, it is hit a little later.
WEIGHTS = {0x1000: 1000, 0x1001: 9500, 0x2000: 9500, 0x2001: 5000, 0x2003: 4750}
LIVE = sum(WEIGHTS.values()) / 9500 / 8


class Shim:
    """Two tables, as the shim has them."""

    segments = [Segment(0x4000, 0x4000, 0x9000, 5)]
    known = {"tables": Symbol(0x5000, 0x1000, "tables", "object"),
             "leaves": Symbol(0x8000, 0x800, "leaves", "object")}

    def address(self, name: str) -> int:
        return self.known[name].address

    def at(self, address: int) -> Symbol:
        return next(entry for entry in self.known.values() if entry.address == address)


class Kernel:
    """An image of one page and a half."""

    segments = [Segment(0, IPA_RAM, 0x1800, 6)]


class Memory(parts.FlatMemory):
    """Of these spans."""

    def __init__(self, *spans: Span, tables: set[int]) -> None:
        self.spans = {layer: [span for span in spans if span.layer is layer] for layer in Layer}
        self.symbols = type("Symbols", (), {"shim": Shim(), "kernel": Kernel()})
        self.tables = Tables(tables)

    def size(self, layer: Layer) -> int:
        return sum(span.size for span in self.spans[layer])

    def at(self, layer: Layer, index: int) -> tuple[int, bool]:
        return MemoryMap.at(cast(MemoryMap, self), layer, index)


def memory(*spans: Span, table: int = 0x3000) -> MemoryMap:
    return cast(MemoryMap, Memory(*spans, tables={table}))


def follows(accesses: Sequence[tuple[int, bool]], time: int) -> NextAccess:
    """The rule, word by word."""
    write = next((write for count, write in accesses if time < count), None)
    return NextAccess.NONE if write is None else \
        NextAccess.OVERWRITTEN if write else NextAccess.READ


def fly(arm: Arm, asked: Sequence[Bytes], instants: Sequence[Instant]) -> Traced:
    """Looks at every instruction of every byte."""
    low, high = 500, 10_000

    def counted(part: Bytes, what: NextAccess) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        base = arm.system.partitions[part.core].base
        return np.array([sum(follows(ACCESSES[part.address + at - base], time) is what
                             for time in range(low, high)) for at in range(part.size)], np.uint64)

    return Traced({core: high - low for core in range(arm.system.replicas)},
                  [counted(part, NextAccess.READ) for part in asked],
                  [counted(part, NextAccess.OVERWRITTEN) for part in asked],
                  [follows(ACCESSES[(instant.address - arm.system.ram.base) % 0x2000000],
                           instant.time) for instant in instants])


def campaign(count: int, **changes: object) -> Campaign:
    return replace(parts.campaign(), strata=(STRATUM,), count=count, prune=DEF_USE, **changes)


def pruned(count: int, *arms: Arm, own: MemoryMap | None = None) -> Pruning:
    maps = [memory(USER, CODE) for _ in arms]
    if own is not None:
        maps[0] = own
    return prune(campaign(count), arms, maps, len(arms) - 1, fly)


def test_what_is_known() -> None:
    known = pruned(1, parts.arm("base", 1)).known["base"]["user/memory"]
    assert known.live == pytest.approx(LIVE)
    assert known.overwritten == pytest.approx((1500 + 100 + 9400) / 9500 / 8)
    assert known.untouched == pytest.approx((7000 + 9500 + 4500 + 9500 + 4750) / 9500 / 8)


def test_only_live_faults_are_drawn_and_by_their_weight() -> None:
    arm = parts.arm("base", 1)
    chosen = pruned(500, arm).faults["user/memory"]
    assert len(chosen) == 500 and not any(fault.dead_in for fault in chosen)
    hits = Counter(fault.offset for fault in chosen)
    assert hits.keys() == WEIGHTS.keys()
    for fault in chosen:
        found = resolve(fault, arm)
        assert found is not None
        assert fault.offset != 0x1000 or 2000 <= found[0].count < 3000
    for offset, lasts in WEIGHTS.items():
        expected = 500 * lasts / sum(WEIGHTS.values())
        assert abs(hits[offset] - expected) < 4 * expected ** 0.5, (offset, hits[offset], expected)


def test_they_are_those_of_the_unpruned_campaign() -> None:
    """In its order, without the dead ones."""
    chosen = pruned(50, parts.arm("base", 1)).faults["user/memory"]
    everything = draws(STRATUM, memory(USER, CODE), 1, campaign(50))
    assert all(fault in everything for fault in chosen)  # goes on where the last one was found
    assert pruned(20, parts.arm("base", 1)).faults["user/memory"] == chosen[:20]


def test_estimates_are_those_of_the_whole_space() -> None:
    """A flip fails in the data that is read at the end when its bit is below 3, in the code that
    runs at the end when it is 0: known exactly, for any sample."""
    pruning = pruned(600, parts.arm("base", 1))
    failed = sum(fault.bit < {0x1001: 3, 0x2000: 1}.get(fault.offset or 0, 0)
                 for fault in pruning.faults["user/memory"])
    tally = Tally(Counter({Outcome.HANG: failed, Outcome.MASKED: 600 - failed}))
    found = mixture({"user/memory": tally}, {"user/memory": 1}, (Outcome.HANG,),
                    pruning.known["base"])
    exact = (3 + 1) / 64
    assert found is not None and found.low < exact < found.high and found.high - found.low < 0.06


def test_arms_know_different_things() -> None:
    """A fault runs where it is live; in the arm of another layout nothing is known of what is a
    table there."""
    moved = memory(USER, CODE, table=0x2000)
    arms = parts.arm("base", 1), parts.arm("tmr", 3)
    pruning = pruned(100, *arms, own=moved)
    faults = pruning.faults["user/memory"]
    assert {fault.dead_in for fault in faults} == {(), ("tmr",)}
    assert {fault.offset for fault in faults if fault.dead_in} == {0x2001, 0x2002, 0x2003}
    assert pruning.known["base"]["user/memory"].live == pytest.approx(
        (1000 + 5 * 9500) / 9500 / 8)
    assert pruning.known["tmr"]["user/memory"].live == pytest.approx(LIVE)
    plan = make_plan(memory(USER, CODE), 3, campaign(100), pruning.faults)
    prepared = Prepared(campaign(100), list(arms), plan, {}, pruning.known)
    assert injections(prepared, arms[0]) == 103
    assert injections(prepared, arms[1]) == 103 - sum(bool(fault.dead_in) for fault in faults)
    again = [PlannedFault.decoded(fault.encoded()) for fault in plan]
    assert again == plan


def test_a_stratum_that_is_all_dead() -> None:
    """No fault, and an estimate all the same."""
    nothing = Span(Layer.USER, 0x1002, 2, False)
    pruning = prune(campaign(10), [parts.arm("base", 1)], [memory(nothing)], 0, fly)
    assert pruning.faults == {"user/memory": []}
    assert pruning.known["base"]["user/memory"].live == 0
    found = mixture({}, {"user/memory": 1}, (Outcome.HANG,), pruning.known["base"])
    assert found is not None and (found.value, found.low, found.high) == (0, 0, 0)


def test_what_a_trace_cannot_see_is_not_asked_about() -> None:
    reference = memory(Span(Layer.USER, 0x1000, 0x2800, False),
                       Span(Layer.USER, 0x3800, 0x10, True), Span(Layer.USER, 0x4000, 0x10, True),
                       Span(Layer.SHIM, 0, 0x9000, False),
                       Span(Layer.LOG, 0x10, 0x20, False))
    own = memory(Span(Layer.OBJECTS, 0x2000, 0x800, True), Span(Layer.PAGE_TABLE, 0x3008, 8, False),
                 Span(Layer.STACK, 0x4000, 8, False), Span(Layer.SHIM, 0x800, 0x7000, False))
    assert visible(Layer.USER, reference, own, False) == [
        (0x1000, 0x800),  # of the kernel's image, in use or not
        (0x2000, 0x800)]  # in use; the rest is not, or is a table
    assert visible(Layer.USER, reference, own, True) == [(0x4000, 8)]
    assert visible(Layer.SHIM, reference, own, False) == [(0x800, 0x800), (0x2000, 0x2000),
                                                          (0x4800, 0x3000)]
    assert visible(Layer.LOG, reference, own, False) == [(0x10, 0x20)]  # holds no table
    assert visible(Layer.STACK, reference, own, False) == []


@pytest.mark.parametrize("stratum, prunable", [
    (STRATUM, True),
    (replace(STRATUM, layer=Layer.PAGE_TABLE), False),
    (replace(STRATUM, kind=Kind.X), False),
    (replace(STRATUM, model=Model.BURST), False),
    (replace(STRATUM, event=Event.KERNEL_ENTRY), False),
    (replace(STRATUM, replicas=2), False),
])
def test_prunable(stratum: Stratum, prunable: bool) -> None:
    assert stratum.prunable is prunable


def test_known_parts_never_exceed_the_whole() -> None:
    rng = random.Random(1)
    for _ in range(100):
        part = rng.random()
        assert 0 <= Known(part, 1 - part).live < 1e-12
