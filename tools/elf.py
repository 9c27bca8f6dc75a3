# SPDX-License-Identifier: BSD-2-Clause
"""Reads ELF programs: segments as memory, symbols."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tools.errors import UserError

PF_X, PF_W, PF_R = 1, 2, 4
MOST = 1 << 30  # bytes of one program; more is a mistake in the file or in its linking


@dataclass
class Segment:
    """A loaded segment. `data` is its memory image, zeros at the end included."""

    vaddr: int
    paddr: int
    data: bytearray = field(repr=False)
    file_size: int
    perms: str

    @property
    def end(self) -> int:
        return self.vaddr + len(self.data)


@dataclass(frozen=True)
class Symbol:
    address: int
    size: int


@dataclass
class Program:
    path: Path
    entry: int
    segments: list[Segment]
    symbols: dict[str, Symbol]

    def write(self, address: int, data: bytes) -> bool:
        """Stores into the memory image; False when no segment holds these bytes."""
        for segment in self.segments:
            if segment.vaddr <= address and address + len(data) <= segment.end:
                start = address - segment.vaddr
                segment.data[start:start + len(data)] = data
                return True
        return False

    def need(self, name: str, what_for: str) -> Symbol:
        if name not in self.symbols:
            raise UserError(f"{self.path}: has no symbol '{name}', {what_for}",
                            "build it from this tree and do not strip it")
        return self.symbols[name]

    def paddr_of(self, vaddr: int) -> int:
        """The load address that belongs to a virtual address of a segment."""
        for segment in self.segments:
            if segment.vaddr <= vaddr <= segment.end:
                return vaddr - segment.vaddr + segment.paddr
        raise UserError(f"{self.path}: address 0x{vaddr:x} is in no loaded segment",
                        "check its linker script")

    def flatten(self, physical: bool) -> tuple[int, bytearray]:
        """(base, bytes) of all segments by load address or by virtual address, gaps zero."""
        placed = [(segment.paddr if physical else segment.vaddr, segment.data)
                  for segment in self.segments]
        base = min(address for address, _data in placed)
        size = max(address + len(data) for address, data in placed) - base
        if size > MOST:
            raise UserError(f"{self.path}: its segments lie 0x{size:x} bytes apart",
                            "check its linker script")
        image = bytearray(size)
        for address, data in placed:
            image[address - base:address - base + len(data)] = data
        return base, image


def read_program(path: Path) -> Program:
    """An executable for AArch64, at fixed addresses."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"\x7fELF":
                raise UserError(f"{path}: is not an ELF file", "build it again")
            elf = ELFFile(stream)
            if elf.header["e_machine"] != "EM_AARCH64" or elf.elfclass != 64:
                raise UserError(f"{path}: is not a program for AArch64",
                                "compile it with aarch64-linux-gnu-gcc")
            if elf.header["e_type"] not in ("ET_EXEC", "ET_DYN"):
                raise UserError(f"{path}: is not linked", "link it; objects cannot be loaded")
            segments = []
            for header in elf.iter_segments("PT_LOAD"):
                if header["p_memsz"] == 0:
                    continue
                if header["p_memsz"] > MOST:
                    raise UserError(f"{path}: has a segment of 0x{header['p_memsz']:x} bytes",
                                    "check its linker script")
                if header["p_filesz"] > header["p_memsz"]:
                    raise ELFError("segment has more contents than room")
                data = bytearray(header.data())
                size = len(data)
                if size != header["p_filesz"]:
                    raise ELFError("segment is cut off")
                data += bytes(header["p_memsz"] - size)
                flags = header["p_flags"]
                perms = "".join(letter for letter, bit in (("r", PF_R), ("w", PF_W), ("x", PF_X))
                                if flags & bit)
                segments.append(Segment(header["p_vaddr"], header["p_paddr"], data, size, perms))
            symbols = {}
            for table in elf.iter_sections():
                if isinstance(table, SymbolTableSection):
                    for symbol in table.iter_symbols():
                        name_is_free = symbol.name not in symbols \
                            or symbol["st_info"]["bind"] != "STB_LOCAL"
                        if symbol.name and symbol["st_shndx"] != "SHN_UNDEF" and name_is_free:
                            symbols[symbol.name] = Symbol(symbol["st_value"], symbol["st_size"])
            entry = elf.header["e_entry"]
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}",
                        "build it first") from error
    except (ELFError, AttributeError, KeyError, UnicodeDecodeError, ValueError) as error:
        # pyelftools lets some mistakes in a file through as Python's own.
        raise UserError(f"{path}: is an incomplete or damaged ELF file",
                        "build it again") from error
    if not segments:
        raise UserError(f"{path}: has nothing to load", "check its linker script")
    return Program(path, entry, segments, symbols)
