# SPDX-License-Identifier: BSD-2-Clause
"""Puts a fault into a machine that the stub has stopped: read, write, read back."""

from __future__ import annotations

from faultinj.fault import (BYTE_BITS, Delay, DeviceRead, Evidence, Flip, Landing, Lost,
                            MemoryFlip, NoFlip, RegisterFlip, Skip, Spurious, SystemFlip, WordFlip)
from faultinj.interrupt import BYTES, ENABLE_CLEAR, ENABLE_SET, PENDING_SET, Interrupt
from faultinj.rsp import CPSR, PC, SP, RspError, Stub

WFI = 0xD503207F
DSB = 0xD5033F9F    # dsb sy: the instruction behind the loads of device_load
LOAD_STEPS = 8      # from its first branch to there, at most
LOAD_SIZE, LOAD_VALUE = 1, 6  # its registers: shim/arch/aarch64/device.S
CODE_BYTES = 32
WORD = 4


def _mask(bit: int, width: int) -> int:
    return ((1 << width) - 1) << bit


def next_word(stub: Stub, core: int) -> int | None:
    """The instruction at the program counter, None where the core sees nothing there."""
    word = stub.read_virtual(core, stub.read_register(core, PC), WORD)
    return None if word is None else int.from_bytes(word, "little")


def step(stub: Stub, core: int) -> bool:
    """One instruction; False before one that would sleep."""
    if next_word(stub, core) == WFI:
        return False
    stub.step(core)
    return True


def _register(stub: Stub, core: int, flip: RegisterFlip) -> tuple[int, int, bool]:
    mask = _mask(flip.bit, flip.width)
    before = stub.read_register(core, flip.register)
    wanted = before ^ mask
    stub.write_register(core, flip.register, wanted)
    after = stub.read_register(core, flip.register)
    for _ in range(flip.length):
        if not step(stub, core):
            break
        now = stub.read_register(core, flip.register)
        if (now ^ wanted) & mask:
            stub.write_register(core, flip.register, now & ~mask | wanted & mask)
    return before, after, after == wanted


def _memory(stub: Stub, flip: MemoryFlip) -> tuple[int, int, bool]:
    before = stub.read_physical(flip.address, 1)[0]
    wanted = before ^ _mask(flip.bit, flip.width)
    stub.write_physical(flip.address, bytes([wanted]))
    after = stub.read_physical(flip.address, 1)[0]
    return before, after, after == wanted


def _skip(stub: Stub, core: int) -> tuple[int, int, bool]:
    before = stub.read_register(core, PC)
    stub.write_register(core, PC, before + WORD)
    after = stub.read_register(core, PC)
    return before, after, after == before + WORD


def _word(stub: Stub, core: int, flip: WordFlip) -> tuple[int, int, bool]:
    """The word in memory is right again after one step: only this fetch was wrong."""
    pc, before = stub.read_register(core, PC), next_word(stub, core)
    if before is None:
        raise RspError("no instruction at the program counter")
    wanted = before ^ _mask(flip.bit, flip.width)
    stub.write_virtual(core, pc, wanted.to_bytes(WORD, "little"))
    after = next_word(stub, core)
    if wanted != WFI:
        stub.step(core)
    stub.write_virtual(core, pc, before.to_bytes(WORD, "little"))
    return before, after or 0, after == wanted


def _system(stub: Stub, core: int, flip: SystemFlip, level: int) -> tuple[int, int, bool]:
    """The core executes one MSR in place of its next instruction. Code is put back by its physical
    address: after the MSR the core may see its memory in another way."""
    register = flip.register
    before = stub.read_system(core, register.stub_name)
    if level < register.level:
        return before, before, False
    pc, x0 = stub.read_register(core, PC), stub.read_register(core, 0)
    place = pc + flip.text_shift
    word = stub.read_physical(place, WORD)
    if stub.read_virtual(core, pc, WORD) != word:
        return before, before, False  # not the code that the shift is for
    wanted = before ^ _mask(flip.bit, flip.width)
    stub.write_physical(place, register.write_from_x0().to_bytes(WORD, "little"))
    stub.write_register(core, 0, wanted)
    stub.step(core)
    stub.write_physical(place, word)
    stub.write_register(core, 0, x0)
    done = stub.read_register(core, PC)
    if done != pc + WORD:
        raise RspError(f"{register.name} was not written: the core went to {done:#x}")
    stub.write_register(core, PC, pc)
    after = stub.read_system(core, register.stub_name)
    return before, after, after == wanted


