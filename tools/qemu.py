# SPDX-License-Identifier: BSD-2-Clause
"""
Starts QEMU on a built image: one place for its command line, its time limit and its end. A process
that was started here never outlives the Python that started it.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path
from types import TracebackType

from tools.errors import UserError
from tools.paths import ram_directory
from tools.system_report import SystemReport

PR_SET_PDEATHSIG = 1
POLL_S = 0.005
PAGE = 4096


class Timing(Enum):
    """How virtual time passes."""

    ICOUNT = "icount"  # by executed instructions: bit-deterministic
    FREE = "free"      # with the host: each core a thread, or one thread for three cores and more


@dataclass(frozen=True)
class Flight:
    """Everything that decides a QEMU command line."""

    system: SystemReport
    ram_file: Path
    frames: Path | None = None   # the payload's, through what the board has
    mission: Path | None = None
    timing: Timing = Timing.ICOUNT
    downlink: Path | None = None     # the UART's output goes to this file ...
    uart_socket: Path | None = None  # ... or both ways through this socket
    gdb_socket: Path | None = None
    qmp_socket: Path | None = None
    halted: bool = False             # wait for gdb or QMP to start
    image: Path | None = None        # instead of the system's own
    icount_shift: int | None = None  # another interleaving, as repeatable
    extra: list[str] = field(default_factory=list)


def _quoted(path: Path) -> str:
    """QEMU takes a comma in a value as two."""
    return str(path).replace(",", ",,")


def _timing(flight: Flight) -> list[str]:
    if flight.timing is Timing.ICOUNT:
        if flight.icount_shift is not None:
            return ["-icount", f"shift={flight.icount_shift},sleep=off"]
        return flight.system.qemu.icount
    thread = "multi" if flight.system.replicas <= 2 else "single"
    return ["-accel", f"tcg,thread={thread}"]


def _arguments(system: SystemReport) -> list[str]:
    """The board's; where a safe stop resets the board, it shall really start again."""
    resets = system.raw.get("safe_state") == "reset"
    return [word for word in system.qemu.arguments if word != "-no-reboot" or not resets]


def _payload(flight: Flight) -> list[str]:
    """The frames and the mission: files of fw_cfg, or memory where apps/camera finds them."""
    store = flight.system.qemu.frame_store
    options = []
    for name, file, page in (("mission", flight.mission, 0), ("frames", flight.frames, 1)):
        if file is None:
            continue
        if store is None:
            options += ["-fw_cfg", f"name=opt/ternion/{name},file={_quoted(file)}"]
        else:
            options += ["-device", f"loader,file={_quoted(file)},addr={store + page * PAGE:#x},"
                                   "force-raw=on"]
    return options


def command_line(flight: Flight) -> list[str]:
    """The full command."""
    qemu, ram = flight.system.qemu, flight.system.ram
    command = [
        qemu.binary, "-M", f"{qemu.machine},memory-backend=ram", *_arguments(flight.system),
        *_timing(flight),
        "-object", f"memory-backend-file,id=ram,size={ram.size},"
                   f"mem-path={_quoted(flight.ram_file)},share=on",
        "-kernel", str(flight.image or flight.system.image), "-monitor", "none",
        *_payload(flight)]
    if flight.uart_socket:
        uart = f"socket,id=uart,path={_quoted(flight.uart_socket)},server=on,wait=on"
    elif flight.downlink:
        uart = f"file,id=uart,path={_quoted(flight.downlink)}"
    else:
        uart = "null,id=uart"
    command += ["-chardev", uart, "-serial", "chardev:uart"]
    if flight.gdb_socket:
        command += ["-gdb", f"unix:{flight.gdb_socket},server=on,wait=off"]
    if flight.qmp_socket:
        command += ["-qmp", f"unix:{flight.qmp_socket},server=on,wait=off"]
    if flight.halted:
        command.append("-S")
    return command + flight.extra


