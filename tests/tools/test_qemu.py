# SPDX-License-Identifier: BSD-2-Clause
"""Command lines, ends and time limits of QEMU, on a machine without any image."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tools.reports import make_report
from tools import qemu
from tools.errors import UserError
from tools.paths import ROOT
from tools.qemu import Ending, Flight, Qemu, RamFile, Timing

SPIN = bytes.fromhex("00000014")  # b .


def _switch_off() -> bytes:
    """mov x0, #8; movk x0, #0x8400, lsl #16; smc #0; b ."""
    words = (0xD2800100, 0xF2B08000, 0xD4000003, 0x14000000)
    return b"".join(word.to_bytes(4, "little") for word in words)


def _flight(place: Path, ram: Path, code: bytes, **changes: object) -> Flight:
    system = make_report(place, replicas=3)
    (place / "frames").write_bytes(b"")
    (place / "code").write_bytes(code + bytes(4096))
    flight = Flight(system, ram, place / "frames", place / "frames",
                    downlink=place / "downlink", image=place / "code")
    return dataclasses.replace(flight, **changes)


@pytest.mark.parametrize("own, status", [(True, 0), (False, -signal.SIGKILL)])
def test_a_child_whose_parent_has_died_already_dies(own: bool, status: int) -> None:
    """A killed runner left a QEMU behind that had been started in the same moment."""
    command = [sys.executable, "-S", "-c",
               "import sys; sys.path.insert(0, sys.argv[1]); from tools.qemu import die_with; "
               "die_with(int(sys.argv[2]))", str(ROOT), str(os.getpid() if own else 0)]
    assert subprocess.run(command, check=False).returncode == status


def test_command_line(tmp_path: Path) -> None:
    """What makes a run repeatable is there; what would not, is not."""
    ram = tmp_path / "ram"
    line = qemu.printable(qemu.command_line(_flight(tmp_path, ram, SPIN)))
    assert "-icount shift=0,sleep=off" in line and "thread=" not in line
    assert f"mem-path={ram},share=on" in line and "memory-backend=ram" in line
    assert "-gdb" not in line and "-qmp" not in line and " -S" not in line


@pytest.mark.parametrize(("replicas", "thread"), [(1, "multi"), (2, "multi"), (3, "single")])
def test_threads(tmp_path: Path, replicas: int, thread: str) -> None:
    """Two host cores: DMR gets both, TMR takes turns."""
    flight = _flight(tmp_path, tmp_path / "ram", SPIN, timing=Timing.FREE,
                     system=make_report(tmp_path, replicas=replicas))
    line = qemu.printable(qemu.command_line(flight))
    assert f"-accel tcg,thread={thread}" in line and "-icount" not in line


def test_options(tmp_path: Path) -> None:
    """Sockets, halt, another schedule, commas in names."""
    flight = _flight(tmp_path, tmp_path / "a,b", SPIN, gdb_socket=Path("/x/g"), halted=True,
                     qmp_socket=Path("/x/q"), uart_socket=Path("/x/u"), icount_shift=3)
    command = qemu.command_line(flight)
    line = " ".join(command)
    assert "unix:/x/g,server=on,wait=off" in line and command[-1] == "-S"
    assert "a,,b" in line and "shift=3,sleep=off" in line
    assert "socket,id=uart,path=/x/u,server=on,wait=on" in line


def test_machine_that_switches_itself_off(tmp_path: Path) -> None:
    """Ends by itself."""
    said: list[str] = []
    with RamFile(tmp_path) as ram, Qemu(_flight(tmp_path, ram, _switch_off()), said.append) as run:
        end = run.wait(20)
    assert end.ending is Ending.OFF and end.status == 0
    assert said[0].startswith("qemu-system-aarch64 ") and not ram.exists()


def test_time_limit(tmp_path: Path) -> None:
    """A hang ends at its limit, and nothing is left."""
    with RamFile(tmp_path) as ram, Qemu(_flight(tmp_path, ram, SPIN)) as run:
        end = run.wait(0.5)
        assert end.ending is Ending.TIME_LIMIT and not run.running()
    assert 0.4 < end.seconds < 5


def test_until(tmp_path: Path) -> None:
    """The owner may end it earlier."""
    with RamFile(tmp_path) as ram, Qemu(_flight(tmp_path, ram, SPIN)) as run:
        assert run.wait(20, until=lambda: True).ending is Ending.KILLED


def test_bad_option_is_told(tmp_path: Path) -> None:
    """QEMU's own words reach the user."""
    with RamFile(tmp_path) as ram:
        flight = _flight(tmp_path, ram, SPIN, extra=["-no-such-option"])
        with Qemu(flight) as run:
            assert run.wait(10).ending is Ending.FAILED
            with pytest.raises(UserError, match="QEMU did not start: .*no-such-option"):
                run.check_started()


def test_no_orphan(tmp_path: Path) -> None:
    """QEMU dies with a Python that was killed without a chance to clean up."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]);"
            "from pathlib import Path; from tests.tools.test_qemu import _flight, SPIN;"
            "from tools.qemu import Qemu; import os, signal;"
            "place = Path(sys.argv[2]);"
            "run = Qemu(_flight(place, place / 'ram', SPIN));"
            "print(run.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run([sys.executable, "-c", code, str(ROOT), str(tmp_path)],
                          capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")
