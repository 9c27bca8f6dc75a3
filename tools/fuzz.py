# SPDX-License-Identifier: BSD-2-Clause
"""Runs apps/fuzz: random system calls with a seed, on a kernel that checks its invariants."""

from __future__ import annotations

import re
import struct
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from tools import build_image, kernel_panic, qemu, recorder, system_report
from tools.elf import read_program
from tools.errors import UserError
from tools.paths import ROOT
from tools.qemu import Ending, Flight, Qemu, RamFile, RunEnd, Timing
from tools.recorder import EventLog, RecordType, StopReason
from tools.system_report import SystemReport

CONFIG = struct.Struct("<QQQQQ")  # struct fuzz_config
STALL_S = 300.0                   # host seconds without a word: the system hangs
STRIDE = 500                      # kernel exits from one complete check to the next
KERNEL_ELF_BASE = 0xFFFFFFFFC0000000
KERNEL_PHYS_BASE = 0x40000000
PPTR_BASE = 0xFFFFFF8000000000
WORD = struct.Struct("<Q")
NUMBER_REGISTER = 10  # apps/fuzz/call.S: x10 holds the number of the call
FACT = re.compile(r"fuzz: (calls made|full checks|broken|last number|worlds|restarts) (\d+)")
MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Plan:
    """What is to be called, and how often all is checked."""

    seed: int
    calls: int
    until: int = 0  # stop at this call number; 0: no limit
    stride: int = STRIDE


@dataclass(frozen=True)
class FuzzRun:
    """What became of it."""

    plan: Plan
    command: str
    end: RunEnd
    text: str
    log: EventLog
    number: int | None  # of the call that the last thread was at, when the kernel gave up

    def fact(self, name: str) -> int:
        """A number from the summary that the program prints at its end; 0: it printed none."""
        found = [int(value) for key, value in FACT.findall(self.text) if key == name]
        return found[-1] if found else 0

    @property
    def panics(self) -> int:
        """Kernels that gave up, other than for a broken invariant."""
        return len(self._panics(False))

    @property
    def broken(self) -> int:
        """Invariants found broken, at an exit or on demand."""
        return len(self._panics(True)) + (self.fact("broken") != 0)

    def _panics(self, invariant: bool) -> list[recorder.Record]:
        return [record for record in self.log.of(RecordType.PANIC)
                if (record.a == kernel_panic.INVARIANT) == invariant]

    def problems(self) -> list[str]:
        """Everything that is not as it must be."""
        result = [record.text() for record in self.log.remarkable()
                  if record.type not in (RecordType.STOP, RecordType.TEXT)]
        reason = self.log.stop_reason()
        if self.end.ending is Ending.TIME_LIMIT:
            result.append("time limit")
        elif self.end.ending is Ending.KILLED:
            result.append(f"hang: nothing printed for {STALL_S:.0f} s")
        elif reason is not StopReason.POWER_OFF:
            why = reason.name.lower().replace("_", " ") if reason else "without a record"
            result.append(f"stopped: {why}")
        if self.fact("broken"):
            result.append(f"invariant '{kernel_panic.invariants()[self.fact('broken')]}' broken")
        if "fuzz: supervisor:" in self.text:
            result.append("the supervisor could not go on")
        if not self.plan.until and self.fact("calls made") < self.plan.calls:
            result.append(f"{self.fact('calls made')} calls made, not {self.plan.calls}")
        if result and self.number is not None:
            result.append(f"at call number {self.number}; "
                          f"./ternion fuzz --seed {self.plan.seed} --until {self.number}")
        return result

    def line(self) -> str:
        """The result in one line."""
        return (f"fuzz: seed {self.plan.seed}: {self.fact('calls made')} calls, "
                f"{self.panics} panics, {self.broken} invariants broken, "
                f"{self.fact('full checks')} full checks")


