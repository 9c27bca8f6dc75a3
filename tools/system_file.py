# SPDX-License-Identifier: BSD-2-Clause
"""Reads a system description: Microkit's `.system` elements and our <redundancy>.

Here each element is checked by itself; tools/system_check.py checks them against each other and
against the board. docs/system-files.md is the reference of elements and attributes.
"""

from __future__ import annotations

from pathlib import Path

from tools.errors import UserError
from tools.sel4_abi import MAX_BUDGET_US, MAX_CHANNELS, MIN_BUDGET_US, PAGE_SIZE, PD_USER_SLOTS
from tools.system_model import (VOTE_LEVELS, Channel, Console, End, Irq, Map, MemoryRegion,
                                ProtectionDomain, Redundancy, SafeState, SetVar, SetVarKind, System,
                                UserCap, VoteLevel)
from tools.xml_file import Element, nearest, read_xml

# Attributes of each element; a star marks those that must be given.
ATTRIBUTES = {
    "system": "",
    "redundancy": "replicas vote window page_interval_us barrier_timeout_us simplex_ok "
                  "readmit_per_hour on_mismatch safe_state reset_limit partition_size console "
                  "scrub_bytes_per_ms",
    "memory_region": "name* size page_size phys_addr prefill_path dma",
    "protection_domain": "name* priority budget period passive stack_size smc cpu fpu id "
                         "setvar_id",
    "program_image": "path* path_for_symbols",
    "map": "mr* vaddr* perms cached setvar_vaddr setvar_size setvar_prefill_size",
    "irq": "irq* id* trigger setvar_id",
    "setvar": "symbol* region_paddr*",
    "cspace": "",
    "cap_tcb": "slot* pd*",
    "cap_sc": "slot* pd*",
    "cap_vspace": "slot* pd*",
    "channel": "",
    "end": "pd* id* pp notify setvar_id",
}
CHILDREN = {
    "system": "redundancy memory_region protection_domain channel",
    "protection_domain": "program_image map irq setvar protection_domain cspace",
    "cspace": "cap_tcb cap_sc cap_vspace",
    "channel": "end",
}
# Microkit has them, Ternion does not: why, and what to do instead.
OTHER_ELEMENTS = {
    "virtual_machine": ("virtual machines need a kernel at EL2, where Ternion's shim is",
                        "remove it"),
    "domains": ("the domain scheduler is not available yet",
                "remove it and give priorities, budgets and periods"),
    "ioport": ("I/O ports exist on x86 only", "remove it and map the device's memory_region"),
    "io_address_space": ("I/O address spaces exist on x86 only", "remove it"),
}
OTHER_ATTRIBUTES = {
    ("memory_region", "prefill_bootinfo"): ("boot information is not handed to protection domains",
                                            "prefill from a file with prefill_path"),
    ("protection_domain", "domain"): ("the domain scheduler is not available yet", "remove it"),
    ("irq", "pin"): ("I/O APIC interrupts exist on x86 only", "give irq and trigger"),
    ("irq", "pcidev"): ("MSI interrupts exist on x86 only", "give irq and trigger"),
}
SCRUB_MOST = 65_536  # a tick of EL2 stays short
WINDOW_MOST = 127  # below half of BALLOT_RING, shim/include/shim/board.h
REDUNDANCY_CHOICES = {
    "on_mismatch": ("downgrade", {"stop": 0, "reintegrate": 0}),
}


def check_shape(element: Element) -> None:
    """Refuses attributes and children that the element does not have, by their nearest name."""
    names = ATTRIBUTES[element.tag].split()
    known = [name.rstrip("*") for name in names]
    for name in element.attributes:
        if (element.tag, name) in OTHER_ATTRIBUTES:
            reason, remedy = OTHER_ATTRIBUTES[element.tag, name]
            raise element.error(f"attribute '{name}' of <{element.tag}>: {reason}", remedy)
        if name not in known:
            listed = f"<{element.tag}> has: {', '.join(known)}" if known \
                else f"<{element.tag}> has no attributes"
            raise element.error(f"unknown attribute '{name}' of <{element.tag}>",
                                nearest(name, known) + listed)
    for name in names:
        if name.endswith("*") and name[:-1] not in element.attributes:
            raise element.error(f"<{element.tag}> lacks its attribute '{name[:-1]}'",
                                f'add {name[:-1]}="..."')
    allowed = CHILDREN.get(element.tag, "").split()
    for child in element.children:
        if child.tag in allowed:
            check_shape(child)
        elif child.tag in OTHER_ELEMENTS:
            reason, remedy = OTHER_ELEMENTS[child.tag]
            raise child.error(f"element <{child.tag}>: {reason}", remedy)
        else:
            listed = f"<{element.tag}> may hold: {', '.join(allowed)}" if allowed \
                else f"<{element.tag}> holds no elements"
            raise child.error(f"unknown element <{child.tag}> in <{element.tag}>",
                              nearest(child.tag, allowed) + listed)


