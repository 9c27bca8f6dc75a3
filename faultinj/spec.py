# SPDX-License-Identifier: BSD-2-Clause
"""What a campaign is, checked: made by campaign_file.py, used by everything after it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from faultinj.strata import Stratum

DEF_USE = "def-use"


@dataclass(frozen=True)
class Workload:
    """The payload: so many frames of side x side pixels are photographed, compressed and sent."""

    frames: int
    side: int

    def text(self) -> str:
        """For people."""
        return f"{self.frames} frames of {self.side}x{self.side}"


@dataclass(frozen=True)
class StopRule:
    """When enough is known before the whole sample has run; None: this is no reason to stop."""

    width: float | None = None    # of the interval of wrong outputs and hangs, in every arm
    errors: int | None = None     # effective faults, in the arm with the fewest replicas
    minutes: float | None = None  # of the host

    @property
    def looks_at_results(self) -> bool:
        """Whether the outcomes decide."""
        return self.width is not None or self.errors is not None


@dataclass(frozen=True)
class Bounds:
    """How long a run with a fault may take before it counts as endless."""

    longer: float = 1.5             # times the golden run's instructions, ...
    slack: int = 10_000_000         # ... and so many instructions on top
    processor_factor: float = 8.0   # times the golden run's processor time


@dataclass(frozen=True)
class Join:
    """A first fault, the same in every run, excludes a replica; the sampled ones hit while that one
    comes back."""

    replica: int
    at: float = 0.2            # of the instructions of its programs
    readmit_per_hour: int = 8  # as in <redundancy>
    simplex_ok: bool = False   # the same


@dataclass(frozen=True)
class Campaign:
    """A campaign. `workers` and `stop.minutes` change how long it takes, all else what it finds."""

    name: str
    about: str
    arms: tuple[str, ...]
    workload: Workload
    strata: tuple[Stratum, ...]
    count: int
    seed: int
    nulls: int               # one null injection for so many faults
    shift: int               # an instruction takes 2^shift ns of virtual time
    stop: StopRule
    bounds: Bounds
    workers: int
    core: int | None = None  # hit only this core's replica
    join: Join | None = None
    prune: str | None = None  # DEF_USE: faults that are known to have no effect are not run

    def identity(self) -> dict[str, Any]:
        """What must be equal for two campaigns to be the same one; JSON can hold it."""
        return {
            "arms": list(self.arms), "count": self.count, "seed": self.seed, "core": self.core,
            "nulls": self.nulls, "shift": self.shift, "workload": self.workload.text(),
            "strata": [[stratum.name, stratum.length, stratum.weight] for stratum in self.strata],
            "stop": [self.stop.width, self.stop.errors],
            "bounds": [self.bounds.longer, self.bounds.slack, self.bounds.processor_factor],
            "join": asdict(self.join) if self.join else None, "prune": self.prune}

    def only(self, layer: str | None) -> Campaign:
        """The strata of one layer."""
        if layer is None:
            return self
        chosen = tuple(stratum for stratum in self.strata if stratum.layer.value == layer)
        return replace(self, strata=chosen)


def encode(campaign: Campaign) -> dict[str, Any]:
    """For JSON."""
    return {**asdict(campaign), "strata": [stratum.encoded() for stratum in campaign.strata]}


def decode(data: dict[str, Any]) -> Campaign:
    """The other way."""
    values: dict[str, Any] = {
        **data, "arms": tuple(data["arms"]), "workload": Workload(**data["workload"]),
        "stop": StopRule(**data["stop"]), "bounds": Bounds(**data["bounds"]),
        "join": Join(**data["join"]) if data["join"] else None,
        "strata": tuple(Stratum.decoded(entry) for entry in data["strata"])}
    return Campaign(**values)
