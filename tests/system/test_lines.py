# SPDX-License-Identifier: BSD-2-Clause
"""Level-triggered lines do not storm, edges are not lost: apps/tests/lines in every mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system import programs
from tests.system.conftest import SYSTEMS
from tools import flight
from tools.qemu import Ending, Timing
from tools.recorder import RecordType
from tools.system_report import SystemReport

PROGRAM = "lines"
RAISED = 8   # characters that raise the line
CHECKS = 26
LIMIT_S = 120.0
pytestmark = pytest.mark.default_board("the program drives that board's UART")


@pytest.mark.parametrize("mode", SYSTEMS)
def test_lines(system: Callable[[str], SystemReport], tmp_path: Path, mode: str) -> None:
    """Each comes as often as it must, at the same event in all replicas."""
    built = programs.pack(PROGRAM, system(mode), tmp_path, root_task=True)
    result = flight.fly(built, frames=1, timing=Timing.ICOUNT, limit_s=LIMIT_S, announce=print)
    text = result.downlink.decode("ascii", "replace").replace("\r", "")
    assert text == f"{'.' * RAISED}\nlines: {CHECKS} checks, 0 wrong\n"
    assert result.end.ending is Ending.OFF
    assert {record.type for record in result.log.remarkable()} == {RecordType.STOP}
