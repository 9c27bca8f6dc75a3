# SPDX-License-Identifier: BSD-2-Clause
"""Single bit flips at places that are named, while the downlink is being sent."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from faultinj.engine import Ending, Run, run
from faultinj.fault import NoFlip, Trigger
from faultinj.golden import Arm
from faultinj.inject import fly_with_fault
from faultinj.layers import IPA_RAM, Code
from faultinj.marks import LOWER_EL_SYNC
from faultinj.page_tables import ADDRESS, PAGE, TABLE, Walker
from faultinj.plugin_page import CLASSES, PageView, decode
from faultinj.rsp import PC, Stub
from tools.board_state import BALLOT, BALLOTS
from tools.recorder import EventLog
from tools.symbols import Symbols

PLACE = CLASSES - 1  # a class of code of our own: the one block that a trigger counts
assert PLACE > max(Code)
PART = 0.9           # of a flight: frames are on their way down
LAST_LEVEL = 3
SMALL_PAGE = 1024    # of QEMU's translator, at least
SAMPLE = 1024         # bytes that tell the code of two protection domains apart
AROUND = 16           # bytes on each side that tell a place in the downlink
LOWER_EL_IRQ = LOWER_EL_SYNC + 0x80  # the next vector
STOP_S = 300.0        # host seconds: the host may be busy

AtFault = Callable[[Stub, Path], None]


@dataclass(frozen=True)
class Hit:
    """A flight with one flip, and how much of the downlink was out before it."""

    done: Run
    log: EventLog
    sent: int


@dataclass(frozen=True)
class NextRound:
    """The round that all replicas come to next, and how much of the downlink is out by then."""

    number: int
    sent: int


def sent_by(place: Path) -> int:
    """How much of the downlink is out now."""
    return (place / "downlink").stat().st_size


def fly(arm: Arm, trigger: Trigger, flip: AtFault) -> Hit:
    """Flips when the trigger comes."""
    sent: list[int] = []

    def change(stub: Stub, place: Path) -> None:
        sent.append(sent_by(place))
        flip(stub, place)

    done, log = fly_with_fault(arm, trigger, NoFlip(), change)
    assert sent, "the trigger was not reached"
    return Hit(done, log, sent[0])


def shim_address(arm: Arm, core: int, name: str) -> int:
    """The symbol in that core's copy of the shim."""
    symbols = Symbols(arm.system)
    return symbols.shim.address(name) + symbols.shim_offset(core)


def only_block(arm: Arm, address: int, place: Path) -> Arm:
    """The same system, with the basic block at the address as a class of code of its own."""
    ranges = place / "ranges"
    ranges.write_text(f"{PLACE} {address:#x} {address + 4:#x}\n" + arm.ranges.read_text())
    return replace(arm, ranges=ranges)


def counted(arm: Arm) -> PageView:
    """What each core executes by classes of code, in a flight to the end without a fault."""
    done, _ = run(arm.flight, arm.limits, ranges=arm.ranges)
    assert done.ending is Ending.OFF and done.downlink == arm.golden.downlink
    return done.page


def in_user(arm: Arm, core: int, part: float = PART) -> Trigger:
    """Somewhere in a protection domain."""
    low, high = arm.golden.window(core, Code.USER)
    return Trigger(core, low + int((high - low) * part), Code.USER)


_executed: dict[tuple[str, int, int], int] = {}  # by image, core and address


def after_block(arm: Arm, core: int, address: int, place: Path) -> tuple[Arm, Trigger]:
    """Behind the basic block at the address, at its first execution on this core after in_user().
    How often it runs before is counted in a flight, not assumed."""
    arm = only_block(arm, address, place)
    key = (arm.system.sha256, core, address)
    if key not in _executed:
        def look(_: Stub, where: Path) -> None:
            _executed[key] = decode((where / "page").read_bytes()).by_class[core][PLACE]

        fly(arm, in_user(arm, core), look)
    return arm, Trigger(core, _executed[key], PLACE)


