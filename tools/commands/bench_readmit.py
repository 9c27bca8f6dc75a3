# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench readmit: the way back from DMR to TMR while the payload flies."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.bench.readmit import page
from tools.bench.readmit.fly import Flown, Reference, Way, fly, fly_reference, image_of
from tools.bench.readmit.result import CYCLES, Result, as_json
from tools.commands.bench_common import add_campaign, facts_of, system_to_break, write_files
from tools.console import console, heading
from tools.flight import MISSIONS
from tools.frames import write_mission

FRAMES, FAULTS = 4, 12


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("readmit", help="DMR to TMR: how long all stand still",
                              description="Breaks replicas one after the other while the payload "
                                          "flies, and looks at how they come back.")
    add_campaign(parser, "readmit", CYCLES, "cycles, at least")
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N",
                        help=f"of each flight (default: {FRAMES})")
    parser.set_defaults(measure=run)


def fly_all(reference: Reference, wanted: int, seed: int) -> list[Flown]:
    """Flights until there are enough cycles; none more when a round of them brought none."""
    flown: list[Flown] = []
    workers = os.cpu_count() or 1
    back = 0
    with console.status("") as status, ThreadPoolExecutor(workers) as pool:
        while back < wanted:
            status.update(f"{len(flown)} flights, {back} of {wanted} cycles …")
            more = list(pool.map(lambda s: fly(reference, s, FAULTS),
                                 range(seed + len(flown), seed + len(flown) + workers)))
            new = sum(cycle.way is Way.BACK for one in more for cycle in one.cycles)
            flown += more
            back += new
            if new == 0:
                break
    return flown


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    image = image_of(system_to_break(args, CYCLES))
    facts = {**facts_of(args, image), "frames": str(args.frames)}
    with console.status("the flight without a fault …"):
        reference = fly_reference(image, write_mission(MISSIONS, args.frames))
    result = Result(fly_all(reference, args.count, args.seed), args.count, facts)
    heading("DMR to TMR: the way back")
    page.show(result)
    write_files(args, as_json(result), page.html(result))
    return 0 if result.good else 1
