# SPDX-License-Identifier: BSD-2-Clause
"""Makes small ELF files for tests, without a compiler."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

PF = {"x": 1, "w": 2, "r": 4}
EM_AARCH64 = 183
MICROKIT = {"microkit_name": 64, "microkit_passive": 1, "microkit_irqs": 8,
            "microkit_notifications": 8, "microkit_pps": 8}


@dataclass
class ElfMaker:
    entry: int = 0x20_0000
    machine: int = EM_AARCH64
    type: int = 2  # executable
    segments: list[tuple[int, int, bytes, int, str]] = field(default_factory=list)
    symbols: list[tuple[str, int, int]] = field(default_factory=list)

    def segment(self, vaddr: int, data: bytes, size: int = 0, perms: str = "rw",
                paddr: int | None = None) -> ElfMaker:
        """size: in memory, when larger than the data."""
        self.segments.append((vaddr, vaddr if paddr is None else paddr, data,
                              max(size, len(data)), perms))
        return self

    def symbol(self, name: str, address: int, size: int = 8) -> ElfMaker:
        self.symbols.append((name, address, size))
        return self

    def bytes(self) -> bytes:
        """ELF header, program headers, contents, then .symtab, .strtab, .shstrtab."""
        strings, symbols = b"\0", bytes(24)
        for name, address, size in self.symbols:
            symbols += struct.pack("<IBBHQQ", len(strings), 0x11, 0, 0xFFF1, address, size)
            strings += name.encode() + b"\0"
        names = b"\0.symtab\0.strtab\0.shstrtab\0"
        offset = 64 + 56 * len(self.segments)
        headers, contents = b"", b""
        for vaddr, paddr, data, size, perms in self.segments:
            flags = sum(PF[letter] for letter in perms)
            headers += struct.pack("<IIQQQQQQ", 1, flags, offset + len(contents), vaddr, paddr,
                                   len(data), size, 4096)
            contents += data
        at = offset + len(contents)
        sections = bytes(64)
        for name_at, kind, data, link, entry in ((1, 2, symbols, 2, 24), (9, 3, strings, 0, 0),
                                                 (17, 3, names, 0, 0)):
            sections += struct.pack("<IIQQQQIIQQ", name_at, kind, 0, 0, at, len(data), link,
                                    1 if kind == 2 else 0, 8, entry)
            at += len(data)
        header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", self.type, self.machine, 1,
                             self.entry, 64, at, 0, 64, 56, len(self.segments), 64, 4, 3)
        return header + headers + contents + symbols + strings + names + sections

    def write(self, path: Path) -> Path:
        path.write_bytes(self.bytes())
        return path


def protection_domain(**extra: int) -> ElfMaker:
    """Text, data with the libmicrokit symbols at the end of bss, further words by name."""
    maker = ElfMaker().segment(0x20_0000, b"text" * 1500, perms="rx")
    maker.segment(0x20_2000, b"data" * 1500, 0x5000)
    address = 0x20_6000
    for name, size in MICROKIT.items():
        maker.symbol(name, address, size)
        address += max(size, 8)
    for name, size in extra.items():
        maker.symbol(name, address, size)
        address += max(size, 8)
    return maker


def init_task() -> ElfMaker:
    maker = ElfMaker(entry=0x40_0000).segment(0x40_0000, b"init" * 1200, 0x3000, perms="rwx")
    return maker.symbol("system_spec_vaddr", 0x40_1008)


def kernel() -> ElfMaker:
    base = 0xFFFF_FFFF_C000_0000
    maker = ElfMaker(entry=base).segment(base, b"kern" * 1300, 0x2800, "rwx", 0x4000_0000)
    return maker.symbol("ki_end", base + 0x4000, 0)


def shim_bin() -> bytes:
    """An arm64 image header, room for the manifest, a page of code."""
    header = struct.pack("<IIQQQQQQ4sI", 0x1400_0400, 0, 0x20_0000, 0, 0, 0, 0, 0, b"ARM\x64", 0)
    return header.ljust(0x1000, b"\0") + b"shim" * 1024


def shim() -> ElfMaker:
    return ElfMaker(entry=0).segment(0, shim_bin(), 0x4000, "rwx")
