# SPDX-License-Identifier: BSD-2-Clause
"""Whose code runs where: from the compilation units that the kernel names."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj.layers import code_ranges, unit_ranges
from tests.tools.reports import make_report
from tools.errors import UserError
from tools.symbols import Program


def _linked(place: Path) -> Path:
    """A kernel that is optimised as a whole, but for rcoe/, which it calls."""
    (place / "rcoe").mkdir()
    (place / "rcoe" / "vote.c").write_text("int vote(int x) { return x + 1; }\n")
    (place / "trap.c").write_text("int vote(int x);\nint trap(int x) { return vote(x) * 2; }\n")
    compiler = ["aarch64-linux-gnu-gcc", "-g", "-O2", "-ffreestanding", "-fno-pic"]
    for name, option in (("rcoe/vote", "-fno-lto"), ("trap", "-flto")):
        subprocess.run([*compiler, option, "-c", "-o", f"{name}.o", f"{name}.c"], check=True,
                       cwd=place)
    subprocess.run([*compiler, "-nostdlib", "-static", "-flto", "-Wl,-e,trap", "-o", "kernel.elf",
                    "trap.o", "rcoe/vote.o"], check=True, cwd=place)
    return place / "kernel.elf"


def test_units_beside_a_kernel_that_is_one(tmp_path: Path) -> None:
    """rcoe/ is found by itself, and nothing else is taken for it."""
    path = _linked(tmp_path)
    vote = Program("kernel", path).find("vote")
    assert vote is not None
    assert unit_ranges(path, "rcoe") == [(vote.address, vote.address + vote.size)]


def test_kernel_that_does_not_say(tmp_path: Path) -> None:
    """Faults meant for rcoe/ would silently find nothing to hit."""
    path = _linked(tmp_path)
    subprocess.run(["aarch64-linux-gnu-strip", "-g", path], check=True)
    system = replace(make_report(tmp_path), elves={"kernel": path})
    with pytest.raises(UserError) as refused:
        code_ranges(system)
    assert refused.value.message == (
        f"the kernel of {system.preset} does not tell what of it is rcoe/: it has no debug "
        "information, or no compilation unit of it")
    assert refused.value.next_step == f"./ternion build --preset {system.preset}"
