# SPDX-License-Identifier: BSD-2-Clause
"""A minimal client of the gdb remote serial protocol, for one QEMU machine on a Unix socket.

Only what an injection needs: stop, step one core, read and write registers and memory. Every wait
is bounded. Source: GDB manual, appendix "Remote Protocol"; QEMU documentation, "GDB usage".
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

SP, PC, CPSR = 31, 32, 33
V0, FPSR, FPCR = 34, 66, 67
REGISTER_NAMES = (*(f"x{i}" for i in range(31)), "sp", "pc", "cpsr",
                  *(f"v{i}" for i in range(32)), "fpsr", "fpcr")
REGISTER_BITS = {name: 32 if name in ("cpsr", "fpsr", "fpcr") else 128 if name[0] == "v" else 64
                 for name in REGISTER_NAMES}
SYSTEM_REGISTER = re.compile(rb'<reg name="(\w+)" bitsize="\d+" regnum="(\d+)"')
STOPPED = re.compile(rb"thread:([^;]+);")
CHUNK = 0xFFB  # of a description


class RspError(Exception):
    """The stub did not do what was asked: a failure of the harness, never a result."""


class MachineGone(RspError):
    """The machine ended while we were talking to it."""


def checksum(payload: bytes) -> bytes:
    return b"%02x" % (sum(payload) & 0xFF)


def frame(payload: bytes) -> bytes:
    return b"$" + payload + b"#" + checksum(payload)


def unescape(payload: bytes) -> bytes:
    """Undoes '}' escapes and run-length encoding."""
    out = bytearray()
    at = 0
    while at < len(payload):
        byte = payload[at]
        if byte == ord("}"):
            at += 1
            out.append(payload[at] ^ 0x20)
        elif byte == ord("*"):
            at += 1
            out.extend(out[-1:] * (payload[at] - 29))
        else:
            out.append(byte)
        at += 1
    return bytes(out)


class Stub:
    """One connection. The machine is stopped from connect() until go_on(); one that was running
    stops for it, and says so."""

    def __init__(self, path: Path, timeout_s: float = 60.0, running: bool = False,
                 alive: Callable[[], bool] = lambda: True) -> None:
        self.timeout_s = timeout_s
        self._buffer = b""
        self._thread = -1
        self._system: dict[str, int] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connect(path, alive)
        try:
            if running:
                self.wait_stop(timeout_s)
            # The stub answers p and P for AArch64 only after it was asked for its description.
            self.ask(b"qSupported:xmlRegisters=aarch64")
            self.ask(b"qXfer:features:read:target.xml:0,ffb")
            self._threads = self._list_threads()
        except BaseException:
            self._socket.close()
            raise

    def _connect(self, path: Path, alive: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.timeout_s
        while True:
            try:
                self._socket.connect(str(path))
                return
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if time.monotonic() > deadline or not alive():
                    raise RspError(f"no gdb stub at {path}") from error
                time.sleep(0.002)

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    # Packets

    def _send(self, raw: bytes) -> None:
        try:
            self._socket.sendall(raw)
        except OSError as error:
            raise MachineGone(f"the gdb stub went away: {error}") from error

    def _fill(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise RspError("the gdb stub did not answer in time")
        self._socket.settimeout(left)
        try:
            more = self._socket.recv(65536)
        except TimeoutError as error:
            raise RspError("the gdb stub did not answer in time") from error
        except OSError as error:
            raise MachineGone(f"the gdb stub went away: {error}") from error
        if not more:
            raise MachineGone("the gdb stub closed its connection")
        self._buffer += more

    def receive(self, timeout_s: float | None = None) -> bytes:
        """The next packet's payload, acknowledged."""
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while True:
            start = self._buffer.find(b"$")
            end = self._buffer.find(b"#", start + 1) if start >= 0 else -1
            if end >= 0 and len(self._buffer) >= end + 3:
                payload = self._buffer[start + 1:end]
                good = self._buffer[end + 1:end + 3].lower() == checksum(payload)
                self._buffer = self._buffer[end + 3:]
                self._send(b"+" if good else b"-")
                if good:
                    return unescape(payload)
            else:
                self._fill(deadline)

    def tell(self, payload: bytes) -> None:
        """Sends a packet whose answer comes later, or never."""
        self._send(frame(payload))

    def ask(self, payload: bytes) -> bytes:
        self.tell(payload)
        return self.receive()

    def _ask_ok(self, payload: bytes) -> None:
        answer = self.ask(payload)
        if answer != b"OK":
            raise RspError(f"the gdb stub answered {answer!r} to {payload[:40]!r}")

    # Machine

    def _list_threads(self) -> list[bytes]:
        threads: list[bytes] = []
        answer = self.ask(b"qfThreadInfo")
        while answer.startswith(b"m"):
            threads += answer[1:].split(b",")
            answer = self.ask(b"qsThreadInfo")
        if not threads:
            raise RspError("the gdb stub names no core")
        return threads

    @property
    def cores(self) -> int:
        return len(self._threads)

    def _select(self, core: int) -> None:
        if core != self._thread:
            self._ask_ok(b"Hg" + self._threads[core])
            self._thread = core

    def go_on(self, without: int | None = None) -> None:
        """All cores run, or all but one; the next packet comes when the machine stops."""
        if without is None:
            self.tell(b"vCont;c")
            return
        self.tell(b"vCont" + b"".join(b";c:" + thread for core, thread in enumerate(self._threads)
                                      if core != without))

    def interrupt(self) -> None:
        self._send(b"\x03")

    def wait_stop(self, timeout_s: float) -> bytes:
        """The stop reply. W or X mean that the machine ended."""
        while True:
            answer = self.receive(timeout_s)
            if answer[:1] in b"TS":
                self._thread = -1
                return answer
            if answer[:1] in b"WX":
                raise MachineGone("the machine ended instead of stopping")

    def stopped_core(self, reply: bytes) -> int:
        """Which one a stop reply names."""
        named = STOPPED.search(reply)
        if named is None or named[1] not in self._threads:
            raise RspError(f"the stop reply {reply!r} names no core")
        return self._threads.index(named[1])

    def step(self, core: int, timeout_s: float = 2.0) -> None:
        """One instruction on one core; the others stand still."""
        self.tell(b"vCont;s:" + self._threads[core])
        self.wait_stop(timeout_s)

    def break_at(self, address: int, wanted: bool = True) -> None:
        """Stops whichever core is about to execute this address; remove it before going on."""
        self._ask_ok(f"{'Z' if wanted else 'z'}1,{address:x},4".encode())

    # State

    def read_register(self, core: int, register: int) -> int:
        self._select(core)
        answer = self.ask(b"p%x" % register)
        if answer[:1] in (b"E", b""):
            raise RspError(f"register {REGISTER_NAMES[register]} cannot be read")
        return int.from_bytes(bytes.fromhex(answer.decode()), "little")

    def write_register(self, core: int, register: int, value: int) -> None:
        self._select(core)
        size = REGISTER_BITS[REGISTER_NAMES[register]] // 8
        self._ask_ok(b"P%x=%s" % (register, value.to_bytes(size, "little").hex().encode()))

    def _description(self, name: bytes) -> bytes:
        text = b""
        while True:
            answer = self.ask(b"qXfer:features:read:%s:%x,%x" % (name, len(text), CHUNK))
            text += answer[1:]
            if answer[:1] != b"m":
                return text

    def read_system(self, core: int, name: str) -> int:
        """A system register, by the name that the stub's description gives it."""
        if not self._system:
            found = SYSTEM_REGISTER.findall(self._description(b"system-registers.xml"))
            self._system = {register.decode(): int(number) for register, number in found}
        if name not in self._system:
            raise RspError(f"the gdb stub knows no register {name}")
        self._select(core)
        answer = self.ask(b"p%x" % self._system[name])
        if answer[:1] in (b"E", b""):
            raise RspError(f"register {name} cannot be read")
        return int.from_bytes(bytes.fromhex(answer.decode()), "little")

    def write_virtual(self, core: int, address: int, data: bytes) -> None:
        """Where this core sees it, whatever the rights."""
        self._select(core)
        self._ask_ok(f"M{address:x},{len(data):x}:{data.hex()}".encode())

    def read_virtual(self, core: int, address: int, size: int) -> bytes | None:
        """What this core sees at a virtual address, None where nothing is mapped."""
        self._select(core)
        answer = self.ask(b"m%x,%x" % (address, size))
        return None if answer[:1] == b"E" else bytes.fromhex(answer.decode())

    def read_physical(self, address: int, size: int) -> bytes:
        self._ask_ok(b"Qqemu.PhyMemMode:1")
        try:
            answer = self.ask(b"m%x,%x" % (address, size))
        finally:
            self._ask_ok(b"Qqemu.PhyMemMode:0")
        if answer[:1] == b"E":
            raise RspError(f"physical address {address:#x} cannot be read")
        return bytes.fromhex(answer.decode())

    def write_physical(self, address: int, data: bytes) -> None:
        self._ask_ok(b"Qqemu.PhyMemMode:1")
        try:
            self._ask_ok(b"M%x,%x:%s" % (address, len(data), data.hex().encode()))
        finally:
            self._ask_ok(b"Qqemu.PhyMemMode:0")