def number(element: Element, name: str, default: int | None = None, low: int = 0,
           high: int = (1 << 64) - 1) -> int:
    """A number, decimal or 0x, underscores ignored, in low..high."""
    text = element.attributes.get(name)
    if text is None:
        assert default is not None, f"{element.tag}.{name} has a default or is required"
        return default
    digits = text.replace("_", "")
    try:
        if digits[:1] in "+-" or digits != digits.strip():
            raise ValueError
        value = int(digits, 16) if digits[:2].lower() == "0x" else int(digits, 10)
    except ValueError:
        raise element.error(f"{name}=\"{text}\" of <{element.tag}> is not a number",
                            "write it in decimal, or in hexadecimal with 0x") from None
    if not low <= value <= high:
        limits = f"0x{low:x} to 0x{high:x}" if digits[:2].lower() == "0x" else f"{low} to {high}"
        raise element.error(f"{name}=\"{text}\" of <{element.tag}> is out of range",
                            f"choose {limits}")
    return value


def boolean(element: Element, name: str, default: bool) -> bool:
    text = element.attributes.get(name)
    if text not in (None, "true", "false"):
        raise element.error(f"{name}=\"{text}\" of <{element.tag}> is neither true nor false",
                            f'write {name}="true" or {name}="false"')
    return default if text is None else text == "true"


def choice(element: Element, name: str, default: str, words: list[str]) -> str:
    text = element.attributes.get(name, default)
    if text not in words:
        raise element.error(f"{name}=\"{text}\" of <{element.tag}> is unknown",
                            f"{nearest(text, words)}choose one of: {', '.join(words)}")
    return text


def word(element: Element, name: str) -> str:
    """A name: not empty."""
    text = element.attributes[name]
    if not text.strip():
        raise element.error(f"{name} of <{element.tag}> is empty", "give it a name")
    return text


def multiple(element: Element, name: str, value: int, unit: int) -> None:
    if value % unit:
        raise element.error(f"{name}=\"{element.attributes[name]}\" of <{element.tag}> is not a "
                            f"multiple of 0x{unit:x}",
                            f"round it to 0x{value // unit * unit:x} or "
                            f"0x{(value // unit + 1) * unit:x}")


def vote_level(element: Element | None, text: str) -> VoteLevel:
    """The vote level of that name, from an element or from the command line."""
    where = f"{element.file}:{element.line}: vote" if element else "--vote-level"
    level = VOTE_LEVELS.get(text)
    if level is None:
        raise UserError(f"{where} level '{text}' is unknown",
                        f"{nearest(text, VOTE_LEVELS)}choose one of: {', '.join(VOTE_LEVELS)}")
    return level


def window_size(text: str) -> int:
    """A window from the command line."""
    if not text.isdecimal() or int(text) > WINDOW_MOST:
        raise UserError(f"--window '{text}' is no number from 0 to {WINDOW_MOST}",
                        "choose 0 for lockstep, or 64")
    return int(text)


def read_redundancy(element: Element) -> Redundancy:
    plain = Redundancy()
    for name, (only, later) in REDUNDANCY_CHOICES.items():
        text = choice(element, name, only, [only, *later])
        if text != only:
            raise element.error(f"{name}=\"{text}\" of <redundancy> is not available yet",
                                f'write {name}="{only}" or leave it out')
    partition = number(element, "partition_size", plain.partition_size, low=4 << 20,
                       high=1 << 40)
    if "partition_size" in element.attributes:
        multiple(element, "partition_size", partition, 2 << 20)
    return Redundancy(
        replicas=number(element, "replicas", plain.replicas),
        replicas_from=f"{element.file}:{element.line}",
        vote=vote_level(element, element.attributes.get("vote", plain.vote.text)),
        window=number(element, "window", plain.window, high=WINDOW_MOST),
        barrier_timeout_us=number(element, "barrier_timeout_us", plain.barrier_timeout_us,
                                  low=2_000, high=10_000_000),
        simplex_ok=boolean(element, "simplex_ok", plain.simplex_ok),
        page_interval_us=number(element, "page_interval_us", plain.page_interval_us,
                                low=1_000, high=10_000_000),
        readmit_per_hour=number(element, "readmit_per_hour", plain.readmit_per_hour, high=255),
        safe_state=SafeState[choice(element, "safe_state", plain.safe_state.text,
                                    [state.text for state in SafeState])
                             .upper().replace("-", "_")],
        reset_limit=reset_limit(element, plain.reset_limit),
        partition_size=partition,
        console=Console[choice(element, "console", plain.console.text,
                               [where.text for where in Console]).upper()],
        scrub_bytes_per_ms=scrub_rate(element, plain.scrub_bytes_per_ms),
        line=element.line)


