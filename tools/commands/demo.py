# SPDX-License-Identifier: BSD-2-Clause
"""ternion demo: build, fly, break a replica, measure. Each part prints what it saw."""

from __future__ import annotations

import argparse
import time

from faultinj import commands as campaigns
from faultinj.demonstrate import demonstrate
from tools import flight, presets
from tools.board import load_board
from tools.commands.build import MODES, build, show_sizes
from tools.commands.run import show_flight
from tools.console import command, console, good, heading, note, verdict
from tools.frames import COUNT
from tools.qemu import Timing
from tools.system_report import SystemReport

INJECTIONS = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--frames", type=int, default=COUNT, metavar="N",
                        help="frames to photograph in each flight (default: %(default)s)")
    parser.add_argument("--count", type=int, default=INJECTIONS, metavar="N",
                        help="faults of the campaign, each in base, DMR and TMR "
                             "(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="of the one fault and of the campaign (default: %(default)s)")
    parser.add_argument("--board", metavar="B", default=presets.BOARD,
                        help="what to fly (default: %(default)s)")


def _build(board: str) -> list[SystemReport]:
    heading("1. Build: the same sources as base, DMR and TMR")
    built = [build(f"{board}-{mode}") for mode in MODES]
    systems = [result.system for result in built if result.system]
    console.print()
    show_sizes(systems)
    return systems


def _fly(systems: list[SystemReport], frames: int) -> bool:
    heading("2. Fly: the camera photographs the Earth, the ground checks every bit")
    results = []
    for system in systems:
        result = flight.fly(system, frames=frames, timing=Timing.ICOUNT, announce=command)
        show_flight(result)
        results.append(result)
    same = len({result.downlink for result in results}) == 1
    verdict(same, "downlinks of base, DMR and TMR are "
                  + ("byte-identical" if same else "NOT the same"))
    return same and all(result.good for result in results)


def _break(system: SystemReport, seed: int) -> bool:
    heading("3. Break: one bit of one replica flips while TMR flies")
    with console.status("looking for a fault with an effect …"):
        seen = demonstrate(system, seed)
    note(f"fault {seen.tries} of seed {seed}; those before it had no effect")
    for line in seen.lines():
        verdict(seen.downlink_unchanged, line)
    for event in seen.events:
        note(f"recorded: {event}")
    return seen.downlink_unchanged


def _measure(args: argparse.Namespace) -> bool:
    heading("4. Measure: the same faults into base, DMR and TMR")
    parser = argparse.ArgumentParser()
    campaigns.configure_inject(parser)
    options = parser.parse_args([f"--count={args.count}", f"--seed={args.seed}",
                                 f"--board={args.board}"])
    return campaigns.run_inject(options) == 0


def run(args: argparse.Namespace) -> int:
    """The whole story. Status 0 only when every part of it is good."""
    start = time.monotonic()
    systems = _build(load_board(args.board).name)
    parts = [_fly(systems, args.frames), _break(systems[-1], args.seed), _measure(args)]
    console.print()
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    verdict(all(parts), f"demo ended after {minutes} min {seconds} s")
    good("next: ./ternion run --ping hello --housekeeping, ./ternion debug, ./ternion test")
    return 0 if all(parts) else 1
