# SPDX-License-Identifier: BSD-2-Clause
"""Plans a system: which objects exist, in which slots, and the invocations that build it.

The order is that of Microkit's initialiser: objects, interrupts, ASIDs, address spaces, scheduling
contexts, threads, CSpaces, start. docs/system-files.md describes what a protection domain gets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tools import sel4_abi as abi
from tools.errors import UserError
from tools.layout import ProgramLayout, stack_pages
from tools.sel4_abi import InitialSlot, Label, ObjectType, PdSlot, Rights
from tools.system_model import ProtectionDomain, Region, System
from tools.system_spec import Base, Cap, ContentAddress, Kind, Operation, Spec, SpecDomain

ROOT_CNODE = Cap(Base.ABSOLUTE, InitialSlot.CNODE)


@dataclass(frozen=True)
class Object:
    """A kernel object made from untyped memory, for the report."""

    name: str
    type: ObjectType
    bits: int
    slot: int


@dataclass(frozen=True)
class Grant:
    """A capability in a protection domain's CSpace, for the report."""

    pd: str
    cptr: int
    what: str
    object: str
    badge: int
    rights: str


@dataclass(frozen=True)
class Mapping:
    vaddr: int
    bits: int
    frame: Cap
    rights: Rights
    attributes: int
    line: int


@dataclass(frozen=True)
class Load:
    """Consecutive pages of a program. content None: zeros, from untyped memory."""

    vaddr: int
    size: int
    perms: str
    content: int | None


@dataclass
class Domain:
    """A protection domain's objects."""

    pd: ProtectionDomain
    index: int
    tcb: Cap
    sched_context: Cap
    notification: Cap
    reply: Cap
    vspace: Cap
    root: Cap
    cnode: Cap
    ipc_buffer: Cap
    endpoint: Cap | None
    fault_endpoint: Cap | None = None
    fault_badge: int = 0
    mappings: list[Mapping] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)

    @property
    def input(self) -> Cap:
        return self.endpoint or self.notification


@dataclass
class Plan:
    spec: Spec
    contents: list[bytes]
    constants: int  # so many of the first contents never change
    objects: list[Object]
    grants: list[Grant]
    domains: list[Domain]

    @property
    def object_bytes(self) -> int:
        return sum(1 << entry.bits for entry in self.objects)


def rights_text(rights: int) -> str:
    names = {Rights.READ: "r", Rights.WRITE: "w", Rights.GRANT: "g", Rights.GRANT_REPLY: "p"}
    return "".join(letter for right, letter in names.items() if rights & right)


