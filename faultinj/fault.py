# SPDX-License-Identifier: BSD-2-Clause
"""What an injection is: when (on which core, after how many instructions) and what is flipped.

All of it is plain numbers. The same tuple on the same image gives the same run, any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from faultinj.plugin_page import CLASS_ANY
from faultinj.rsp import REGISTER_NAMES

BYTE_BITS = 8


@dataclass(frozen=True)
class Trigger:
    """The block of the core that contains instruction `count` (from 0) of code class `code`.

    A bit of RAM flips before that block. A register flips after it and `steps` single instructions
    more, so that flips do not fall on the ends of blocks only.
    """

    core: int
    count: int
    code: int = CLASS_ANY
    steps: int = 0


@dataclass(frozen=True)
class RegisterFlip:
    """One bit of a general register, SP or PC of the trigger's core."""

    register: int
    bit: int

    def text(self) -> str:
        return f"{REGISTER_NAMES[self.register]} bit {self.bit}"


@dataclass(frozen=True)
class MemoryFlip:
    """One bit of one byte at a physical address.

    `code` says that instructions may lie there: then the stub writes, because the emulator does not
    see changes of the RAM file in code that it has translated.
    """

    address: int
    bit: int
    code: bool = False

    def text(self) -> str:
        return f"byte {self.address:#x} bit {self.bit}"


@dataclass(frozen=True)
class NoFlip:
    """The null injection: everything but the write. Reference for register flips."""

    def text(self) -> str:
        return "nothing"


Flip = RegisterFlip | MemoryFlip | NoFlip


class Landing(Enum):
    """Whether the flip is known to be in the machine."""

    LANDED = "landed"            # written and read back
    NOT_REACHED = "not reached"  # the machine ended before the trigger
    REFUSED = "refused"          # written, but reads back as before
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
