# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench voting: what voting costs."""

from __future__ import annotations

import argparse
import os
import platform
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.bench.kernel import qemu_version
from tools.bench.voting import clock, exchange, modes, table
from tools.bench.voting.measure import Flown, Measurement, fly
from tools.bench.voting.modes import LEVEL, Images, Mode
from tools.bench.voting.page import html
from tools.bench.voting.result import Result, as_json
from tools.commands.bench_common import add_files, now, write_files
from tools.console import command, console, heading
from tools.errors import UserError

PAIRS, VOTES, QUICK_VOTES = 10, 200_000, 20_000


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("voting", help="what voting costs: instructions, time, nanoseconds",
                              description="Compares base, DMR and TMR at each vote level and "
                                          "window.")
    parser.add_argument("--quick", action="store_true",
                        help=f"base and TMR, {LEVEL}, W = 0 and 64, no wall clock")
    parser.add_argument("--mode", action="append", choices=("dmr", "tmr"),
                        help="compared with base; may be given twice (default: both)")
    parser.add_argument("--level", action="append", metavar="L",
                        help="a vote level; may be given several times (default: all)")
    parser.add_argument("--window", action="append", type=int, metavar="W",
                        help="may be given several times (default: 0, 4 and 64)")
    parser.add_argument("--pairs", type=int, default=None, metavar="N",
                        help=f"of runs by the wall clock, base and DMR (default: {PAIRS}; 0: none)")
    add_files(parser, "voting")
    parser.set_defaults(measure=run)


def _count(chosen: list[Mode], images: Images) -> list[Measurement]:
    ready: list[Flown] = []
    for mode in chosen:
        with console.status(f"building {mode.text} …"):
            ready.append(Flown.of(mode, images))
    with (console.status(f"flying {len(ready)} systems, twice each …"),
          ThreadPoolExecutor(os.cpu_count()) as pool):
        measured = list(pool.map(fly, ready))
    for found in measured[:1]:
        command(found.command)
    return measured


def _facts(image_binary: str) -> dict[str, str]:
    return {"started": now(),
            "processor": exchange.processor(exchange.cpuinfo()),
            "host": f"{platform.machine()}, {os.cpu_count()} processors, Python "
                    f"{platform.python_version()}",
            "qemu": qemu_version(image_binary), "timing": "-icount shift=0: 1 ns an instruction"}


def _costs(quick: bool, windows: tuple[int, ...]) -> tuple[list[exchange.Cost], str]:
    reason = exchange.missing(exchange.cpuinfo(), len(os.sched_getaffinity(0)))
    if reason is not None:
        return [], reason
    with console.status("exchanging ballots on two cores …"):
        return exchange.measure(windows, QUICK_VOTES if quick else VOTES), ""


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    windows = tuple(args.window or (modes.QUICK_WINDOWS if args.quick else modes.WINDOWS))
    levels = args.level or ([LEVEL] if args.quick else modes.all_levels())
    names = args.mode or (["tmr"] if args.quick else ["dmr", "tmr"])
    pairs = args.pairs if args.pairs is not None else 0 if args.quick else PAIRS
    if pairs < 0:
        raise UserError(f"--pairs {pairs}: it cannot be less than none",
                        next_step="./ternion bench voting --pairs 10")
    chosen = modes.chosen(names, levels, windows)
    images = Images()
    measured = _count(chosen, images)
    costs, reason = _costs(args.quick, windows)
    timed = None
    if pairs:
        with console.status(f"{pairs} pairs by the wall clock …"):
            timed = clock.measure(pairs, images)
    result = Result(measured, costs, reason, timed, _facts(measured[0].command.split()[0]))
    heading("What voting costs")
    table.show(result)
    write_files(args, as_json(result), html(result))
    return 0 if result.good else 1