def _controller(stub: Stub, interrupt: Interrupt, register: int) -> int:
    """The interrupt's bit."""
    word = stub.read_physical(interrupt.address(register), BYTES)
    return int.from_bytes(word, "little") & interrupt.mask


def _command(stub: Stub, interrupt: Interrupt, register: int) -> None:
    """Ones act, zeros do not."""
    stub.write_physical(interrupt.address(register), interrupt.mask.to_bytes(BYTES, "little"))


def _spurious(stub: Stub, interrupt: Interrupt) -> tuple[int, int, bool]:
    before = _controller(stub, interrupt, PENDING_SET)
    _command(stub, interrupt, PENDING_SET)
    after = _controller(stub, interrupt, PENDING_SET)
    return before, after, after != before


def _lost(stub: Stub, interrupt: Interrupt) -> tuple[int, int, bool]:
    before = _controller(stub, interrupt, ENABLE_SET)
    _command(stub, interrupt, ENABLE_CLEAR)
    after = _controller(stub, interrupt, ENABLE_SET)
    return before, after, after != before


def give_back(stub: Stub, interrupt: Interrupt) -> None:
    """Ends what _lost() began."""
    _command(stub, interrupt, ENABLE_SET)
    if not _controller(stub, interrupt, ENABLE_SET):
        raise RspError(f"{interrupt.text()} cannot be enabled again")


def _device_read(stub: Stub, core: int, flip: DeviceRead) -> tuple[int, int, bool]:
    """On to the instruction behind the load; not injected where the device aborted it."""
    bits = BYTE_BITS * stub.read_register(core, LOAD_SIZE)
    for _ in range(LOAD_STEPS):
        if next_word(stub, core) == DSB:
            break
        stub.step(core)
    before = stub.read_register(core, LOAD_VALUE)
    if next_word(stub, core) != DSB or not 0 < bits <= 64:
        return before, before, False
    wanted = before ^ _mask(flip.bit % bits, flip.width) & ((1 << bits) - 1)
    stub.write_register(core, LOAD_VALUE, wanted)
    after = stub.read_register(core, LOAD_VALUE)
    return before, after, after == wanted


def perform(stub: Stub, core: int, flip: Flip, counts: tuple[int, ...]) -> Evidence:
    """Puts the fault in."""
    pc, sp = stub.read_register(core, PC), stub.read_register(core, SP)
    level = stub.read_register(core, CPSR) >> 2 & 3
    code = stub.read_virtual(core, pc, CODE_BYTES) or b""
    if isinstance(flip, NoFlip):
        return Evidence(Landing.NULL, pc, sp, level, counts=counts, code=code)
    before, after, landed = _put(stub, core, flip, level)
    landing = Landing.LANDED if landed else Landing.REFUSED
    return Evidence(landing, pc, sp, level, before, after, counts, code)


def _put(stub: Stub, core: int, flip: Flip, level: int) -> tuple[int, int, bool]:
    """What was there, what is there now, and whether that is what was wanted."""
    match flip:
        case RegisterFlip():
            return _register(stub, core, flip)
        case MemoryFlip():
            return _memory(stub, flip)
        case SystemFlip():
            return _system(stub, core, flip, level)
        case WordFlip():
            return _word(stub, core, flip)
        case Skip():
            return _skip(stub, core)
        case Delay():
            return 0, flip.length, True  # the engine holds the core, nothing is written
        case Spurious():
            return _spurious(stub, flip.interrupt)
        case Lost():
            return _lost(stub, flip.interrupt)
        case DeviceRead():
            return _device_read(stub, core, flip)
        case _:
            raise TypeError(f"{flip} is nothing to write")
