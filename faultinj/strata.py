# SPDX-License-Identifier: BSD-2-Clause
"""Strata: the parts of the fault space that a campaign samples one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from faultinj.layers import REGISTER_LAYERS, Layer


class Kind(Enum):
    """What is hit."""

    X = "x"
    SP = "sp"
    PC = "pc"
    PSTATE = "pstate"            # condition flags and interrupt masks
    V = "v"                      # vector registers
    SYSTEM = "system"            # registers that the running level may write
    MEMORY = "memory"
    INSTRUCTION = "instruction"  # the next one
    CORE = "core"
    INTERRUPT = "interrupt"      # at the interrupt controller
    DEVICE_READ = "device-read"  # what the shim reads from a device for all replicas
    NULL = "null"


class Model(Enum):
    """What goes wrong there."""

    BIT = "bit"
    BURST = "burst"  # two or three adjacent bits
    STUCK = "stuck"  # a bit keeps the wrong value for a time
    SKIP = "skip"    # not executed
    WORD = "word"    # a bit is wrong in this one fetch
    DELAY = "delay"  # the core stands still for a time
    SPURIOUS = "spurious"  # comes unasked
    LOST = "lost"    # does not come for a time


class Event(Enum):
    """Instead of a number of instructions: the n-th time that the core comes here. Those of a join
    are no places but stages: a random instruction of the layer between one and the next."""

    KERNEL_ENTRY = "kernel-entry"  # from EL0, by a system call or a fault
    SHIM_ENTRY = "shim-entry"      # a device access or a call of the shim
    DEVICE_STORE = "device-store"  # the I/O core is about to write to a device, all have voted
    DEVICE_LOAD = "device-load"    # ... to read
    JOIN_COPY = "join-copy"        # the joiner copies, the others work
    JOIN_STOP = "join-stop"        # they stand still, it copies the rest and the registers
    JOIN_ADMIT = "join-admit"      # it becomes one of them and loads the registers
    JOIN_AFTER = "join-after"      # the first rounds with it


JOIN_STAGES = (Event.JOIN_COPY, Event.JOIN_STOP, Event.JOIN_ADMIT, Event.JOIN_AFTER)
FLIPS = (Model.BIT, Model.BURST, Model.STUCK)
MODELS = {  # the first is what happens unasked
    Kind.X: FLIPS, Kind.SP: FLIPS, Kind.PC: (Model.BIT, Model.BURST), Kind.PSTATE: (Model.BIT,),
    Kind.V: FLIPS, Kind.SYSTEM: (Model.BIT, Model.BURST), Kind.MEMORY: FLIPS,
    Kind.INSTRUCTION: (Model.SKIP, Model.WORD), Kind.CORE: (Model.DELAY,),
    Kind.INTERRUPT: (Model.SPURIOUS, Model.LOST), Kind.DEVICE_READ: (Model.BIT, Model.BURST)}
OUTSIDE = (Kind.INTERRUPT, Kind.DEVICE_READ)  # of all replicas: the fault belongs to none of them
SAMPLED = tuple(MODELS)
UNASKED = {Kind.DEVICE_READ: Event.DEVICE_LOAD}
LENGTHS = {Model.STUCK: 64, Model.DELAY: 1_000_000, Model.LOST: 1_000_000}  # instructions, unasked
ONCE = (Layer.CONTROL, Layer.LOG, Layer.SHARED)
LONGEST_STEPS = 256  # a stuck register is stepped


@dataclass(frozen=True)
class Stratum:
    """A part of the fault space that is sampled by itself. Weight is its share of the sample."""

    layer: Layer
    kind: Kind
    weight: int
    model: Model = Model.BIT
    event: Event | None = None
    length: int = 0    # instructions, of STUCK and DELAY
    replicas: int = 1  # that get the same fault

    @property
    def name(self) -> str:
        """Unique in a campaign; also the seed of its faults."""
        parts = [self.layer.value, self.kind.value]
        parts += [self.model.value] if self.model is not MODELS[self.kind][0] else []
        parts += [f"x{self.replicas}"] if self.replicas > 1 else []
        return "/".join(parts) + (f"@{self.event.value}" if self.event else "")

    @property
    def prunable(self) -> bool:
        """Single flips in memory at random instructions. No instruction reads page tables."""
        return (self.kind is Kind.MEMORY and self.layer is not Layer.PAGE_TABLE
                and self.model is Model.BIT and self.event is None and self.replicas == 1)

    def encoded(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "layer": self.layer.value, "kind": self.kind.value,
                "model": self.model.value, "event": self.event.value if self.event else None}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Stratum:
        """The other way."""
        return cls(Layer(data["layer"]), Kind(data["kind"]), data["weight"], Model(data["model"]),
                   Event(data["event"]) if data["event"] else None, data["length"],
                   data["replicas"])

    def problem(self) -> tuple[str, str, str] | None:
        """Why there is no such stratum: the key that is wrong, what is wrong, what to write."""
        kind, model = self.kind.value, self.model.value
        if self.kind is not Kind.MEMORY and self.layer not in REGISTER_LAYERS:
            running = ", ".join(layer.value for layer in REGISTER_LAYERS)
            return ("hits", f"layer '{self.layer.value}' has no code of its own, so '{kind}' "
                    f"cannot be hit while it runs (layers with code: {running})",
                    'choose another layer, or hits = "memory"')
        if self.kind is Kind.DEVICE_READ and self.layer is not Layer.SHIM:
            return ("layer", f"a device is read by the shim, not by '{self.layer.value}'",
                    'write: layer = "shim"')
        if self.kind is Kind.DEVICE_READ and self.event is not Event.DEVICE_LOAD:
            return ("at", "the value of a device is hit when it is read, at no other event",
                    "remove it")
        if self.replicas > 1 and self.kind in OUTSIDE:
            return ("replicas", f"'{kind}' exists once, not in each replica", "remove it")
        if self.replicas > 1 and self.layer in ONCE:
            return ("replicas", f"layer '{self.layer.value}' exists once, not in each replica",
                    "remove it, or choose another layer")
        if self.model not in MODELS[self.kind]:
            models = ", ".join(entry.value for entry in MODELS[self.kind])
            return ("fault", f"'{kind}' cannot have the fault '{model}' (it can have: {models})",
                    f'write: fault = "{MODELS[self.kind][0].value}"')
        if self.kind is Kind.SYSTEM and self.layer is Layer.USER:
            return ("hits", "code at EL0 has no system registers to write",
                    'write: layer = "kernel", "rcoe" or "shim"')
        if self.length and self.model not in LENGTHS:
            return ("length", f"the fault '{model}' has no length", "remove it")
        if self.model is Model.STUCK and self.kind is not Kind.MEMORY and (
                self.length > LONGEST_STEPS):
            return ("length", f"a register is stuck for at most {LONGEST_STEPS} instructions, "
                    f"not {self.length}", f"write: length = {LONGEST_STEPS}")
        return None


def apportion(count: int, strata: Sequence[Stratum]) -> list[int]:
    """Shares by weight, whole numbers, largest remainders first."""
    total = sum(stratum.weight for stratum in strata)
    exact = [count * stratum.weight for stratum in strata]
    shares = [value // total for value in exact]
    order = sorted(range(len(strata)), key=lambda i: (-(exact[i] % total), i))
    for index in order[:count - sum(shares)]:
        shares[index] += 1
    return shares
