# SPDX-License-Identifier: BSD-2-Clause
"""ternion image: one bootable image from any seL4 root task and a preset's kernel and shim."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tools import presets, root_task
from tools.commands.build import build
from tools.console import good, note, size
from tools.errors import UserError
from tools.paths import relative
from tools.root_elf import read_root_task
from tools.system_report import SystemReport

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def memory_size(text: str) -> int:
    """32M, 0x2000000, 33554432."""
    found = re.fullmatch(r"(0x[0-9a-f]+|[0-9]+)([kmg]?)", text.lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no size; write it like 32M or 0x2000000")
    return int(found[1], 0) * UNITS[found[2]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--rootserver", type=Path, required=True, metavar="FILE.elf",
                        help="static AArch64 ELF file of a root task for seL4 16 (MCS, EL1)")
    parser.add_argument("--preset", default=presets.DEFAULT, metavar="P",
                        help="whose kernel, shim and number of replicas: base, dmr, tmr, qmr, "
                             "base-debug, ... (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT",
                        help="the image; its report goes to OUT.json")
    parser.add_argument("--ram", type=memory_size, default=root_task.RAM_DEFAULT, metavar="SIZE",
                        help="RAM of each replica, a multiple of 2M (default: 32M)")
    tree = parser.add_mutually_exclusive_group()
    tree.add_argument("--dtb", type=Path, metavar="FILE",
                      help="device tree for the root task (default: one that describes a replica)")
    tree.add_argument("--no-dtb", action="store_true", help="no device tree: extraLen is 0")


def system_of(preset: str) -> SystemReport:
    """The preset's kernel and shim as the sources are now."""
    name = presets.check(preset)
    if name == presets.HOST:
        raise UserError("the preset 'host' makes no image",
                        next_step=f"./ternion image --preset {presets.DEFAULT} ...")
    built = build(name, quiet=True).system
    return built if built is not None else presets.load(name)


def run(args: argparse.Namespace) -> int:
    """Checks, builds the preset, packs."""
    output: Path = args.output
    root_task.check_output(output, args.rootserver)
    program = read_root_task(args.rootserver)
    system = system_of(args.preset)
    made = root_task.wrap(args.rootserver, system, output, ram=args.ram, tree_file=args.dtb,
                          with_tree=not args.no_dtb)
    root_task.write(made, output)
    good(f"{relative(output)}: {size(len(made.data))}, {system.preset}, root task "
         f"{args.rootserver.name} entered at 0x{program.entry:x}, sha256 {made.sha256[:16]}")
    note(f"run it: ./ternion run --image {relative(output)}")
    return 0
