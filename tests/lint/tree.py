# SPDX-License-Identifier: BSD-2-Clause
"""The files that lint looks at: what git tracks or would track."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

C_SUFFIXES = (".c", ".h")
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """One thing that is against a rule."""

    rule: str
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


@dataclass(frozen=True)
class Source:
    """One file."""

    path: str
    text: str

    @property
    def suffix(self) -> str:
        """Of its name, with the dot."""
        return PurePosixPath(self.path).suffix

    @property
    def room(self) -> str:
        """The top directory."""
        return PurePosixPath(self.path).parts[0]

    @property
    def parts(self) -> tuple[str, ...]:
        """Directories and name."""
        return PurePosixPath(self.path).parts

    @property
    def lines(self) -> list[str]:
        """Without line ends."""
        return self.text.splitlines()

    def is_c(self) -> bool:
        """C source or header."""
        return self.suffix in C_SUFFIXES

    def code(self) -> list[str]:
        """The lines with C comments blanked out, strings kept."""
        def blank(match: re.Match[str]) -> str:
            found = match.group()
            return re.sub(r"[^\n]", " ", found) if found.startswith("/") else found
        return COMMENT.sub(blank, self.text).splitlines()


def read_tree(root: Path) -> list[Source]:
    """All text files of the tree."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True, check=True)
    sources = []
    for name in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        path = root / name
        if path.is_file() and not path.is_symlink():
            try:
                sources.append(Source(name, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue  # a binary file
    return sources
