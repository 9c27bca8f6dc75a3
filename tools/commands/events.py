# SPDX-License-Identifier: BSD-2-Clause
"""ternion events: the flight recorder of a run as a table, while it runs or after it."""

from __future__ import annotations

import argparse
import json

from rich.markup import escape

from tools import kept_run, recorder
from tools.console import bad, console, heading, note, table
from tools.errors import UserError
from tools.kept_run import KeptRun
from tools.recorder import EventLog, Record, RecordType

TYPES = [kind.name.lower().replace("_", "-") for kind in RecordType if kind]


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    kept_run.configure(parser)
    parser.add_argument("--type", action="append", choices=TYPES, metavar="T", default=[],
                        help=f"only these; repeatable: {', '.join(TYPES)} (default: all but input)")
    parser.add_argument("--replica", type=int, metavar="R",
                        help="only what the core of this replica recorded")
    parser.add_argument("--limit", type=int, metavar="N", help="only the newest N")
    parser.add_argument("--json", action="store_true", help="for machines")


def _kind(record: Record) -> str:
    return record.type.name.lower().replace("_", "-")


def chosen(log: EventLog, kinds: list[str], replica: int | None,
           limit: int | None) -> list[Record]:
    """The records that the options name."""
    records = [record for record in log.records
               if (_kind(record) in kinds if kinds else record.type is not RecordType.INPUT)
               and (replica is None or record.core == replica)]
    return records if limit is None else records[-limit:]


def _show_json(run: KeptRun, log: EventLog, records: list[Record]) -> None:
    print(json.dumps({"system": run.system.preset, "running": run.running, "lost": log.lost,
                      "damaged": log.damaged,
                      "records": [record.as_dict() for record in records]}, indent=1))


def _show(log: EventLog, records: list[Record]) -> None:
    rows = table("time", "core", "event", "type", "what", right=("time", "core", "event"))
    for record, words in recorder.told(records):
        rows.add_row(f"{record.time / recorder.TICKS_PER_US:,.1f} µs", str(record.core),
                     str(record.event), _kind(record), escape(words))
    console.print(rows)
    left = len(log.records) - len(records)
    if left:
        note(f"and {left:,} more, most of them inputs: --type input")
    if log.lost:
        note(f"{log.lost:,} older ones were overwritten")
    for damage in log.damaged:
        bad(f"flight recorder damaged: {damage}")


def run(args: argparse.Namespace) -> int:
    """Shows."""
    kept = kept_run.chosen(args)
    if args.replica is not None and not 0 <= args.replica < kept.system.replicas:
        raise UserError(f"replica {args.replica} is not in this image (it has "
                        f"{kept.system.replicas} replicas: 0..{kept.system.replicas - 1})",
                        next_step="./ternion events --replica 0")
    if args.limit is not None and args.limit < 1:
        raise UserError(f"--limit {args.limit} is no number of events",
                        next_step="./ternion events --limit 20")
    log = recorder.read(kept.ram, kept.system)
    records = chosen(log, args.type, args.replica, args.limit)
    if args.json:
        _show_json(kept, log, records)
        return 0
    heading(f"Events of {kept.title}")
    _show(log, records)
    return 0
