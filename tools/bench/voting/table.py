# SPDX-License-Identifier: BSD-2-Clause
"""What voting costs, on the terminal."""

from __future__ import annotations

from rich.text import Text

from tools.bench.voting.clock import Clock
from tools.bench.voting.exchange import Cost
from tools.bench.voting.measure import TITLES, Sample
from tools.bench.voting.modes import LEVEL
from tools.bench.voting.result import STORM_WINDOW, Check, Result
from tools.console import console, note, table, verdict

COUNTED = ("instructions per core between two marks; work, voting and waiting are of the core that "
           "executed most, waiting apart; ratio: its work and voting to base's")
SYNCHRONISATIONS = ("sync/s: fingerprints that each replica published and device accesses that "
                    "were performed, per second of guest time, all cores together 1 ns an "
                    "instruction")
EXCHANGE = ("two pinned threads run rcoe's C and nothing else; on a satellite's processor the way "
            "of a cache line between cores and the CRC's speed differ")
NEEDED = f"--mode tmr --level {LEVEL} --window {STORM_WINDOW}"
EXPLAINED = {
    "compute": "compute-bound work in TMR, any window",
    "storm": "system-call storm in TMR at W=64",
    "payload": "the payload in TMR, any window",
}


def number(count: float) -> str:
    """Short."""
    if count >= 1e6:
        return f"{count / 1e6:.2f}M"
    return f"{count / 1e3:.1f}k" if count >= 1e4 else f"{count:.0f}"


def check_line(check: Check) -> str:
    """One limit, in words."""
    return (f"{EXPLAINED[check.what]}: {check.found:.3f} times base's instructions per core, limit "
            f"{check.limit:g} ({check.where})")


def _row(result: Result, name: str, sample: Sample, text: str, ratio: float) -> list[str | Text]:
    split = sample.busiest
    limit_style = "" if ratio < 1.5 else "bold"
    return [name, text, number(split.work), number(split.voting), number(split.waiting),
            Text(f"{ratio:.3f}", style=limit_style), number(sample.rate) if sample.rate else "–"]


def show_counts(result: Result) -> None:
    """One block of rows per workload."""
    columns = ("work", "voting", "waiting", "ratio", "sync/s")
    rows = table("workload", "mode", *columns, right=columns)
    rows.padding = (0, 1, 0, 0)
    for name, title in TITLES.items():
        for measured in result.measured:
            first = measured is result.measured[0]
            rows.add_row(*_row(result, title if first else "", measured.samples[name],
                               measured.mode.text, result.ratio(measured.mode, name)))
        rows.add_section()
    console.print(rows)
    note(f"counted: {COUNTED}")
    note(SYNCHRONISATIONS)


def show_costs(costs: list[Cost], reason: str, processor: str) -> None:
    """Nanoseconds of a ballot exchange."""
    if not costs:
        note(f"a ballot exchange on real cores was not measured: {reason}")
        return
    columns = ("W", "median ns", "p99 ns", "mean ns", "count")
    rows = table("ballot exchange", *columns, right=columns)
    for cost in costs:
        what = "one vote" if cost.what == "vote" else "system call: two votes, 72 words hashed"
        rows.add_row(what, str(cost.window), f"{cost.median:.0f}", f"{cost.p99:.0f}",
                     f"{cost.mean:.0f}", f"{cost.count:,}")
    console.print(rows)
    note(f"{processor}: {EXCHANGE}")


def show_clock(clock: Clock) -> None:
    """DMR by the wall clock."""
    columns = ("median", "quartiles", "95 % of median", "pairs")
    rows = table("wall clock, DMR to base", *columns, right=columns)
    for ratio in clock.ratios:
        interval = ratio.interval
        rows.add_row(TITLES[ratio.workload], f"{ratio.median:.2f}",
                     f"{ratio.low:.2f}-{ratio.high:.2f}",
                     f"{interval[0]:.2f}-{interval[1]:.2f}" if interval else "–",
                     str(len(ratio.pairs)))
    console.print(rows)
    note(f"each replica on a core of the host, free running, in the emulator; "
         f"{clock.cores} cores, {100 * clock.idle:.0f} % of them idle before")
    if clock.disturbed or clock.cores < 2:
        verdict(False, "the host was busy, or has one core: do not quote these times")


def show_limits(result: Result) -> None:
    """What this is held against."""
    for check in result.checks():
        verdict(check.good, check_line(check))
    for what in result.unchecked:
        verdict(False, f"{EXPLAINED[what]}: not measured; it needs {NEEDED}")


def show(result: Result) -> None:
    """Everything."""
    show_counts(result)
    console.print()
    show_costs(result.costs, result.no_costs, result.facts["processor"])
    if result.clock:
        console.print()
        show_clock(result.clock)
    console.print()
    show_limits(result)
