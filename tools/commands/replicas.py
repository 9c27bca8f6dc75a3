# SPDX-License-Identifier: BSD-2-Clause
"""ternion replicas: who takes part, who is out, and what was counted of each."""

from __future__ import annotations

import argparse
import json

from tools import board_state, kept_run
from tools.board_state import Board, CoreState
from tools.commands.run import show_counters
from tools.console import console, heading, note, table
from tools.kept_run import KeptRun


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kept_run.configure(parser)
    parser.add_argument("--json", action="store_true", help="for machines")


def state(board: Board, replica: int) -> str:
    """What became of a replica."""
    word = board.counters.replicas[replica]["state"]
    core = CoreState(word).name.lower() if word in CoreState.__members__.values() \
        else f"state {word}"
    if not board.active >> replica & 1:
        return "out" if word == CoreState.PARKED else f"out ({core})"
    if board.stopped:
        return "stopped"
    return "active" if word == CoreState.RUNNING else f"active ({core})"


def role(board: Board, replica: int) -> str:
    """What only one replica does."""
    roles = [name for name, who in (("leader", board.leader), ("I/O", board.io_core))
             if who == replica]
    return ", ".join(roles)


def _show_json(run: KeptRun, board: Board) -> None:
    replicas = [{"replica": r, "state": state(board, r), "role": role(board, r),
                 "counters": board.counters.replicas[r]} for r in range(board.replicas)]
    print(json.dumps({"system": run.system.preset, "running": run.running,
                      "stopped": board.stopped, "window": board.window, "epoch": board.epoch,
                      "counters": board.counters.system, "replicas": replicas}, indent=1))


def run(args: argparse.Namespace) -> int:
    """Shows."""
    kept = kept_run.chosen(args)
    board = board_state.read(kept.ram, kept.system)
    if args.json:
        _show_json(kept, board)
        return 0
    heading(f"Replicas of {kept.title}")
    rows = table("replica", "state", "role", "events", "votes", "behind",
                 right=("events", "votes", "behind"))
    newest = max(words["events"] for words in board.counters.replicas)
    for replica, words in enumerate(board.counters.replicas):
        rows.add_row(str(replica), state(board, replica), role(board, replica),
                     f"{words['events']:,}", f"{words['votes']:,}",
                     f"{newest - words['events']:,}")
    console.print(rows)
    console.print()
    show_counters(board.counters)
    note(f"vote level {kept.system.raw['vote_level']}, window {board.window}, epoch {board.epoch}")
    return 0
