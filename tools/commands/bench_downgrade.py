# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench downgrade: how long outputs stop when a replica is outvoted."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from rich.status import Status

from tools.bench.downgrade import page
from tools.bench.downgrade.case import CaseResult, Outcome, Reference, fly, fly_reference
from tools.bench.downgrade.plan import Case, fingerprints, make_plan
from tools.bench.downgrade.result import LEAST_CASES, Result, as_json
from tools.bench.images import PLACE, root_task_image
from tools.commands.bench_common import add_campaign, facts_of, system_to_break, write_files
from tools.console import console, heading

PROGRAM = "beacon"


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("downgrade", help="TMR to DMR: how long outputs stop",
                              description="Flips bits in ballots and in the kernel while output "
                                          "flows, and times the next output.")
    add_campaign(parser, "downgrade", LEAST_CASES, "downgrades to be timed")
    parser.set_defaults(measure=run)


def _fly(reference: Reference, plan: list[Case], status: Status, before: int) -> list[CaseResult]:
    done: dict[int, CaseResult] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [pool.submit(fly, reference, case) for case in plan]
        try:
            for future in as_completed(futures):
                result = future.result()
                done[result.case.number] = result
                status.update(f"{before + len(done)} of {before + len(plan)} cases …")
        finally:
            for future in futures:
                future.cancel()
    return [done[number] for number in sorted(done)]


def fly_all(reference: Reference, wanted: int, seed: int) -> list[CaseResult]:
    """Cases in their order, until so many downgrades were timed; no more after a round of them that
    brought none."""
    done: list[CaseResult] = []
    timed = 0
    with console.status("") as status:
        while timed < wanted:
            total = len(done) + wanted - timed
            plan = make_plan(reference.run.sights, fingerprints(reference.system), total, seed)
            more = _fly(reference, plan[len(done):], status, len(done))
            new = sum(result.outcome is Outcome.DOWNGRADED for result in more)
            done += more
            timed += new
            if new == 0:
                break
    return done


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    image = root_task_image(system_to_break(args, LEAST_CASES), PROGRAM)
    facts = facts_of(args, image)
    with console.status("the run without a fault, twice …"):
        reference = fly_reference(image, PLACE / PROGRAM)
    result = Result(fly_all(reference, args.count, args.seed), args.count, facts)
    heading("TMR to DMR: how long outputs stop")
    page.show(result)
    write_files(args, as_json(result), page.html(result))
    return 0 if result.good else 1
