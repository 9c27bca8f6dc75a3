# SPDX-License-Identifier: BSD-2-Clause
"""A system description in memory: what tools/system_file.py read, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from tools.board import Range
from tools.sel4_abi import LARGE_PAGE_SIZE, PAGE_SIZE, STACK_TOP


class VoteLevel(IntEnum):
    """enum vote_level of shim/include/shim/board.h."""

    IO = 0
    ENTRY_EXIT = 1
    OBJECT = 2
    PAGE = 3
    NONE = 4

    @property
    def text(self) -> str:
        return self.name.lower().replace("_", "-")


class Console(IntEnum):
    """enum console of shim/include/shim/manifest.h."""

    UART = 0
    RECORDER = 1

    @property
    def text(self) -> str:
        return self.name.lower()


class SafeState(IntEnum):
    """What a safe stop does to the board; numbers as in shim/include/shim/manifest.h."""

    POWER_OFF = 0
    HALT = 1
    RESET = 2

    @property
    def text(self) -> str:
        return self.name.lower().replace("_", "-")


VOTE_LEVELS = {level.text: level for level in VoteLevel}


@dataclass(frozen=True)
class Redundancy:
    """How the system runs redundantly. line 0: the file has no <redundancy> element."""

    replicas: int = 1
    vote: VoteLevel = VoteLevel.ENTRY_EXIT
    window: int = 16
    barrier_timeout_us: int = 100_000
    simplex_ok: bool = False
    page_interval_us: int = 10_000
    readmit_per_hour: int = 0
    on_mismatch: str = "downgrade"
    safe_state: SafeState = SafeState.POWER_OFF
    reset_limit: int = 3  # resets in a row, for SafeState.RESET
    partition_size: int = 32 << 20
    console: Console = Console.UART
    scrub_bytes_per_ms: int = 1024  # 0: off; one replica has nobody to compare with
    line: int = 0
    replicas_from: str = ""  # who asked for that number, for messages


@dataclass(frozen=True)
class MemoryRegion:
    name: str
    size: int | None  # None: as large as its prefill file
    page_size: int | None  # None: chosen by the builder
    phys_addr: int | None
    prefill_path: str | None
    line: int
    dma: bool = False  # handed over to devices: tools/dma.py finds the place


@dataclass(frozen=True)
class Map:
    region: str
    vaddr: int
    perms: str  # letters of "rwx"
    cached: bool
    line: int


@dataclass(frozen=True)
class Irq:
    number: int
    id: int
    edge: bool
    line: int


class SetVarKind(IntEnum):
    VALUE = 0
    REGION_PADDR = 1
    REGION_SIZE = 2
    PREFILL_SIZE = 3


@dataclass(frozen=True)
class SetVar:
    """A word that the builder stores at a symbol of the program."""

    symbol: str
    kind: SetVarKind
    value: int  # VALUE
    region: str  # the other kinds
    line: int


@dataclass(frozen=True)
class UserCap:
    """A capability handed to a protection domain in slot 1..63 of its root CNode."""

    kind: str  # cap_tcb, cap_sc, cap_vspace
    slot: int
    pd: str
    line: int


@dataclass(frozen=True)
class ProtectionDomain:
    name: str
    priority: int
    budget_us: int
    period_us: int
    passive: bool
    stack_size: int
    smc: bool
    fpu: bool
    program: str
    program_line: int
    maps: tuple[Map, ...]
    irqs: tuple[Irq, ...]
    setvars: tuple[SetVar, ...]
    user_caps: tuple[UserCap, ...]
    parent: str | None
    child_id: int | None
    line: int

    @property
    def stack(self) -> Range:
        return Range(STACK_TOP - self.stack_size, self.stack_size)


@dataclass(frozen=True)
class End:
    pd: str
    id: int
    pp: bool
    notify: bool
    setvar_id: str | None
    line: int


@dataclass(frozen=True)
class Channel:
    ends: tuple[End, End]
    line: int

    def directions(self) -> Iterator[tuple[End, End]]:
        yield self.ends[0], self.ends[1]
        yield self.ends[1], self.ends[0]


@dataclass(frozen=True)
class System:
    """Parents come before their children in protection_domains; the position is the PD index."""

    path: str
    redundancy: Redundancy
    memory_regions: tuple[MemoryRegion, ...]
    protection_domains: tuple[ProtectionDomain, ...]
    channels: tuple[Channel, ...]

    def region(self, name: str) -> MemoryRegion:
        return next(region for region in self.memory_regions if region.name == name)

    def index(self, name: str) -> int:
        for number, pd in enumerate(self.protection_domains):
            if pd.name == name:
                return number
        raise KeyError(name)

    def ends_of(self, name: str) -> Iterator[tuple[End, End]]:
        """(own end, peer's end) of every channel of the protection domain."""
        for channel in self.channels:
            for own, peer in channel.directions():
                if own.pd == name:
                    yield own, peer

    def setvars_of(self, pd: ProtectionDomain) -> list[SetVar]:
        """Its setvars, those of its channel ends included."""
        return [*pd.setvars, *(SetVar(own.setvar_id, SetVarKind.VALUE, own.id, "", own.line)
                               for own, _peer in self.ends_of(pd.name) if own.setvar_id)]

    def used_regions(self) -> set[str]:
        """Names of the memory regions that a map or a setvar needs to exist."""
        return {entry.region for pd in self.protection_domains for entry in pd.maps} \
            | {setvar.region for pd in self.protection_domains for setvar in self.setvars_of(pd)}

    def has_endpoint(self, pd: ProtectionDomain) -> bool:
        """It receives on an endpoint: for calls, or for the faults of its children."""
        return any(peer.pp for _own, peer in self.ends_of(pd.name)) \
            or any(other.parent == pd.name for other in self.protection_domains)


@dataclass(frozen=True)
class Region:
    """A memory region with its final size and page size, and the contents of its prefill file."""

    source: MemoryRegion
    size: int
    page_size: int
    device: bool
    prefill: bytes | None = field(repr=False)

    @property
    def pages(self) -> int:
        return self.size // self.page_size

    @property
    def large(self) -> bool:
        return self.page_size == LARGE_PAGE_SIZE


def region_page_size(region: MemoryRegion, size: int, maps: list[Map]) -> int:
    """The page size asked for; else 2 MiB where size and all addresses allow it, else 4 KiB."""
    if region.page_size is not None:
        return region.page_size
    if region.prefill_path is not None:  # its pages are frames of the image, which are small
        return PAGE_SIZE
    numbers = [size, region.phys_addr or 0, *(entry.vaddr for entry in maps)]
    if all(number % LARGE_PAGE_SIZE == 0 for number in numbers):
        return LARGE_PAGE_SIZE
    return PAGE_SIZE
