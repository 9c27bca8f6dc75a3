# SPDX-License-Identifier: BSD-2-Clause
"""The other programs find what they are there for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lint.__main__ import ROOT
from tests.lint.programs import PROGRAMS
from tests.lint.tree import Source, read_tree

GOOD_C = "int add(int a, int b)\n{\n    return a + b;\n}\n"
GOOD_PYTHON = '"""Doc."""\n\n\ndef f(x: int) -> int:\n    """Doc."""\n    return x\n'
CASES = [
    ("clang-format", "kernel/a.c", "int  add(int a,int b){return a+b;}\n", GOOD_C),
    ("flake8", "tools/a.py", "import os\n", GOOD_PYTHON),
    ("mypy", "tools/a.py", "def f(x: int) -> str:\n    return x\n", GOOD_PYTHON),
    ("mypy", "tools/a.py", "def f(x):\n    return x\n", GOOD_PYTHON),
    ("cppcheck", "kernel/a.c", "int f(void)\n{\n    int a[2] = {0};\n    return a[2];\n}\n",
     GOOD_C),
]


def _tree(place: Path, path: str, text: str) -> list[Source]:
    file = place / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return [Source(path, text)]


@pytest.mark.parametrize(("program", "path", "bad", "good"), CASES)
def test_program(tmp_path: Path, program: str, path: str, bad: str, good: str) -> None:
    """Finds it in the bad text, and nothing in the good one."""
    for name in (".clang-format", "setup.cfg"):
        shutil.copy(ROOT / name, tmp_path)
    findings = list(PROGRAMS[program](tmp_path, _tree(tmp_path, path, bad)))
    assert [finding.path for finding in findings] and findings[0].path == path
    assert not list(PROGRAMS[program](tmp_path, _tree(tmp_path, path, good)))


def test_tree_has_untracked_files_but_not_ignored_ones(tmp_path: Path) -> None:
    """Lint sees a file before it is committed."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for name, text in ((".gitignore", "build/\n"), ("new.c", "x\n"), ("build/old.c", "x\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [source.path for source in read_tree(tmp_path)] == [".gitignore", "new.c"]
