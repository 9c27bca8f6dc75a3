# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench readmit: the way back from DMR to TMR while the payload flies."""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from faultinj.campaign import sweep
from faultinj.plugin_page import built_plugin
from tools import presets, web_page
from tools.bench.kernel import qemu_version
from tools.bench.readmit import page
from tools.bench.readmit.fly import Flown, Reference, Way, fly, fly_reference, image_of
from tools.bench.readmit.result import CYCLES, Result, write_json
from tools.commands.build import build
from tools.console import console, heading
from tools.errors import UserError
from tools.flight import MISSIONS
from tools.frames import write_mission
from tools.paths import BUILD, relative

PRESET = "qemu-virt-tmr"
JSON = BUILD / "bench" / "readmit.json"
HTML = BUILD / "bench" / "readmit.html"
FRAMES, FAULTS = 4, 12


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("readmit", help="DMR to TMR: how long all stand still",
                              description="Breaks replicas one after the other while the payload "
                                          "flies, and looks at how they come back.")
    parser.add_argument("--count", type=int, default=CYCLES, metavar="N",
                        help=f"of cycles, at least (default: {CYCLES})")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="of the first flight (default: 1)")
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N",
                        help=f"of each flight (default: {FRAMES})")
    parser.add_argument("--preset", default=PRESET, metavar="P",
                        help=f"with three replicas or more (default: {PRESET})")
    parser.add_argument("--json", type=Path, default=JSON, metavar="FILE",
                        help="where the figures go (default: build/bench/readmit.json)")
    parser.add_argument("--html", type=Path, default=HTML, metavar="FILE",
                        help="the page (default: build/bench/readmit.html)")
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
    if args.count < 1:
        raise UserError(f"--count {args.count}: it needs a cycle at least",
                        next_step=f"./ternion bench readmit --count {CYCLES}")
    preset = build(presets.check(args.preset), quiet=True).system
    if preset is None or preset.replicas < 3:
        raise UserError(f"{args.preset} has no replica to spare: the way back needs three",
                        next_step=f"./ternion bench readmit --preset {PRESET}")
    sweep()
    built_plugin()
    image = image_of(preset)
    started = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    with console.status("the flight without a fault …"):
        reference = fly_reference(image, write_mission(MISSIONS, args.frames))
    result = Result(fly_all(reference, args.count, args.seed), args.count, {
        "started": started, "seed": str(args.seed), "frames": str(args.frames),
        "preset": preset.preset, "image_sha256": image.sha256,
        "vote": str(image.raw["vote_level"]), "window": str(image.raw["window"]),
        "qemu": qemu_version(image.qemu.binary), "timing": " ".join(image.qemu.icount)})
    heading("DMR to TMR: the way back")
    page.show(result)
    write_json(result, args.json)
    web_page.write(args.html, page.html(result))
    console.print(f"page: {relative(args.html)}   figures: {relative(args.json)}", markup=False)
    return 0 if result.good else 1
