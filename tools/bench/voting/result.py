# SPDX-License-Identifier: BSD-2-Clause
"""All that was measured, the limits it is held against, and its JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from tools.bench.voting.clock import Clock
from tools.bench.voting.exchange import Cost
from tools.bench.voting.measure import COMPUTE, PAYLOAD, STORM, Measurement, Sample
from tools.bench.voting.modes import BASE, LEVEL, Mode

FORMAT = 1
STORM_WINDOW = 64
LIMITS = {"compute": 1.02, "storm": 1.5, "payload": 1.15}  # of TMR to base, issue 4


@dataclass(frozen=True)
class Check:
    """A limit and what was measured."""

    what: str
    limit: float
    found: float
    where: str  # the mode and workload of the figure

    @property
    def good(self) -> bool:
        return self.found <= self.limit


@dataclass(frozen=True)
class Result:
    """One run of the benchmark."""

    measured: list[Measurement]
    costs: list[Cost]
    no_costs: str         # why there are none
    clock: Clock | None
    facts: dict[str, str]  # machine, emulator, date

    @property
    def base(self) -> dict[str, Sample]:
        """What ratios refer to."""
        return next(m.samples for m in self.measured if m.mode == BASE)

    def ratio(self, mode: Mode, workload: str) -> float:
        """Of the busiest core of a mode to base, waiting apart."""
        samples = next(m.samples for m in self.measured if m.mode == mode)
        return samples[workload].ratio(self.base[workload])

    def _worst(self, what: str, workloads: tuple[str, ...], modes: list[Mode]) -> Check:
        found, mode, workload = max(((self.ratio(mode, name), mode, name) for mode in modes
                                     for name in workloads), key=lambda item: item[0])
        return Check(what, LIMITS[what], found, f"{workload}, {mode.text}")

    def checks(self) -> list[Check]:
        """Limits that apply to what was measured: TMR at the usual level, the worst window."""
        modes = [m.mode for m in self.measured if m.mode.name == "tmr" and m.mode.level == LEVEL]
        held = {"compute": (COMPUTE, modes),
                "storm": ((STORM,), [mode for mode in modes if mode.window == STORM_WINDOW]),
                "payload": ((PAYLOAD,), modes)}
        return [self._worst(what, *against) for what, against in held.items()
                if against[1] and self._measured(*against)]

    def _measured(self, workloads: tuple[str, ...], modes: list[Mode]) -> bool:
        return all(name in m.samples for m in self.measured if m.mode in (BASE, *modes)
                   for name in workloads)

    @property
    def unchecked(self) -> list[str]:
        """Limits that nothing was held against."""
        checked = {check.what for check in self.checks()}
        return [what for what in LIMITS if what not in checked]

    @property
    def good(self) -> bool:
        """Every limit was measured, and is kept."""
        return not self.unchecked and all(check.good for check in self.checks())


def _sample(result: Result, mode: Mode, name: str, sample: Sample) -> dict[str, Any]:
    return {"cores": [asdict(split) for split in sample.cores], **asdict(sample.told),
            "synchronisations_per_s": round(sample.rate),
            "ratio": round(result.ratio(mode, name), 5)}


def as_json(result: Result) -> str:
    """Everything, plots are made of nothing else."""
    clock = result.clock
    return json.dumps({
        "format": FORMAT, **result.facts, "good": result.good,
        "unit": "instructions of a core between two marks; ratio: work and voting of the busiest "
                "core relative to base",
        "checks": [{**asdict(check), "good": check.good} for check in result.checks()],
        "unchecked": result.unchecked,
        "modes": [{"mode": m.mode.key, "replicas": m.mode.replicas, "level": m.mode.level,
                   "window": m.mode.window, "image_sha256": m.sha256, "command": m.command,
                   "workloads": {name: _sample(result, m.mode, name, sample)
                                 for name, sample in m.samples.items()}}
                  for m in result.measured],
        "exchange": [asdict(cost) for cost in result.costs], "no_exchange": result.no_costs,
        "clock": {**asdict(clock), "disturbed": clock.disturbed} if clock else None,
    }, indent=1)
