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
    MEMORY = "memory"
    NULL = "null"


REGISTERS = (Kind.X, Kind.SP, Kind.PC)
SAMPLED = tuple(kind for kind in Kind if kind is not Kind.NULL)


@dataclass(frozen=True)
class Stratum:
    """A part of the fault space that is sampled by itself. Weight is its share of the sample."""

    layer: Layer
    kind: Kind
    weight: int

    @property
    def name(self) -> str:
        return f"{self.layer.value}/{self.kind.value}"

    def encoded(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "layer": self.layer.value, "kind": self.kind.value}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Stratum:
        """The other way."""
        values: dict[str, Any] = {**data, "layer": Layer(data["layer"]), "kind": Kind(data["kind"])}
        return cls(**values)

    def problem(self) -> str:
        """Why there is no such stratum; empty when there is."""
        if self.kind in REGISTERS and self.layer not in REGISTER_LAYERS:
            running = ", ".join(layer.value for layer in REGISTER_LAYERS)
            return (f"layer '{self.layer.value}' has no code of its own, so '{self.kind.value}' "
                    f"cannot be hit while it runs (layers with code: {running})")
        return ""


def apportion(count: int, strata: Sequence[Stratum]) -> list[int]:
    """Shares by weight, whole numbers, largest remainders first."""
    total = sum(stratum.weight for stratum in strata)
    exact = [count * stratum.weight for stratum in strata]
    shares = [value // total for value in exact]
    order = sorted(range(len(strata)), key=lambda i: (-(exact[i] % total), i))
    for index in order[:count - sum(shares)]:
        shares[index] += 1
    return shares
