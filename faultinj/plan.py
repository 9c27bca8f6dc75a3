# SPDX-License-Identifier: BSD-2-Clause
"""The sample of the fault space: strata.py says what its parts are. Same seed, same faults.

A fault is planned without reference to an arm: its time is a fraction of the instructions that its
layer executes on its core, its place an offset in the layer. resolve.py makes numbers of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from typing import Any

from faultinj.fault import BYTE_BITS
from faultinj.layers import Layer
from faultinj.memory_map import MemoryMap
from faultinj.rsp import CPSR, PC, REGISTER_NAMES, SP, V0
from faultinj.spec import Campaign
from faultinj.strata import JOIN_STAGES, UNASKED, Event, Kind, Model, Stratum, apportion
from faultinj.system_registers import SIZE, reachable
from tools.errors import UserError

FRACTION_BITS = 32
STEPS_MAX = 12      # single steps beyond the block's end
AFTER = 400         # instructions behind an event, at most
X_REGISTERS = 31
V_REGISTERS = 32
REGISTER_SIZE, V_SIZE, WORD_SIZE = 64, 128, 32
# Of PSTATE: condition flags and interrupt masks. The emulator holds others twice, so that a flip
# through the stub would hit one copy only.
PSTATE_BITS = (6, 7, 8, 9, 28, 29, 30, 31)
WIDTHS = (2, 3)     # of bursts
INTERRUPTS = 1 << 16  # which one is this modulo their number
DRAWS = 1000        # for a byte that holds no instruction


@dataclass(frozen=True)
class PlannedFault:
    """One fault, the same in every arm."""

    number: int
    layer: Layer
    kind: Kind
    replica: int
    fraction: int         # of the layer's instructions on the core, or of events, in 1 / 2^32
    steps: int
    register: int | None  # of register flips
    offset: int | None    # of memory flips, from the layer's base
    bit: int
    code: bool            # memory that may hold instructions
    target: str           # register or symbol, for people
    model: Model = Model.BIT
    width: int = 1        # bits
    length: int = 0       # instructions
    event: Event | None = None
    after: int = 0        # instructions behind it
    replicas: int = 1     # that get the fault
    dead_in: tuple[str, ...] = ()  # arms in which def_use.py knows that it has no effect: not run

    @property
    def stratum(self) -> str:
        return Stratum(self.layer, self.kind, 1, self.model, self.event, 0, self.replicas).name \
            if self.kind is not Kind.NULL else "null"

    @property
    def common(self) -> bool:
        """It hits what all replicas agree on, or several of them: no majority can be right."""
        return self.replicas > 1 or self.kind is Kind.DEVICE_READ

    def encoded(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "layer": self.layer.value, "kind": self.kind.value,
                "model": self.model.value, "event": self.event.value if self.event else None}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> PlannedFault:
        """The other way."""
        values: dict[str, Any] = {
            **data, "layer": Layer(data["layer"]), "kind": Kind(data["kind"]),
            "model": Model(data["model"]), "event": Event(data["event"]) if data["event"] else None,
            "dead_in": tuple(data.get("dead_in", ()))}
        return cls(**values)


def _bits(rng: random.Random, model: Model, size: int) -> tuple[int, int]:
    """First bit and width."""
    width = rng.choice(WIDTHS) if model is Model.BURST else 1
    return rng.randrange(size - width + 1), width


def _in_memory(fault: PlannedFault, memory: MemoryMap, rng: random.Random) -> PlannedFault:
    for _ in range(DRAWS):
        offset, code = memory.at(fault.layer, rng.randrange(memory.size(fault.layer)))
        if not code or fault.model is not Model.STUCK:
            break
    else:
        raise UserError(f"layer '{fault.layer.value}' has no memory without instructions, so that "
                        "no bit of it can be stuck", next_step='write: fault = "bit"')
    bit, width = _bits(rng, fault.model, BYTE_BITS)
    return replace(fault, offset=offset, bit=bit, width=width, code=code,
                   target=memory.name(fault.layer, offset))


def _in_register(fault: PlannedFault, rng: random.Random) -> PlannedFault:
    size = REGISTER_SIZE
    if fault.kind is Kind.X:
        register = rng.randrange(X_REGISTERS)
    elif fault.kind is Kind.V:
        register, size = V0 + rng.randrange(V_REGISTERS), V_SIZE
    else:
        register = {Kind.SP: SP, Kind.PC: PC, Kind.PSTATE: CPSR}[fault.kind]
    steps = rng.randrange(STEPS_MAX + 1)
    if fault.kind is Kind.PSTATE:
        bit, width = rng.choice(PSTATE_BITS), 1
    else:
        bit, width = _bits(rng, fault.model, size)
    return replace(fault, register=register, steps=steps, bit=bit, width=width,
                   target=REGISTER_NAMES[register])


def _elsewhere(fault: PlannedFault, rng: random.Random) -> PlannedFault:
    """System registers, the next instruction, the whole core, and what is outside of it."""
    if fault.kind is Kind.DEVICE_READ:
        bit, width = _bits(rng, fault.model, REGISTER_SIZE)
        return replace(fault, bit=bit, width=width, target="value read")
    steps = rng.randrange(STEPS_MAX + 1)
    if fault.kind is Kind.INTERRUPT:
        return replace(fault, steps=steps, bit=rng.randrange(INTERRUPTS), target="interrupt")
    if fault.kind is Kind.SYSTEM:
        target = rng.choice(reachable(2 if fault.layer is Layer.SHIM else 1))
        bit, width = _bits(rng, fault.model, SIZE)
        return replace(fault, steps=steps, bit=bit, width=width, target=target)
    bit = rng.randrange(WORD_SIZE) if fault.model is Model.WORD else 0
    return replace(fault, steps=steps, bit=bit, target=fault.kind.value)


def _draw(stratum: Stratum, replica: int, memory: MemoryMap, rng: random.Random) -> PlannedFault:
    fault = PlannedFault(
        0, stratum.layer, stratum.kind, replica, rng.getrandbits(FRACTION_BITS), 0, None, None, 0,
        False, "", stratum.model, length=stratum.length, event=stratum.event,
        replicas=stratum.replicas)
    if stratum.event and stratum.event not in (*JOIN_STAGES, UNASKED.get(stratum.kind)):
        fault = replace(fault, after=rng.randrange(AFTER))
    if stratum.kind is Kind.MEMORY:
        return _in_memory(fault, memory, rng)
    if stratum.kind in (Kind.X, Kind.SP, Kind.PC, Kind.PSTATE, Kind.V):
        return _in_register(fault, rng)
    return _elsewhere(fault, rng)


def shares(memory: MemoryMap, campaign: Campaign) -> list[tuple[Stratum, int]]:
    """The strata that this image has, and how many faults each of them gets."""
    strata = tuple(stratum for stratum in campaign.strata
                   if stratum.kind is not Kind.MEMORY or memory.size(stratum.layer))
    if not strata:
        raise UserError(f"layer '{campaign.strata[0].layer.value}' has no memory in use in this "
                        "image", next_step="./ternion inject --layer user")
    return list(zip(strata, apportion(campaign.count, strata)))


def draws(stratum: Stratum, memory: MemoryMap, replicas: int,
          campaign: Campaign) -> Iterator[PlannedFault]:
    """A stratum's faults, one after the other, without end."""
    for index in count():
        rng = random.Random(f"{campaign.seed}/{stratum.name}/{index}")
        replica = campaign.core if campaign.core is not None else index % replicas
        yield _draw(stratum, replica, memory, rng)


