# SPDX-License-Identifier: BSD-2-Clause
"""A planned fault in the numbers of one arm: cores, counts, addresses."""

from __future__ import annotations

from faultinj.fault import (Delay, DeviceRead, Flip, Injection, Lost, MemoryFlip, NoFlip,
                            RegisterFlip, Skip, Spurious, SystemFlip, Trigger, WordFlip)
from faultinj.golden import Arm
from faultinj.interrupt import interrupts_of
from faultinj.layers import CODE_OF, Layer
from faultinj.marks import mark_of
from faultinj.memory_map import base_of
from faultinj.plan import FRACTION_BITS, PlannedFault
from faultinj.plugin_page import CLASS_ANY, CLASS_MARK
from faultinj.strata import JOIN_STAGES, Kind, Model
from faultinj.system_registers import REGISTERS


def _code(fault: PlannedFault, core: int) -> int:
    """The class of code, or the mark, that the fault's time is counted in."""
    if fault.event and fault.event not in JOIN_STAGES:
        return CLASS_MARK + mark_of(fault.event, core)
    return CLASS_ANY if fault.kind in (Kind.MEMORY, Kind.NULL) else int(CODE_OF[fault.layer])


def _flip(fault: PlannedFault, arm: Arm, core: int) -> Flip:
    if fault.kind is Kind.NULL:
        return NoFlip()
    if fault.kind is Kind.MEMORY:
        assert fault.offset is not None
        address = base_of(fault.layer, arm.system, core) + fault.offset
        return MemoryFlip(address, fault.bit, fault.code, fault.width, fault.length)
    if fault.kind is Kind.SYSTEM:
        shift = 0 if fault.layer is Layer.SHIM else arm.text_shift(core)
        return SystemFlip(REGISTERS[fault.target], fault.bit, fault.width, shift)
    if fault.kind is Kind.INSTRUCTION:
        return Skip() if fault.model is Model.SKIP else WordFlip(fault.bit, fault.width)
    if fault.kind is Kind.CORE:
        return Delay(fault.length)
    if fault.kind is Kind.DEVICE_READ:
        return DeviceRead(fault.bit, fault.width)
    if fault.kind is Kind.INTERRUPT:
        known = interrupts_of(arm.system, core)
        chosen = known[fault.bit % len(known)]
        return Spurious(chosen) if fault.model is Model.SPURIOUS else Lost(chosen, fault.length)
    assert fault.register is not None
    return RegisterFlip(fault.register, fault.bit, fault.width, fault.length)


def _in_join(fault: PlannedFault, arm: Arm, core: int) -> Injection | None:
    """On the next core that runs the layer in this stage: a joiner that copies runs no program."""
    for other in range(core, core + arm.system.replicas):
        found = other % arm.system.replicas
        code = _code(fault, found)
        low, high = arm.golden.stage(found, code, fault.event)
        if high > low:
            return _at(fault, arm, found, code, (low, high))
    return None


def _on(fault: PlannedFault, arm: Arm, core: int) -> Injection | None:
    if arm.first is not None:
        return _in_join(fault, arm, core)
    code = _code(fault, core)
    low, high = arm.golden.window(core, code)
    if high <= low and fault.event and core:
        return _on(fault, arm, 0)  # only the I/O core comes there
    return _at(fault, arm, core, code, (low, high)) if high > low else None


def _at(fault: PlannedFault, arm: Arm, core: int, code: int,
        window: tuple[int, int]) -> Injection:
    low, high = window
    count = low + ((high - low) * fault.fraction >> FRACTION_BITS)
    return Trigger(core, count, code, fault.steps, fault.after), _flip(fault, arm, core)


def resolve_all(fault: PlannedFault, arm: Arm) -> tuple[Injection, ...]:
    """The fault in each replica that gets it; empty where there is nothing to hit."""
    if fault.kind is Kind.CORE and arm.system.replicas == 1:
        return ()  # nobody to be late for
    wanted = min(fault.replicas, arm.system.replicas)
    first = arm.replica(fault.replica)
    found = [_on(fault, arm, (first + index) % arm.system.replicas) for index in range(wanted)]
    return tuple(injection for injection in found if injection is not None)


def resolve(fault: PlannedFault, arm: Arm) -> Injection | None:
    """The same for a fault of one replica."""
    return next(iter(resolve_all(fault, arm)), None)
