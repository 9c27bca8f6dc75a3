# SPDX-License-Identifier: BSD-2-Clause
"""Flights in which replicas come back: the image, the mission, and one fault after the other."""

from __future__ import annotations

import re
from pathlib import Path

from faultinj.campaign import PLACE
from faultinj.golden import Arm, fly_golden
from faultinj.plugin_page import built_plugin
from tests.system import flips, programs
from tools.frames import write_mission
from tools.paths import ROOT
from tools.recorder import EventLog, Record, RecordType
from tools.system_report import SystemReport

EVENT = 8           # offset of the event count in a ballot
TICKS_PER_MS = 62500
HEALTHY = {RecordType.START, RecordType.INPUT, RecordType.PARK, RecordType.STOP, RecordType.TEXT}


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


def excluding(arm: Arm, replica: int) -> flips.AtFault:
    """A flip after which the replica gives itself up at its next kernel entry."""
    return flips.physical_flip(flips.ballot(arm, replica) + EVENT, 0)


def story(log: EventLog) -> list[tuple[RecordType, int]]:
    """What happened to whom: exclusions and all that is said of returns, in order."""
    kinds = (RecordType.EXCLUDE, RecordType.JOIN_BEGIN, RecordType.JOIN, RecordType.JOIN_FAILED)
    return [(record.type, record.a) for record in sorted(log.records) if record.type in kinds]


def standstill_us(record: Record) -> float:
    """For how long all stood still, from the first that came to the joiner's admission."""
    return (record.c >> 32) / TICKS_PER_MS * 1000
