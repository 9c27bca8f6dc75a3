# SPDX-License-Identifier: BSD-2-Clause
"""ternion compare: two campaigns side by side, by the package faultinj."""

from __future__ import annotations

import argparse
from pathlib import Path

from faultinj.compare import compare, different_facts
from faultinj.store import Store
from tools.console import console, heading, note, table
from tools.paths import relative


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("first", type=Path, metavar="A.db", help="database of a campaign")
    parser.add_argument("second", type=Path, metavar="B.db", help="database of another")


def run(args: argparse.Namespace) -> int:
    """Compares. Status 0 whatever it finds."""
    with Store(args.first, must_exist=True) as first, Store(args.second, must_exist=True) as second:
        facts, lines = different_facts(first, second), compare(first, second)
    heading(f"{relative(args.first)} and {relative(args.second)}")
    rows = table("different", "A", "B")
    for fact in facts:
        rows.add_row(*fact)
    console.print(rows if facts else "the same campaign in all that is compared")
    rows = table("arm", "outcome", "A", "B", "B - A, points", "")
    for line in lines:
        if any(estimate.value for estimate in line.estimates):
            change = line.difference
            rows.add_row(line.arm, line.what, line.first.text(), line.second.text(),
                         f"{100 * change.value:+.1f} [{100 * change.low:+.1f} to "
                         f"{100 * change.high:+.1f}]", "differs" if line.differs else "")
    console.print(rows)
    note(f"{sum(line.differs for line in lines)} of {len(lines)} shares differ by more than chance "
         "(95 %, each for itself)")
    return 0