def reset_limit(element: Element, default: int) -> int:
    if "reset_limit" in element.attributes and element.attributes.get("safe_state") != "reset":
        raise element.error("reset_limit of <redundancy> counts resets, and safe_state is not "
                            "reset", 'write safe_state="reset", or leave reset_limit out')
    return number(element, "reset_limit", default, low=1, high=255)


def scrub_rate(element: Element, default: int) -> int:
    rate = number(element, "scrub_bytes_per_ms", default, high=SCRUB_MOST)
    if "scrub_bytes_per_ms" in element.attributes:
        multiple(element, "scrub_bytes_per_ms", rate, 8)
    return rate


def read_region(element: Element) -> MemoryRegion:
    given = element.attributes
    page_size = None
    if "page_size" in given:
        page_size = number(element, "page_size")
        if page_size not in (0x1000, 0x20_0000):
            raise element.error(f"page_size=\"{given['page_size']}\" of <memory_region> is not a "
                                "page size of this machine", "choose 0x1000 or 0x200000")
    unit = page_size or PAGE_SIZE
    size = phys_addr = None
    if "size" in given:
        size = number(element, "size", low=unit, high=1 << 40)
        multiple(element, "size", size, unit)
    elif "prefill_path" not in given:
        raise element.error(f"memory region '{given['name']}' has no size",
                            'add size="0x1000" (or larger), or a prefill_path')
    if "phys_addr" in given:
        phys_addr = number(element, "phys_addr")
        multiple(element, "phys_addr", phys_addr, unit)
    if "prefill_path" in given and (phys_addr is not None or unit != PAGE_SIZE):
        other = "phys_addr" if phys_addr is not None else "page_size"
        raise element.error(f"memory region '{given['name']}' has prefill_path and {other}, which "
                            "exclude each other", f"remove {other}: the pages of a prefilled "
                            "region are those of the image")
    dma = boolean(element, "dma", False)
    if "prefill_path" in given and dma:
        raise element.error(f"memory region '{given['name']}' has prefill_path and dma, which "
                            "exclude each other", "remove prefill_path: a program fills what it "
                            "hands over")
    return MemoryRegion(word(element, "name"), size, page_size, phys_addr,
                        given.get("prefill_path"), element.line, dma)


def read_map(element: Element, setvars: list[SetVar]) -> Map:
    given = element.attributes
    perms = given.get("perms", "rw")
    if not perms or set(perms) - set("rwx") or len(set(perms)) != len(perms):
        raise element.error(f"perms=\"{perms}\" of <map> is not a combination of r, w and x",
                            'write perms="rw", for example')
    if "r" not in perms:
        raise element.error(f"perms=\"{perms}\" of <map> does not let it be read",
                            f'write perms="r{perms}": the hardware has no such mappings')
    vaddr = number(element, "vaddr")
    region = word(element, "mr")
    kinds = {"setvar_vaddr": SetVarKind.VALUE, "setvar_size": SetVarKind.REGION_SIZE,
             "setvar_prefill_size": SetVarKind.PREFILL_SIZE}
    for name, kind in kinds.items():
        if name in given:
            setvars.append(SetVar(word(element, name), kind, vaddr, region, element.line))
    return Map(region, vaddr, perms, boolean(element, "cached", True), element.line)


def read_irq(element: Element, setvars: list[SetVar]) -> Irq:
    irq_id = number(element, "id", high=MAX_CHANNELS - 1)
    edge = choice(element, "trigger", "level", ["level", "edge"]) == "edge"
    if "setvar_id" in element.attributes:
        setvars.append(SetVar(word(element, "setvar_id"), SetVarKind.VALUE, irq_id, "",
                              element.line))
    return Irq(number(element, "irq"), irq_id, edge, element.line)


def read_program(element: Element) -> tuple[str, int]:
    images = [child for child in element.children if child.tag == "program_image"]
    name = element.attributes["name"]
    if not images:
        raise element.error(f"protection domain '{name}' has no <program_image>",
                            'add <program_image path="..."/>')
    if len(images) > 1:
        raise images[1].error(f"protection domain '{name}' has a second <program_image>; the first "
                              f"is in line {images[0].line}", "keep one of them")
    return word(images[0], "path"), images[0].line