def patched(program: Path, plan: Plan, replicas: int) -> bytes:
    """The program with the plan in its struct fuzz_config."""
    symbol = read_program(program).need("fuzz_config", "which holds seed and number of calls")
    data = bytearray(program.read_bytes())
    with program.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_LOAD"):
            offset = symbol.address - segment["p_vaddr"]
            if 0 <= offset <= segment["p_filesz"] - CONFIG.size and symbol.size == CONFIG.size:
                CONFIG.pack_into(data, segment["p_offset"] + offset, plan.seed, plan.calls,
                                 plan.until, replicas > 1, plan.stride)
                return bytes(data)
    raise UserError(f"{program}: 'fuzz_config' is not as this tool knows it",
                    next_step="build it from this tree")


def pack(system: SystemReport, plan: Plan, place: Path) -> SystemReport:
    """An image of the fuzzer alone, with the preset's kernel, shim and replicas."""
    programs = system.elves["init"].parent
    program = place / "fuzz.elf"
    program.write_bytes(patched(programs / "fuzz.elf", plan, system.replicas))
    report = place / system.preset / "report.json"
    status = build_image.main([
        "--board", system.board, "--system", str(ROOT / "configs" / "fuzz.system"),
        *system.redundancy_options(), "--root-only",
        "--shim-elf", str(system.elves["shim"]),
        "--shim-bin", str(system.elves["shim"].with_suffix(".bin")),
        "--kernel-elf", str(system.elves["kernel"]), "--init-elf", str(program),
        "--pd-dir", str(programs), "-o", str(place / system.preset / "ternion.img"),
        "--report", str(report)])
    if status != 0:
        raise UserError("the fuzzer's image could not be packed", next_step="./ternion build")
    return system_report.load(report)


def call_number(ram: Path, system: SystemReport) -> int | None:
    """x10 of the thread that replica 0 was running."""
    symbol = read_program(system.elves["kernel"]).need("state", "where the kernel keeps its state")
    partition = system.partitions[0]

    def word(ipa: int) -> int | None:
        offset = partition.base - system.ram.base + ipa - KERNEL_PHYS_BASE
        if not 0 <= ipa - KERNEL_PHYS_BASE <= partition.size - WORD.size:
            return None
        with ram.open("rb") as file:
            file.seek(offset)
            return int(WORD.unpack(file.read(WORD.size))[0])

    current = word(symbol.address - KERNEL_ELF_BASE + KERNEL_PHYS_BASE)
    return None if current is None else word((current - PPTR_BASE & MASK) + 8 * NUMBER_REGISTER)


class _Watch:
    """Sees that the console grows."""

    def __init__(self, path: Path, show: Callable[[str], None] | None) -> None:
        self.path, self.show = path, show
        self.size, self.since = 0, time.monotonic()

    def stalled(self) -> bool:
        """Nothing for STALL_S."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size != self.size:
            if self.show:
                with self.path.open("rb") as file:
                    file.seek(self.size)
                    self.show(file.read(size - self.size).decode("ascii", "replace"))
            self.size, self.since = size, time.monotonic()
        return time.monotonic() - self.since > STALL_S


def run(system: SystemReport, plan: Plan, *, limit_s: float,
        show: Callable[[str], None] | None = None,
        announce: Callable[[str], None] | None = None) -> FuzzRun:
    """One run under -icount: the same seed makes the same calls, instruction by instruction."""
    with RamFile() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as directory:
        place = Path(directory)
        built = pack(system, plan, place)
        console = place / "console"
        flight = Flight(built, ram, timing=Timing.ICOUNT, downlink=console)
        with Qemu(flight, announce) as machine:
            end = machine.wait(limit_s, _Watch(console, show).stalled)
            if end.ending is Ending.FAILED:
                machine.check_started()
        log = recorder.read(ram, built)
        ended = log.stop_reason() is StopReason.POWER_OFF
        text = console.read_bytes().decode("ascii", "replace").replace("\r", "")
        return FuzzRun(plan, qemu.printable(machine.command), end, text, log,
                       None if ended else call_number(ram, built))
