# SPDX-License-Identifier: BSD-2-Clause
"""Built systems, and flights that several tests look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from faultinj.campaign import PLACE, small_mission
from faultinj.golden import Arm, fly_golden
from faultinj.plugin_page import built_plugin
from tools import flight, presets
from tools.errors import UserError
from tools.flight import FlightResult
from tools.qemu import Timing
from tools.system_report import SystemReport

SYSTEMS = ("qemu-virt-base", "qemu-virt-dmr", "qemu-virt-tmr")
FRAMES = 2
LIMIT_S = 300.0  # host seconds of a flight: the host may be busy
Fly = Callable[[str, Timing, int], FlightResult]


@cache
def _system(preset: str) -> SystemReport:
    try:
        return presets.load(preset)
    except UserError as error:
        raise pytest.UsageError(f"{error.message}; first: {error.next_step}") from error


@cache
def _fly(preset: str, timing: Timing, run: int) -> FlightResult:
    """`run` tells repetitions of the same flight apart."""
    return flight.fly(_system(preset), frames=FRAMES, timing=timing, limit_s=LIMIT_S,
                      announce=print)


@pytest.fixture(name="system", scope="session")
def _system_fixture() -> Callable[[str], SystemReport]:
    """Preset -> system."""
    return _system


@pytest.fixture(name="fly", scope="session")
def _fly_fixture() -> Fly:
    """(preset, timing, run) -> flight; each is flown once."""
    return _fly


@cache
def _arm(preset: str) -> Arm:
    small = small_mission()
    built_plugin()
    PLACE.mkdir(parents=True, exist_ok=True)
    return fly_golden(f"test-{preset}", _system(preset), small, PLACE)[0]


@pytest.fixture(name="arm", scope="session")
def _arm_fixture() -> Callable[[str], Arm]:
    """Preset -> system ready to be flown with faults, after two equal golden runs."""
    return _arm
