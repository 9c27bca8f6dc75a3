# SPDX-License-Identifier: BSD-2-Clause
"""What `ternion bench inject` computes; its runs are those of the engine's tests."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from faultinj.throughput import ArmCost, Cost, measure, total
from tools.commands import bench_inject
from tools.errors import UserError


def test_runs_a_minute() -> None:
    assert Cost(30, 5.0, 1.0).per_minute == 300.0
    assert Cost(30, 5.0, 1.0).as_dict() == {
        "runs": 30, "qemu_s": 5.0, "tool_s": 1.0, "per_minute": 300.0}


def test_arms_together_weigh_by_their_time() -> None:
    """20 runs in 2 s and 20 in 8 s are 40 in 10 s, not the mean of 600 and 150 a minute."""
    found = total([ArmCost("base", Cost(20, 2.0, 0.0), Cost(20, 1.0, 0.0)),
                   ArmCost("tmr", Cost(20, 7.0, 1.0), Cost(20, 7.0, 0.0))])
    assert found.faulty.per_minute == 240.0
    assert found.clean.per_minute == 300.0


def test_children_and_the_tool_are_told_apart() -> None:
    work = "x = 0\nfor i in range(3_000_000): x += i"
    child = measure(1, lambda: subprocess.run([sys.executable, "-c", work], check=True))
    here = measure(1, lambda: exec(work))
    assert child.qemu_s > child.tool_s
    assert here.tool_s > 0 and here.qemu_s == 0


def test_bad_count() -> None:
    with pytest.raises(UserError) as error:
        bench_inject.run(argparse.Namespace(count=0))
    assert error.value.message == "--count 0: it needs one at least"
    assert error.value.next_step == "./ternion bench inject --count 64"
