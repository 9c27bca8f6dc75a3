# SPDX-License-Identifier: BSD-2-Clause
"""A kernel that takes one exception after the other without ever executing an instruction.

Where time is counted in instructions it stands still then, and with it every watchdog: a campaign
sees a hang. Here time goes on by itself, as on a chip.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.campaign import small_mission
from faultinj.fault import Landing, SystemFlip
from faultinj.golden import kernel_shift
from faultinj.perform import perform
from faultinj.rsp import Stub
from faultinj.spec import Workload
from faultinj.system_registers import REGISTERS
from tools import ground, recorder
from tools.qemu import Ending, Flight, Qemu, RamFile, Timing
from tools.recorder import StopReason
from tools.symbols import Symbols
from tools.system_report import SystemReport

SENT = 300      # bytes, a part of the downlink
LIMIT_S = 240.0  # the host may be busy
POLL_S = 0.01


def _at(stub: Stub, core: int, address: int) -> None:
    """The core is about to execute this."""
    while True:
        stub.break_at(address)
        stub.go_on()
        there = stub.stopped_core(stub.wait_stop(LIMIT_S))
        stub.break_at(address, False)
        if there == core:
            return
        stub.step(there, LIMIT_S)


@pytest.mark.parametrize("name, bit", [("vbar_el1", 30), ("tcr_el1", 17)])
@pytest.mark.parametrize("core", [0, 2])
def test_is_excluded(system: Callable[[str], SystemReport], core: int, name: str, bit: int) -> None:
    tmr, mission = system("tmr"), small_mission(Workload(4, 64))
    symbols = Symbols(tmr)
    shift = kernel_shift(symbols) + tmr.partitions[core].base - tmr.partitions[0].base
    with RamFile() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        downlink, gdb = Path(place, "downlink"), Path(place, "gdb")
        with Qemu(Flight(tmr, ram, mission.frames_path, mission.mission_path, Timing.FREE, downlink,
                         gdb_socket=gdb, halted=True), print) as machine:
            with Stub(gdb, LIMIT_S) as stub:
                stub.go_on()
                while not downlink.exists() or downlink.stat().st_size < SENT:
                    machine.check_started()
                    time.sleep(POLL_S)
                stub.interrupt()
                stub.wait_stop(LIMIT_S)
                _at(stub, core, symbols.kernel.address("trap_syscall"))
                done = perform(stub, core, SystemFlip(REGISTERS[name], bit, 1, shift), ())
                assert done.landing is Landing.LANDED
                stub.go_on()
                end = machine.wait(LIMIT_S)
        assert end.ending is Ending.OFF
        log = recorder.read(ram, tmr)
        assert log.excluded() == [core] and log.stop_reason() is StopReason.POWER_OFF
        assert not ground.check(downlink.read_bytes(), mission.frames).problems
