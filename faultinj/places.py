# SPDX-License-Identifier: BSD-2-Clause
"""Names for where a fault hit: whose code was running."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from elftools.elf.elffile import ELFFile

from faultinj.fault import Evidence
from tools.source_lines import SourceLines
from tools.symbols import AMBIGUOUS, Symbols
from tools.system_report import SystemReport


@lru_cache(maxsize=None)
def _loaded(path: Path) -> list[tuple[int, bytes]]:
    """Address and contents of what an ELF file loads."""
    with path.open("rb") as stream:
        return [(segment["p_vaddr"], segment.data())
                for segment in ELFFile(stream).iter_segments() if segment["p_type"] == "PT_LOAD"]


def holds(path: Path, address: int, content: bytes) -> bool:
    """Whether the ELF file has these bytes at this address."""
    return any(start <= address and data[address - start:][:len(content)] == content
               for start, data in _loaded(path))


class Namer:
    """Names places in one system."""

    def __init__(self, system: SystemReport) -> None:
        self._system = system
        self.symbols = Symbols(system)
        self._lines: dict[str, SourceLines] = {}
        for name, program in self.symbols.programs.items():
            _loaded(program.path)
            self._lines[name] = SourceLines(program.path)

    def running(self, core: int, seen: Evidence) -> str:
        """program:symbol+offset at the program counter. The level, where not seen, is guessed from
        the address; among programs at the same address the instructions decide."""
        if seen.pc is None:
            return ""
        level = self._level(seen.pc) if seen.level is None else seen.level
        if level == 0 and seen.code:
            for name, program in self.symbols.programs.items():
                if name not in ("kernel", "shim") and holds(program.path, seen.pc, seen.code):
                    return f"{name}:{program.name_of(seen.pc)}"
        return self.symbols.pc(seen.pc, level, core)

    def line(self, core: int, pc: int, place: str) -> str:
        """file:line of a program counter that running() has named; empty where one is unknown, or
        could be of several programs."""
        lines = self._lines.get(place.partition(":")[0])
        if lines is None or AMBIGUOUS in place:
            return ""
        shim = place.startswith("shim:")
        return lines.at(pc - (self.symbols.shim_offset(core) if shim else 0))

    def _level(self, pc: int) -> int:
        if any(region.holds(pc) for region in self._system.shim):
            return 2
        return 1 if pc >> 63 else 0


_namers: dict[str, Namer] = {}  # by image digest


def remember(system: SystemReport) -> None:
    """Reads the symbols now: a build may replace the files while a campaign runs."""
    if system.sha256 not in _namers:
        _namers[system.sha256] = Namer(system)


def symbols_of(system: SystemReport) -> Symbols:
    """The symbols that were remembered: reading them takes longer than a run."""
    remember(system)
    return _namers[system.sha256].symbols


def running(system: SystemReport, core: int, seen: Evidence) -> str:
    """The same, with the symbols that were remembered."""
    remember(system)
    return _namers[system.sha256].running(core, seen)


def line_of(system: SystemReport, core: int, seen: Evidence) -> str:
    """The source line of the code that was running."""
    if seen.pc is None:
        return ""
    place = running(system, core, seen)
    return _namers[system.sha256].line(core, seen.pc, place)
