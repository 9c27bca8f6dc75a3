# SPDX-License-Identifier: BSD-2-Clause
"""Measures the speed table: images around apps/kernelbench, one flight each, figures of it."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tools.bench import flight, page
from tools.bench.flight import CountedFlight, Trace
from tools.bench.operations import (BOOT_KEY, ENTRY, OPERATIONS, Figure, Operation, boot_figure,
                                    figure)
from tools.bench.images import PLACE, root_task_image
from tools.errors import UserError
from tools.qemu import Ending
from tools.symbols import Program, Symbols
from tools.system_report import SystemReport

PROGRAM = "kernelbench"
PREFIX = "bench_"
LAST_WORDS = "kernelbench: done\n"
CORE = 0  # the replica shown; with replicas it also performs input and output


@dataclass(frozen=True)
class Measurement:
    """One image's figures, by the operation's key."""

    preset: str
    replicas: int
    sha256: str
    command: str
    seconds: float
    figures: dict[str, Figure]
    qemu: str
    arguments: str  # machine, processor and timing


def markers(program: Program) -> dict[str, int]:
    """Labels of loops.S in the order of their addresses."""
    found = {s.name: s.address for s in program.symbols if s.name.startswith(PREFIX)}
    missing = {PREFIX + name for op in OPERATIONS for name in (op.begin, op.end)
               if name != ENTRY} - set(found)
    if missing:
        raise UserError(f"{program.path.name} has no label {min(missing)}",
                        next_step="./ternion build --preset base")
    return found


def fly(preset: SystemReport, trace: Trace | None = None,
        announce: Callable[[str], None] | None = None) -> tuple[SystemReport, CountedFlight]:
    """One counted flight of the benchmark program."""
    image = root_task_image(preset, PROGRAM)
    marked = markers(Program(PROGRAM, image.elves["init"]))
    done = flight.fly(image, marked, trace, announce=announce)
    if done.ending is not Ending.OFF or not done.text.endswith(LAST_WORDS):
        said = done.text.splitlines()[-1:] or ["nothing"]
        raise UserError(f"the benchmark on {preset.preset} ended by {done.ending.value}; it said: "
                        f"{said[0]}", next_step="./ternion test system")
    return image, done


def figures_of(image: SystemReport, counted: page.Page) -> dict[str, Figure]:
    """Of each operation that the program did."""
    names = list(markers(Program(PROGRAM, image.elves["init"])))
    figures = {op.key: found for op in OPERATIONS
               if (found := figure(op, counted, CORE, names)) is not None}
    return figures | {BOOT_KEY: boot_figure(counted, CORE)}


def measure(preset: SystemReport,
            announce: Callable[[str], None] | None = None) -> Measurement:
    """All figures of one preset."""
    image, done = fly(preset, announce=announce)
    qemu = image.qemu
    return Measurement(preset.preset, preset.replicas, image.sha256, done.command, done.seconds,
                       figures_of(image, done.page), qemu_version(qemu.binary),
                       " ".join(["-M", qemu.machine, *qemu.arguments, *qemu.icount]))


def operation_to_trace(key: str) -> Operation:
    """The operation of this name."""
    known = {op.key: op for op in OPERATIONS}
    if key not in known:
        raise UserError(f"no operation '{key}' to trace; the operations are: {', '.join(known)}",
                        next_step="./ternion bench kernel --trace call")
    return known[key]


def trace(preset: SystemReport, key: str) -> list[tuple[str, int]]:
    """Instructions by function, most first, of one warm repetition in the middle."""
    chosen = operation_to_trace(key)
    begin = PREFIX + chosen.begin if chosen.begin != ENTRY else ""
    image, done = fly(preset, Trace(begin, PREFIX + chosen.end, 5 * chosen.warm_up))
    if done.page.trace_wanted > len(done.page.trace):
        raise UserError(f"{done.page.trace_wanted} instructions, a trace holds {page.TRACE}")
    symbols = Symbols(image)
    (PLACE / f"trace-{key}.txt").write_text(
        "".join(f"{at:#x} {place_of(symbols, at)}\n" for at in done.page.trace), encoding="ascii")
    return Counter(place_of(symbols, at).partition("+")[0]
                   for at in done.page.trace).most_common()


def place_of(symbols: Symbols, address: int) -> str:
    """Program and symbol of an executed address; the shim by its copies' addresses."""
    if address >> 63:
        return symbols.pc(address, 1, CORE)
    for core, region in enumerate(symbols.system.shim):
        if region.holds(address):
            return symbols.pc(address, 2, core)
    return symbols.pc(address, 0, CORE)


def qemu_version(binary: str) -> str:
    """As it says itself."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ["unknown"])[0]
