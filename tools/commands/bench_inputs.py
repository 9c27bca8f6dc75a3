# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench inputs: how long interrupts take to their handlers, how right agreed time is."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from faultinj.plugin_page import built_plugin
from faultinj.workspace import sweep
from tools import presets
from tools.bench.images import PLACE, root_task_image
from tools.bench.inputs import page
from tools.bench.inputs.fly import Flown, Schedule, fly
from tools.bench.inputs.plan import PROGRAM
from tools.bench.inputs.result import Result, as_json
from tools.bench.kernel import qemu_version
from tools.commands.bench_common import add_files, now, write_files
from tools.commands.build import build
from tools.console import console, heading
from tools.errors import UserError
from tools.system_report import SystemReport

MODES = ("base", "dmr", "tmr")


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("inputs", help="interrupts to their handlers, and agreed time",
                              description="Times interrupts of a serial line and of the timer "
                                          "while replicas idle, compute and make system calls.")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="decides when characters come, and which (default: 1)")
    parser.add_argument("--preset", action="append", metavar="P",
                        help="base, dmr, tmr or another preset of qemu-virt; may be given several "
                             "times (default: these three)")
    add_files(parser, "inputs")
    parser.set_defaults(measure=run)


def _systems(names: list[str]) -> list[SystemReport]:
    systems = []
    for name in map(presets.check, names):
        if not name.startswith(f"{presets.BOARD}-"):
            raise UserError(f"{name}: the program drives the UART of {presets.BOARD}",
                            next_step="./ternion bench inputs --preset tmr")
        system = build(name, quiet=True).system
        assert system is not None
        systems.append(root_task_image(system, PROGRAM))
    return systems


def fly_all(systems: list[SystemReport], seed: int) -> list[Flown]:
    """Each side by side, those with peers also in the emulator's own order."""
    plan = [(system, schedule) for schedule in Schedule for system in systems
            if schedule is Schedule.SIDE_BY_SIDE or system.replicas > 1]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [pool.submit(fly, system, PROGRAM,
                               PLACE / PROGRAM / f"{system.preset}-{schedule.name.lower()}",
                               schedule, seed) for system, schedule in plan]
        return [future.result() for future in futures]


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    systems = _systems(args.preset or list(MODES))
    sweep()
    built_plugin()
    qemu = systems[0].qemu
    facts = {"started": now(), "seed": str(args.seed),
             "presets": ", ".join(system.preset for system in systems),
             "qemu": qemu_version(qemu.binary), "timing": " ".join(qemu.icount)}
    with console.status(f"flying {', '.join(system.preset for system in systems)} …"):
        result = Result(fly_all(systems, args.seed), facts)
    heading("From an interrupt to its handler")
    page.show(result)
    write_files(args, as_json(result), page.html(result))
    return 0 if result.good else 1