def make_plan(memory: MemoryMap, replicas: int, campaign: Campaign,
              chosen: Mapping[str, Sequence[PlannedFault]] | None = None) -> list[PlannedFault]:
    """The campaign's faults and, beside them, its null injections. `chosen`: instead of the first
    ones of a stratum."""
    core, seed = campaign.core, campaign.seed
    if core is not None and not 0 <= core < replicas:
        raise UserError(f"core {core} is not in this image (it has {replicas} replicas: "
                        f"0..{replicas - 1})", next_step="./ternion inject --core 0")
    chosen = chosen or {}
    drawn: list[PlannedFault] = []
    for stratum, share in shares(memory, campaign):
        drawn += chosen[stratum.name] if stratum.name in chosen else \
            islice(draws(stratum, memory, replicas, campaign), share)
    for index in range(-(-campaign.count // campaign.nulls)):
        rng = random.Random(f"{seed}/null/{index}")
        replica = core if core is not None else index % replicas
        drawn.append(PlannedFault(0, Layer.USER, Kind.NULL, replica,
                                  rng.getrandbits(FRACTION_BITS), rng.randrange(STEPS_MAX + 1),
                                  None, None, 0, False, "nothing"))
    random.Random(f"{seed}/order").shuffle(drawn)
    return [replace(fault, number=number) for number, fault in enumerate(drawn, 1)]
