# SPDX-License-Identifier: BSD-2-Clause
"""One fault as it happens, for `ternion demo`: a register of the leader's replica in a TMR system.

Faults are tried in the order of a seed until one has an effect; every word of the description is
read from the machine, its event log and its downlink.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

from faultinj.campaign import PLACE, small_mission
from faultinj.classify import EFFECTIVE, Verdict, classify
from faultinj.engine import HarnessError, Run
from faultinj.golden import Arm, fly_golden
from faultinj.inject import fly_with_fault
from faultinj.layers import Layer
from faultinj.places import running
from faultinj.plan import FRACTION_BITS, PlannedFault
from faultinj.plugin_page import built_plugin
from faultinj.resolve import resolve
from faultinj.rsp import REGISTER_NAMES, Stub
from faultinj.strata import Kind
from faultinj.workspace import sweep
from tools import ground
from tools.errors import UserError
from tools.recorder import TICKS_PER_US, EventLog, RecordType
from tools.system_report import SystemReport

TRIES = 60
LEADER = struct.Struct("<44xI")  # struct board_control: leader


@dataclass(frozen=True)
class Demonstration:
    """What was observed."""

    tries: int            # faults that had no effect before, and this one
    replica: int          # of the leader when it was hit, from the board
    register: str
    bit: int
    before: int
    after: int            # read back
    place: str            # symbol that was running
    verdict: Verdict
    excluded: int
    active_after: tuple[int, ...]
    new_leader: int | None
    event: int            # kernel entries begun when it was noticed
    downgrade_us: float   # from the first record of the detection to the exclusion
    downlink_unchanged: bool
    ground: str
    events: tuple[str, ...]

    @property
    def how(self) -> str:
        """By the first record: a vote takes two others, everything else gave the replica away."""
        return "outvoted and excluded" if self.verdict.mechanism.endswith("vote") else "excluded"

    def lines(self) -> list[str]:
        """For a terminal."""
        moved = "" if self.new_leader is None else f"; I/O moved to core {self.new_leader}"
        active = ", ".join(str(replica) for replica in self.active_after)
        return [
            f"fault: replica {self.replica} (the leader), {self.register} bit {self.bit}: "
            f"{self.before:#x} -> {self.after:#x}, while in {self.place}",
            f"noticed by: {self.verdict.mechanism}, at event {self.event}",
            f"verdict: replica {self.excluded} {self.how}, active now {active}{moved}",
            f"from detection to DMR: {self.downgrade_us:.1f} us",
            "downlink: " + ("unchanged, byte for byte" if self.downlink_unchanged else "CHANGED")
            + f" ({self.ground})"]


def _leader(stub: Stub, system: SystemReport) -> int:
    data = stub.read_physical(system.board_page.base, LEADER.size)
    return int(LEADER.unpack(data)[0])


def candidates(replica: int, seed: int) -> list[PlannedFault]:
    """Registers that code often uses, in user and kernel code."""
    rng = random.Random(f"{seed}/demonstrate")
    found = []
    for number in range(1, TRIES + 1):
        layer = rng.choice((Layer.USER, Layer.KERNEL))
        register = rng.randrange(31)
        found.append(PlannedFault(
            number, layer, Kind.X, replica, rng.getrandbits(FRACTION_BITS), rng.randrange(8),
            register, None, rng.randrange(32), False, REGISTER_NAMES[register]))
    return found


def _members(bits: int) -> tuple[int, ...]:
    return tuple(bit for bit in range(31) if bits >> bit & 1)


def _describe(arm: Arm, fault: PlannedFault, tries: int, leader: int, done: Run, log: EventLog,
              verdict: Verdict, place: str) -> Demonstration:
    exclusion = log.of(RecordType.EXCLUDE)[0]
    moved = log.of(RecordType.IO_MOVED)
    seen = done.evidence
    assert fault.register is not None and seen.before is not None and seen.after is not None
    start = verdict.time if verdict.time is not None else exclusion.time
    event = verdict.event if verdict.event is not None else exclusion.event
    return Demonstration(
        tries, leader, REGISTER_NAMES[fault.register], fault.bit, seen.before, seen.after, place,
        verdict, exclusion.a, _members(exclusion.b), moved[0].b if moved else None, event,
        (exclusion.time - start) / TICKS_PER_US, done.downlink == arm.golden.downlink,
        ground.check(done.downlink, arm.mission.frames).line(),
        tuple(record.text() for record in log.remarkable()))


def demonstrate(system: SystemReport, seed: int = 1) -> Demonstration:
    """Flies the golden runs, then faults until one is outvoted."""
    sweep()
    built_plugin()
    arm, _ = fly_golden("demo", system, small_mission(), PLACE)
    if system.replicas < 3:
        raise UserError(f"{system.preset} has {system.replicas} replicas: a demonstration needs 3",
                        next_step="./ternion build --preset qemu-virt-tmr")
    leaders: list[int] = []

    def look(stub: Stub, _: Path) -> None:
        leaders.append(_leader(stub, system))

    for tries, fault in enumerate(candidates(0, seed), 1):
        what = resolve(fault, arm)
        if what is None:
            continue
        trigger, flip = what
        leaders.clear()
        try:
            done, log = fly_with_fault(arm, trigger, flip, look)
        except HarnessError as error:
            raise UserError(f"the demonstration failed: {error}",
                            next_step="./ternion doctor") from error
        verdict = classify(done.ending, done.evidence.landing, done.downlink, arm.golden.downlink,
                           log)
        effect = verdict.outcome in EFFECTIVE
        if effect and verdict.excluded and leaders == [trigger.core]:
            return _describe(arm, fault, tries, leaders[0], done, log, verdict,
                             running(system, trigger.core, done.evidence))
    raise UserError(f"none of {TRIES} faults in the leader's replica had an effect",
                    next_step="./ternion inject --arms tmr")
