# SPDX-License-Identifier: BSD-2-Clause
"""Flights in which one replica after the other is broken, comes back, and is broken again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from faultinj.engine import Ending, HarnessError, Limits, Run, run
from faultinj.watch import STRUCK, Kind, Strike, Watch, write_strikes, write_watches
from tools import board_state, ground, recorder
from tools.bench.downgrade.plan import fingerprints
from tools.bench.images import OWN_SYSTEM, PLACE, packed, parts_of
from tools.errors import UserError
from tools.frames import MissionFiles
from tools.paths import ROOT
from tools.qemu import Flight
from tools.recorder import EventLog, Record, RecordType, StopReason
from tools.system_report import SystemReport

HERE = PLACE / "readmit"
GOLDEN_LIMITS = Limits(instructions=20_000_000_000, cpu_s=600, wall_s=3600)
FACTOR, PER_STRIKE = 3, 500_000_000  # instructions that a flight may take beyond the reference
GAPS = (200_000, 2_000_000)          # instructions from a join to the next fault
PER_HOUR = 255                       # so often a replica may come back: never the matter here
NS_PER_TICK = 16                     # recorder.TICKS_PER_US


class Way(Enum):
    """How an exclusion ended."""

    BACK = "back"
    FAILED = "refused"         # RECORD_JOIN_FAILED
    OUT = "out at the end"     # the flight ended first


@dataclass(frozen=True)
class Cycle:
    """One replica, out and in again."""

    replica: int
    io_core: bool   # its core performed input and output until then
    way: Way
    pause_ns: int   # all stood still so long; 0 unless it came back
    pages: int      # copied meanwhile
    away_ns: int    # from the exclusion to the way's end
    reason: str     # why it was refused


@dataclass(frozen=True)
class Reference:
    """The flight without a fault, and what the others need."""

    system: SystemReport
    flight: Flight
    mission: MissionFiles
    watches: Path
    run: Run


@dataclass(frozen=True)
class Flown:
    """One flight with faults."""

    seed: int
    strikes: int         # that came to be
    cycles: tuple[Cycle, ...]
    problems: tuple[str, ...]  # none: every byte was right
    instructions: int


def image_of(preset: SystemReport) -> SystemReport:
    """The flight of a preset with the automatic way back."""
    described = HERE / f"{OWN_SYSTEM}.system"
    text = (ROOT / "configs" / described.name).read_text(encoding="utf-8")
    if "readmit_per_hour" in text or "<redundancy " not in text:
        raise ValueError(f"{described.name} already says how replicas come back, or nothing at all")
    described.parent.mkdir(parents=True, exist_ok=True)
    described.write_text(text.replace(
        "<redundancy ", f'<redundancy readmit_per_hour="{PER_HOUR}" '), encoding="utf-8")
    return packed(parts_of(preset), OWN_SYSTEM, HERE / preset.preset, described)


def ballots(system: SystemReport) -> list[Watch]:
    """The rings that tell when a fault may hit; publications are not noted."""
    board = system.board_page.base - system.ram.base
    return [Watch(Kind.RING, 0, at, replica, at + board_state.BALLOT_FINGERPRINTS,
                  board_state.BALLOT_RING)
            for replica, at in enumerate(board + board_state.BALLOTS + r * board_state.PAGE
                                         for r in range(system.replicas))]


def strikes_of(seed: int, count: int, running: Sequence[int]) -> list[Strike]:
    """Every replica as often as the others, in changing order; where in RAM its running fingerprint
    is."""
    rng = random.Random(f"{seed}/readmit")
    order: list[int] = []
    while len(order) < count:
        turn = list(range(len(running)))
        rng.shuffle(turn)
        order += turn
    return [Strike(replica, running[replica], rng.randrange(32), rng.randint(*GAPS))
            for replica in order[:count]]


def fly_reference(system: SystemReport, mission: MissionFiles) -> Reference:
    """Without a fault."""
    path = HERE / "watches"
    write_watches(path, ballots(system))
    flight = Flight(system, Path("set by the engine"), mission.frames_path, mission.mission_path)
    try:
        done, log = run(flight, GOLDEN_LIMITS,
                        inspect=lambda ram: recorder.read(ram, system))
    except HarnessError as error:
        raise UserError(f"the flight without a fault failed: {error}",
                        next_step="./ternion doctor") from error
    assert log is not None
    found = ground.check(done.downlink, mission.frames)
    if done.ending is not Ending.OFF or not found.good or log.excluded():
        raise UserError(f"the flight without a fault is not good: {found.line()}",
                        next_step=f"./ternion run --icount --preset {system.preset}")
    return Reference(system, flight, mission, path, done)


def cycles_of(records: Sequence[Record]) -> list[Cycle]:
    """From the recorder, in the order of the exclusions."""
    cycles: list[Cycle] = []
    out: dict[int, tuple[int, Record]] = {}  # replica -> place in cycles, its exclusion
    for record in records:
        if record.type is RecordType.EXCLUDE:
            out[record.a] = len(cycles), record
            cycles.append(Cycle(record.a, False, Way.OUT, 0, 0, 0, ""))
        elif record.type is RecordType.IO_MOVED and record.a in out:
            place, _ = out[record.a]
            cycles[place] = replace(cycles[place], io_core=True)
        elif record.type in (RecordType.JOIN, RecordType.JOIN_FAILED) and record.a in out:
            place, since = out[record.a]
            away = (record.time - since.time) * NS_PER_TICK
            if record.type is RecordType.JOIN:
                cycles[place] = replace(cycles[place], way=Way.BACK, away_ns=away,
                                        pause_ns=(record.c >> 32) * NS_PER_TICK,
                                        pages=record.c & 0xFFFFFFFF)
                del out[record.a]
            else:  # it may be asked again
                cycles[place] = replace(cycles[place], way=Way.FAILED, away_ns=away,
                                        reason=record.text())
    return cycles


def problems_of(reference: Reference, done: Run, log: EventLog) -> list[str]:
    """What is wrong with a flight; a replica that stays out is not."""
    found = []
    if done.downlink != reference.run.downlink:
        found.append(f"downlink of {len(done.downlink)} bytes differs from that without a fault, "
                     f"{len(reference.run.downlink)} bytes")
    if done.ending is not Ending.OFF:
        found.append(f"ended by {done.ending.value}")
    elif log.stop_reason() is not StopReason.POWER_OFF:
        found.append("it did not switch itself off: " + log.records[-1].text())
    return found + log.damaged[:1]


def fly(reference: Reference, seed: int, count: int) -> Flown:
    """One flight, with up to so many faults."""
    system = reference.system
    path = HERE / f"strikes-{seed}"
    board = system.board_page.base - system.ram.base
    write_strikes(path, board + board_state.CONTROL_ACTIVE,
                  board_state.active_word((1 << system.replicas) - 1),
                  strikes_of(seed, count, [at - system.ram.base for at in fingerprints(system)]))
    whole = sum(reference.run.page.total)
    limits = Limits(FACTOR * whole + count * PER_STRIKE, GOLDEN_LIMITS.cpu_s, GOLDEN_LIMITS.wall_s)
    try:
        done, log = run(reference.flight, limits, watches=reference.watches,
                        more=[f"strikes={path}"], inspect=lambda ram: recorder.read(ram, system))
    except (HarnessError, OSError) as error:
        return Flown(seed, 0, (), (f"harness: {error}",), 0)
    assert log is not None
    struck = [sight for sight in done.sights if sight.id == STRUCK]
    return Flown(seed, len(struck), tuple(cycles_of(log.records)),
                 tuple(problems_of(reference, done, log)), sum(done.page.total))
