# SPDX-License-Identifier: BSD-2-Clause
"""The size of a stratum in an arm: bits times instructions during which each of them can be hit.

Upsets hit each bit at each instant with equal probability, so a stratum's size is its weight in any
estimate for a mission, and an arm with more memory and more instructions has more of them: H.
Schirmeier, C. Borchert, O. Spinczyk, Avoiding pitfalls in fault-injection based comparison of
program susceptibility to soft errors, DSN 2015.
"""

from __future__ import annotations

from faultinj.golden import Arm
from faultinj.layers import CODE_OF, Layer
from faultinj.memory_map import MemoryMap
from faultinj.plan import PSTATE_BITS, REGISTER_SIZE, V_REGISTERS, V_SIZE, X_REGISTERS
from faultinj.plugin_page import CLASS_ANY
from faultinj.strata import ONCE, Kind, Model, Stratum
from faultinj.system_registers import SIZE, reachable


def weighted(stratum: Stratum) -> bool:
    """Single upsets, uniform in time. Other models and events have no rate that is known."""
    return stratum.model is Model.BIT and stratum.event is None and stratum.replicas == 1


def _register_bits(stratum: Stratum) -> int:
    level = 2 if stratum.layer is Layer.SHIM else 1
    return {Kind.X: X_REGISTERS * REGISTER_SIZE, Kind.SP: REGISTER_SIZE, Kind.PC: REGISTER_SIZE,
            Kind.PSTATE: len(PSTATE_BITS), Kind.V: V_REGISTERS * V_SIZE,
            Kind.SYSTEM: len(reachable(level)) * SIZE}[stratum.kind]


def _instructions(arm: Arm, core: int, code: int) -> int:
    low, high = arm.golden.window(core, code)
    return max(high - low, 0)


def size_of(stratum: Stratum, arm: Arm, memory: MemoryMap) -> int:
    """Of all replicas together; 0 for what has no weight."""
    if not weighted(stratum) or arm.first is not None:  # a join is no time of a mission
        return 0
    cores = range(1 if stratum.layer in ONCE else arm.system.replicas)
    if stratum.kind is Kind.MEMORY:
        bits = 8 * memory.size(stratum.layer)
        return bits * sum(_instructions(arm, core, CLASS_ANY) for core in cores)
    code = int(CODE_OF[stratum.layer])
    return _register_bits(stratum) * sum(_instructions(arm, core, code) for core in cores)
