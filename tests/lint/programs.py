# SPDX-License-Identifier: BSD-2-Clause
"""Lint by other programs: formatter, flake8, mypy, cppcheck."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.lint.tree import Finding, Source

PLACE = re.compile(r"^([^:\s]+):(\d+)(?::\d+)?: (.*)$")
FORMATTED = ("kernel", "rcoe", "shim", "boards", "apps", "tests", "faultinj", "tools")

Program = Callable[[Path, list[Source]], Iterator[Finding]]


def _findings(rule: str, root: Path, command: list[str]) -> Iterator[Finding]:
    """Runs a program; lines of the shape path:line: text are findings."""
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = False
    for line in (done.stdout + done.stderr).splitlines():
        match = PLACE.match(line)
        if match and "note:" not in match.group(3):
            found = True
            path = match.group(1).removeprefix(f"{root}/")
            yield Finding(rule, path, int(match.group(2)), match.group(3))
    if done.returncode != 0 and not found:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        yield Finding(rule, command[0], 0, f"failed with status {done.returncode}: {last[0]}")


def formatted(tree: list[Source]) -> list[str]:
    """The files that the formatter lays out."""
    return [s.path for s in tree if s.is_c() and s.room in FORMATTED]


def clang_format(root: Path, tree: list[Source]) -> Iterator[Finding]:
    """The layout is the formatter's."""
    names = formatted(tree)
    if names:
        yield from _findings("clang-format", root,
                             ["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *names])


def flake8(root: Path, tree: list[Source]) -> Iterator[Finding]:
    """Python style."""
    names = [s.path for s in tree if s.suffix == ".py" or s.path == "ternion"]
    if names:
        yield from _findings("flake8", root, [sys.executable, "-m", "flake8", *names])


def mypy(root: Path, tree: list[Source]) -> Iterator[Finding]:
    """Python types."""
    names = [s.path for s in tree if s.suffix == ".py" and not s.path.startswith("tools/gdb")]
    if names:
        yield from _findings("mypy", root, [sys.executable, "-m", "mypy", "--no-error-summary",
                                            *names])


def cppcheck(root: Path, tree: list[Source]) -> Iterator[Finding]:
    """Bugs that another reader of C sees."""
    names = [s.path for s in tree if s.suffix == ".c" and s.room in ("kernel", "rcoe", "shim")]
    includes = sorted({f"-I{'/'.join(s.parts[:s.parts.index('include') + 1])}" for s in tree
                       if s.suffix == ".h" and "include" in s.parts})
    if names:
        yield from _findings("cppcheck", root, [
            "cppcheck", "--quiet", "--std=c11", "--error-exitcode=1", "--inline-suppr",
            "--enable=warning,portability", "--suppress=missingInclude",
            "--suppress=comparePointers",  # the linker's symbols are not different objects
            "--suppress=missingIncludeSystem", "--template={file}:{line}: {message} ({id})",
            *includes, *names])


PROGRAMS: dict[str, Program] = {
    "clang-format": clang_format,
    "flake8": flake8,
    "mypy": mypy,
    "cppcheck": cppcheck,
}