def printable(command: list[str]) -> str:
    """As a user would type it."""
    return shlex.join(command)


class Ending(Enum):
    """Why a run ended."""

    OFF = "off"            # the machine switched itself off
    TIME_LIMIT = "time limit"
    KILLED = "killed"      # by its owner
    FAILED = "failed"      # QEMU itself: bad option, missing file


@dataclass(frozen=True)
class RunEnd:
    """How a QEMU process ended."""

    ending: Ending
    status: int
    seconds: float
    messages: str


def die_with(parent: int) -> None:
    """In a new process: it is killed when the one that started it ends, or has ended already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


class Qemu:
    """A running QEMU, as a context manager. Leaving the context ends it."""

    def __init__(self, flight: Flight, announce: Callable[[str], None] | None = None) -> None:
        self.flight = flight
        self.command = command_line(flight)
        self._messages = tempfile.TemporaryFile()
        self._killed = False
        self._start = time.monotonic()
        if announce:
            announce(printable(self.command))
        try:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=self._messages,
                stderr=self._messages, start_new_session=True,
                preexec_fn=partial(die_with, os.getpid()))
        except FileNotFoundError as error:
            raise UserError(f"{self.command[0]} is not on this machine",
                            next_step="./ternion doctor") from error

    def __enter__(self) -> Qemu:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.kill()
        self._messages.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    def running(self) -> bool:
        """Whether the process lives."""
        return self.process.poll() is None

    def status(self) -> int:
        """Of the process that has ended."""
        return self.process.returncode

    def kill(self) -> None:
        """Ends the process group; harmless when it has ended."""
        if self.running():
            self._killed = True
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, limit_s: float, until: Callable[[], bool] | None = None) -> RunEnd:
        """Until the machine is off, `until()` is true (then it is killed), or the limit is over."""
        ending = Ending.TIME_LIMIT
        while time.monotonic() - self._start < limit_s:
            if not self.running():
                break
            if until is not None and until():
                ending = Ending.KILLED
                break
            time.sleep(POLL_S)
        if self.running():
            self.kill()
        elif not self._killed:
            ending = Ending.OFF if self.process.returncode == 0 else Ending.FAILED
        return RunEnd(ending, self.process.returncode, time.monotonic() - self._start,
                      self.messages())

    def messages(self) -> str:
        """What QEMU itself said."""
        self._messages.flush()
        self._messages.seek(0)
        return self._messages.read().decode("utf-8", "replace").strip()

    def check_started(self) -> None:
        """Raises when QEMU refused its command line."""
        if not self.running() and self.process.returncode != 0:
            lines = self.messages().splitlines() or [f"status {self.process.returncode}"]
            raise UserError(f"QEMU did not start: {lines[-1]}", next_step="./ternion doctor")


def connect(path: Path, qemu: Qemu, limit_s: float = 10.0) -> socket.socket:
    """Connects to a socket that QEMU is about to open."""
    deadline = time.monotonic() + limit_s
    while True:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.connect(str(path))
            return line
        except OSError as error:
            line.close()
            qemu.check_started()
            if time.monotonic() > deadline:
                raise UserError(f"QEMU did not open {path}",
                                next_step="./ternion doctor") from error
            time.sleep(POLL_S)


def wait_for_socket(path: Path, qemu: Qemu, limit_s: float = 10.0) -> None:
    """Until QEMU has opened a socket that another program will connect to."""
    deadline = time.monotonic() + limit_s
    while not path.exists():
        qemu.check_started()
        if time.monotonic() > deadline:
            raise UserError(f"QEMU did not open {path}", next_step="./ternion doctor")
        time.sleep(POLL_S)


class RamFile:
    """The guest's RAM as a file that the tools read. Removed at the end of the context."""

    def __init__(self, directory: Path | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix="ternion-", suffix=".ram",
                                        dir=directory or ram_directory())
        os.close(handle)
        self.path = Path(name)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.path.unlink(missing_ok=True)
