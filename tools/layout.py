# SPDX-License-Identifier: BSD-2-Clause
"""Lays out one protection domain's address space: its program's pages after patching.

Pages with contents come from the image; pages of zeros come from untyped memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.board import Range
from tools.elf import Program, Symbol
from tools.errors import UserError
from tools.sel4_abi import IPC_BUFFER, PAGE_SIZE, PD_NAME_LENGTH
from tools.system_model import ProtectionDomain, Region, SetVar, SetVarKind, System

WORD = 8


@dataclass
class Page:
    """One page of a program. contents None: zeros."""

    vaddr: int
    perms: str
    contents: bytes | None = field(repr=False)


@dataclass
class PaddrPatch:
    """A word that only the init task can know: the physical address of a region's first frame."""

    vaddr: int
    region: str
    line: int


@dataclass
class ProgramLayout:
    entry: int
    pages: list[Page]
    paddr_patches: list[PaddrPatch]


def page_range(start: int, end: int) -> Range:
    base = start // PAGE_SIZE * PAGE_SIZE
    return Range(base, -(-end // PAGE_SIZE) * PAGE_SIZE - base)


def check_program(system: System, pd: ProtectionDomain, program: Program,
                  regions: dict[str, Region]) -> None:
    """The program against the maps, the stack and itself."""
    where = f"{system.path}:{pd.program_line}"
    spans = [(page_range(segment.vaddr, segment.end), segment.perms)
             for segment in program.segments]
    for position, (span, perms) in enumerate(spans):
        for other, other_perms in spans[:position]:
            if span.overlaps(other):
                raise UserError(f"{where}: segments {other} ({other_perms}) and {span} ({perms}) "
                                f"of {program.path} share a page",
                                "align its segments to 0x1000 in the linker script")
        if span.end > pd.stack.base:
            raise UserError(f"{where}: segment {span} of {program.path} runs into the stack of "
                            f"protection domain '{pd.name}' at {pd.stack}",
                            "link it at a lower address")
        for entry in pd.maps:
            place = Range(entry.vaddr, regions[entry.region].size)
            if place.overlaps(span):
                raise UserError(f"{system.path}:{entry.line}: map of '{entry.region}' at {place} "
                                f"overlaps segment {span} ({perms}) of {program.path} in "
                                f"protection domain '{pd.name}' (line {pd.program_line})",
                                "move the map to another vaddr")
    if not any(segment.vaddr <= program.entry < segment.end and "x" in segment.perms
               for segment in program.segments):
        raise UserError(f"{where}: entry 0x{program.entry:x} of {program.path} is in no "
                        "executable segment", "check ENTRY() in its linker script")


def patch_word(system: System, program: Program, setvar: SetVar, value: int) -> None:
    symbol = setvar_symbol(system, program, setvar)
    store(program, setvar.symbol, symbol, value.to_bytes(WORD, "little"))


def setvar_symbol(system: System, program: Program, setvar: SetVar) -> Symbol:
    where = f"{system.path}:{setvar.line}"
    symbol = program.symbols.get(setvar.symbol)
    if symbol is None:
        raise UserError(f"{where}: program {program.path} has no symbol '{setvar.symbol}' to set",
                        "define it as a global 8-byte variable, or remove the setvar")
    if symbol.size != WORD:
        raise UserError(f"{where}: symbol '{setvar.symbol}' of {program.path} has {symbol.size} "
                        f"bytes, but a setvar stores {WORD}", "declare it as uintptr_t or uint64_t")
    return symbol


def store(program: Program, name: str, symbol: Symbol, data: bytes) -> None:
    if not program.write(symbol.address, data):
        raise UserError(f"{program.path}: symbol '{name}' at 0x{symbol.address:x} is in no loaded "
                        "segment", "check its linker script")


def patch_microkit(system: System, pd: ProtectionDomain, program: Program) -> None:
    """The symbols that libmicrokit defines and the builder fills."""
    irqs = sum(1 << irq.id for irq in pd.irqs)
    notifications = sum(1 << own.id for own, _peer in system.ends_of(pd.name) if own.notify)
    calls = sum(1 << own.id for own, _peer in system.ends_of(pd.name) if own.pp)
    values = {
        "microkit_name": pd.name.encode().ljust(PD_NAME_LENGTH, b"\0"),
        "microkit_passive": bytes([pd.passive]),
        "microkit_irqs": irqs.to_bytes(WORD, "little"),
        "microkit_notifications": notifications.to_bytes(WORD, "little"),
        "microkit_pps": calls.to_bytes(WORD, "little"),
    }
    for name, data in values.items():
        symbol = program.need(name, "so it is no protection domain")
        if symbol.size != len(data):
            raise UserError(f"{program.path}: symbol '{name}' has {symbol.size} bytes instead of "
                            f"{len(data)}", "link it with this tree's libmicrokit")
        store(program, name, symbol, data)


def lay_out(system: System, pd: ProtectionDomain, program: Program,
            regions: dict[str, Region]) -> ProgramLayout:
    """Checks and patches the program, and cuts it into pages."""
    check_program(system, pd, program, regions)
    patch_microkit(system, pd, program)
    late: list[PaddrPatch] = []
    for setvar in system.setvars_of(pd):
        if setvar.kind == SetVarKind.VALUE:
            patch_word(system, program, setvar, setvar.value)
            continue
        region = regions[setvar.region]
        if setvar.kind == SetVarKind.REGION_SIZE:
            patch_word(system, program, setvar, region.size)
        elif setvar.kind == SetVarKind.PREFILL_SIZE:
            patch_word(system, program, setvar, len(region.prefill or b""))
        elif region.source.phys_addr is not None:
            patch_word(system, program, setvar, region.source.phys_addr)
        else:
            patch_word(system, program, setvar, 0)
            address = setvar_symbol(system, program, setvar).address
            if address % WORD:
                raise UserError(f"{system.path}:{setvar.line}: symbol '{setvar.symbol}' of "
                                f"{program.path} is not aligned to {WORD} bytes",
                                "declare it as uintptr_t or uint64_t")
            late.append(PaddrPatch(address, setvar.region, setvar.line))
    stored = {patch.vaddr // PAGE_SIZE * PAGE_SIZE for patch in late}
    pages: list[Page] = []
    for segment in sorted(program.segments, key=lambda segment: segment.vaddr):
        span = page_range(segment.vaddr, segment.end)
        image = bytes(segment.vaddr - span.base) + bytes(segment.data)
        image = image.ljust(span.size, b"\0")
        for offset in range(0, span.size, PAGE_SIZE):
            contents = image[offset:offset + PAGE_SIZE]
            needed = any(contents) or span.base + offset in stored
            pages.append(Page(span.base + offset, segment.perms, contents if needed else None))
    return ProgramLayout(program.entry, pages, late)


def stack_pages(pd: ProtectionDomain) -> range:
    return range(pd.stack.base, pd.stack.end, PAGE_SIZE)


assert IPC_BUFFER % PAGE_SIZE == 0
