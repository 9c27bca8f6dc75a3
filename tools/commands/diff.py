# SPDX-License-Identifier: BSD-2-Clause
"""ternion diff: where the memory of replicas differs, by symbol, first difference first."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.markup import escape

from tools import board_state, kept_run, replica_diff
from tools.board_state import Board
from tools.console import console, good, heading, note, table, verdict
from tools.errors import UserError
from tools.replica_diff import Comparison, Difference
from tools.symbols import Symbols

SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kept_run.configure(parser)
    parser.add_argument("replicas", nargs="*", type=int, metavar="R",
                        help="two replicas (default: the leader with every other active one)")
    parser.add_argument("--limit", type=int, default=SHOWN, metavar="N",
                        help="show so many differences of a pair (default: %(default)s)")
    parser.add_argument("--all", action="store_true",
                        help="show those, too, that healthy replicas have")
    parser.add_argument("--json", action="store_true", help="for machines")


def pairs(board: Board, asked: list[int]) -> list[tuple[int, int]]:
    """Who is compared with whom."""
    if not asked:
        return [(board.leader, r) for r in range(board.replicas)
                if board.active >> r & 1 and r != board.leader]
    wrong = [r for r in asked if not 0 <= r < board.replicas]
    if wrong:
        raise UserError(f"replica {wrong[0]} is not in this image (it has {board.replicas} "
                        f"replicas: 0..{board.replicas - 1})", next_step="./ternion diff")
    if len(set(asked)) != 2 or len(asked) != 2:
        raise UserError("a difference is between two replicas: name two, or none",
                        next_step="./ternion diff 0 1")
    return [(asked[0], asked[1])]


def _show(comparison: Comparison, differences: list[Difference], limit: int) -> None:
    one, other = comparison.pair
    wrong = comparison.wrong
    words = sum(difference.size for difference in wrong)
    verdict(not wrong, f"replica {one} and replica {other}: " + (
        f"{len(wrong)} differences, {words:,} bytes; the first: {wrong[0].layer}, {wrong[0].name}"
        if wrong else "equal"))
    legitimate = [d for d in comparison.differences if d.legitimate]
    if legitimate:
        size = sum(difference.size for difference in legitimate)
        note(f"{size:,} bytes differ as they may (--all): {legitimate[0].legitimate}")
    if comparison.moving:
        note(f"{comparison.moving:,} words differed in some looks only: programs under way")
    if not differences:
        return
    rows = table("address", "bytes", "layer", "what", f"replica {one}", f"replica {other}",
                 right=("bytes",))
    for difference in differences[:limit]:
        rows.add_row(f"{difference.ipa:#x}", str(difference.size), difference.layer,
                     escape(difference.name) + (" (legitimate)" if difference.legitimate else ""),
                     *(f"{value:#x}" for value in difference.first))
    console.print(rows)
    if len(differences) > limit:
        note(f"and {len(differences) - limit:,} more: --limit N")


def run(args: argparse.Namespace) -> int:
    """Compares. Exit status 1 when there is a difference that should not be."""
    if args.limit < 1:
        raise UserError(f"--limit {args.limit} is no number of differences",
                        next_step="./ternion diff --limit 20")
    kept = kept_run.chosen(args)
    board = board_state.read(kept.ram, kept.system)
    symbols = Symbols(kept.system)
    moves = kept.running and not board.stopped
    looks = replica_diff.LOOKS if moves else 1
    results = [replica_diff.compare(kept.ram, kept.system, pair, looks, symbols)
               for pair in pairs(board, args.replicas)]
    status = int(any(result.wrong for result in results))
    if args.json:
        print(json.dumps({"system": kept.system.preset, "running": moves,
                          "pairs": [asdict(result) for result in results]}, indent=1))
        return status
    heading(f"Differences of {kept.title}")
    for result in results:
        _show(result, result.differences if args.all else result.wrong, args.limit)
    out = [r for r in range(board.replicas) if not board.active >> r & 1]
    if not args.replicas:
        if not results:
            good("one replica takes part: there is nobody to compare it with")
        for replica in out:
            note(f"replica {replica} is out: ./ternion diff {board.leader} {replica}")
    return status
