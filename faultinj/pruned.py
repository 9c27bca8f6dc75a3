# SPDX-License-Identifier: BSD-2-Clause
"""What a pruned campaign says of a stratum: what was known without a run, what was run, and the
estimate that both make. Counts are of runs only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from rich.table import Table

from faultinj.classify import EFFECTIVE, UNCONTROLLED, Outcome
from faultinj.estimate import NOTHING, Estimate, Known, known_of, wilson
from faultinj.statistics import Analysis, Tally
from tools import web_page
from tools.console import table

COLUMNS = ("overwritten", "not read again", "live", "run", "not run", "with an effect",
           "uncontrolled")
NOTE = (
    "Parts of the stratum's bits times instructions. Overwritten: the next access writes the byte, "
    "so the flip is masked. Not read again: nothing reads or executes it before the end, so it has "
    "no effect, though it may be found at the end. Both are known from a trace of the golden run; "
    "no such fault was run or counted. The last columns are estimates for the whole stratum, the "
    "share among the faults that were run times the live part, with 95 % intervals (Wilson). The "
    "shares in all other tables but that for a mission are of the faults that were run.")


@dataclass(frozen=True)
class Row:
    """A stratum in an arm."""

    stratum: str
    arm: str
    known: Known
    spared: int  # faults of the plan that were not run
    found: Tally

    def estimate(self, *outcomes: Outcome) -> Estimate:
        """For the whole stratum."""
        total = self.found.injected
        share = wilson(self.found.of(*outcomes).count, total) if total else Estimate(0, 0, 1)
        return share.times(self.known.live)

    def cells(self) -> list[str]:
        """Of COLUMNS."""
        parts = (self.known.overwritten, self.known.untouched, self.known.live)
        return [*(f"{100 * part:.1f} %" for part in parts), str(self.found.injected),
                str(self.spared), self.estimate(*EFFECTIVE).text(),
                self.estimate(*UNCONTROLLED).text()]


def rows_of(analysis: Analysis, arms: Sequence[dict[str, Any]]) -> list[Row]:
    """Empty where nothing was pruned."""
    strata = analysis.by_stratum()
    found = []
    for arm in arms:
        for name, known in known_of(arm).items():
            spared = sum(fault.stratum == name and arm["name"] in fault.dead_in
                         for fault in analysis.faults.values())
            tally = strata.get(name, {}).get(arm["name"], NOTHING)
            found.append(Row(name, arm["name"], known, spared, tally))
    return sorted(found, key=lambda row: row.stratum)


def section(rows: Sequence[Row]) -> list[str]:
    """Of the page."""
    if not rows:
        return []
    lines = [[escape(row.stratum), escape(row.arm), *row.cells()] for row in rows]
    return [web_page.section("Known without a run", web_page.table(
        ["stratum", "arm", *COLUMNS], lines), NOTE)]


def terminal_table(rows: Sequence[Row]) -> Table | None:
    """The estimates, for a terminal."""
    if not rows:
        return None
    names = COLUMNS[2:4] + COLUMNS[5:]
    found = table("stratum", "arm", *names, right=names)
    for row in rows:
        cells = row.cells()
        found.add_row(row.stratum, row.arm, *cells[2:4], *cells[5:])
    return found


def exported(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For JSON."""
    return [{"stratum": row.stratum, "arm": row.arm, **asdict(row.known), "live": row.known.live,
             "run": row.found.injected, "not run": row.spared,
             "with effect": asdict(row.estimate(*EFFECTIVE)),
             "uncontrolled": asdict(row.estimate(*UNCONTROLLED))} for row in rows]
