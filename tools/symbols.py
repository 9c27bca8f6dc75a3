# SPDX-License-Identifier: BSD-2-Clause
"""
Names for addresses: virtual ones (kernel, shim, protection domains) and physical ones (which copy,
whose replica, what lies there).
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tools.errors import UserError
from tools.system_report import SystemReport

LTO_SUFFIX = ".lto_priv."  # and a number: a static one, where the program is optimised as a whole
AMBIGUOUS = " or "  # between the names of one address in several programs
FAR = 1 << 20  # a symbol without size does not name what lies further behind it


@dataclass(frozen=True, order=True)
class Symbol:
    """A function or an object of one ELF file."""

    address: int
    size: int
    name: str
    kind: str  # "function" or "object" or "label"


@dataclass(frozen=True)
class Segment:
    """What an ELF file loads."""

    vaddr: int
    paddr: int
    size: int
    flags: int


class Program:
    """Symbols of one ELF file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        kinds = {"STT_FUNC": "function", "STT_OBJECT": "object", "STT_NOTYPE": "label"}
        try:
            with path.open("rb") as stream:
                elf = ELFFile(stream)
                table = elf.get_section_by_name(".symtab")
                found = isinstance(table, SymbolTableSection)
                entries = list(table.iter_symbols()) if found else []
                self.symbols = sorted({
                    Symbol(s["st_value"], s["st_size"], s.name.partition(LTO_SUFFIX)[0],
                           kinds[s["st_info"]["type"]])
                    for s in entries
                    if s.name and not s.name.startswith("$") and s["st_shndx"] != "SHN_UNDEF"
                    and s["st_info"]["type"] in kinds})
                self.segments = [Segment(s["p_vaddr"], s["p_paddr"], s["p_memsz"], s["p_flags"])
                                 for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
        except FileNotFoundError as error:
            raise UserError(f"the ELF file of {name} is not there: {path}",
                            next_step="./ternion build") from error
        self._starts = [symbol.address for symbol in self.symbols]

    def find(self, name: str) -> Symbol | None:
        """The symbol of this name."""
        return next((symbol for symbol in self.symbols if symbol.name == name), None)

    def address(self, name: str) -> int:
        """Of a symbol that must be there."""
        symbol = self.find(name)
        if symbol is None:
            raise ValueError(f"{self.path.name} has no symbol {name}: was it inlined, renamed?")
        return symbol.address

    def at(self, address: int) -> Symbol | None:
        """The symbol that covers the address: sized ones first, then the nearest label before."""
        fallback = None
        for index in range(bisect.bisect_right(self._starts, address) - 1, -1, -1):
            symbol = self.symbols[index]
            if symbol.address + symbol.size > address:
                return symbol
            if address - symbol.address > FAR:
                break
            if fallback is None and symbol.size == 0:
                fallback = symbol
        return fallback if self.loads(address) else None

    def loads(self, address: int) -> bool:
        """Whether the address is inside one of its segments."""
        return any(s.vaddr <= address < s.vaddr + s.size for s in self.segments)

    def name_of(self, address: int) -> str:
        """symbol+offset, or the bare address."""
        symbol = self.at(address)
        if symbol is None:
            return f"{address:#x}"
        offset = address - symbol.address
        return f"{symbol.name}+{offset:#x}" if offset else symbol.name

    def to_physical(self, vaddr: int) -> int:
        """Where the ELF file loads this virtual address: the (intermediate) physical one."""
        segment = next(s for s in self.segments if s.vaddr <= vaddr < s.vaddr + s.size)
        return vaddr - segment.vaddr + segment.paddr

    def from_physical(self, paddr: int) -> int | None:
        """The virtual address that the ELF file loads at this (intermediate) physical one."""
        for segment in self.segments:
            if segment.paddr <= paddr < segment.paddr + segment.size:
                return paddr - segment.paddr + segment.vaddr
        return None


@dataclass(frozen=True)
class Place:
    """What lies at a physical address."""

    layer: str         # kernel, user, shim, board, recorder, image or memory
    owner: int | None  # replica or core, where there is one
    offset: int        # from the start of the region
    name: str          # symbol or description

    def text(self) -> str:
        """For a person."""
        if self.owner is None:
            return f"{self.layer}: {self.name}"
        kind = "core" if self.layer in CORES else "replica"
        return f"{self.layer} of {kind} {self.owner}: {self.name}"


CORES = ("shim", "recorder")
IPA_RAM = 0x40000000
NOT_USER = ("kernel", "shim")


class Symbols:
    """All programs of one system."""

    def __init__(self, system: SystemReport) -> None:
        self.system = system
        self.programs = {name: Program(name, path) for name, path in system.elves.items()}

    @property
    def kernel(self) -> Program:
        """The kernel with rcoe."""
        return self.programs["kernel"]

    @property
    def shim(self) -> Program:
        """The shim, at its link address."""
        return self.programs["shim"]

    def domains(self) -> dict[str, Program]:
        """Programs at EL0 by name: the protection domains and init."""
        return {n: p for n, p in self.programs.items() if n not in NOT_USER}

    def kernel_physical(self, replica: int, vaddr: int) -> int:
        """Where a kernel address of a replica really lies."""
        return self.system.partitions[replica].base + self.kernel.to_physical(vaddr) - IPA_RAM

    def shim_offset(self, core: int) -> int:
        """What to add to a link address of the shim for that core's copy."""
        return self.system.shim[core].base - min(s.vaddr for s in self.shim.segments)

    def pc(self, address: int, level: int, core: int) -> str:
        """Name for a program counter at an exception level on a core."""
        if level == 2:
            linked = address - self.shim_offset(core)
            return f"shim:{self.shim.name_of(linked)}" if self.shim.loads(linked) else "no code"
        if level == 1:
            return "kernel:" + self.kernel.name_of(address)
        names = [f"{name}:{program.name_of(address)}"
                 for name, program in self.domains().items() if program.at(address)]
        return AMBIGUOUS.join(names) or f"user:{address:#x}"

    def physical(self, address: int) -> Place:
        """What lies at a physical address of the board."""
        system = self.system
        for replica, region in enumerate(system.partitions):
            if region.holds(address):
                return self._in_partition(replica, address - region.base)
        for core, region in enumerate(system.shim):
            if region.holds(address):
                name = self.shim.name_of(address - self.shim_offset(core))
                return Place("shim", core, address - region.base, name)
        for core, region in enumerate(system.recorders):
            if region.holds(address):
                return Place("recorder", core, address - region.base, "flight recorder")
        if system.board_page.holds(address):
            offset = address - system.board_page.base
            return Place("board", None, offset, f"offset {offset:#x}")
        return Place("memory", None, address - system.ram.base, f"{address:#x}")

    def _in_partition(self, replica: int, offset: int) -> Place:
        ipa = IPA_RAM + offset
        vaddr = self.kernel.from_physical(ipa)
        if vaddr is not None:
            return Place("kernel", replica, offset, self.kernel.name_of(vaddr))
        return Place("user", replica, offset, f"{ipa:#x}")
