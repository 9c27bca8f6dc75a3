# SPDX-License-Identifier: BSD-2-Clause
"""Sampling, its repeatability, and what becomes of a fault in another arm."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from faultinj.fault import (Delay, DeviceRead, Flip, Lost, MemoryFlip, NoFlip, RegisterFlip, Skip,
                            Spurious, SystemFlip, WordFlip)
from faultinj.inject import hit_replicas
from faultinj.layers import Layer
from faultinj.plan import AFTER, PSTATE_BITS, PlannedFault, make_plan
from faultinj.plugin_page import CLASS_ANY, CLASS_MARK
from faultinj.resolve import resolve, resolve_all
from faultinj.rsp import CPSR, FPSR, V0
from faultinj.spec import Campaign
from faultinj.strata import Event, Kind, Model, Stratum, apportion
from faultinj.system_registers import REGISTERS
from tests.faultinj.campaign_parts import arm, campaign, memory, plan_of
from tools.errors import UserError


def test_same_seed_same_faults() -> None:
    assert plan_of(200, 5) == plan_of(200, 5)
    assert plan_of(200, 5) != plan_of(200, 6)


def test_every_stratum_and_replica_is_sampled() -> None:
    plan = [fault for fault in plan_of(300, 1) if fault.kind is not Kind.NULL]
    assert len(plan) == 300
    strata = {stratum.name for stratum in campaign().strata} - {"shim/memory"}  # has no memory here
    assert {fault.stratum for fault in plan} == strata
    replicas = Counter(fault.replica for fault in plan)
    assert set(replicas) == {0, 1, 2}
    assert [fault.number for fault in plan_of(300, 1)] == list(range(1, 309))


def test_null_injections_come_along() -> None:
    plan = plan_of(100, 1)
    assert sum(fault.kind is Kind.NULL for fault in plan) == -(-100 // campaign().nulls)


@pytest.mark.parametrize("count", [1, 7, 40, 41, 300])
def test_apportion_gives_all(count: int) -> None:
    assert sum(apportion(count, campaign().strata)) == count


def test_core_and_layer_restrict() -> None:
    plan = make_plan(memory(), 3, campaign("ballot", count=50, core=2))
    faults = [fault for fault in plan if fault.kind is not Kind.NULL]
    assert {fault.replica for fault in plan} == {2}
    assert {fault.layer for fault in faults} == {Layer.BALLOT}


@pytest.mark.parametrize("chosen, message, step", [
    (campaign(core=3), "core 3 is not in this image (it has 3 replicas: 0..2)",
     "./ternion inject --core 0"),
    (replace(campaign("shim"), strata=(Stratum(Layer.SHIM, Kind.MEMORY, 1),)),
     "layer 'shim' has no memory in use in this image", "./ternion inject --layer user"),
])
def test_errors(chosen: Campaign, message: str, step: str) -> None:
    with pytest.raises(UserError) as error:
        make_plan(memory(), 3, chosen)
    assert (error.value.message, error.value.next_step) == (message, step)


def test_resolve_stays_in_the_window_of_its_layer() -> None:
    tmr = arm("tmr", 3)
    for fault in plan_of(400, 3):
        what = resolve(fault, tmr)
        assert what is not None
        trigger, flip = what
        assert trigger.core == fault.replica
        if fault.kind in (Kind.MEMORY, Kind.NULL):
            assert trigger.code == CLASS_ANY and 500 <= trigger.count < 10000
        elif fault.layer is Layer.SHIM:
            assert 400 <= trigger.count < 1000
        else:
            assert 0 <= trigger.count < 4000
        wanted = {Kind.MEMORY: MemoryFlip, Kind.NULL: NoFlip}.get(fault.kind, RegisterFlip)
        assert isinstance(flip, wanted)


def test_base_takes_every_fault_into_replica_0() -> None:
    base, tmr = arm("base", 1), arm("tmr", 3)
    moved = 0
    for fault in plan_of(200, 3):
        in_base, in_tmr = resolve(fault, base), resolve(fault, tmr)
        assert in_base is not None and in_tmr is not None
        assert in_base[0].core == 0
        assert in_base[0].count == in_tmr[0].count  # equal windows here, so equal instructions
        if isinstance(in_base[1], MemoryFlip) and isinstance(in_tmr[1], MemoryFlip):
            step = {Layer.BALLOT: 0x1000}.get(fault.layer, 0x2000000)
            assert in_tmr[1].address - in_base[1].address == step * fault.replica
            moved += fault.replica > 0
    assert moved


def test_a_layer_that_never_runs_is_not_injected() -> None:
    base = arm("base", 1)
    fault = next(f for f in make_plan(memory(), 1, campaign("rcoe", count=50)) if f.kind is Kind.X)
    silent = replace(base.golden, by_class=((0,) * 8,))
    assert resolve(fault, replace(base, golden=silent)) is None


def planned(*strata: Stratum, count: int = 60) -> list[PlannedFault]:
    chosen = campaign(count=count, seed=2, strata=strata)
    return [fault for fault in make_plan(memory(), 3, chosen) if fault.kind is not Kind.NULL]


@pytest.mark.parametrize("stratum, name, flip", [
    (Stratum(Layer.USER, Kind.X, 1), "user/x", RegisterFlip),
    (Stratum(Layer.USER, Kind.X, 1, Model.BURST), "user/x/burst", RegisterFlip),
    (Stratum(Layer.RCOE, Kind.SP, 1, Model.STUCK, length=9), "rcoe/sp/stuck", RegisterFlip),
    (Stratum(Layer.KERNEL, Kind.PSTATE, 1), "kernel/pstate", RegisterFlip),
    (Stratum(Layer.USER, Kind.V, 1, Model.BURST), "user/v/burst", RegisterFlip),
    (Stratum(Layer.KERNEL, Kind.SYSTEM, 1), "kernel/system", SystemFlip),
    (Stratum(Layer.SLOT, Kind.MEMORY, 1, Model.STUCK, length=500), "slot/memory/stuck",
     MemoryFlip),
    (Stratum(Layer.USER, Kind.INSTRUCTION, 1, Model.SKIP), "user/instruction", Skip),
    (Stratum(Layer.SHIM, Kind.INSTRUCTION, 1, Model.WORD), "shim/instruction/word", WordFlip),
    (Stratum(Layer.KERNEL, Kind.CORE, 1, Model.DELAY, length=70), "kernel/core", Delay),
    (Stratum(Layer.USER, Kind.X, 1, event=Event.KERNEL_ENTRY), "user/x@kernel-entry",
     RegisterFlip),
    (Stratum(Layer.USER, Kind.INTERRUPT, 1, Model.SPURIOUS), "user/interrupt", Spurious),
    (Stratum(Layer.SHIM, Kind.INTERRUPT, 1, Model.LOST, length=60), "shim/interrupt/lost", Lost),
    (Stratum(Layer.SHIM, Kind.DEVICE_READ, 1, event=Event.DEVICE_LOAD),
     "shim/device-read@device-load", DeviceRead),
])
def test_every_model_makes_its_flip(stratum: Stratum, name: str, flip: type[Flip]) -> None:
    tmr = arm("tmr", 3)
    for fault in planned(stratum):
        assert fault.stratum == stratum.name == name
        assert PlannedFault.decoded(json.loads(json.dumps(fault.encoded()))) == fault
        what = resolve(fault, tmr)
        assert what is not None and isinstance(what[1], flip)
        if isinstance(what[1], (RegisterFlip, MemoryFlip, Delay, Lost)):
            assert what[1].length == stratum.length
    assert Stratum.decoded(json.loads(json.dumps(stratum.encoded()))) == stratum


def test_bursts_stay_in_their_register_or_byte() -> None:
    sizes = {Kind.X: 64, Kind.V: 128, Kind.MEMORY: 8, Kind.SYSTEM: 64}
    faults = planned(*(Stratum(Layer.KERNEL, kind, 1, Model.BURST) for kind in sizes), count=400)
    for fault in faults:
        assert fault.width in (2, 3)
        assert 0 <= fault.bit <= sizes[fault.kind] - fault.width
    assert {fault.width for fault in faults} == {2, 3}


def test_pstate_and_vector_registers_in_their_range() -> None:
    for fault in planned(Stratum(Layer.USER, Kind.PSTATE, 1), Stratum(Layer.USER, Kind.V, 1),
                         count=200):
        assert fault.register is not None
        if fault.kind is Kind.PSTATE:
            assert fault.register == CPSR and fault.bit in PSTATE_BITS
        else:
            assert V0 <= fault.register < FPSR and 0 <= fault.bit < 128


def test_system_registers_are_those_that_the_level_may_write() -> None:
    for layer, level in ((Layer.KERNEL, 1), (Layer.SHIM, 2)):
        faults = planned(Stratum(layer, Kind.SYSTEM, 1), count=300)
        named = {fault.target for fault in faults}
        assert max(REGISTERS[name].level for name in named) == level
        what = resolve(faults[1], arm("tmr", 3))
        assert what is not None and isinstance(what[1], SystemFlip)
        own = arm("tmr", 3).text_shift(what[0].core) if layer is Layer.KERNEL else 0
        assert what[1].text_shift == own


def test_stuck_memory_holds_no_instruction() -> None:
    faults = planned(Stratum(Layer.USER, Kind.MEMORY, 1, Model.STUCK, length=5))
    assert not any(fault.code for fault in faults)
    with pytest.raises(UserError, match="layer 'rcoe' has no memory without instructions"):
        planned(Stratum(Layer.RCOE, Kind.MEMORY, 1, Model.STUCK, length=5))


def test_the_same_fault_in_two_replicas() -> None:
    tmr, base = arm("tmr", 3), arm("base", 1)
    for fault in planned(Stratum(Layer.USER, Kind.X, 1, replicas=2)):
        assert fault.stratum == "user/x/x2"
        first, second = resolve_all(fault, tmr)
        assert {first[0].core, second[0].core} == {fault.replica, (fault.replica + 1) % 3}
        assert first[1] == second[1] and first[0].count == second[0].count
        assert len(resolve_all(fault, base)) == 1


def test_interrupts_are_those_of_the_core_and_of_its_programs() -> None:
    tmr, seen = arm("tmr", 3), set()
    for fault in planned(Stratum(Layer.USER, Kind.INTERRUPT, 1, Model.SPURIOUS)):
        what = resolve_all(fault, tmr)
        (trigger, flip), = what
        assert isinstance(flip, Spurious) and hit_replicas(fault, what) is None
        frame = 0x80B0000 + 0x20000 * trigger.core
        assert flip.interrupt.frame == (0x8000000 if flip.interrupt.number == 33 else frame)
        seen.add((trigger.core, flip.interrupt.text()))
    names = ("interrupt 1 (kick)", "interrupt 26 (tick)", "interrupt 33")
    assert seen == {(core, name) for core in range(3) for name in names}
    assert resolve_all(fault, tmr)[0][1].text().startswith("spurious interrupt ")


def test_interrupts_of_another_controller_are_refused() -> None:
    fault = planned(Stratum(Layer.USER, Kind.INTERRUPT, 1, Model.SPURIOUS))[0]
    tmr = arm("tmr", 3)
    with pytest.raises(UserError) as error:
        resolve(fault, replace(tmr, system=replace(tmr.system, board="xlnx-zcu102")))
    assert (error.value.message, error.value.next_step) == (
        "the interrupt controller of xlnx-zcu102 is no GICv3, and the emulator's stub does not "
        "reach another one", 'remove hits = "interrupt"')


def test_a_device_is_read_by_the_io_core_for_all() -> None:
    tmr = arm("tmr", 3)
    for fault in planned(Stratum(Layer.SHIM, Kind.DEVICE_READ, 1, Model.BURST,
                                 event=Event.DEVICE_LOAD)):
        what = resolve_all(fault, tmr)
        (trigger, flip), = what
        assert isinstance(flip, DeviceRead) and flip.width in (2, 3)
        assert (trigger.code - CLASS_MARK) % 3 == 0 and trigger.after == trigger.steps == 0
        assert hit_replicas(fault, what) is None


def test_a_single_core_cannot_be_late() -> None:
    fault = planned(Stratum(Layer.USER, Kind.CORE, 1, Model.DELAY, length=5))[0]
    assert resolve_all(fault, arm("base", 1)) == ()
    assert len(resolve_all(fault, arm("tmr", 3))) == 1


def test_events_count_executions_of_a_place() -> None:
    """The arm's mark m of core c ran 10 * (m + 1) times, device stores only on core 0."""
    tmr = arm("tmr", 3)
    for fault in planned(Stratum(Layer.KERNEL, Kind.X, 1, event=Event.KERNEL_ENTRY)):
        what = resolve(fault, tmr)
        assert what is not None
        assert what[0].code == CLASS_MARK and what[0].core == fault.replica
        assert 0 <= what[0].count < 10 and 0 <= what[0].after < AFTER
    for fault in planned(Stratum(Layer.SHIM, Kind.X, 1, event=Event.DEVICE_STORE)):
        what = resolve(fault, tmr)
        assert what is not None
        assert (what[0].core, what[0].code) == (0, CLASS_MARK + 2)
