# SPDX-License-Identifier: BSD-2-Clause
"""Flights in which replicas come back: the image, the mission, and one fault after the other."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from faultinj.campaign import PLACE
from faultinj.engine import Ending
from faultinj.golden import Arm, fly_golden
from faultinj.plugin_page import built_plugin
from faultinj.rsp import Stub
from tests.system import flips, hijack, programs
from tools import presets
from tools.frames import write_mission
from tools.paths import ROOT
from tools.recorder import EventLog, Record, RecordType, StopReason
from tools.symbols import Symbols
from tools.system_report import SystemReport

TICKS_PER_MS = 62500
FRAMES = 3
MORE_FRAMES = {"xlnx-zcu102": 4}  # three end there 7 ms after a single member got its peer back
SCRUB_RATE = 32768  # bytes in a ms: all that never changes, within 10 ms


def system_with(system: SystemReport, place: Path, **attributes: str) -> SystemReport:
    """The preset's flight, with these attributes in <redundancy>."""
    text = (ROOT / system.raw["system"]).read_text(encoding="utf-8")
    for name, value in attributes.items():
        text = re.sub(rf'(<redundancy[^>]*?)\s{name}="[^"]*"', r"\1", text)
        text = text.replace("<redundancy ", f'<redundancy {name}="{value}" ', 1)
    place.mkdir(parents=True, exist_ok=True)
    description = place / "flight.system"
    description.write_text(text, encoding="utf-8")
    return programs.pack("flight", system, place, description=description)


def arm_with(system: SystemReport, place: Path, frames: int, **attributes: str) -> Arm:
    """... flown twice without a fault, with so many frames of full size."""
    built_plugin()
    return fly_golden(place.name, system_with(system, place, **attributes),
                      write_mission(PLACE, frames), place)[0]


@cache
def board_arm(board: str, mode: str, limit: int, frames: int = FRAMES) -> Arm:
    """... of a board, where so many returns in an hour are allowed, and one replica alone."""
    preset = f"{board}-{mode}"
    place = PLACE / f"readmit-{preset}-{limit}-{frames}"
    return arm_with(presets.load(preset), place, frames, readmit_per_hour=str(limit),
                    simplex_ok="true", scrub_bytes_per_ms=str(SCRUB_RATE))


def scrubbed_arm(board: str, mode: str, limit: int) -> Arm:
    """... whose flight goes on after a return until scrubbing has been everywhere once more."""
    if board in MORE_FRAMES:
        return board_arm(board, mode, limit, MORE_FRAMES[board])
    return board_arm(board, mode, limit)


def check_whole(arm: Arm, hit: flips.Hit, active: int) -> None:
    """Nobody outside sees a difference; at the end these replicas took part."""
    assert hit.done.ending is Ending.OFF and hit.done.downlink == arm.golden.downlink
    assert hit.sent < len(arm.golden.downlink)
    stop = hit.log.of(RecordType.STOP)
    assert [(r.a, r.b) for r in stop] == [(StopReason.POWER_OFF, active)]


_variants: dict[tuple[str, str], Arm] = {}  # by image and attributes


def variant(arm: Arm, **attributes: str) -> Arm:
    """The same arm with attributes that mean something only when a replica fails: its flights
    without a fault are the same, instruction by instruction."""
    name = "-".join(f"{key}-{value}" for key, value in sorted(attributes.items()))
    key = arm.system.sha256, name
    if key not in _variants:
        system = system_with(arm.system, PLACE / f"{arm.name}-{name}", **attributes)
        flight = replace(arm.flight, system=system, image=None)
        _variants[key] = replace(arm, name=f"{arm.name}-{name}", system=system, flight=flight)
    return _variants[key]


def impatient(arm: Arm) -> Arm:
    """Who comes too late is out after a tenth of the usual time: a core that spins in an exception
    takes the emulator a thousand times the time that it takes the board."""
    return variant(arm, barrier_timeout_us="10000")


def excluding(arm: Arm, replica: int) -> flips.AtFault:
    """A flip after which the replica's kernel runs into an abort, wherever it is now: the address
    of the board, in its own memory."""
    pointer = Symbols(arm.system).kernel.address("rcoe")
    return flips.physical_flip(hijack.physical(arm, replica, pointer), 40)


def stopped_at(arm: Arm, stub: Stub, core: int, symbol: str) -> None:
    """Runs on until the core has executed the first instruction of this function of the shim."""
    address = flips.shim_address(arm, core, symbol)
    stub.break_at(address)
    stub.go_on()
    stub.wait_stop(flips.STOP_S)
    stub.break_at(address, False)
    stub.step(core)


def one_after_the_other(arm: Arm, replicas: list[int]) -> flips.AtFault:
    """Excludes the first of these replicas, and each other one when the one before is back: the
    moment in which its core closes the code of the start, an instruction before it works again."""
    def change(stub: Stub, place: Path) -> None:
        excluding(arm, replicas[0])(stub, place)
        for back, replica in zip(replicas, replicas[1:]):
            stopped_at(arm, stub, back, "paging_close")
            excluding(arm, replica)(stub, place)
    return change


def while_joining(arm: Arm, replica: int, core: int, symbol: str,
                  then: flips.AtFault) -> flips.AtFault:
    """Excludes the replica; when this core comes to this function of the shim, something else
    happens, too."""
    def change(stub: Stub, place: Path) -> None:
        excluding(arm, replica)(stub, place)
        stopped_at(arm, stub, core, symbol)
        then(stub, place)
    return change


def story(log: EventLog) -> list[tuple[RecordType, int]]:
    """What happened to whom: exclusions and all that is said of returns, in order."""
    kinds = (RecordType.EXCLUDE, RecordType.JOIN_BEGIN, RecordType.JOIN, RecordType.JOIN_FAILED)
    return [(record.type, record.a) for record in sorted(log.records) if record.type in kinds]


def standstill_us(record: Record) -> float:
    """For how long all stood still, from the first that came to the joiner's admission."""
    return (record.c >> 32) / TICKS_PER_MS * 1000
