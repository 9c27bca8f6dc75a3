# SPDX-License-Identifier: BSD-2-Clause
"""ternion debug: one image under gdb, all symbols loaded, in this terminal."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools import debugger, presets
from tools.commands.run import chosen_system
from tools.console import command, heading
from tools.frames import COUNT
from tools.qemu import Timing


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--preset", metavar="P",
                        help=f"which system (default: {presets.DEFAULT}, or the image's)")
    parser.add_argument("--image", type=Path, metavar="FILE",
                        help="this image instead; its report must lie beside it")
    parser.add_argument("--frames", type=int, default=COUNT, metavar="N",
                        help="frames to photograph (default: %(default)s)")
    parser.add_argument("--free", action="store_true",
                        help="let virtual time pass with the host's, not by instructions")
    parser.add_argument("--command", action="append", default=[], metavar="GDB",
                        help="run this gdb command instead of reading the terminal; repeatable")


def run(args: argparse.Namespace) -> int:
    """Debugs."""
    system = chosen_system(args)
    heading(f"{system.preset} under gdb: thread n is core n-1")
    timing = Timing.FREE if args.free else Timing.ICOUNT
    return debugger.debug(system, frames=args.frames, timing=timing, batch=args.command,
                          announce=command, image=args.image)
