# SPDX-License-Identifier: BSD-2-Clause
"""The image builder: a system description and the linked programs in, ternion.img and a report out.

CMake runs it as `python3 -m tools.build_image`. Everything is checked before anything is written.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from pathlib import Path

from tools import dma
from tools.board import load_board
from tools.elf import Program, read_program
from tools.errors import UserError, run_main
from tools.image import pack_image
from tools.layout import lay_out
from tools.plan import plan_system
from tools.sel4_abi import HARDWARE_DEBUG_SYMBOL
from tools.report import make_report, preset_name, write_report
from tools.system_check import check_system
from tools.system_file import read_system, vote_level, window_size
from tools.system_model import Redundancy, System, VoteLevel

SINGLE_SYMBOL = "rcoe_single"       # rcoe/single/single.c
VOTING_SYMBOL = "rcoe_fingerprint"  # rcoe/ballot.c
LEVEL_SYMBOLS = {f"rcoe_level_{level.name.lower()}": level for level in VoteLevel}  # rcoe/levels


class Arguments(argparse.ArgumentParser):
    """argparse whose mistakes look like all others."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(message, next_step=f"{self.prog} --help")


def parser() -> Arguments:
    result = Arguments(prog="python3 -m tools.build_image", description=__doc__)
    result.add_argument("--board", required=True, help="directory of boards/")
    result.add_argument("--system", required=True, type=Path, help="system description")
    result.add_argument("--replicas", type=int, help="overrides the description's replicas")
    result.add_argument("--vote-level", help="overrides the description's vote level")
    result.add_argument("--window", help="overrides the description's window")
    result.add_argument("--preset", help="name in the report")
    for name in ("shim-elf", "shim-bin", "kernel-elf", "init-elf"):
        result.add_argument(f"--{name}", required=True, type=Path)
    result.add_argument("--root-only", action="store_true",
                        help="the init program is the whole system: no protection domains")
    result.add_argument("--pd-dir", required=True, type=Path,
                        help="directory of the protection domains' programs")
    result.add_argument("--search-path", type=Path, action="append", default=[],
                        help="further directory of programs and prefill files")
    result.add_argument("-o", "--output", required=True, type=Path, help="the image")
    result.add_argument("--report", required=True, type=Path)
    return result


def override(system: System, replicas: int | None, vote: str | None,
             window: str | None) -> System:
    """The command line's choices instead of those of <redundancy>."""
    redundancy = system.redundancy
    if replicas is not None:
        redundancy = dataclasses.replace(redundancy, replicas=replicas,
                                         replicas_from=f"{system.path} with --replicas")
    if vote is not None:
        redundancy = dataclasses.replace(redundancy, vote=vote_level(None, vote))
    if window is not None:
        redundancy = dataclasses.replace(redundancy, window=window_size(window))
    return dataclasses.replace(system, redundancy=redundancy)


def check_kernel_form(kernel: Program, path: Path, redundancy: Redundancy) -> None:
    """One replica and several have kernels of their own, and each vote level of these."""
    replicas = redundancy.replicas
    for symbol, wrong, form in ((SINGLE_SYMBOL, replicas > 1, "one replica"),
                                (VOTING_SYMBOL, replicas == 1, "several replicas")):
        if wrong and symbol in kernel.symbols:
            raise UserError(f"{path}: this kernel is built for {form}, the image has {replicas}",
                            next_step=f"cmake -DTERNION_REPLICAS={replicas} ..., then build again")
    wanted = redundancy.vote.text
    for symbol, level in LEVEL_SYMBOLS.items():
        if symbol in kernel.symbols and level != redundancy.vote:
            raise UserError(f"{path}: this kernel is built for vote level '{level.text}', the "
                            f"image has '{wanted}'",
                            next_step=f"cmake -DTERNION_VOTE_LEVEL={wanted} ..., then build again")


def check_dma_form(kernel: Program, path: Path, system: System) -> None:
    """A kernel knows about DMA, or not."""
    wanted = dma.is_used(system)
    if wanted != (dma.SYMBOL in kernel.symbols):
        form, has = ("without", "some") if wanted else ("with", "none")
        raise UserError(f"{path}: this kernel is built for a system {form} DMA regions, "
                        f"{system.path} has {has}",
                        next_step=f"cmake -DTERNION_SYSTEM={system.path} ..., then build again")


def write_file(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(data)
    os.replace(part, path)


def build(options: argparse.Namespace) -> int:
    board = load_board(options.board)
    system = override(read_system(options.system), options.replicas, options.vote_level,
                      options.window)
    search = [options.pd_dir, *options.search_path, options.system.parent]
    system = dma.placed(system, board)
    regions, programs = check_system(system, board, search, options.root_only)
    for region in system.memory_regions:
        if region.name not in system.used_regions() and not options.root_only:
            print(f"ternion: warning: {system.path}:{region.line}: memory region '{region.name}' "
                  "is used by no map", file=sys.stderr)
    layouts = {pd.name: lay_out(system, pd, read_program(programs[pd.name]), regions)
               for pd in system.protection_domains}
    shim_elf = read_program(options.shim_elf)
    kernel = read_program(options.kernel_elf)
    check_kernel_form(kernel, options.kernel_elf, system.redundancy)
    check_dma_form(kernel, options.kernel_elf, system)
    plan = plan_system(system, regions, layouts, HARDWARE_DEBUG_SYMBOL in kernel.symbols)
    init = read_program(options.init_elf)
    image, users = pack_image(system, board, plan, options.shim_bin, shim_elf, kernel, init)
    paths = {"kernel": options.kernel_elf, "shim": options.shim_elf, "init": options.init_elf}
    paths |= {f"pd:{name}" if name in paths else name: path for name, path in programs.items()}
    preset = options.preset or preset_name(board.name, system.redundancy.replicas)
    write_file(options.output, image.data)
    write_report(make_report(system, board, plan, image, users, paths, options.output, preset),
                 options.report)
    print(f"{options.output}: {len(image.data)} bytes, {system.redundancy.replicas} replicas, "
          f"{len(system.protection_domains)} protection domains, sha256 {image.sha256[:16]}")
    return 0


def main(arguments: list[str]) -> int:
    return run_main(lambda: build(parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
