# SPDX-License-Identifier: BSD-2-Clause
"""The fault space and the sample: strata are layer x kind x replica. Same seed, same faults.

A fault is planned without reference to an arm: its time is a fraction of the instructions that its
layer executes on its core, its place an offset in the layer. resolve() makes numbers of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import Enum

from faultinj.fault import BYTE_BITS, Flip, MemoryFlip, NoFlip, RegisterFlip, Trigger
from faultinj.golden import Arm
from faultinj.layers import CODE_OF, MEMORY_LAYERS, REGISTER_LAYERS, Layer
from faultinj.memory_map import MemoryMap, base_of
from faultinj.plugin_page import CLASS_ANY
from faultinj.rsp import PC, REGISTER_NAMES, SP
from tools.errors import UserError

FRACTION_BITS = 32
STEPS_MAX = 12      # single steps beyond the block's end
X_REGISTERS = 31
REGISTER_SIZE = 64


class Kind(Enum):
    """What is flipped."""

    X = "x"
    SP = "sp"
    PC = "pc"
    MEMORY = "memory"
    NULL = "null"


@dataclass(frozen=True)
class Stratum:
    """A part of the fault space that is sampled by itself. Weight is its share of the sample."""

    layer: Layer
    kind: Kind
    weight: int

    @property
    def name(self) -> str:
        return f"{self.layer.value}/{self.kind.value}"


STRATA = tuple(
    [Stratum(layer, kind, weight) for layer in REGISTER_LAYERS
     for kind, weight in ((Kind.X, 4), (Kind.SP, 1), (Kind.PC, 1))]
    + [Stratum(layer, Kind.MEMORY, 2) for layer in MEMORY_LAYERS])
NULL_EVERY = 40  # one null injection for so many faults


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


def chosen_strata(layer: str | None) -> tuple[Stratum, ...]:
    """All strata, or those of one layer."""
    if layer is None:
        return STRATA
    chosen = tuple(stratum for stratum in STRATA if stratum.layer.value == layer)
    if not chosen:
        names = ", ".join(entry.value for entry in Layer)
        raise UserError(f"unknown layer '{layer}'; the layers are: {names}",
                        next_step="./ternion inject --layer user")
    return chosen


def apportion(count: int, strata: tuple[Stratum, ...]) -> list[int]:
    """Shares by weight, whole numbers, largest remainders first."""
    total = sum(stratum.weight for stratum in strata)
    exact = [count * stratum.weight for stratum in strata]
    shares = [value // total for value in exact]
    order = sorted(range(len(strata)), key=lambda i: (-(exact[i] % total), i))
    for index in order[:count - sum(shares)]:
        shares[index] += 1
    return shares


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


def make_plan(memory: MemoryMap, replicas: int, count: int, seed: int, core: int | None = None,
              layer: str | None = None) -> list[PlannedFault]:
    """`count` faults and, beside them, the null injections."""
    if count < 1:
        raise UserError(f"a campaign has at least one injection, not {count}",
                        next_step="./ternion inject --count 300")
    if core is not None and not 0 <= core < replicas:
        raise UserError(f"core {core} is not in this image (it has {replicas} replicas: "
                        f"0..{replicas - 1})", next_step="./ternion inject --core 0")
    strata = tuple(stratum for stratum in chosen_strata(layer)
                   if stratum.kind is not Kind.MEMORY or memory.size(stratum.layer))
    if not strata:
        raise UserError(f"layer '{layer}' has no memory in use in this image",
                        next_step="./ternion inject --layer user")
    drawn = []
    for stratum, share in zip(strata, apportion(count, strata)):
        for index in range(share):
            rng = random.Random(f"{seed}/{stratum.name}/{index}")
            replica = core if core is not None else index % replicas
            drawn.append(_draw(0, stratum, replica, memory, rng))
    for index in range(-(-count // NULL_EVERY)):
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
    registers = fault.kind in (Kind.X, Kind.SP, Kind.PC)
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
