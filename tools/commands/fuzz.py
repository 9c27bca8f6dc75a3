# SPDX-License-Identifier: BSD-2-Clause
"""ternion fuzz: random system calls on a kernel that checks its invariants at every exit."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools import fuzz, presets
from tools.commands.run import system_of
from tools.console import bad, command, console, heading, note
from tools.errors import UserError
from tools.fuzz import FuzzRun, Plan

DEFAULT = "qemu-virt-base-debug"
LIMIT_S = 3600.0
SUFFIX = "-debug"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--calls", type=int, default=5_000_000, metavar="N",
                        help="system calls to make (default: %(default)s)")
    parser.add_argument("--seed", type=int, action="append", metavar="S",
                        help="seed of the random numbers; may be given several times "
                             "(default: 1)")
    parser.add_argument("--until", type=int, default=0, metavar="N",
                        help="stop at call number N, as a failed run named it")
    parser.add_argument("--preset", default=DEFAULT, metavar="P",
                        help="which kernel, a debug build (default: %(default)s)")
    parser.add_argument("--stride", type=int, default=fuzz.STRIDE, metavar="N",
                        help="check everything at every N-th kernel exit (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="S",
                        help="end each run after S seconds (default: %(default)s)")
    parser.add_argument("--console", type=Path, metavar="FILE",
                        help="keep what the program printed, its coverage among it")


def _check(args: argparse.Namespace) -> str:
    preset = presets.check(args.preset)
    if not preset.endswith(SUFFIX):
        raise UserError(f"{preset} checks no invariants: fuzzing needs a debug build",
                        next_step=f"./ternion fuzz --preset {DEFAULT}")
    for name in ("calls", "stride"):
        if getattr(args, name) < 1:
            raise UserError(f"--{name} {getattr(args, name)} is no number of {name}",
                            next_step="./ternion fuzz --help")
    return preset


def _show(run: FuzzRun, keep: Path | None) -> None:
    if keep is not None:
        keep.write_text(run.text, encoding="utf-8")
    for line in run.text.splitlines():
        if line.startswith("fuzz: coverage:"):
            note(line)
    for problem in run.problems():
        bad(problem)
    console.print(run.line(), highlight=False)


def run(args: argparse.Namespace) -> int:
    """Fuzzes, seed by seed."""
    preset = _check(args)
    system = system_of(preset)
    heading(f"Fuzzing {preset}")
    failed = 0
    for seed in args.seed or [1]:
        plan = Plan(seed, args.calls, args.until, args.stride)
        done = fuzz.run(system, plan, limit_s=args.limit, announce=command)
        _show(done, args.console)
        failed += bool(done.problems())
    return 1 if failed else 0
