# SPDX-License-Identifier: BSD-2-Clause
"""What the plugin is told of an image: whose code an address is, where waits begin, markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile

from faultinj.layers import HIGH_HALF, IPA_RAM
from tools.bench.page import Class
from tools.bench.units import Range, code_of, ranges_of
from tools.errors import UserError
from tools.symbols import Program, Symbols
from tools.system_report import SystemReport


@dataclass(frozen=True)
class Wait:
    """Waiting for another replica: turns, from the first instruction of `begin` to that of `end`.

    Or of `look`, or just after `asleep`: there it looks whether another turn is needed. The look is
    waiting if so, and what it would be without a wait if not.
    """

    program: str
    begin: str
    end: str
    look: tuple[str, ...] = ()
    asleep: tuple[str, ...] = ()


# The one place that names functions of the kernel and the shim.
IDLE = "arch_idle"
WAITS = (Wait("kernel", "wait_turn", "wait_end", asleep=("arch_wait",)),
         Wait("shim", "board_wait", "board_wait_end", look=("board_look", "board_taken")),
         Wait("shim", "board_wait", "gic_acknowledge"),  # an interrupt, and the rest of that turn
         Wait("shim", "cores_meet", "paging_final"))
ROOM = "rcoe"  # directory of the kernel's voting code, which it partly inlines
SHIM_VOTING = {"board.c", "exclude.c", "watchdog.c", "verdict.c"}  # its files in the shim

FLAGS = {"kernel": (1, 2, 32), "shim": (4, 8, 64)}  # begin, end, look: enum site_flags


def _die_entry(die: DIE, unit: CompileUnit) -> int | None:
    """The first instruction of an inlined function."""
    for name in ("DW_AT_entry_pc", "DW_AT_low_pc"):
        if name in die.attributes:
            return int(die.attributes[name].value)
    if "DW_AT_ranges" in die.attributes:
        lists = die.dwarfinfo.range_lists()
        entries = lists.get_range_list_at_offset(die.attributes["DW_AT_ranges"].value, cu=unit)
        starts = [entry.begin_offset for entry in entries if hasattr(entry, "begin_offset")]
        return min(starts) if starts else None
    return None


def _inlined(path: Path, names: set[str]) -> Iterator[tuple[str, DIE, CompileUnit]]:
    """The copies of these functions that the compiler put into others."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        if not elf.has_dwarf_info():
            return
        for unit in elf.get_dwarf_info().iter_CUs():
            for die in unit.iter_DIEs():
                if die.tag != "DW_TAG_inlined_subroutine":
                    continue
                origin = die.get_DIE_from_attribute("DW_AT_abstract_origin")
                name = origin.attributes.get("DW_AT_name")
                text = name.value.decode() if name is not None else ""
                if text in names:
                    yield text, die, unit


def function_entries(program: Program, names: set[str]) -> dict[str, list[int]]:
    """First instructions of each function, inlined copies included."""
    found: dict[str, list[int]] = {name: [] for name in names}
    for name, die, unit in _inlined(program.path, names):
        entry = _die_entry(die, unit)
        if entry is not None:
            found[name].append(entry)
    for name, entries in found.items():
        symbol = program.find(name)
        if symbol is not None:
            entries.append(symbol.address)
    return found


def inlined_ends(program: Program, names: set[str]) -> dict[str, list[int]]:
    """The instructions after functions that are always inlined, in one piece."""
    found: dict[str, list[int]] = {name: [] for name in names}
    for name, die, unit in _inlined(program.path, names):
        found[name] += [max(high for _, high in ranges_of(die, unit))]
    return found


def _image_region(system: SystemReport) -> Range:
    image = system.raw["memory_map"]["image"]
    base, size = (int(image[key], 0) if isinstance(image[key], str) else int(image[key])
                  for key in ("base", "size"))
    return base, base + size


def _wait_lines(symbols: Symbols) -> list[str]:
    lines = []
    for name in FLAGS:
        program = symbols.programs[name]
        waits = [wait for wait in WAITS if wait.program == name]
        entries = function_entries(program, {n for w in waits for n in (w.begin, w.end, *w.look)})
        entries |= inlined_ends(program, {n for w in waits for n in w.asleep})
        offsets = [0] if name == "kernel" else [symbols.shim_offset(core)
                                                for core in range(len(symbols.system.shim))]
        missing = sorted(function for function in entries if not entries[function])
        if missing and symbols.system.replicas > 1:  # one alone waits for nobody
            raise UserError(f"{program.path.name} has no function '{missing[0]}', where waiting is "
                            "told from work", next_step="name it in tools/bench/rules.py")
        for wait in waits:
            groups = (wait.begin,), (wait.end,), wait.look + wait.asleep
            for functions, flag in zip(groups, FLAGS[name]):
                lines += [f"flag {at + offset:x} {at + offset + 4:x} {flag:x}"
                          for function in functions for at in entries[function]
                          for offset in offsets]
    return lines


def rule_lines(system: SystemReport, markers: dict[str, int]) -> list[str]:
    """The plugin's file: enum rule_kind. Marker i is the i-th of `markers`."""
    symbols = Symbols(system)
    idle = symbols.kernel.find(IDLE)
    if idle is None:
        raise UserError(f"kernel.elf has no '{IDLE}', the idle thread",
                        next_step="name it in tools/bench/rules.py")
    lines = [f"ram {system.ram.base:x} 0 0"]

    def add(kind: str, low: int, high: int, value: int) -> None:
        lines.append(f"{kind} {low:x} {high:x} {value:x}")

    add("virtual", idle.address, idle.address + 8, Class.IDLE)
    for low, high in code_of(system.elves["kernel"], lambda file: ROOM in file.parts):
        add("virtual", low, high, Class.RCOE)
    add("virtual", HIGH_HALF, 2 * HIGH_HALF - 1, Class.KERNEL)
    image = _image_region(system)
    for low, high in code_of(system.elves["shim"], lambda file: file.name in SHIM_VOTING):
        for core in range(len(system.shim)):
            offset = symbols.shim_offset(core)
            add("physical", low + offset, high + offset, Class.SHIM_VOTE)
    add("physical", system.ram.base, image[0], Class.OTHER)
    add("physical", *image, Class.SHIM)
    for region in system.shim:
        add("physical", region.base, region.base + region.size, Class.SHIM)
    kernel_size = max(s.paddr + s.size for s in symbols.kernel.segments) - IPA_RAM
    for region in system.partitions:
        add("mmu-off", region.base, region.base + kernel_size, 0)
    lines += _wait_lines(symbols)
    for index, address in enumerate(markers.values()):
        add("marker", address, address + 4, index)
    return lines
