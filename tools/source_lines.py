# SPDX-License-Identifier: BSD-2-Clause
"""The source line of an address: the line table of an ELF file, as binutils print it."""

from __future__ import annotations

import bisect
import os.path
import subprocess
from collections.abc import Iterable
from pathlib import Path

READELF = ("aarch64-linux-gnu-readelf", "--debug-dump=decodedline", "--wide")
UNIT = "CU: "
END = "-"  # in place of a line number: the address behind a sequence


def parse(text: Iterable[str]) -> list[tuple[int, str]]:
    """(address, "file:line"), sorted; "" where nothing is known from that address on. Of several
    lines of one address the last counts, which is the innermost inlined one. What is not of the
    tree, as the compiler's own headers, belongs to the line before it."""
    found: dict[int, str] = {}
    file, last = "", ""
    for row in text:
        words = row.split()
        if row.rstrip().endswith(":"):
            file = os.path.normpath(row.strip().removeprefix(UNIT)[:-1])
        elif len(words) >= 3 and (words[1].isdigit() or words[1] == END):
            address = int(words[2], 0)
            if words[1] == END:
                found.setdefault(address, "")  # the next sequence may begin here
                last = ""
                continue
            if not os.path.isabs(file):
                last = f"{file}:{words[1]}"
            found[address] = last
    return sorted(found.items())


class SourceLines:
    """Of one ELF file, as it is now: a build may replace it."""

    def __init__(self, path: Path) -> None:
        done = subprocess.run([*READELF, str(path)], capture_output=True, text=True, check=False)
        rows = parse(done.stdout.splitlines())
        self._starts = [address for address, _ in rows]
        self._lines = [line for _, line in rows]

    def at(self, address: int) -> str:
        """file:line, empty where the file does not tell."""
        index = bisect.bisect_right(self._starts, address) - 1
        return self._lines[index] if index >= 0 else ""