class Planner:
    def __init__(self, system: System, regions: dict[str, Region],
                 layouts: dict[str, ProgramLayout], hardware_debug: bool) -> None:
        self.system = system
        self.hardware_debug = hardware_debug  # of the kernel
        self.regions = regions
        self.layouts = layouts
        self.slots = 0
        self.objects: list[Object] = []
        self.retypes: list[tuple[int, list[Operation]]] = []  # (bytes of the object as bits, ...)
        self.operations: list[Operation] = []
        self.contents: list[bytes] = []
        self.constants: dict[tuple[str, int], int] = {}  # of a domain, by address: its content
        self.grants: list[Grant] = []
        self.domains: list[Domain] = []
        self.frames: dict[str, list[Cap]] = {}  # of each memory region
        self.used: set[Cap] = set()  # frames that have their first mapping

    # Slots and objects

    def slot(self, count: int = 1) -> Cap:
        first = self.slots
        self.slots += count
        return Cap(Base.EMPTY, first)

    def make(self, name: str, kind: ObjectType, line: int, size_bits: int = 0) -> Cap:
        bits = abi.object_bits(kind, self.hardware_debug, size_bits)
        argument = bits
        if kind == ObjectType.CAP_TABLE:
            bits = size_bits + abi.SLOT_BITS
        target = self.slot()
        self.objects.append(Object(name, kind, bits, target.index))
        self.retypes.append((bits, [Operation(Kind.RETYPE, target, mrs=(int(kind), argument),
                                              line=line)]))
        return target

    def make_contiguous(self, name: str, region: Region) -> list[Cap]:
        """Frames one after the other in memory: carved out of an untyped of their own."""
        kind = ObjectType.LARGE_PAGE if region.large else ObjectType.SMALL_PAGE
        line = region.source.line
        bits = (region.size - 1).bit_length()
        untyped = self.make(name, ObjectType.UNTYPED, line, bits)
        first = self.slot(region.pages)
        carve = self.retypes[-1][1]
        for start in range(0, region.pages, abi.RETYPE_FAN_OUT):
            count = min(abi.RETYPE_FAN_OUT, region.pages - start)
            carve.append(self.invoke(
                untyped, Label.UNTYPED_RETYPE, line,
                int(kind), abi.OBJECT_BITS[kind], 0, 0, Cap(Base.EMPTY, first.index + start), count,
                caps=(ROOT_CNODE,)))
        return [Cap(Base.EMPTY, first.index + page) for page in range(region.pages)]

    def make_at(self, kind: Kind, region: Region) -> list[Cap]:
        """Frames at a fixed physical address."""
        assert region.source.phys_addr is not None
        bits = region.page_size.bit_length() - 1
        frames = [self.slot() for _ in range(region.pages)]
        # First of all: other objects must not take this memory.
        self.retypes.append((abi.WORD_BITS, [
            Operation(kind, frame, mrs=(region.source.phys_addr + page * region.page_size, bits),
                      line=region.source.line)
            for page, frame in enumerate(frames)]))
        return frames

    # Invocations

    def invoke(self, target: Cap, label: Label, line: int, *mrs: int | Cap | ContentAddress,
               caps: tuple[Cap, ...] = ()) -> Operation:
        number = abi.label_number(label, self.hardware_debug)
        return Operation(Kind.INVOKE, target, number, tuple(mrs), caps, line)

    def do(self, target: Cap, label: Label, line: int, *mrs: int | Cap,
           caps: tuple[Cap, ...] = ()) -> None:
        self.operations.append(self.invoke(target, label, line, *mrs, caps=caps))

    def copy(self, cnode: Cap, index: int | Cap, depth: int, source: Cap, rights: int, line: int,
             badge: int | None = None) -> None:
        """CNode_Copy, or CNode_Mint when there is a badge, from the root task's CSpace."""
        words: list[int | Cap] = [index, depth, source, abi.WORD_BITS, rights]
        label = Label.CNODE_COPY
        if badge is not None:
            label = Label.CNODE_MINT
            words.append(badge)
        self.do(cnode, label, line, *words, caps=(ROOT_CNODE,))

    def badged(self, source: Cap, rights: int, badge: int, line: int) -> Cap:
        """A minted copy in the root task's own CSpace."""
        target = self.slot()
        self.copy(ROOT_CNODE, target, abi.WORD_BITS, source, rights, line, badge)
        return target

    def grant(self, domain: Domain, slot: int, source: Cap, rights: int, line: int,
              what: tuple[str, str], badge: int | None = None, kept_badge: int = 0) -> None:
        """A capability in the CNode that libmicrokit knows. kept_badge: the source's own."""
        self.copy(domain.cnode, slot, abi.PD_CNODE_BITS, source, rights, line, badge)
        self.grants.append(Grant(domain.pd.name, slot, what[0], what[1], badge or kept_badge,
                                 rights_text(rights)))

    # The parts of a system

    def region_frames(self, region: Region) -> list[Cap]:
        name = region.source.name
        if region.prefill is not None:
            first = len(self.contents)
            data = region.prefill.ljust(region.size, b"\0")
            self.contents += [data[start:start + abi.PAGE_SIZE]
                              for start in range(0, region.size, abi.PAGE_SIZE)]
            return [Cap(Base.CONTENT, first + page) for page in range(region.pages)]
        if region.source.phys_addr is not None:
            return self.make_at(Kind.DEVICE_FRAME if region.device else Kind.RAM_FRAME, region)
        if any(patch.region == name for layout in self.layouts.values()
               for patch in layout.paddr_patches):
            return self.make_contiguous(name, region)
        kind = ObjectType.LARGE_PAGE if region.large else ObjectType.SMALL_PAGE
        return [self.make(f"{name}[{page}]", kind, region.source.line)
                for page in range(region.pages)]

    def make_domain(self, pd: ProtectionDomain) -> Domain:
        def make(name: str, kind: ObjectType, size_bits: int = 0) -> Cap:
            return self.make(f"{pd.name}.{name}", kind, pd.line, size_bits)

        endpoint = make("endpoint", ObjectType.ENDPOINT) if self.system.has_endpoint(pd) else None
        return Domain(pd, len(self.domains), make("tcb", ObjectType.TCB),
                      make("sched_context", ObjectType.SCHED_CONTEXT, abi.SCHED_CONTEXT_BITS),
                      make("notification", ObjectType.NOTIFICATION),
                      make("reply", ObjectType.REPLY), make("vspace", ObjectType.VSPACE),
                      make("root_cnode", ObjectType.CAP_TABLE, abi.PD_ROOT_BITS),
                      make("cnode", ObjectType.CAP_TABLE, abi.PD_CNODE_BITS),
                      make("ipc_buffer", ObjectType.SMALL_PAGE), endpoint)

    def plan_constants(self) -> None:
        """What nobody ever writes comes first, in one piece: the shim compares it (scrub.c)."""
        for name, layout in self.layouts.items():
            stored = {patch.vaddr // abi.PAGE_SIZE * abi.PAGE_SIZE
                      for patch in layout.paddr_patches}
            for page in layout.pages:
                if page.contents is not None and "w" not in page.perms \
                        and page.vaddr not in stored:
                    self.constants[name, page.vaddr] = len(self.contents)
                    self.contents.append(page.contents)

    def plan_program(self, domain: Domain) -> None:
        layout = self.layouts[domain.pd.name]
        line = domain.pd.program_line
        pages_of: dict[int, int] = {}
        for page in layout.pages:
            rights = Rights.READ | (Rights.WRITE if "w" in page.perms else 0)
            content = None
            if page.contents is None:
                name = f"{domain.pd.name}.program[0x{page.vaddr:x}]"
                frame = self.make(name, ObjectType.SMALL_PAGE, line)
            else:
                content = self.constants.get((domain.pd.name, page.vaddr), len(self.contents))
                pages_of[page.vaddr] = content
                if content == len(self.contents):
                    self.contents.append(page.contents)
                frame = Cap(Base.CONTENT, content)
            self.map(domain, page.vaddr, abi.PAGE_BITS, frame, rights,
                     attributes(True, "x" in page.perms), line)
            self.extend_loads(domain, page.vaddr, page.perms, content)
        for patch in layout.paddr_patches:
            page_vaddr = patch.vaddr // abi.PAGE_SIZE * abi.PAGE_SIZE
            self.operations.append(Operation(
                Kind.FRAME_PADDR, self.frames[patch.region][0],
                mrs=(ContentAddress(pages_of[page_vaddr], patch.vaddr - page_vaddr),),
                line=patch.line))

    @staticmethod
    def extend_loads(domain: Domain, vaddr: int, perms: str, content: int | None) -> None:
        if domain.loads:
            last = domain.loads[-1]
            pages = last.size // abi.PAGE_SIZE
            follows = (last.content is None) == (content is None) \
                and (content is None or content == (last.content or 0) + pages)
            if last.vaddr + last.size == vaddr and last.perms == perms and follows:
                domain.loads[-1] = Load(last.vaddr, last.size + abi.PAGE_SIZE, perms, last.content)
                return
        domain.loads.append(Load(vaddr, abi.PAGE_SIZE, perms, content))

    def map(self, domain: Domain, vaddr: int, bits: int, frame: Cap, rights: Rights,
            attribute_word: int, line: int) -> None:
        """A frame capability maps once; further mappings, and the image's frames, need copies."""
        if frame.base == Base.CONTENT or frame in self.used:
            target = self.slot()
            self.copy(ROOT_CNODE, target, abi.WORD_BITS, frame, rights, line)
            frame = target
        self.used.add(frame)
        domain.mappings.append(Mapping(vaddr, bits, frame, rights, attribute_word, line))

    def plan_memory(self, domain: Domain) -> None:
        pd = domain.pd
        self.plan_program(domain)
        for vaddr in stack_pages(pd):
            frame = self.make(f"{pd.name}.stack[0x{vaddr:x}]", ObjectType.SMALL_PAGE, pd.line)
            self.map(domain, vaddr, abi.PAGE_BITS, frame, abi.RIGHTS_RW, attributes(True, False),
                     pd.line)
        self.map(domain, abi.IPC_BUFFER, abi.PAGE_BITS, domain.ipc_buffer, abi.RIGHTS_RW,
                 attributes(True, False), pd.line)
        for entry in pd.maps:
            region = self.regions[entry.region]
            rights = Rights.READ | (Rights.WRITE if "w" in entry.perms else 0)
            cached = entry.cached and not region.device
            for page, frame in enumerate(self.frames[entry.region]):
                self.map(domain, entry.vaddr + page * region.page_size,
                         region.page_size.bit_length() - 1, frame, rights,
                         attributes(cached, "x" in entry.perms), entry.line)

    def map_memory(self, domain: Domain) -> None:
        """Page tables level by level as they are first needed, then the pages."""
        tables: set[tuple[int, int]] = set()
        for mapping in sorted(domain.mappings, key=lambda mapping: mapping.vaddr):
            for coverage in (39, 30, 21):
                table = (coverage, mapping.vaddr >> coverage)
                if coverage <= mapping.bits or table in tables:
                    continue
                tables.add(table)
                base = mapping.vaddr >> coverage << coverage
                page_table = self.make(f"{domain.pd.name}.table{coverage}[0x{base:x}]",
                                       ObjectType.PAGE_TABLE, mapping.line)
                self.do(page_table, Label.PAGE_TABLE_MAP, mapping.line, base, abi.VM_DEFAULT,
                        caps=(domain.vspace,))
            self.do(mapping.frame, Label.PAGE_MAP, mapping.line, mapping.vaddr, int(mapping.rights),
                    mapping.attributes, caps=(domain.vspace,))

    def plan_interrupts(self, domain: Domain) -> list[tuple[int, Cap, int, int]]:
        """(id, handler, interrupt number, line) of each."""
        handlers = []
        for irq in domain.pd.irqs:
            handler = self.slot()
            self.do(Cap(Base.ABSOLUTE, InitialSlot.IRQ_CONTROL), Label.IRQ_ISSUE_HANDLER_TRIGGER,
                    irq.line, irq.number, int(irq.edge), handler, abi.WORD_BITS, caps=(ROOT_CNODE,))
            signal = self.badged(domain.notification, abi.RIGHTS_RW, 1 << irq.id, irq.line)
            self.do(handler, Label.IRQ_SET_HANDLER, irq.line, caps=(signal,))
            handlers.append((irq.id, handler, irq.number, irq.line))
        return handlers

    def plan_thread(self, domain: Domain, monitor: Cap) -> None:
        pd = domain.pd
        own_tcb = Cap(Base.ABSOLUTE, InitialSlot.TCB)
        if pd.parent is None:
            source, badge = monitor, domain.index + 1
        else:
            parent = self.domains[self.system.index(pd.parent)]
            assert parent.endpoint is not None and pd.child_id is not None
            source, badge = parent.endpoint, abi.BADGE_CHILD_FAULT | pd.child_id
        domain.fault_badge = badge
        domain.fault_endpoint = self.badged(source, abi.RIGHTS_RWG, badge, pd.line)
        self.do(Cap(Base.SCHEDCONTROL, 0), Label.SCHED_CONTROL_CONFIGURE_FLAGS, pd.line,
                pd.budget_us, pd.period_us, 0, abi.SCHED_CONTEXT_BADGE + domain.index, 0,
                caps=(domain.sched_context,))
        self.do(domain.tcb, Label.TCB_CONFIGURE, pd.line, 0, 0, abi.IPC_BUFFER,
                caps=(domain.root, domain.vspace, domain.ipc_buffer))
        self.do(domain.tcb, Label.TCB_SET_SCHED_PARAMS, pd.line, pd.priority, pd.priority,
                caps=(own_tcb, domain.sched_context, domain.fault_endpoint))
        self.do(domain.tcb, Label.TCB_BIND_NOTIFICATION, pd.line, caps=(domain.notification,))
        if not pd.fpu:
            self.do(domain.tcb, Label.TCB_SET_FLAGS, pd.line, 0, 1)
        self.operations.append(Operation(
            Kind.WRITE_REGISTERS, domain.tcb, mrs=(self.layouts[pd.name].entry, abi.STACK_TOP),
            line=pd.program_line))

    def plan_cspace(self, domain: Domain, monitor: Cap,
                    handlers: list[tuple[int, Cap, int, int]]) -> None:
        pd = domain.pd
        self.copy(domain.root, 0, abi.PD_ROOT_BITS, domain.cnode, abi.RIGHTS_ALL, pd.line,
                  abi.PD_CNODE_GUARD_BITS)
        receives = ("endpoint", abi.RIGHTS_RWG) if domain.endpoint else ("notification",
                                                                         abi.RIGHTS_RW)
        self.grant(domain, PdSlot.INPUT, domain.input, receives[1], pd.line,
                   ("input", f"{pd.name}.{receives[0]}"))
        assert domain.fault_endpoint is not None
        self.grant(domain, PdSlot.FAULT_ENDPOINT, domain.fault_endpoint, abi.RIGHTS_RWG, pd.line,
                   ("fault endpoint", f"{pd.parent}.endpoint" if pd.parent else "monitor.endpoint"),
                   kept_badge=domain.fault_badge)
        self.grant(domain, PdSlot.VSPACE, domain.vspace, abi.RIGHTS_ALL, pd.line,
                   ("own vspace", f"{pd.name}.vspace"))
        self.grant(domain, PdSlot.REPLY, domain.reply, abi.RIGHTS_ALL, pd.line,
                   ("reply", f"{pd.name}.reply"))
        if pd.passive:
            self.grant(domain, PdSlot.MONITOR_ENDPOINT, monitor, abi.RIGHTS_RWG, pd.line,
                       ("monitor endpoint", "monitor.endpoint"), domain.index + 1)
        if pd.smc:
            self.grant(domain, PdSlot.SMC, Cap(Base.ABSOLUTE, InitialSlot.SMC), abi.RIGHTS_ALL,
                       pd.line, ("firmware call", "smc"))
        for own, peer in self.system.ends_of(pd.name):
            other = self.domains[self.system.index(peer.pd)]
            if own.notify:
                self.grant(domain, PdSlot.OUTPUT_NOTIFICATION + own.id, other.notification,
                           abi.RIGHTS_RW, own.line,
                           ("notify", f"{peer.pd}.notification"), 1 << peer.id)
            if own.pp:
                assert other.endpoint is not None
                self.grant(domain, PdSlot.ENDPOINT + own.id, other.endpoint, abi.RIGHTS_RWG,
                           own.line, ("call", f"{peer.pd}.endpoint"),
                           abi.BADGE_ENDPOINT | peer.id)
        for irq_id, handler, irq, line in handlers:
            self.grant(domain, PdSlot.IRQ + irq_id, handler, abi.RIGHTS_ALL, line,
                       ("interrupt handler", f"irq {irq}"))
        for child in self.domains:
            if child.pd.parent == pd.name:
                self.grant(domain, PdSlot.CHILD_TCB + (child.pd.child_id or 0), child.tcb,
                           abi.RIGHTS_ALL, child.pd.line, ("child", f"{child.pd.name}.tcb"))
        self.plan_user_caps(domain)

    def plan_user_caps(self, domain: Domain) -> None:
        for cap in domain.pd.user_caps:
            other = self.domains[self.system.index(cap.pd)]
            source, name = {"cap_tcb": (other.tcb, "tcb"),
                            "cap_sc": (other.sched_context, "sched_context"),
                            "cap_vspace": (other.vspace, "vspace")}[cap.kind]
            self.copy(domain.root, cap.slot, abi.PD_ROOT_BITS, source, abi.RIGHTS_ALL, cap.line)
            self.grants.append(Grant(domain.pd.name, cap.slot << (abi.WORD_BITS - abi.PD_ROOT_BITS),
                                     "user capability", f"{cap.pd}.{name}", 0,
                                     rights_text(abi.RIGHTS_ALL)))

    def plan(self) -> Plan:
        self.plan_constants()
        monitor = self.make("monitor.endpoint", ObjectType.ENDPOINT, 0)
        monitor_reply = self.make("monitor.reply", ObjectType.REPLY, 0)
        for pd in self.system.protection_domains:
            self.domains.append(self.make_domain(pd))
        used = self.system.used_regions()
        for name, region in self.regions.items():
            if name in used:
                self.frames[name] = self.region_frames(region)
        handlers = [self.plan_interrupts(domain) for domain in self.domains]
        for domain in self.domains:
            self.do(Cap(Base.ABSOLUTE, InitialSlot.ASID_POOL), Label.ASID_POOL_ASSIGN,
                    domain.pd.line, caps=(domain.vspace,))
        for domain in self.domains:
            self.plan_memory(domain)
            self.map_memory(domain)
        for domain in self.domains:
            self.plan_thread(domain, monitor)
        for domain, own_handlers in zip(self.domains, handlers, strict=True):
            self.plan_cspace(domain, monitor, own_handlers)
        for domain in self.domains:
            self.do(domain.tcb, Label.TCB_RESUME, domain.pd.line)
        # Large objects first, so that small ones do not break up the large untypeds.
        retypes = [operation for _bits, group in
                   sorted(self.retypes, key=lambda entry: -entry[0]) for operation in group]
        spec = Spec((*retypes, *self.operations),
                    tuple(SpecDomain(domain.pd.name, domain.tcb, domain.sched_context,
                                     domain.notification, domain.pd.passive)
                          for domain in self.domains),
                    self.slots, monitor, monitor_reply)
        return Plan(spec, self.contents, len(self.constants), self.objects, self.grants,
                    self.domains)


def attributes(cached: bool, executable: bool) -> int:
    """The attribute word of Page_Map."""
    return (abi.VM_DEFAULT if cached else abi.VM_DEVICE) | (0 if executable
                                                            else abi.VM_EXECUTE_NEVER)


def plan_system(system: System, regions: dict[str, Region],
                layouts: dict[str, ProgramLayout], hardware_debug: bool = False) -> Plan:
    """hardware_debug: the kernel has that API, and with it other label numbers and sizes."""
    return Planner(system, regions, layouts, hardware_debug).plan()


# What the init task needs beside the plan: slots for splitting untypeds.
SPARE_SLOTS = 512


def check_slots(plan: Plan, system: System, image_pages: int) -> None:
    """The root task's CNode must hold everything."""
    paging = 2 + image_pages // 512 + 2
    used = abi.INITIAL_SLOTS + paging + 1 + image_pages + abi.BOOT_INFO_UNTYPEDS \
        + plan.spec.slot_count + SPARE_SLOTS
    room = 1 << abi.ROOT_CNODE_BITS
    if used > room:
        raise UserError(f"{system.path}: the system needs {used} capability slots, the init task "
                        f"has {room}", "use page_size=\"0x200000\" for large memory regions")
