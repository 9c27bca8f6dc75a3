# SPDX-License-Identifier: BSD-2-Clause
"""All cases together: distributions, the limit, the JSON file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from tools.bench.downgrade.case import CaseResult, Outcome
from tools.bench.downgrade.plan import What
from tools.bench.distribution import Distribution, distribution

FORMAT = 1
LIMIT_NS = 100_000  # 99th percentile, issue 4
LEAST_CASES = 500   # downgrades that the limit is meant for


@dataclass(frozen=True)
class Result:
    """One run of the benchmark."""

    cases: list[CaseResult]
    wanted: int  # downgrades
    facts: dict[str, str]

    def counts(self, what: What | None = None) -> Counter[Outcome]:
        """Outcomes; no case is left out."""
        return Counter(case.outcome for case in self.cases
                       if what is None or case.case.what is what)

    def timed(self, outcome: Outcome, io_core: bool | None = None) -> list[CaseResult]:
        """Cases with this outcome, and with this role of the replica's core."""
        return [case for case in self.cases if case.outcome is outcome and case.timing is not None
                and (io_core is None or case.io_core is io_core)]

    @property
    def downgrade(self) -> Distribution | None:
        """From the publication of the wrong ballot to the next output."""
        return distribution(case.timing.output_ns for case in self.timed(Outcome.DOWNGRADED)
                            if case.timing is not None)

    @property
    def wrong(self) -> list[CaseResult]:
        """Cases that must not be."""
        return [case for case in self.cases if case.outcome in (Outcome.BAD, Outcome.HARNESS)]

    @property
    def good(self) -> bool:
        """The limit is kept by enough downgrades, and nothing went wrong."""
        found = self.downgrade
        return (found is not None and found.count >= self.wanted and found.p99 < LIMIT_NS
                and not self.wrong)


def _case(result: CaseResult) -> dict[str, Any]:
    case = result.case
    return {"number": case.number, "what": case.what.value, "replica": case.replica,
            "round": case.round, "count": case.trigger.count, "flip": case.flip.text(),
            "outcome": result.outcome.value, "io_core": result.io_core, "note": result.note,
            **(asdict(result.timing) if result.timing else {})}


def as_json(result: Result) -> str:
    """Every case, and the sums."""
    found = result.downgrade
    return json.dumps({
        "format": FORMAT, **result.facts, "good": result.good, "limit_ns": LIMIT_NS,
        "wanted": result.wanted,
        "unit": "ns of guest time: one instruction of any core each",
        "downgrade": asdict(found) if found else None,
        "outcomes": {outcome.value: count for outcome, count in result.counts().items()},
        "cases": [_case(case) for case in result.cases]}, indent=1)
