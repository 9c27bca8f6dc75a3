# SPDX-License-Identifier: BSD-2-Clause
"""ternion test: everything that can go wrong here, asked at once."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from tools import presets, test_steps
from tools.board import load_board
from tools.console import console, heading, note, verdict
from tools.errors import UserError
from tools.paths import relative
from tools.test_steps import LOGS, Step, StepResult

TAIL_LINES = 60


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("step", nargs="*",
                        help="only these steps: lint, unit, build, tools, errors, system, ...")
    parser.add_argument("--list", action="store_true", help="print the steps and end")
    parser.add_argument("--board", metavar="B",
                        help="run all system tests on this board only (default: all on "
                             f"{presets.BOARD}, the short ones on every board)")


def _chosen(names: list[str], board: str | None) -> list[Step]:
    steps = test_steps.steps(board and load_board(board).name)
    known = dict.fromkeys(step.name.split()[0] for step in steps) | dict.fromkeys(
        step.name for step in steps)
    for name in names:
        if name not in known:
            raise UserError(f"unknown test step '{name}'; the steps are: {', '.join(known)}",
                            next_step="./ternion test --list")
    return [step for step in steps
            if not names or step.name in names or step.name.split()[0] in names]


def _show(step: Step, result: StepResult) -> None:
    text = f"{step.name:28} {result.passed:5} passed  {result.failed:3} failed"
    if result.skipped:
        text += f"  {result.skipped} skipped"
    verdict(not result.failed, f"{text}  {result.seconds:7.1f} s")
    for line in result.output.splitlines()[-TAIL_LINES:] + result.table.splitlines():
        note(line)


def _run_all(steps: list[Step]) -> Iterator[tuple[Step, StepResult]]:
    """One after the other; those that may run beside others, among themselves."""
    with ThreadPoolExecutor(1) as pool:
        running: list[tuple[Step, Future[StepResult]]] = []
        for step in steps:
            if step.beside:
                running.append((step, pool.submit(step.run)))
                continue
            with console.status(f"{step.name} …"):
                result = step.run()
            yield step, result
        for step, future in running:
            with console.status(f"{step.name} …"):
                result = future.result()
            yield step, result


def run(args: argparse.Namespace) -> int:
    """Runs the steps; the last line has the counts."""
    steps = _chosen(args.step, args.board)
    if args.list:
        for step in steps:
            console.print(step.name, markup=False)
        return 0
    heading("Tests")
    start = time.monotonic()
    passed = failed = skipped = 0
    for step, result in _run_all(steps):
        _show(step, result)
        passed, failed = passed + result.passed, failed + result.failed
        skipped += result.skipped
    console.print()
    note(f"{time.monotonic() - start:.0f} s; logs: {relative(LOGS)}")
    console.print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""),
                  style="good" if not failed else "bad")
    return 1 if failed else 0
