# SPDX-License-Identifier: BSD-2-Clause
"""
Built systems, and flights that several tests look at.

A test asks for a system by its mode ("tmr", "base-debug") and gets it for the board under test: the
default board, with @pytest.mark.every_board the others as well, with --board NAME only that one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from faultinj.campaign import PLACE, small_mission
from faultinj.golden import Arm, fly_golden
from faultinj.plugin_page import built_plugin
from tools import flight, presets
from tools.board import boards
from tools.errors import UserError
from tools.flight import FlightResult
from tools.qemu import Timing
from tools.system_report import SystemReport

SYSTEMS = ("base", "dmr", "tmr")
MODES = (*SYSTEMS, "qmr")  # index: replicas less one
FRAMES = 2
LIMIT_S = 300.0  # host seconds of a flight: the host may be busy
Fly = Callable[[str, Timing, int], FlightResult]


def pytest_addoption(parser: pytest.Parser) -> None:
    """One more option."""
    parser.addoption("--board", choices=boards(), help="run all system tests on this board only")


def pytest_configure(config: pytest.Config) -> None:
    """Three more marks."""
    config.addinivalue_line("markers", "every_board: a short part that runs on every board")
    config.addinivalue_line("markers", "asked_board: but of it this only with --board")
    config.addinivalue_line("markers", "default_board(reason): not for other boards, and why")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Chooses the boards."""
    if "board" not in metafunc.fixturenames:
        return
    mine = metafunc.definition.get_closest_marker("default_board")
    chosen = metafunc.config.getoption("--board")
    others = [name for name in boards() if name != presets.BOARD]
    everywhere = metafunc.definition.get_closest_marker("every_board") is not None
    names = [chosen] if chosen else [presets.BOARD, *(others if everywhere else [])]
    metafunc.parametrize("board", [
        pytest.param(name, marks=pytest.mark.skip(reason=mine.args[0])
                     if mine and name != presets.BOARD else ())
        for name in names], indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Without --board, what takes long on other boards is left out; with it, what asks for none, as
    that would run on another one."""
    chosen = config.getoption("--board")
    if chosen is None:
        items[:] = [item for item in items if not item.get_closest_marker("asked_board")
                    or item.callspec.params["board"] == presets.BOARD]
    if chosen in (None, presets.BOARD):
        return
    for item in items:
        if "board" not in item.fixturenames:
            item.add_marker(pytest.mark.skip(reason="asks for no board"))


@pytest.fixture(name="board", scope="session")
def _board_fixture(request: pytest.FixtureRequest) -> str:
    """The board under test."""
    return str(request.param)


def _preset(board: str, mode: str) -> str:
    """A preset's name on the default board means its mode, too."""
    return f"{board}-{presets.mode_of(mode)}"


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
def _system_fixture(board: str) -> Callable[[str], SystemReport]:
    """Mode -> system."""
    return lambda mode: _system(_preset(board, mode))


@pytest.fixture(name="fly", scope="session")
def _fly_fixture(board: str) -> Fly:
    """(mode, timing, run) -> flight; each is flown once."""
    return lambda mode, timing, run: _fly(_preset(board, mode), timing, run)


@cache
def _arm(preset: str) -> Arm:
    small = small_mission()
    built_plugin()
    PLACE.mkdir(parents=True, exist_ok=True)
    return fly_golden(f"test-{preset}", _system(preset), small, PLACE)[0]


@pytest.fixture(name="arm", scope="session")
def _arm_fixture(board: str) -> Callable[[str], Arm]:
    """Mode -> system ready to be flown with faults, after two equal golden runs."""
    return lambda mode: _arm(_preset(board, mode))
