# SPDX-License-Identifier: BSD-2-Clause
"""What a campaign would do and cost, before any fault: `ternion inject --dry-run`."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from faultinj.campaign import Prepared
from faultinj.estimate import Known
from faultinj.golden import Arm
from faultinj.plugin_page import CLASS_ANY
from faultinj.sample_size import faults_needed, margin_of
from faultinj.strata import JOIN_STAGES, Kind
from tools.console import console, note, table

OVERHEAD = 1.15   # an injection against a golden run: the stub, single steps, hangs, the database
PER_RUN_S = 0.04  # of the tool itself
MARGIN = 0.01     # what is named as an example


def processor_s(arm: Arm, count: int) -> float:
    """Estimated processor time of so many injections into an arm."""
    return count * (OVERHEAD * arm.cpu_s + PER_RUN_S)


def strata_lines(prepared: Prepared) -> list[tuple[str, int, int]]:
    """Stratum, its weight, its faults; strata without memory in this image have none."""
    counts = Counter(fault.stratum for fault in prepared.faults if fault.kind is not Kind.NULL)
    return [(stratum.name, stratum.weight, counts[stratum.name])
            for stratum in prepared.campaign.strata]


def duration(seconds: float) -> str:
    """For people."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def join_lines(arm: Arm) -> list[str]:
    """The first fault, and how long the stages of the join are."""
    if arm.first is None:
        return []
    trigger, flip = arm.first.injection
    sums = [sum(row[CLASS_ANY] for row in counts) for counts in arm.golden.stages]
    lengths = ", ".join(f"{event.value} {end - begin:,}"
                        for event, begin, end in zip(JOIN_STAGES, sums, sums[1:]))
    return [f"{arm.name}: first fault, in every run: replica {arm.first.replica}, {flip.text()}, "
            f"at its user instruction {trigger.count:,}",
            f"{arm.name}: instructions of all cores in the join: {lengths}"]


def injections(prepared: Prepared, arm: Arm) -> int:
    """Into this arm, null injections too."""
    return sum(arm.name not in fault.dead_in for fault in prepared.faults)


def _margin(prepared: Prepared, arm: Arm, faults: int) -> float:
    """Of a share of the whole space, whose dead part is known."""
    space, known = prepared.spaces[arm.name], prepared.known.get(arm.name, {})
    live = sum(round(size * known[name].live) if name in known else size
               for name, size in space.items())
    return margin_of(live, faults) * live / sum(space.values()) if live > 1 and faults else 0.0


def _known_table(known: list[tuple[str, str, Known]]) -> Table:
    names = ("overwritten", "not read again", "live")
    rows = table("stratum", "arm", *names, right=names)
    for stratum, arm, parts in sorted(known, key=lambda entry: entry[0]):
        rows.add_row(stratum, arm, *(f"{100 * part:.1f} %" for part in (
            parts.overwritten, parts.untouched, parts.live)))
    return rows


def show(prepared: Prepared) -> int:
    """The plan and its cost."""
    campaign = prepared.campaign
    rows = table("stratum", "weight", "faults", right=("weight", "faults"))
    for name, weight, count in strata_lines(prepared):
        rows.add_row(name, str(weight), str(count) if count else "no memory in use")
    console.print(rows)
    nulls = sum(fault.kind is Kind.NULL for fault in prepared.faults)
    note(f"and {nulls} null injections; every fault goes into each arm"
         + (" but those where it is known to have no effect" if prepared.known else ""))
    for arm in prepared.arms:
        for line in join_lines(arm):
            note(line)
    known = [(stratum, arm, parts) for arm, strata in prepared.known.items()
             for stratum, parts in strata.items()]
    if known:
        console.print(_known_table(known))
    total = 0.0
    rows = table("arm", "injections", "golden run", "processor time",
                 right=("injections", "golden run", "processor time"))
    for arm in prepared.arms:
        count = injections(prepared, arm)
        cost = processor_s(arm, count)
        total += cost
        rows.add_row(arm.name, str(count), f"{arm.cpu_s:.2f} s", duration(cost))
    console.print(rows)
    for arm in prepared.arms:
        space, faults = sum(prepared.spaces[arm.name].values()), injections(prepared, arm) - nulls
        if space:
            note(f"{arm.name}: {faults} of {space:.3g} possible single upsets tell a share to "
                 f"within {100 * _margin(prepared, arm, faults):.1f} points (95 %), if their "
                 "strata have their weight")
    needed = faults_needed(10 ** 15, MARGIN)
    note(f"{needed} faults would tell any share to within {100 * MARGIN:g} point")
    note(f"about {duration(total / campaign.workers)} with {campaign.workers} workers, if each has "
         "a processor for itself; storms of exceptions take longer")
    return 0