def last_piece(arm: Arm, core: int, start: int, behind: int, place: Path) -> int:
    """Where the last piece of the basic block begins that leads from start to behind. QEMU cuts a
    block where a page ends, and pages have 1 KiB where the chip has a Cortex-R beside."""
    landed: list[int] = []

    def look(stub: Stub, _: Path) -> None:
        landed.append(stub.read_register(core, PC))

    while True:
        fly(*after_block(arm, core, start, place), look)
        inside = start < landed[-1] <= start + SMALL_PAGE and landed[-1] % SMALL_PAGE == 0
        if landed[-1] == behind or not inside:
            return start
        start = landed[-1]


def flip_physical(stub: Stub, address: int, bit: int) -> None:
    """A bit of memory, read back. Code that was translated before is translated again."""
    address, bit = address + bit // 8, bit % 8
    wanted = stub.read_physical(address, 1)[0] ^ 1 << bit
    stub.write_physical(address, bytes([wanted]))
    assert stub.read_physical(address, 1)[0] == wanted


def physical_flip(address: int, bit: int) -> AtFault:
    """The same as a callback."""
    return lambda stub, _: flip_physical(stub, address, bit)


def register_flip(core: int, register: int, bit: int) -> AtFault:
    """A bit of a register, read back."""
    def flip(stub: Stub, _: Path) -> None:
        wanted = stub.read_register(core, register) ^ 1 << bit
        stub.write_register(core, register, wanted)
        assert stub.read_register(core, register) == wanted
    return flip


def word(stub: Stub, address: int) -> int:
    """64 bits of physical memory."""
    return int(struct.unpack("<Q", stub.read_physical(address, 8))[0])


def ballot(arm: Arm, replica: int) -> int:
    """Physical address of a ballot."""
    return arm.system.board_page.base + BALLOTS + replica * PAGE


def stage1_flip(arm: Arm, core: int, level: int, bit: int) -> AtFault:
    """A bit of the descriptor of this level through which the core fetches instructions now."""
    region = arm.system.partitions[core]

    def flip(stub: Stub, place: Path) -> None:
        pc = stub.read_register(core, PC)
        walker, root, depth = _running(arm, core, stub, place)
        flip_physical(stub, region.base + _descriptors(walker, root, depth, pc)[level][0], bit)
    return flip


def user_page(arm: Arm, core: int, stub: Stub, place: Path, vaddr: int) -> int:
    """Intermediate physical address of a page of the protection domain that runs now."""
    walker, root, depth = _running(arm, core, stub, place)
    return _descriptors(walker, root, depth, vaddr)[LAST_LEVEL][1] & ADDRESS


def _running(arm: Arm, core: int, stub: Stub, place: Path) -> tuple[Walker, int, int]:
    """The tables of the replica, and the root and its level of the one that the core uses."""
    region = arm.system.partitions[core]
    pc = stub.read_register(core, PC)
    code = stub.read_virtual(core, pc & -PAGE, SAMPLE)
    assert code is not None
    with (place / "ram").open("rb") as ram:
        ram.seek(region.base - arm.system.ram.base)
        partition = ram.read(region.size)
    walker = Walker(partition, IPA_RAM)
    found = []
    for root, depth in walker.roots().items():
        page = _descriptors(walker, root, depth, pc).get(LAST_LEVEL, (0, 0))[1] & ADDRESS
        if page and partition[page - IPA_RAM:page - IPA_RAM + SAMPLE] == code:
            found.append((root, depth))
    assert len(found) == 1, "one protection domain runs here"
    return walker, *found[0]