def read_user_caps(element: Element) -> list[UserCap]:
    spaces = [child for child in element.children if child.tag == "cspace"]
    if len(spaces) > 1:
        raise spaces[1].error(f"protection domain '{element.attributes['name']}' has a second "
                              f"<cspace>; the first is in line {spaces[0].line}",
                              "put all its capabilities into one")
    return [UserCap(cap.tag, number(cap, "slot", low=1, high=PD_USER_SLOTS - 1), word(cap, "pd"),
                    cap.line)
            for space in spaces for cap in space.children]


def read_domain(element: Element, parent: str | None) -> list[ProtectionDomain]:
    """The protection domain and, after it, its children."""
    given = element.attributes
    setvars: list[SetVar] = []
    child_id = None
    if parent is None:
        for name in ("id", "setvar_id"):
            if name in given:
                raise element.error(f"{name} of <protection_domain> is for children, and "
                                    f"'{given['name']}' has no parent", f"remove {name}")
    elif "id" not in given:
        raise element.error(f"child '{given['name']}' of protection domain '{parent}' lacks its "
                            "attribute 'id'", 'add id="..."')
    else:
        child_id = number(element, "id", high=MAX_CHANNELS - 1)
    if number(element, "cpu", 0) != 0:
        raise element.error(f"cpu=\"{given['cpu']}\" of <protection_domain>: a replica has one "
                            "core", 'write cpu="0" or leave it out')
    budget = number(element, "budget", 1000, MIN_BUDGET_US, MAX_BUDGET_US)
    period = number(element, "period", budget, MIN_BUDGET_US, MAX_BUDGET_US)
    if budget > period:
        raise element.error(f"the budget of protection domain '{given['name']}' ({budget} us) "
                            f"exceeds its period ({period} us)",
                            f'lower the budget or write period="{budget}"')
    stack_size = number(element, "stack_size", 0x2000, 0x1000, 0x100_0000)
    if "stack_size" in given:
        multiple(element, "stack_size", stack_size, PAGE_SIZE)
    program, program_line = read_program(element)
    maps = tuple(read_map(child, setvars) for child in element.children if child.tag == "map")
    irqs = tuple(read_irq(child, setvars) for child in element.children if child.tag == "irq")
    setvars += [SetVar(word(child, "symbol"), SetVarKind.REGION_PADDR, 0,
                       word(child, "region_paddr"), child.line)
                for child in element.children if child.tag == "setvar"]
    setvars += [SetVar(word(child, "setvar_id"), SetVarKind.VALUE, number(child, "id"), "",
                       child.line)
                for child in element.children
                if child.tag == "protection_domain"
                and {"id", "setvar_id"} <= set(child.attributes)]
    domain = ProtectionDomain(
        word(element, "name"), number(element, "priority", 0, high=254), budget, period,
        boolean(element, "passive", False), stack_size, boolean(element, "smc", False),
        boolean(element, "fpu", True), program, program_line, maps, irqs, tuple(setvars),
        tuple(read_user_caps(element)), parent, child_id, element.line)
    children = [grandchild for child in element.children if child.tag == "protection_domain"
                for grandchild in read_domain(child, domain.name)]
    return [domain, *children]


def read_channel(element: Element) -> Channel:
    ends = [End(word(end, "pd"), number(end, "id", high=MAX_CHANNELS - 1),
                boolean(end, "pp", False), boolean(end, "notify", True),
                end.attributes.get("setvar_id"), end.line)
            for end in element.children]
    if len(ends) != 2:
        raise element.error(f"a <channel> has two <end> elements, this one has {len(ends)}",
                            "give one <end> for each of the two protection domains")
    return Channel((ends[0], ends[1]), element.line)


def read_system(path: Path, shown: str = "") -> System:
    """Reads the file and checks each element by itself. `shown` is its name in messages."""
    root = read_xml(path, shown or str(path))
    if root.tag != "system":
        raise root.error(f"the outermost element is <{root.tag}>",
                         "put everything into one <system> element")
    check_shape(root)

    def of(tag: str) -> list[Element]:
        return [child for child in root.children if child.tag == tag]

    redundancies = of("redundancy")
    if len(redundancies) > 1:
        raise redundancies[1].error("a second <redundancy>; the first is in line "
                                    f"{redundancies[0].line}", "keep one of them")
    redundancy = read_redundancy(redundancies[0]) if redundancies else Redundancy()
    domains = [domain for element in of("protection_domain")
               for domain in read_domain(element, None)]
    return System(root.file, redundancy, tuple(read_region(element)
                                               for element in of("memory_region")),
                  tuple(domains), tuple(read_channel(element) for element in of("channel")))
