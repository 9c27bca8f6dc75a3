# SPDX-License-Identifier: BSD-2-Clause
"""Checks the elements of a system description against each other and against the board.

The first mistake is reported: file, line, both culprits, and what to do. Nothing is built before.
"""

from __future__ import annotations

from pathlib import Path

from tools.board import Board, Range
from tools.errors import UserError
from tools.sel4_abi import IRQ_LIMIT, MAX_PDS, PAGE_SIZE, PD_NAME_LENGTH
from tools.system_model import (Map, MemoryRegion, ProtectionDomain, Region, SetVarKind, System,
                                VoteLevel, region_page_size)
from tools.xml_file import nearest

RESERVED_NAME = "monitor"
PAGE_LEVEL_MOST = 512 << 20  # PAGES_MOST of rcoe/page.h


class Checker:
    """One system on one board; the methods are called in the order of check_system."""

    def __init__(self, system: System, board: Board, search: list[Path]) -> None:
        self.system = system
        self.board = board
        self.search = search
        self.regions: dict[str, Region] = {}

    def fail(self, line: int, message: str, next_step: str) -> UserError:
        return UserError(f"{self.system.path}:{line}: {message}", next_step)

    def redundancy(self) -> None:
        plan = self.system.redundancy
        choose = f"choose 1 to {self.board.cores} replicas"
        if plan.replicas < 1:
            raise UserError(f"{plan.replicas_from}: {plan.replicas} replicas cannot run anything",
                            choose)
        if plan.replicas > self.board.cores:
            raise UserError(f"{plan.replicas_from}: {plan.replicas} replicas, but board "
                            f"'{self.board.name}' has {self.board.cores} cores and each replica "
                            "needs its own", choose)
        if plan.vote is VoteLevel.PAGE and plan.partition_size > PAGE_LEVEL_MOST:
            raise self.fail(plan.line, f"vote level 'page' and partition_size "
                            f"0x{plan.partition_size:x}: this level knows the pages of "
                            f"0x{PAGE_LEVEL_MOST:x} bytes",
                            f"write partition_size=\"0x{PAGE_LEVEL_MOST:x}\" or less, or "
                            "vote=\"object\"")
        room = self.board.partitions.size // plan.replicas // (2 << 20) * (2 << 20)
        if plan.partition_size > room:
            raise self.fail(plan.line, f"{plan.replicas} partitions of 0x{plan.partition_size:x} "
                            f"bytes do not fit into {self.board.partitions} of board "
                            f"'{self.board.name}'",
                            f'write partition_size="0x{room:x}" or less')

    def domain_count(self, root_only: bool) -> None:
        domains = self.system.protection_domains
        if root_only:
            if domains:
                raise self.fail(domains[0].line, f"protection domain '{domains[0].name}' in a "
                                "system of a root task alone", "remove it, or build without "
                                "--root-only")
        elif not domains:
            raise UserError(f"{self.system.path}: the system has no protection domain",
                            "add a <protection_domain> with its <program_image>")
        elif len(domains) > MAX_PDS:
            raise self.fail(domains[MAX_PDS].line, f"{len(domains)} protection domains; there may "
                            f"be {MAX_PDS}", "merge some of them")

    def names(self) -> None:
        domains = self.system.protection_domains
        named: dict[str, int] = {}
        for pd in domains:
            if pd.name == RESERVED_NAME:
                raise self.fail(pd.line, f"the name '{pd.name}' is the init task's, which monitors "
                                "the protection domains", "choose another name")
            if len(pd.name.encode()) > PD_NAME_LENGTH:
                raise self.fail(pd.line, f"the name '{pd.name}' is longer than {PD_NAME_LENGTH} "
                                "bytes", "choose a shorter name")
            if pd.name in named:
                raise self.fail(pd.line, f"protection domain '{pd.name}' is already defined in "
                                f"line {named[pd.name]}", "rename one of them")
            named[pd.name] = pd.line
        named = {}
        for region in self.system.memory_regions:
            if region.name in named:
                raise self.fail(region.line, f"memory region '{region.name}' is already defined in "
                                f"line {named[region.name]}", "rename one of them")
            named[region.name] = region.line

    def find(self, name: str) -> Path | None:
        return next((place / name for place in self.search if (place / name).is_file()), None)

    def searched(self) -> str:
        return ", ".join(str(place) for place in self.search)

    def prefill(self, region: MemoryRegion) -> bytes | None:
        if region.prefill_path is None:
            return None
        path = self.find(region.prefill_path)
        if path is None:
            raise self.fail(region.line, f"prefill file '{region.prefill_path}' of memory region "
                            f"'{region.name}' is in none of: {self.searched()}",
                            "create it, or name its directory with --search-path")
        data = path.read_bytes()
        if not data:
            raise self.fail(region.line, f"prefill file '{region.prefill_path}' of memory region "
                            f"'{region.name}' is empty", "fill it or remove prefill_path")
        if region.size is not None and len(data) > region.size:
            raise self.fail(region.line, f"prefill file '{region.prefill_path}' ({len(data)} bytes)"
                            f" does not fit into memory region '{region.name}' "
                            f"({region.size} bytes)",
                            f'write size="0x{-(-len(data) // PAGE_SIZE) * PAGE_SIZE:x}" or more')
        return data

    def memory_regions(self) -> None:
        for source in self.system.memory_regions:
            data = self.prefill(source)
            size = source.size if source.size is not None \
                else -(-len(data or b"") // PAGE_SIZE) * PAGE_SIZE
            maps = [entry for pd in self.system.protection_domains for entry in pd.maps
                    if entry.region == source.name]
            device = source.phys_addr is not None and self.is_device(source, size)
            page_size = region_page_size(source, size, maps)
            self.regions[source.name] = Region(source, size, page_size, device, data)
        placed = [(Range(region.source.phys_addr, region.size), region.source)
                  for region in self.regions.values() if region.source.phys_addr is not None]
        for position, (place, source) in enumerate(placed):
            for other_place, other in placed[:position]:
                if place.overlaps(other_place):
                    raise self.fail(source.line, f"memory region '{source.name}' at physical "
                                    f"{place} overlaps memory region '{other.name}' at "
                                    f"{other_place} (line {other.line})",
                                    "move one of them, or map the same region twice")

    def region_sizes(self) -> None:
        """A first look, before pages are counted one by one; tools/image.py adds up exactly."""
        plan = self.system.redundancy
        taken = [region for name, region in self.regions.items()
                 if name in self.system.used_regions() and not region.device]
        total = sum(region.size for region in taken)
        if total > plan.partition_size:
            largest = max(taken, key=lambda region: region.size)
            raise self.fail(largest.source.line, f"memory regions of 0x{total:x} bytes do not fit "
                            f"into a replica's RAM of 0x{plan.partition_size:x}; the largest is "
                            f"'{largest.source.name}' with 0x{largest.size:x}",
                            "make it smaller, or raise partition_size in <redundancy>")

    def is_device(self, region: MemoryRegion, size: int) -> bool:
        """True for a device, False for the replica's RAM; anything else is a mistake."""
        assert region.phys_addr is not None
        place = Range(region.phys_addr, size)
        ram = Range(self.board.ram_ipa, self.system.redundancy.partition_size)
        if ram.holds(place):
            return False
        for device in self.board.devices:
            if not device.for_systems and device.range.overlaps(place):
                raise self.fail(region.line, f"memory region '{region.name}' at physical {place} "
                                f"overlaps '{device.name}' at {device.range}, which belongs to the "
                                "shim", "remove it: interrupts come through <irq>")
        usable = self.board.system_devices()
        if any(device.range.holds(place) for device in usable):
            return True
        for device in usable:
            if device.range.overlaps(place):
                raise self.fail(region.line, f"memory region '{region.name}' at physical {place} "
                                f"exceeds device '{device.name}' at {device.range}",
                                "stay within the device")
        listed = ", ".join(f"{device.name} 0x{device.range.base:x}" for device in usable)
        raise self.fail(region.line, f"memory region '{region.name}' at physical {place} is "
                        f"neither a device of board '{self.board.name}' nor within a replica's "
                        f"RAM {ram}", f"the devices are: {listed}")

    def maps(self, pd: ProtectionDomain) -> None:
        placed: list[tuple[Range, Map]] = []
        for entry in pd.maps:
            region = self.regions.get(entry.region)
            if region is None:
                raise self.fail(entry.line, f"map of unknown memory region '{entry.region}' in "
                                f"protection domain '{pd.name}'",
                                nearest(entry.region, self.regions) + "add a <memory_region> of "
                                "that name")
            place = Range(entry.vaddr, region.size)
            if region.source.dma and not entry.cached:
                raise self.fail(entry.line, f"map of '{entry.region}' in protection domain "
                                f"'{pd.name}' is not cached, but what is for DMA (line "
                                f"{region.source.line}) goes to the device, and comes from it, "
                                "when caches are maintained",
                                'remove cached="false", and clean and invalidate in the program')
            if entry.vaddr % region.page_size:
                raise self.fail(entry.line, f"map of '{entry.region}' at 0x{entry.vaddr:x} is not "
                                f"aligned to its page size 0x{region.page_size:x} (line "
                                f"{region.source.line})",
                                f'write vaddr="0x{entry.vaddr & -region.page_size:x}"')
            if place.end > pd.stack.base:
                raise self.fail(entry.line, f"map of '{entry.region}' at {place} runs into the "
                                f"stack of protection domain '{pd.name}' at {pd.stack}",
                                f"keep maps below 0x{pd.stack.base:x}")
            for other_place, other in placed:
                if place.overlaps(other_place):
                    raise self.fail(entry.line, f"map of '{entry.region}' at {place} overlaps map "
                                    f"of '{other.region}' at {other_place} (line {other.line}) in "
                                    f"protection domain '{pd.name}'",
                                    self.free_place(place, placed, pd))
            placed.append((place, entry))

    def free_place(self, wanted: Range, placed: list[tuple[Range, Map]],
                   pd: ProtectionDomain) -> str:
        """A remedy that works: the first address behind all maps so far."""
        unit = PAGE_SIZE if wanted.base % (2 << 20) else 2 << 20
        last = max(place.end for place, _entry in placed)
        address = -(-last // unit) * unit
        if address + wanted.size > pd.stack.base:
            return "move one of them"
        return f'move one of them, for example vaddr="0x{address:x}"'

    def setvars(self, pd: ProtectionDomain) -> None:
        seen: dict[str, int] = {}
        for setvar in self.system.setvars_of(pd):
            if setvar.symbol in seen:
                raise self.fail(setvar.line, f"symbol '{setvar.symbol}' of protection domain "
                                f"'{pd.name}' is already set in line {seen[setvar.symbol]}",
                                "remove one of them")
            seen[setvar.symbol] = setvar.line
            if setvar.kind == SetVarKind.VALUE:
                continue
            region = self.regions.get(setvar.region)
            if region is None:
                raise self.fail(setvar.line, f"setvar '{setvar.symbol}' names unknown memory "
                                f"region '{setvar.region}'",
                                nearest(setvar.region, self.regions) + "add a <memory_region> of "
                                "that name")
            if setvar.kind == SetVarKind.PREFILL_SIZE and region.prefill is None:
                raise self.fail(setvar.line, f"setvar_prefill_size of '{setvar.symbol}': memory "
                                f"region '{setvar.region}' (line {region.source.line}) has no "
                                "prefill file", "add prefill_path there, or use setvar_size")

    def interrupts(self) -> None:
        seen: dict[int, tuple[str, int]] = {}
        wired = {irq: device.name for device in self.board.system_devices()
                 for irq in device.irqs}
        for pd in self.system.protection_domains:
            for irq in pd.irqs:
                if irq.number < 32 or irq.number >= IRQ_LIMIT:
                    raise self.fail(irq.line, f"irq {irq.number} of protection domain '{pd.name}' "
                                    "is not a device interrupt",
                                    f"choose 32 to {IRQ_LIMIT - 1}; below are timers and "
                                    "inter-core interrupts, which the shim keeps")
                if irq.number in seen:
                    name, line = seen[irq.number]
                    raise self.fail(irq.line, f"irq {irq.number} of protection domain '{pd.name}' "
                                    f"is already taken by '{name}' (line {line})",
                                    "let one of them serve the device")
                if irq.number not in wired:
                    listed = ", ".join(f"{number} {name}"
                                       for number, name in sorted(wired.items())[:4])
                    raise self.fail(irq.line, f"irq {irq.number} of protection domain '{pd.name}' "
                                    f"has no device on board '{self.board.name}'",
                                    f"the board's are: {listed}, ...")
                seen[irq.number] = (pd.name, irq.line)

    def channels(self) -> None:
        names = [pd.name for pd in self.system.protection_domains]
        for channel in self.system.channels:
            first, second = channel.ends
            for end in channel.ends:
                if end.pd not in names:
                    raise self.fail(end.line, f"channel end of unknown protection domain "
                                    f"'{end.pd}'", nearest(end.pd, names)
                                    + f"the protection domains are: {', '.join(names)}")
            if first.pd == second.pd:
                raise self.fail(channel.line, f"both ends of the channel are protection domain "
                                f"'{first.pd}'", "name two different protection domains")
            if first.pp and second.pp:
                raise self.fail(channel.line, f"'{first.pd}' and '{second.pd}' may both call each "
                                "other over this channel, and would wait for each other",
                                'write pp="true" at one end only')
            if not any(end.pp or end.notify for end in channel.ends):
                raise self.fail(channel.line, f"the channel of '{first.pd}' and '{second.pd}' "
                                "allows nothing", 'write notify="true" or pp="true" at an end')
            for caller, callee in channel.directions():
                low = self.system.protection_domains[self.system.index(caller.pd)]
                high = self.system.protection_domains[self.system.index(callee.pd)]
                if caller.pp and low.priority >= high.priority:
                    raise self.fail(caller.line, f"'{low.name}' (priority {low.priority}, line "
                                    f"{low.line}) calls '{high.name}' (priority {high.priority}, "
                                    f"line {high.line}), but a protected procedure must be in a "
                                    "protection domain of higher priority",
                                    f"raise '{high.name}' to {low.priority + 1} or more"
                                    if low.priority < 254 else f"lower '{low.name}'")

    def ids(self, pd: ProtectionDomain) -> None:
        """Interrupts and channels share one number space, which is the badge's bits."""
        seen: dict[int, tuple[str, int]] = {}
        users = [(irq.id, f"irq {irq.number}", irq.line) for irq in pd.irqs]
        users += [(own.id, f"the channel to '{peer.pd}'", own.line)
                  for own, peer in self.system.ends_of(pd.name)]
        for number, what, line in users:
            if number in seen:
                other, other_line = seen[number]
                free = next(value for value in range(len(users) + 1)
                            if value not in {user[0] for user in users})
                raise self.fail(line, f"id {number} of {what} in protection domain '{pd.name}' is "
                                f"already that of {other} (line {other_line})",
                                f'write id="{free}" at one of them')
            seen[number] = (what, line)
        children: dict[int, ProtectionDomain] = {}
        for child in self.system.protection_domains:
            if child.parent == pd.name and child.child_id is not None:
                if child.child_id in children:
                    other_child = children[child.child_id]
                    raise self.fail(child.line, f"children '{child.name}' and '{other_child.name}' "
                                    f"(line {other_child.line}) of '{pd.name}' have the same id "
                                    f"{child.child_id}", "give one of them another id")
                children[child.child_id] = child

    def user_caps(self, pd: ProtectionDomain) -> None:
        names = [other.name for other in self.system.protection_domains]
        seen: dict[int, int] = {}
        for cap in pd.user_caps:
            if cap.pd not in names:
                raise self.fail(cap.line, f"<{cap.kind}> of unknown protection domain '{cap.pd}'",
                                nearest(cap.pd, names)
                                + f"the protection domains are: {', '.join(names)}")
            if cap.slot in seen:
                raise self.fail(cap.line, f"slot {cap.slot} in the <cspace> of protection domain "
                                f"'{pd.name}' is already taken in line {seen[cap.slot]}",
                                "choose another slot")
            seen[cap.slot] = cap.line

    def programs(self) -> dict[str, Path]:
        """Where each protection domain's program lies."""
        found: dict[str, Path] = {}
        for pd in self.system.protection_domains:
            path = self.find(pd.program)
            if path is None:
                there = sorted({entry.name for place in self.search if place.is_dir()
                                for entry in place.iterdir() if entry.suffix == ".elf"})
                raise self.fail(pd.program_line, f"program image '{pd.program}' of protection "
                                f"domain '{pd.name}' is in none of: {self.searched()}",
                                nearest(pd.program, there)
                                + "build it, or name its directory with --search-path")
            found[pd.name] = path
        return found


def check_system(system: System, board: Board, search: list[Path],
                 root_only: bool = False) -> tuple[dict[str, Region], dict[str, Path]]:
    """Everything that can be known before linking. Gives the regions and the programs' paths.

    root_only: the root task is the whole system, so it has no protection domains.
    """
    checker = Checker(system, board, search)
    checker.redundancy()
    checker.domain_count(root_only)
    checker.names()
    checker.memory_regions()
    checker.region_sizes()
    for pd in system.protection_domains:
        checker.maps(pd)
    for pd in system.protection_domains:
        checker.setvars(pd)
    checker.interrupts()
    checker.channels()
    for pd in system.protection_domains:
        checker.ids(pd)
        checker.user_caps(pd)
    return checker.regions, checker.programs()
