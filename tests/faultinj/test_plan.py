# SPDX-License-Identifier: BSD-2-Clause
"""Sampling, its repeatability, and what becomes of a fault in another arm."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from faultinj.fault import MemoryFlip, NoFlip, RegisterFlip
from faultinj.layers import Layer
from faultinj.plan import make_plan, resolve
from faultinj.plugin_page import CLASS_ANY
from faultinj.spec import Campaign
from faultinj.strata import Kind, Stratum, apportion
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
