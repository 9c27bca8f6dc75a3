# SPDX-License-Identifier: BSD-2-Clause
"""Root tasks and a preset made of a few bytes, for tests of tools/root_task.py."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools import elf_maker
from tests.tools.reports import report_dict
from tools.system_report import SystemReport, load


@dataclass
class Elf:
    """A root task that is well-formed until a field is changed."""

    machine: int = 183
    type: int = 2
    elf_class: int = 2
    endian: int = 1
    entry: int = 0x40_0000
    header_size: int = 56
    headers: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    contents: bytes = b""
    cut: int | None = None

    def header(self, kind: int, vaddr: int, data: bytes, size: int | None = None) -> Elf:
        """A program header and its contents."""
        self.headers.append((kind, 7, len(self.contents), vaddr, len(data),
                             len(data) if size is None else size))
        self.contents += data
        return self

    def load(self, vaddr: int = 0x40_0000, data: bytes = b"code" * 64,
             size: int | None = None) -> Elf:
        """A segment."""
        return self.header(1, vaddr, data, size)

    def bytes(self) -> bytes:
        """The file."""
        start = 64 + 56 * len(self.headers)
        table = b"".join(struct.pack("<IIQQQQQQ", kind, flags, start + at, vaddr, vaddr, file_size,
                                     size, 4096)
                         for kind, flags, at, vaddr, file_size, size in self.headers)
        ident = b"\x7fELF" + bytes([self.elf_class, self.endian, 1])
        head = struct.pack("<16sHHIQQQIHHHHHH", ident, self.type, self.machine, 1, self.entry, 64,
                           0, 0, 64, self.header_size, len(self.headers), 0, 0, 0)
        return (head + table + self.contents)[:self.cut]


def made_preset(tmp_path: Path) -> SystemReport:
    """The report of a preset whose kernel and shim are made of a few bytes."""
    place = tmp_path / "qemu-virt-tmr"
    place.mkdir()
    (place / "shim.bin").write_bytes(elf_maker.shim_bin())
    elf_maker.shim().write(place / "shim.elf")
    elf_maker.kernel().write(place / "kernel.elf")
    report = {**report_dict(), "vote_level": "entry-exit", "window": 16, "simplex_ok": False,
              "barrier_timeout_us": 100_000, "page_interval_us": 10_000,
              "scrub": {"bytes_per_ms": 1024},
              "elves": {"shim": "shim.elf", "kernel": "kernel.elf"}}
    (place / "ternion.img").write_bytes(b"")
    (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return load(place / "report.json")
