# SPDX-License-Identifier: BSD-2-Clause
"""Builds with the hardware debug API: other label numbers, for the builder and for init too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.system import programs
from tools import flight
from tools.elf import read_program
from tools.qemu import Ending
from tools.sel4_abi import HARDWARE_DEBUG_SYMBOL
from tools.system_report import SystemReport

LIMIT_S = 60.0


def test_protection_domains(system: Callable[[str], SystemReport], tmp_path: Path) -> None:
    """What the builder plans is what init can invoke, and what the programs call."""
    preset = system("base-hwdebug")
    assert HARDWARE_DEBUG_SYMBOL in read_program(preset.elves["kernel"]).symbols
    result = flight.fly(programs.pack("pingpong", preset, tmp_path), frames=1, limit_s=LIMIT_S,
                        announce=print)
    assert result.downlink == b"pingpong: 399 calls, 200 notifications, 0 wrong\n"
    assert result.end.ending is Ending.OFF


def test_no_code_of_it_otherwise(system: Callable[[str], SystemReport]) -> None:
    """A kernel without the option has neither the mark nor a function of it."""
    symbols = read_program(system("base").elves["kernel"]).symbols
    assert not [name for name in symbols if name.startswith("debug_exception")
                or name in ("debug_prepare", "debug_raise", HARDWARE_DEBUG_SYMBOL)]
