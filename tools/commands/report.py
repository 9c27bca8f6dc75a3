# SPDX-License-Identifier: BSD-2-Clause
"""ternion report: a campaign's report, by the package faultinj; --tcb: what is not replicated."""

from __future__ import annotations

import argparse

from faultinj import commands
from tools import presets, tcb
from tools.board import load_board
from tools.console import console, heading, table, verdict


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    commands.configure_report(parser)
    parser.add_argument("--tcb", action="store_true",
                        help="print the size of the shim and the list of what is not replicated")
    parser.add_argument("--board", metavar="B", default=presets.BOARD,
                        help="with --tcb: the board whose drivers count (default: %(default)s)")


def show_tcb(board: str) -> int:
    """Lines of code, bytes, and the list."""
    heading(f"What every replica on {board} has to trust")
    files = tcb.count_lines(board)
    rows = table("file", "lines of code", "", right=("lines of code",))
    for path, count in files.items():
        part = tcb.part_of(path)
        rows.add_row(path, f"{count:,}", part.value if part else "")
    console.print(rows)
    total = {part: sum(count for path, count in files.items() if tcb.part_of(path) is part)
             for part in tcb.Part}
    resident = total[tcb.Part.RESIDENT]
    below = resident < tcb.LIMIT
    verdict(below, f"at EL2: {resident:,} lines of code (below {tcb.LIMIT:,}), drivers included")
    console.print(f"  and {total[tcb.Part.START]:,} lines that only the start runs: not executable "
                  "before the replica runs")
    console.print(f"  and {total[tcb.Part.SHARED]:,} lines of declarations and calls shared with "
                  "other rooms")
    for path, count in tcb.count_board_lines(board).items():
        console.print(f"  and {count:,} lines of {path}", markup=False)
    for name in presets.images(board):
        size = tcb.shim_size(name)
        if size:
            console.print(f"  in {name}, per core: {size.code + size.constant:,} bytes of code and "
                          f"constants, {size.data + size.zero:,} bytes of data", markup=False)
            break
    heading("Not replicated")
    for item in tcb.not_replicated():
        console.print(f"• {item}", markup=False)
    return 0 if below else 1


def run(args: argparse.Namespace) -> int:
    """Reports."""
    return show_tcb(load_board(args.board).name) if args.tcb else int(commands.run_report(args))
