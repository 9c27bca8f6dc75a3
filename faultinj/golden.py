# SPDX-License-Identifier: BSD-2-Clause
"""The golden run of an arm: flown twice, and only good when both are identical in every respect."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from faultinj.engine import Ending, HarnessError, Limits, Probes, Run, run
from faultinj.final_state import FinalState, keep
from faultinj.layers import IPA_RAM, Layer, code_ranges, write_ranges
from faultinj.marks import marks_of
from faultinj.memory_map import MemoryMap, base_of
from faultinj.places import remember
from faultinj.plugin_page import CLASS_ANY, CLASS_MARK, STAGES, Counts
from faultinj.spec import Bounds
from faultinj.strata import JOIN_STAGES, Event
from faultinj.way_back import FirstFault, begun, problems
from tools import ground, recorder
from tools.errors import UserError
from tools.frames import MissionFiles
from tools.board_state import BALLOT_EVENT
from tools.qemu import Flight
from tools.recorder import EventLog, RecordType
from tools.symbols import Symbols
from tools.system_report import SystemReport

GOLDEN_LIMITS = Limits(instructions=20_000_000_000, cpu_s=240, wall_s=600)
# Bounds of a run with a fault, beside spec.Bounds.
WATCHDOG_NS = 2_000_000_000  # shim/start: a silent core is given up after two seconds, ...
WATCHDOG_BARRIERS = 20     # ... or after so many barrier times, if that is longer
CPU_FLOOR_S = 3.0
SHIFT_MAX = 6         # of a campaign file
RECORDER_WRITTEN = 8  # head of a recorder: records but inputs
# A core whose vector cannot be fetched takes one exception after the other until the others lose
# patience. QEMU counts an instruction for each, and does some 2.4 million of them in a second.
EXCEPTIONS_PER_S = 1_200_000
STILL_FLOOR_S = 1.0


@dataclass(frozen=True)
class Golden:
    """What a run without a fault does."""

    downlink: bytes
    log_digest: str
    events: int                 # kernel entries of the leader's replica
    total: tuple[int, ...]      # instructions per core
    by_class: tuple[tuple[int, ...], ...]
    first_high: tuple[int, ...]  # ... before the kernel first ran
    by_class_first_high: tuple[tuple[int, ...], ...]
    wall_s: float
    marks: tuple[tuple[int, ...], ...] = ()  # per core: executions of marks.py's places
    stages: tuple[Counts, ...] = ()          # where those of a join begin, and where the last ends

    @property
    def downlink_sha256(self) -> str:
        return hashlib.sha256(self.downlink).hexdigest()

    @property
    def instructions(self) -> int:
        """Of all cores."""
        return sum(self.total)

    def window(self, core: int, code: int) -> tuple[int, int]:
        """First and last-but-one count of a class of code or a mark on a core, from the kernel's
        start on."""
        if code >= CLASS_MARK:
            return 0, self.marks[core][code - CLASS_MARK]
        if code == CLASS_ANY:
            return self.first_high[core], self.total[core]
        return self.by_class_first_high[core][code], self.by_class[core][code]

    def stage(self, core: int, code: int, event: Event | None) -> tuple[int, int]:
        """The same for a stage of a join; None: all of them."""
        first = JOIN_STAGES.index(event) if event else 0
        last = first + 1 if event else len(JOIN_STAGES)
        return self.stages[first][core][code], self.stages[last][core][code]


@dataclass(frozen=True)
class Arm:
    """One system of a campaign, ready to be flown with faults."""

    name: str
    system: SystemReport
    flight: Flight
    mission: MissionFiles
    ranges: Path
    golden: Golden
    limits: Limits
    cpu_s: float  # processor time of one golden run
    probes: Probes = Probes()
    final: FinalState | None = None
    kernel_shift: int = 0  # physical minus virtual addresses of the kernel of replica 0
    first: FirstFault | None = None  # in every run, the golden ones too

    def text_shift(self, replica: int) -> int:
        """Physical minus virtual addresses of a replica's kernel."""
        partitions = self.system.partitions
        return self.kernel_shift + partitions[replica].base - partitions[0].base

    def replica(self, wanted: int) -> int:
        """The replica (and core) that a fault meant for `wanted` hits here."""
        return wanted if wanted < self.system.replicas else 0


def _same(first: tuple[Run, EventLog], second: tuple[Run, EventLog]) -> list[str]:
    """What differs between two runs."""
    differences = []
    if first[0].downlink != second[0].downlink:
        differences.append("downlink")
    if first[1].digest() != second[1].digest():
        differences.append("event log")
    if first[0].page.total != second[0].page.total:
        differences.append("instruction counts")
    return differences


def limits_after(golden: Golden, system: SystemReport, cpu_s: float, bounds: Bounds = Bounds(),
                 shift: int = 0) -> Limits:
    """Room for a healthy run, and with several replicas for the longest wait of the watchdog. An
    instruction is 2^shift nanoseconds of virtual time."""
    instructions = int(bounds.longer * golden.instructions) + bounds.slack
    barrier_ns = 0
    if system.replicas > 1:
        barrier_ns = 1000 * int(system.raw["barrier_timeout_us"])
        instructions += int(1.2 * max(WATCHDOG_NS, WATCHDOG_BARRIERS * barrier_ns)) >> shift
    share = instructions / max(golden.instructions, 1)
    cpu_limit = max(CPU_FLOOR_S, bounds.processor_factor * cpu_s, 2 * share * cpu_s)
    storm_s = (barrier_ns >> shift) / EXCEPTIONS_PER_S
    cpu_limit += storm_s
    return Limits(instructions, cpu_limit, 20 * cpu_limit + 60, STILL_FLOOR_S + storm_s)


