# SPDX-License-Identifier: BSD-2-Clause
"""The package list, and what happens when something is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import packages
from tools.cli import COMMANDS
from tools.errors import UserError
from tools.paths import ROOT


def test_list_is_sound() -> None:
    """No package twice; commands name sections that exist."""
    listed = packages.read_list()
    names = [package.name for package in listed]
    assert len(names) == len(set(names)) > 20
    sections = {package.section for package in listed}
    assert {s for command in COMMANDS.values() for s in command.sections} <= sections


def test_bad_line(tmp_path: Path) -> None:
    """Named with file and line."""
    path = tmp_path / "packages.txt"
    path.write_text("[fly]\ncmake ninja\n", encoding="utf-8")
    with pytest.raises(UserError, match="packages.txt:2: cannot read 'cmake ninja'"):
        packages.read_list(path)


def test_missing_is_found() -> None:
    """A package that no distribution has."""
    listed = [packages.Package("dpkg", "fly", ""), packages.Package("no-such-thing", "fly", "")]
    assert packages.missing(["fly"], listed) == ["no-such-thing"]
    assert not packages.missing(["debug"], listed)


def test_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line to type."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(UserError) as error:
        packages.install(["cmake", "spin"])
    assert error.value.message == (
        "2 packages are missing and this user may not install: cmake spin")
    assert error.value.next_step == (
        "sudo apt-get install --yes --no-install-recommends cmake spin")


def test_starts_without_any_package() -> None:
    """The command and `doctor` import the standard library only."""
    code = ("import sys; sys.path = [p for p in sys.path if 'dist-packages' not in p]; "
            f"sys.path.insert(0, {str(ROOT)!r}); "
            "from tools.cli import main; import tools.commands.doctor; main(['--help'])")
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True,
                          check=False)
    assert "a microkernel that flies in threes" in done.stdout, done.stderr