def _descriptors(walker: Walker, table: int, level: int, vaddr: int) -> dict[int, tuple[int, int]]:
    """Level -> (offset in the partition, value), down to the page."""
    path = {}
    while True:
        index = vaddr >> 12 + 9 * (LAST_LEVEL - level) & 511
        value = int(walker.words[table // PAGE][index])
        path[level] = (table + 8 * index, value)
        table = (value & ADDRESS) - IPA_RAM
        if level == LAST_LEVEL or value & 3 != TABLE or not 0 <= table < walker.size:
            return path
        level += 1


def stage2_flip(arm: Arm, core: int, bit: int) -> AtFault:
    """A bit of the stage-2 block that holds the core's kernel, in that core's copy of the shim."""
    pointer = shim_address(arm, core, "replica_root")

    def flip(stub: Stub, _: Path) -> None:
        root = word(stub, pointer)
        blocks = word(stub, root + 8 * (IPA_RAM >> 30)) & ADDRESS
        assert word(stub, blocks) & ADDRESS == arm.system.partitions[core].base
        flip_physical(stub, blocks, bit)
    return flip


def at_store(arm: Arm, place: Path) -> tuple[Arm, Trigger]:
    """The I/O core is about to store to a device, so every replica stands at the same event: all
    have posted that store, and nobody has its result."""
    return after_block(arm, 0, shim_address(arm, 0, "device_store"), place)


def _rounds(arm: Arm, stub: Stub) -> list[int]:
    """What each replica has published."""
    return [BALLOT.unpack(stub.read_physical(ballot(arm, replica), BALLOT.size))[0]
            for replica in range(arm.system.replicas)]


def _next_entry(stub: Stub, entries: Sequence[int]) -> tuple[int, int]:
    """Runs on until a core is about to execute one of these addresses: which core, and where."""
    for entry in entries:
        stub.break_at(entry)
    stub.go_on()
    stub.wait_stop(STOP_S)
    for entry in entries:
        stub.break_at(entry, False)
    core, place = next((core, place) for core in range(stub.cores)
                       if (place := stub.read_register(core, PC)) in entries)
    stub.step(core, STOP_S)
    return core, place


def _next_round(arm: Arm, stub: Stub, place: Path) -> NextRound:
    """Runs on from at_store() until a replica enters its kernel for the next round. It has the
    results of all accesses before it, so no more come. A trap is a round; an interrupt may be
    put off, but not by all when they stand at the same access."""
    before = _rounds(arm, stub)
    assert len(set(before)) == 1, f"not all replicas are at the same round: {before}"
    vectors = Symbols(arm.system).kernel.address("arch_vectors")
    trap, interrupt = vectors + LOWER_EL_SYNC, vectors + LOWER_EL_IRQ
    interrupted: set[int] = set()
    while _rounds(arm, stub) == before and len(interrupted) < arm.system.replicas:
        core, entry = _next_entry(stub, (trap, interrupt))
        if entry == trap:
            break
        interrupted.add(core)
    return NextRound(before[0] + 1, sent_by(place))


def fingerprint_flips(arm: Arm, hurt: dict[int, int],
                      rounds: list[NextRound] | None = None) -> AtFault:
    """A bit of each of these replicas' running fingerprints, and of nothing else: it shows from
    the next round on. If at at_store(), that one can be noted."""
    symbols = Symbols(arm.system)
    place = symbols.kernel.address("rcoe_fingerprint")

    def flip(stub: Stub, where: Path) -> None:
        for replica, bit in hurt.items():
            flip_physical(stub, symbols.kernel_physical(replica, place), bit)
        if rounds is not None:
            rounds.append(_next_round(arm, stub, where))
    return flip


def waiting_byte(arm: Arm, place: Path) -> tuple[int, int]:
    """A byte of the downlink that waits to be sent, in every replica: its position in the downlink
    and its offset in each partition. Looked for where the bytes around it lie only once: in the
    ring, not also where they were made."""
    sent = sent_by(place)
    partitions = []
    with (place / "ram").open("rb") as ram:
        for region in arm.system.partitions:
            ram.seek(region.base - arm.system.ram.base)
            partitions.append(ram.read(region.size))
    for position in range(sent + AROUND, len(arm.golden.downlink) - AROUND, AROUND):
        bytes_there = arm.golden.downlink[position - AROUND:position + AROUND]
        found = {partition.find(bytes_there) for partition in partitions}
        if len(found) == 1 and -1 not in found and all(
                partition.count(bytes_there) == 1 for partition in partitions):
            return position, found.pop() + AROUND
    raise AssertionError(f"nothing waits behind byte {sent}")
