# SPDX-License-Identifier: BSD-2-Clause
"""How many injections a processor makes in a minute, against as many runs without a fault.

Processor time counts, of QEMU and of the tool: it does not depend on how many others use the host,
but for what they take away of its caches.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faultinj.campaign import Prepared
from faultinj.engine import run
from faultinj.golden import Arm
from faultinj.inject import inject_together
from faultinj.plan import PlannedFault
from faultinj.workers import PORTION
from tools import recorder

TARGET = 300.0  # injections a minute and core, over all arms
MINUTE_S = 60


@dataclass(frozen=True)
class Cost:
    """Processor seconds of some runs."""

    runs: int
    qemu_s: float
    tool_s: float

    @property
    def per_minute(self) -> float:
        """Runs that one processor makes in a minute."""
        return MINUTE_S * self.runs / max(self.qemu_s + self.tool_s, 1e-9)

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(self.runs + other.runs, self.qemu_s + other.qemu_s, self.tool_s + other.tool_s)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"runs": self.runs, "qemu_s": round(self.qemu_s, 3),
                "tool_s": round(self.tool_s, 3), "per_minute": round(self.per_minute, 1)}


@dataclass(frozen=True)
class ArmCost:
    """One arm's."""

    name: str
    faulty: Cost
    clean: Cost


def _used_s() -> tuple[float, float]:
    found = []
    for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF):
        usage = resource.getrusage(who)
        found.append(usage.ru_utime + usage.ru_stime)
    return found[0], found[1]


def measure(runs: int, work: Callable[[], object]) -> Cost:
    """Processor time of so many runs."""
    qemu_s, tool_s = _used_s()
    work()
    after = _used_s()
    return Cost(runs, after[0] - qemu_s, after[1] - tool_s)


def arm_cost(arm: Arm, faults: list[PlannedFault]) -> ArmCost:
    """The campaign's first faults, as a worker runs them, and as many golden runs."""
    def faulty() -> None:
        for at in range(0, len(faults), PORTION):
            for _ in inject_together(arm, faults[at:at + PORTION]):
                pass

    def clean() -> None:
        for _ in faults:
            run(arm.flight, arm.limits, probes=arm.probes,
                inspect=lambda ram: recorder.read(ram, arm.system))

    return ArmCost(arm.name, measure(len(faults), faulty), measure(len(faults), clean))


def costs(prepared: Prepared, view: Callable[[str], None]) -> list[ArmCost]:
    """Of every arm."""
    found = []
    for arm in prepared.arms:
        view(arm.name)
        found.append(arm_cost(arm, prepared.faults))
    return found


def total(found: list[ArmCost]) -> ArmCost:
    """Of all arms."""
    faulty = clean = Cost(0, 0.0, 0.0)
    for arm in found:
        faulty, clean = faulty.plus(arm.faulty), clean.plus(arm.clean)
    return ArmCost("all", faulty, clean)
