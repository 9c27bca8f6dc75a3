# SPDX-License-Identifier: BSD-2-Clause
"""Random system calls: no panic, no broken invariant, and replicas that agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.rsp import MachineGone, Stub
from tools import fuzz, recorder
from tools.elf import read_program
from tools.fuzz import Plan
from tools.qemu import Ending, Flight, Qemu, RamFile
from tools.recorder import StopReason
from tools.system_report import SystemReport

LIMIT_S = 900.0  # host seconds: the host may be busy
WORKERS, WORKER_MEMORY = 6, 2 * 4096  # apps/fuzz/fuzz.h
RESULT_STOPPED = 14
PIECE = 1024  # of memory: what the stub takes at once


@pytest.mark.parametrize("preset, calls, least_pairs", [
    ("base-debug", 250_000, 200),
    ("tmr-debug", 20_000, 180),
])
def test_fuzz(system: Callable[[str], SystemReport], preset: str, calls: int,
              least_pairs: int) -> None:
    """It makes all its calls and switches the board off; what it covered is not little."""
    run = fuzz.run(system(preset), Plan(seed=7, calls=calls), limit_s=LIMIT_S, announce=print)
    print(run.text)
    assert run.problems() == []
    assert run.fact("calls made") >= calls
    assert run.fact("full checks") > calls // fuzz.STRIDE
    assert run.panics == run.broken == 0
    coverage = [line for line in run.text.splitlines() if line.startswith("fuzz: coverage: ")]
    succeeded, pairs = (int(coverage[0].split()[place]) for place in (2, 5))
    assert succeeded >= 50 and pairs >= least_pairs, coverage[0]


def test_until(system: Callable[[str], SystemReport]) -> None:
    """A run stops at the call number that it is told. Numbers are given out in blocks, and a block
    behind that number, which another worker may have when one gets there, makes no call."""
    run = fuzz.run(system("base-debug"), Plan(seed=7, calls=500_000, until=5000),
                   limit_s=LIMIT_S, announce=print)
    assert run.problems() == []
    assert 5000 <= run.fact("last number") < 6000
    assert 0 < run.fact("calls made") <= 5000


def _spoil(stub: Stub, core: int) -> bool:
    """All memory of the worker that begins there becomes another one in each replica; unless a
    call gave it another address space, where it has none and its first instruction faults."""
    memory = stub.read_register(core, 0)
    if stub.read_virtual(core, memory, 1) is None:
        return False
    for offset in range(0, WORKER_MEMORY, PIECE):
        stub.write_virtual(core, memory + offset, bytes([0x35 + core]) * PIECE)
    return True


def _spoil_starts(stub: Stub, entry: int) -> list[int]:
    """Until the machine is off; how often in each replica. A worker that has reported is left as it
    is, since its memory is the same everywhere."""
    spoiled = [0] * stub.cores
    try:
        while True:
            stub.break_at(entry)
            stub.go_on()
            core = stub.stopped_core(stub.wait_stop(LIMIT_S))
            stub.break_at(entry, False)
            if stub.read_register(core, 1) == RESULT_STOPPED:
                spoiled[core] += _spoil(stub, core)
            stub.step(core, LIMIT_S)
    except MachineGone:
        return spoiled


def test_what_interrupted_workers_leave(system: Callable[[str], SystemReport],
                                        tmp_path: Path) -> None:
    """Each replica interrupts a worker at another instruction: nothing that it leaves in its memory
    may reach what the next one makes of its calls, in the next world neither."""
    with RamFile() as ram:
        built = fuzz.pack(system("tmr-debug"), Plan(seed=7, calls=300), tmp_path)
        entry = read_program(tmp_path / "fuzz.elf").need("worker_main", "where workers begin")
        gdb = tmp_path / "gdb"
        with Qemu(Flight(built, ram, gdb_socket=gdb, halted=True), print) as machine:
            with Stub(gdb, LIMIT_S) as stub:
                spoiled = _spoil_starts(stub, entry.address)
            end = machine.wait(LIMIT_S)
        log = recorder.read(ram, built)
    assert end.ending is Ending.OFF and log.stop_reason() is StopReason.POWER_OFF
    assert log.excluded() == []
    assert spoiled[0] == spoiled[1] == spoiled[2] > WORKERS
