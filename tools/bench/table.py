# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's speed table: on the screen and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.text import Text

from tools.bench.kernel import Measurement
from tools.bench.operations import (BOOT_KEY, OPERATIONS, STOCK_BOOT, WARM_UP, Figure)
from tools.console import bad, console, good, note, table
from tools.presets import mode_of

FORMAT = 1
COUNTED = ("every instruction executed at EL1 and EL2 of core 0 between the instruction before the "
           "operation (an SVC, or a load that faults) and the first one after it at EL0 in the "
           "thread that goes on; EL0 not counted, except in the round trip")
WAITING = ("stock: seL4 16.0.0 in the same emulator; work is the median, waiting (waits) the mean: "
           "instructions from a replica's first turn of waiting for another one to the "
           "end of that wait, at EL1 and EL2")
BOOT_TITLE = "boot to first instr. at EL0"
INTERRUPT = ("an interrupt (a real time clock's) counts from the first instruction of the last "
             "exception that leads to the handler, the processor idle before")


@dataclass(frozen=True)
class Row:
    """One operation in all measured presets."""

    key: str
    title: str
    stock: int | None
    figures: dict[str, Figure]  # by preset


@dataclass(frozen=True)
class Result:
    """The whole table."""

    rows: list[Row]
    measured: list[Measurement]

    @property
    def base(self) -> str | None:
        """The preset that is compared with stock seL4: the one without redundancy."""
        return next((m.preset for m in self.measured if m.replicas == 1), None)

    def over(self) -> list[Row]:
        """Rows whose base figure exceeds stock's, or that have no figure."""
        base = self.base
        return [row for row in self.rows if base is not None and row.stock is not None
                and (base not in row.figures or row.figures[base].work > row.stock)]

    @property
    def good(self) -> bool:
        """At or below stock everywhere."""
        return not self.over()


def make_result(measured: list[Measurement]) -> Result:
    """From one measurement per preset."""
    titles = [(op.key, op.title, op.stock) for op in OPERATIONS]
    titles.insert(next(i for i, title in enumerate(titles) if title[2] is None),
                  (BOOT_KEY, BOOT_TITLE, STOCK_BOOT))
    return Result([Row(key, title, stock, {m.preset: m.figures[key] for m in measured
                                           if key in m.figures})
                   for key, title, stock in titles], measured)


def number(count: int | None) -> str:
    """Short enough for a column."""
    if count is None:
        return "–"
    return f"{count:,}" if count < 1_000_000 else f"{count / 1_000_000:.2f}M"


def _el2(figure: Figure) -> int:
    return figure.parts["shim"] + figure.parts["shim_vote"]


def _cells(result: Result, row: Row) -> Iterator[Text]:
    for measurement in result.measured:
        figure = row.figures.get(measurement.preset)
        if measurement.replicas > 1:
            yield Text(number(figure.work if figure else None))
            yield Text(number(figure.wait if figure else None))
            continue
        style = ""
        if row.stock is not None:
            style = "good" if figure and figure.work <= row.stock else "bad"
        yield Text(number(figure.work if figure else None), style=style)
        if measurement.preset == result.base:
            yield Text(f"{figure.work / row.stock:.2f}" if figure and row.stock else "",
                       style=style)
            yield Text(number(_el2(figure) if figure else None))


def _columns(result: Result) -> list[str]:
    columns = []
    for measurement in result.measured:
        name = mode_of(measurement.preset)
        if measurement.replicas > 1:
            columns += [name, f"{name} waits"]
        else:
            columns += [name] + (["ratio", "EL2"] if measurement.preset == result.base else [])
    return columns


def show(result: Result) -> None:
    """Prints the table and how it was measured."""
    columns = _columns(result)
    rows = table("operation", "stock", *columns, right=("stock", *columns))
    rows.padding = (0, 1, 0, 0)
    rows.columns[0].no_wrap = True
    for row in result.rows:
        rows.add_row(row.title, number(row.stock) if row.stock else "", *_cells(result, row))
    console.print(rows)
    for measurement in result.measured:
        boot = measurement.figures[BOOT_KEY]
        note(f"boot of {measurement.preset}: shim {_el2(boot):,}, kernel "
             f"{boot.parts['kernel'] + boot.parts['rcoe']:,}")
    _show_method(result)
    over = result.over()
    if over:
        bad("above stock seL4: " + ", ".join(row.title for row in over))
    elif result.base is not None:
        good("every figure of base is at or below stock seL4's")


def _show_method(result: Result) -> None:
    note(f"counted: {COUNTED}")
    note(WAITING)
    note(INTERRUPT)
    for measurement in result.measured:
        repeated = [f for key, f in measurement.figures.items() if key != BOOT_KEY]
        equal = sum(f.equal for f in repeated)
        total = sum(f.repetitions for f in repeated)
        note(f"{measurement.preset}: {measurement.arguments}; image sha256 "
             f"{measurement.sha256[:16]}; median of up to {max(f.repetitions for f in repeated)} "
             f"repetitions after {WARM_UP}; {equal} of {total} equal it")
    note(f"{result.measured[0].qemu}; one callback of the TCG plugin ternion_count per "
         "instruction; release build")


def as_json(result: Result) -> str:
    """Everything that the table is made of."""
    return json.dumps({
        "format": FORMAT, "counted": COUNTED, "waiting": WAITING, "interrupt": INTERRUPT,
        "warm_up": WARM_UP, "plugin": "ternion_count", "qemu": result.measured[0].qemu,
        "good": result.good, "over": [row.key for row in result.over()],
        "presets": {m.preset: {"replicas": m.replicas, "image_sha256": m.sha256,
                               "arguments": m.arguments, "command": m.command,
                               "seconds": round(m.seconds, 3)} for m in result.measured},
        "operations": [{"key": row.key, "title": row.title, "stock": row.stock,
                        "figures": {name: asdict(figure) for name, figure in row.figures.items()}}
                       for row in result.rows],
    }, indent=1)


def write(result: Result, path: Path) -> None:
    """The JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(result) + "\n", encoding="utf-8")
