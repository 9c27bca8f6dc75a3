# SPDX-License-Identifier: BSD-2-Clause
"""The fault space and the sample: strata are layer x kind x replica. Same seed, same faults.

A fault is planned without reference to an arm: its time is a fraction of the instructions that its
layer executes on its core, its place an offset in the layer. resolve() makes numbers of it.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from faultinj.fault import BYTE_BITS, Flip, MemoryFlip, NoFlip, RegisterFlip, Trigger
from faultinj.golden import Arm
from faultinj.layers import CODE_OF, Layer
from faultinj.memory_map import MemoryMap, base_of
from faultinj.plugin_page import CLASS_ANY
from faultinj.rsp import PC, REGISTER_NAMES, SP
from faultinj.spec import Campaign
from faultinj.strata import REGISTERS, Kind, Stratum, apportion
from tools.errors import UserError

FRACTION_BITS = 32
STEPS_MAX = 12      # single steps beyond the block's end
X_REGISTERS = 31
REGISTER_SIZE = 64


@dataclass(frozen=True)
class PlannedFault:
    """One fault, the same in every arm."""

    number: int
    layer: Layer
    kind: Kind
    replica: int
    fraction: int         # of the layer's instructions on the core, in 1 / 2^32
    steps: int
    register: int | None  # of register flips
    offset: int | None    # of memory flips, from the layer's base
    bit: int
    code: bool            # memory that may hold instructions
    target: str           # register or symbol, for people

    @property
    def stratum(self) -> str:
        return f"{self.layer.value}/{self.kind.value}"

    def encoded(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "layer": self.layer.value, "kind": self.kind.value}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> PlannedFault:
        """The other way."""
        values: dict[str, Any] = {**data, "layer": Layer(data["layer"]), "kind": Kind(data["kind"])}
        return cls(**values)


def _draw(number: int, stratum: Stratum, replica: int, memory: MemoryMap,
          rng: random.Random) -> PlannedFault:
    fraction = rng.getrandbits(FRACTION_BITS)
    if stratum.kind is Kind.MEMORY:
        offset, code = memory.at(stratum.layer, rng.randrange(memory.size(stratum.layer)))
        return PlannedFault(number, stratum.layer, stratum.kind, replica, fraction, 0, None, offset,
                            rng.randrange(BYTE_BITS), code, memory.name(stratum.layer, offset))
    register = {Kind.SP: SP, Kind.PC: PC}.get(stratum.kind)
    if register is None:
        register = rng.randrange(X_REGISTERS)
    return PlannedFault(number, stratum.layer, stratum.kind, replica, fraction,
                        rng.randrange(STEPS_MAX + 1), register, None, rng.randrange(REGISTER_SIZE),
                        False, REGISTER_NAMES[register])


def make_plan(memory: MemoryMap, replicas: int, campaign: Campaign) -> list[PlannedFault]:
    """The campaign's faults and, beside them, its null injections."""
    core, seed, count = campaign.core, campaign.seed, campaign.count
    if core is not None and not 0 <= core < replicas:
        raise UserError(f"core {core} is not in this image (it has {replicas} replicas: "
                        f"0..{replicas - 1})", next_step="./ternion inject --core 0")
    strata = tuple(stratum for stratum in campaign.strata
                   if stratum.kind is not Kind.MEMORY or memory.size(stratum.layer))
    if not strata:
        raise UserError(f"layer '{campaign.strata[0].layer.value}' has no memory in use in this "
                        "image", next_step="./ternion inject --layer user")
    drawn = []
    for stratum, share in zip(strata, apportion(count, strata)):
        for index in range(share):
            rng = random.Random(f"{seed}/{stratum.name}/{index}")
            replica = core if core is not None else index % replicas
            drawn.append(_draw(0, stratum, replica, memory, rng))
    for index in range(-(-count // campaign.nulls)):
        rng = random.Random(f"{seed}/null/{index}")
        replica = core if core is not None else index % replicas
        drawn.append(PlannedFault(0, Layer.USER, Kind.NULL, replica,
                                  rng.getrandbits(FRACTION_BITS), rng.randrange(STEPS_MAX + 1),
                                  None, None, 0, False, "nothing"))
    random.Random(f"{seed}/order").shuffle(drawn)
    return [replace(fault, number=number) for number, fault in enumerate(drawn, 1)]


def resolve(fault: PlannedFault, arm: Arm) -> tuple[Trigger, Flip] | None:
    """The fault in numbers of one arm; None where its layer never runs on its core."""
    core = arm.replica(fault.replica)
    registers = fault.kind in REGISTERS
    code = int(CODE_OF[fault.layer]) if registers else CLASS_ANY
    low, high = arm.golden.window(core, code)
    if high <= low:
        return None
    count = low + ((high - low) * fault.fraction >> FRACTION_BITS)
    trigger = Trigger(core, count, code, fault.steps)
    if registers:
        assert fault.register is not None
        return trigger, RegisterFlip(fault.register, fault.bit)
    if fault.kind is Kind.NULL:
        return trigger, NoFlip()
    assert fault.offset is not None
    base = base_of(fault.layer, arm.system, core)
    return trigger, MemoryFlip(base + fault.offset, fault.bit, fault.code)
