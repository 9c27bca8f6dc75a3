# SPDX-License-Identifier: BSD-2-Clause
"""What an injection is: when (on which core, after how many instructions) and what goes wrong.

All of it is plain numbers. The same tuple on the same image gives the same run, any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from faultinj.interrupt import Interrupt
from faultinj.plugin_page import CLASS_ANY
from faultinj.rsp import REGISTER_NAMES
from faultinj.system_registers import SystemRegister

BYTE_BITS = 8


@dataclass(frozen=True)
class Trigger:
    """The block of the core that contains instruction `count` (from 0) of code class `code`; for a
    mark (CLASS_MARK + m) the block `after` instructions behind its execution number `count`.

    A bit of RAM flips before that block. A register flips after it and `steps` single instructions
    more, so that flips do not fall on the ends of blocks only.
    """

    core: int
    count: int
    code: int = CLASS_ANY
    steps: int = 0
    after: int = 0


def _bits(bit: int, width: int) -> str:
    return f"bit {bit}" if width == 1 else f"bits {bit}-{bit + width - 1}"


def _stuck(length: int) -> str:
    return f", stuck for {length} instructions" if length else ""


@dataclass(frozen=True)
class RegisterFlip:
    """Adjacent bits of a general or vector register, SP, PC or PSTATE of the trigger's core. With a
    length they keep the wrong value for so many instructions of the core."""

    register: int
    bit: int
    width: int = 1
    length: int = 0

    def text(self) -> str:
        return (f"{REGISTER_NAMES[self.register]} {_bits(self.bit, self.width)}"
                + _stuck(self.length))


@dataclass(frozen=True)
class SystemFlip:
    """Adjacent bits of a system register of the trigger's core, which must be at a level that may
    write it. `text_shift`: physical minus virtual addresses of the code that runs there."""

    register: SystemRegister
    bit: int
    width: int = 1
    text_shift: int = 0

    def text(self) -> str:
        return f"{self.register.name} {_bits(self.bit, self.width)}"


@dataclass(frozen=True)
class MemoryFlip:
    """Adjacent bits of one byte at a physical address.

    `code` says that instructions may lie there: then the stub writes, because the emulator does not
    see changes of the RAM file in code that it has translated.
    """

    address: int
    bit: int
    code: bool = False
    width: int = 1
    length: int = 0  # not in code

    def text(self) -> str:
        return f"byte {self.address:#x} {_bits(self.bit, self.width)}" + _stuck(self.length)


@dataclass(frozen=True)
class Skip:
    """The next instruction of the trigger's core is not executed."""

    def text(self) -> str:
        return "instruction skipped"


@dataclass(frozen=True)
class WordFlip:
    """The next instruction of the trigger's core is fetched with wrong bits, once."""

    bit: int
    width: int = 1

    def text(self) -> str:
        return f"instruction fetched with {_bits(self.bit, self.width)} flipped"


@dataclass(frozen=True)
class Delay:
    """The trigger's core stands still until the others have executed so many instructions."""

    length: int

    def text(self) -> str:
        return f"core held for {self.length} instructions of the others"


@dataclass(frozen=True)
class Spurious:
    """An interrupt is pending that nobody asked for."""

    interrupt: Interrupt

    def text(self) -> str:
        return f"spurious {self.interrupt.text()}"


@dataclass(frozen=True)
class Lost:
    """An interrupt is disabled until all cores together have executed so many instructions."""

    interrupt: Interrupt
    length: int

    def text(self) -> str:
        return f"{self.interrupt.text()} lost for {self.length} instructions of all cores"


@dataclass(frozen=True)
class DeviceRead:
    """Adjacent bits of the value that the trigger's core, about to load from a device, gets. They
    are counted modulo the size of the access."""

    bit: int
    width: int = 1

    def text(self) -> str:
        return f"value of a device, {_bits(self.bit, self.width)} modulo its size"


@dataclass(frozen=True)
class NoFlip:
    """The null injection: everything but the write. Reference for register flips."""

    def text(self) -> str:
        return "nothing"


Flip = (RegisterFlip | SystemFlip | MemoryFlip | Skip | WordFlip | Delay | Spurious | Lost
        | DeviceRead | NoFlip)
Injection = tuple[Trigger, Flip]


class Landing(Enum):
    """Whether the flip is known to be in the machine."""

    LANDED = "landed"            # written and read back
    NOT_REACHED = "not reached"  # the machine ended before the trigger
    REFUSED = "refused"          # written, but reads back as before; or not to be written here
    NULL = "null"                # nothing was to be written


@dataclass(frozen=True)
class Evidence:
    """What was seen at the injection."""

    landing: Landing
    pc: int | None = None          # program counter of the core; None when it was not stopped
    sp: int | None = None
    level: int | None = None       # exception level; None when it was not stopped
    before: int | None = None      # register or byte
    after: int | None = None       # the same, read back
    counts: tuple[int, ...] = ()   # instructions of every core so far
    code: bytes = b""              # instructions at the program counter
    event: int | None = None       # of the core's replica, kernel entries begun
