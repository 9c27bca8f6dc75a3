# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench: what the kernel's operations and voting cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools import presets
from tools.bench import images, interrupts_off, kernel, table
from tools.bench.flight import LIMIT_S
from tools.bench.images import OWN_SYSTEM
from tools.commands import bench_downgrade, bench_inject, bench_inputs, bench_readmit, bench_voting
from tools.commands.build import build
from tools.console import command, console, heading
from tools.errors import UserError
from tools.paths import BUILD, ROOT, relative
from tools.system_report import SystemReport

BASE = "qemu-virt-base"
MODES = (BASE, "qemu-virt-dmr", "qemu-virt-tmr")
RESULT = BUILD / "bench" / "kernel.json"
OFF_RESULT = BUILD / "bench" / "interrupts-off.json"
PROGRAMS = ("apitest", "longcalls", "fuzz")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    speed = kinds.add_parser("kernel", help="the speed table: operations against stock seL4",
                             description="Counts the instructions of the kernel's operations.")
    speed.add_argument("--preset", action="append", metavar="P",
                       help="base, dmr, tmr or another preset; may be given several times "
                            "(default: these three)")
    speed.add_argument("--json", type=Path, default=RESULT, metavar="FILE",
                       help="where the figures go (default: build/bench/kernel.json)")
    speed.add_argument("--trace", metavar="OPERATION",
                       help="instead of the table: where one operation spends its instructions")
    speed.set_defaults(measure=_kernel)
    off = kinds.add_parser("interrupts-off", help="the longest time with interrupts off",
                           description="Flies programs and finds the longest stretch of "
                                       "instructions with interrupts off.")
    off.add_argument("--preset", action="append", metavar="P",
                     help="base, dmr, tmr or another preset; may be given several times "
                          "(default: base)")
    off.add_argument("--program", action="append", metavar="NAME",
                     help="a root task with a description configs/NAME.system, or 'flight' for "
                          "the preset's own system; may be given several times (default: "
                          "apitest and longcalls)")
    off.add_argument("--limit", type=float, default=LIMIT_S, metavar="SECONDS",
                     help=f"of the host, for each flight (default: {LIMIT_S:g})")
    off.add_argument("--json", type=Path, default=OFF_RESULT, metavar="FILE",
                     help="where the figures go (default: build/bench/interrupts-off.json)")
    off.set_defaults(measure=_interrupts_off)
    bench_voting.configure(kinds)
    bench_downgrade.configure(kinds)
    bench_readmit.configure(kinds)
    bench_inject.configure(kinds)
    bench_inputs.configure(kinds)


def systems_of(names: list[str]) -> list[SystemReport]:
    """Built as the sources are now."""
    systems = []
    for name in map(presets.check, names):
        if name == presets.HOST:
            raise UserError("the preset 'host' makes no image",
                            next_step="./ternion bench kernel --preset base")
        system = build(name, quiet=True).system
        assert system is not None
        systems.append(system)
    return systems


def _trace(system: SystemReport, key: str) -> int:
    heading(f"{key} on {system.preset}: instructions by function")
    for name, count in kernel.trace(system, key):
        console.print(f"{count:8,}  {name}", markup=False)
    console.print(f"\neach instruction: {relative(images.PLACE / f'trace-{key}.txt')}",
                  markup=False)
    return 0


def _kernel(args: argparse.Namespace) -> int:
    if args.trace is not None:
        kernel.operation_to_trace(args.trace)
        return _trace(systems_of(args.preset or [BASE])[0], args.trace)
    measured = []
    for system in systems_of(args.preset or list(MODES)):
        with console.status(f"flying {system.preset} …"):
            measured.append(kernel.measure(system, announce=command))
    result = table.make_result(measured)
    heading("Kernel operations, in executed instructions")
    table.show(result)
    table.write(result, args.json)
    console.print(f"figures: {relative(args.json)}", markup=False)
    return 0 if result.good else 1


def check_program(name: str) -> str:
    """A root task that has a description."""
    if name != OWN_SYSTEM and not (ROOT / "configs" / f"{name}.system").is_file():
        raise UserError(f"there is no program '{name}': configs/{name}.system is not there",
                        next_step="./ternion bench interrupts-off --program apitest")
    return name


def _interrupts_off(args: argparse.Namespace) -> int:
    programs = [check_program(name) for name in args.program or PROGRAMS]
    measured = []
    for system in systems_of(args.preset or [BASE]):
        for program in programs:
            image = system if program == OWN_SYSTEM else images.root_task_image(system, program)
            with console.status(f"flying {program} on {system.preset} …"):
                measured.append(interrupts_off.measure(image, program, args.limit, command))
    heading("Longest time with interrupts off, in executed instructions")
    good = interrupts_off.show(measured)
    interrupts_off.write(measured, args.json)
    console.print(f"figures: {relative(args.json)}", markup=False)
    return 0 if good else 1


def run(args: argparse.Namespace) -> int:
    """Measures."""
    return int(args.measure(args))
