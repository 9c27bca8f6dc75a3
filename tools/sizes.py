# SPDX-License-Identifier: BSD-2-Clause
"""Sizes of what was built, from the ELF files themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tools.system_report import SystemReport


@dataclass(frozen=True)
class Size:
    """Bytes of one ELF file in memory."""

    code: int     # executable
    constant: int  # read only
    data: int     # initialised and writable
    zero: int     # zeroed at start

    @property
    def total(self) -> int:
        """All of it."""
        return self.code + self.constant + self.data + self.zero


def of_elf(path: Path) -> Size:
    """Counts the sections that are loaded."""
    code = constant = data = zero = 0
    with path.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            flags, size = section["sh_flags"], section["sh_size"]
            if not flags & SH_FLAGS.SHF_ALLOC:
                continue
            if section["sh_type"] == "SHT_NOBITS":
                zero += size
            elif flags & SH_FLAGS.SHF_EXECINSTR:
                code += size
            elif flags & SH_FLAGS.SHF_WRITE:
                data += size
            else:
                constant += size
    return Size(code, constant, data, zero)


def of_system(system: SystemReport) -> dict[str, Size]:
    """Every ELF file of the system."""
    return {name: of_elf(path) for name, path in system.elves.items()}