def probes_of(symbols: Symbols, ranges: Path) -> Probes:
    """What the plugin reads in every run of a system."""
    system = symbols.system
    base = system.ram.base
    cores = range(len(system.shim))
    # A core without a replica has a ballot page, too, and nobody writes it.
    events = tuple(base_of(Layer.BALLOT, system, core) - base + BALLOT_EVENT for core in cores)
    records = tuple(region.base - base + RECORDER_WRITTEN for region in system.recorders)
    return Probes(ranges, marks_of(symbols), events, records)


def kernel_shift(symbols: Symbols) -> int:
    """Physical minus virtual addresses of the kernel of replica 0."""
    first = symbols.kernel.segments[0]
    return first.paddr - IPA_RAM + symbols.system.partitions[0].base - first.vaddr


def children_cpu_s() -> float:
    """Processor time of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kept_image(system: SystemReport, place: Path) -> Path:
    """A copy of the image: a build may replace the original while a campaign runs."""
    data = system.image.read_bytes()
    if hashlib.sha256(data).hexdigest() != system.sha256:
        raise UserError(f"the image of {system.preset} is not the one that its report describes",
                        next_step=f"./ternion build --preset {system.preset}")
    place.mkdir(parents=True, exist_ok=True)
    copy = place / f"{system.preset}-{system.sha256[:12]}.img"
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(copy)
    return copy


def fly_golden(name: str, system: SystemReport, mission: MissionFiles, place: Path,
               announce: Callable[[str], None] | None = None, bounds: Bounds = Bounds(),
               shift: int = 0, first_fault: FirstFault | None = None) -> tuple[Arm, MemoryMap]:
    """Flies twice, compares, checks on the ground, and looks at the memory that was used."""
    remember(system)
    flight = Flight(system, Path("set by the engine"), mission.frames_path, mission.mission_path,
                    image=kept_image(system, place), icount_shift=shift or None)
    ranges = place / f"{name}.ranges"
    write_ranges(ranges, code_ranges(system))
    symbols = Symbols(system)
    probes = probes_of(symbols, ranges)

    def log_of(ram: Path) -> EventLog:
        return recorder.read(ram, system)

    def look(ram: Path) -> tuple[EventLog, MemoryMap, FinalState]:
        return (recorder.read(ram, system), MemoryMap(ram, system, symbols),
                keep(ram, system, symbols))

    before_s = children_cpu_s()
    before = (first_fault.injection,) if first_fault else ()
    counted = replace(probes, stages=first_fault.stages) if first_fault else probes
    try:
        first, first_log = run(flight, GOLDEN_LIMITS, inspect=log_of, announce=announce,
                               probes=counted, before=before)
        cpu_s = children_cpu_s() - before_s
        second, seen = run(flight, GOLDEN_LIMITS, inspect=look, probes=counted, before=before)
    except HarnessError as error:
        raise UserError(f"the golden run of {system.preset} failed: {error}",
                        next_step=f"./ternion run --icount --preset {system.preset}") from error
    assert first_log is not None and seen is not None
    second_log, memory, final = seen
    if system.replicas == 1:
        final = final.depends_on_time(_at_another_pace(flight, shift, probes, symbols))
    differences = _same((first, first_log), (second, second_log))
    if differences:
        raise UserError(f"two golden runs of {system.preset} differ: {', '.join(differences)}",
                        next_step=f"./ternion run --icount --preset {system.preset}   (twice)")
    _check_good(system, mission, first, first_log, first_fault)
    page = first.page
    golden = Golden(first.downlink, first_log.digest(),
                    max((record.event for record in first_log.records), default=0), page.total,
                    page.by_class, page.first_high, page.by_class_first_high, first.wall_s,
                    page.marks, page.stages)
    limits = limits_after(golden, system, cpu_s, bounds, shift)
    return Arm(name, system, flight, mission, ranges, golden, limits, cpu_s, probes,
               final, kernel_shift(symbols),
               replace(first_fault, known=begun(first_log)) if first_fault else None), memory


def _at_another_pace(flight: Flight, shift: int, probes: Probes, symbols: Symbols) -> FinalState:
    """The end of the same flight where an instruction takes twice as long, or half."""
    other = replace(flight, icount_shift=shift + 1 if shift < SHIFT_MAX else shift - 1)
    _, final = run(other, GOLDEN_LIMITS, probes=probes,
                   inspect=lambda ram: keep(ram, symbols.system, symbols))
    assert final is not None
    return final


def _check_good(system: SystemReport, mission: MissionFiles, done: Run, log: EventLog,
                first: FirstFault | None) -> None:
    found = list(ground.check(done.downlink, mission.frames).problems)
    if done.ending is not Ending.OFF:
        found.append(f"the run ended by {done.ending.value}")
    if first is not None:
        found += problems(log, first.replica)
    else:
        bad = [record for record in log.remarkable() if record.type is not RecordType.STOP]
        found += [record.text() for record in bad[:3]]
    found += log.damaged[:3]
    if found:
        raise UserError(f"the golden run of {system.preset} is not good: {found[0]}",
                        next_step=f"./ternion run --icount --preset {system.preset}")
    if first is not None and len(done.page.stages) < STAGES:
        raise UserError(f"replica {first.replica} of {system.preset} comes back too shortly before "
                        "the flight ends", next_step="write in [workload]: frames = 4")
