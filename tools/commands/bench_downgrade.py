# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench downgrade: how long outputs stop when a replica is outvoted."""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.status import Status

from faultinj.campaign import sweep
from faultinj.plugin_page import built_plugin
from tools import presets, web_page
from tools.bench.downgrade import page
from tools.bench.downgrade.case import CaseResult, Outcome, Reference, fly, fly_reference
from tools.bench.downgrade.plan import Case, make_plan
from tools.bench.downgrade.result import LEAST_CASES, Result, write_json
from tools.bench.images import PLACE, root_task_image
from tools.bench.kernel import qemu_version
from tools.commands.build import build
from tools.console import console, heading
from tools.errors import UserError
from tools.paths import BUILD, relative

PROGRAM = "beacon"
PRESET = "qemu-virt-tmr"
JSON = BUILD / "bench" / "downgrade.json"
HTML = BUILD / "bench" / "downgrade.html"


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("downgrade", help="TMR to DMR: how long outputs stop",
                              description="Flips bits in ballots and in the kernel while output "
                                          "flows, and times the next output.")
    parser.add_argument("--count", type=int, default=LEAST_CASES, metavar="N",
                        help=f"of downgrades to be timed (default: {LEAST_CASES})")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="decides all cases (default: 1)")
    parser.add_argument("--preset", default=PRESET, metavar="P",
                        help=f"with three replicas or more (default: {PRESET})")
    parser.add_argument("--json", type=Path, default=JSON, metavar="FILE",
                        help="where the figures go (default: build/bench/downgrade.json)")
    parser.add_argument("--html", type=Path, default=HTML, metavar="FILE",
                        help="the page (default: build/bench/downgrade.html)")
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
            plan = make_plan(reference.run.sights, reference.system, total, seed)
            more = _fly(reference, plan[len(done):], status, len(done))
            new = sum(result.outcome is Outcome.DOWNGRADED for result in more)
            done += more
            timed += new
            if new == 0:
                break
    return done


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    if args.count < 1:
        raise UserError(f"--count {args.count}: it needs one at least",
                        next_step=f"./ternion bench downgrade --count {LEAST_CASES}")
    preset = build(presets.check(args.preset), quiet=True).system
    if preset is None or preset.replicas < 3:
        raise UserError(f"{args.preset} has no replica to spare: a downgrade needs three",
                        next_step=f"./ternion bench downgrade --preset {PRESET}")
    sweep()
    built_plugin()
    image = root_task_image(preset, PROGRAM)
    started = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    with console.status("the run without a fault, twice …"):
        reference = fly_reference(image, PLACE / PROGRAM)
    result = Result(fly_all(reference, args.count, args.seed), args.count, {
        "started": started, "count": str(args.count), "seed": str(args.seed),
        "preset": preset.preset, "image_sha256": image.sha256,
        "vote": str(image.raw["vote_level"]), "window": str(image.raw["window"]),
        "qemu": qemu_version(image.qemu.binary), "timing": " ".join(image.qemu.icount)})
    heading("TMR to DMR: how long outputs stop")
    page.show(result)
    write_json(result, args.json)
    web_page.write(args.html, page.html(result))
    console.print(f"page: {relative(args.html)}   figures: {relative(args.json)}", markup=False)
    return 0 if result.good else 1
