# SPDX-License-Identifier: BSD-2-Clause
"""Commands inside gdb. tools/commands/debug.py has gdb source this file with `ternion` defined."""

from __future__ import annotations

import sys
from pathlib import Path

import gdb  # type: ignore[import]

SETTINGS = gdb.convenience_variable("ternion_root").string()
sys.path.insert(0, SETTINGS)
sys.path.append("/usr/lib/python3/dist-packages")

from tools import recorder, system_report  # noqa: E402  the path comes first
from tools.symbols import Symbols  # noqa: E402

SYSTEM = system_report.load(Path(gdb.convenience_variable("ternion_report").string()))
RAM = Path(gdb.convenience_variable("ternion_ram").string())
SYMBOLS = Symbols(SYSTEM)


class Cores(gdb.Command):
    """Where every core is: exception level, program counter, symbol. Thread n+1 is core n."""

    def __init__(self) -> None:
        super().__init__("cores", gdb.COMMAND_STATUS)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """Called by gdb."""
        here = gdb.selected_thread()
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
            thread.switch()
            frame = gdb.newest_frame()
            level = int(gdb.parse_and_eval("$cpsr")) >> 2 & 3
            core = thread.num - 1
            place = SYMBOLS.pc(frame.pc(), level, core)
            role = f"replica {core}" if core < SYSTEM.replicas else "off"
            gdb.write(f"core {core} ({role:9}) EL{level} {frame.pc():#018x} {place}\n")
        if here:
            here.switch()


class Events(gdb.Command):
    """The flight recorder so far. `events all` also shows inputs."""

    def __init__(self) -> None:
        super().__init__("events", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """Called by gdb."""
        log = recorder.read(RAM, SYSTEM)
        records = log.records if argument.strip() == "all" else log.remarkable()
        for record, words in recorder.told(records or log.records):
            gdb.write(f"{record.time:>14,} core {record.core} event {record.event:>8} {words}\n")


class Domain(gdb.Command):
    """domain NAME: take the symbols of this protection domain (they share addresses)."""

    def __init__(self) -> None:
        super().__init__("domain", gdb.COMMAND_FILES)
        self._loaded: str | None = None

    def invoke(self, argument: str, from_tty: bool) -> None:
        """Called by gdb."""
        domains = SYMBOLS.domains()
        program = domains.get(argument.strip())
        if program is None:
            raise gdb.GdbError(f"no domain '{argument}'; the domains are: {', '.join(domains)}")
        if self._loaded:
            gdb.execute(f"remove-symbol-file {self._loaded}", to_string=True)
        gdb.execute(f"add-symbol-file {program.path}", to_string=True)
        self._loaded = "-a " + hex(program.segments[0].vaddr)
        gdb.write(f"symbols of {argument.strip()} loaded\n")

    def complete(self, text: str, word: str) -> list[str]:
        """Called by gdb."""
        return [name for name in SYMBOLS.domains() if name.startswith(word)]


Cores()
Events()
Domain()
