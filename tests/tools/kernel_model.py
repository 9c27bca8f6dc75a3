# SPDX-License-Identifier: BSD-2-Clause
"""Plays a packed system description on a small model of the kernel, which refuses what it must.

It decodes the bytes by itself (apps/init/system_spec.h), so it also checks the packing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import Any

SIZES = {1: 11, 2: 4, 3: 6, 6: 5, 8: 12, 9: 12, 10: 21, 11: 12}
TYPES = {0: "untyped", 1: "tcb", 2: "endpoint", 3: "notification", 4: "cnode", 5: "sc", 6: "reply",
         8: "vspace", 9: "frame", 10: "frame", 11: "table"}
BASE_ABSOLUTE, BASE_EMPTY, BASE_IMAGE, BASE_SCHEDCONTROL = range(4)


@dataclass(eq=False)
class Object:
    kind: str
    bits: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cap:
    object: Object
    rights: int = 15
    badge: int = 0


class Refused(Exception):
    pass


def need(condition: object, text: str) -> None:
    if not condition:
        raise Refused(text)


class Model:
    """After play(), `slots` is the root task's CSpace by (base, index)."""

    def __init__(self, user_image: bytes, image_base: int, spec_vaddr: int) -> None:
        self.image = user_image
        self.image_base = image_base
        self.spec_offset = spec_vaddr - image_base
        first = {1: "tcb", 2: "root_cnode", 3: "vspace", 4: "irq_control", 6: "asid_pool",
                 15: "smc"}
        self.slots = {BASE_ABSOLUTE << 56 | slot: Cap(Object(kind, 0))
                      for slot, kind in first.items()}
        self.slots[BASE_SCHEDCONTROL << 56] = Cap(Object("sched_control", 0))
        for page in range(len(user_image) // 4096):
            frame = Object("frame", 12, {"contents": user_image[page * 4096:page * 4096 + 4096],
                                         "image_page": page, "mapped": True})
            self.slots[BASE_IMAGE << 56 | page] = Cap(frame)
        self.resumed: list[Object] = []
        self.paddr_words: dict[int, Object] = {}
        self.irqs: set[int] = set()

    # Decoding

    def play(self) -> None:
        header = struct.unpack_from("<QIIQQQQQQ", self.image, self.spec_offset)
        magic, version, count, operations, self.slot_count, base = header[:6]
        need(magic.to_bytes(8, "little") == b"TTRSPC01" and version == 1, "bad header")
        need(base == self.image_base, "bad image base")
        self.monitor = header[6]
        for number in range(count):
            fields = struct.unpack_from("<IIQII3Q8QII", self.image,
                                        self.spec_offset + operations + 120 * number)
            kind, label, target, length, cap_count = fields[:5]
            caps, mrs, resolve = fields[5:8], list(fields[8:16]), fields[16]
            need(not any(mrs[length:]) and not any(caps[cap_count:]), "junk behind arguments")
            self.one(kind, label, target, mrs[:length], list(caps[:cap_count]), resolve)

    def one(self, kind: int, label: int, target: int, mrs: list[int], caps: list[int],
            resolve: int) -> None:
        if kind == 0:
            self.invoke(label, target, mrs, caps, resolve)
        elif kind == 1:
            bits = mrs[1] + 5 if mrs[0] == 4 else SIZES.get(mrs[0], mrs[1])
            self.put(target, Cap(Object(TYPES[mrs[0]], bits)))
        elif kind in (2, 3):
            need(mrs[0] % (1 << mrs[1]) == 0, "fixed frame is not aligned")
            self.put(target, Cap(Object("frame", mrs[1], {"paddr": mrs[0], "device": kind == 2})))
        elif kind == 4:
            self.take(target, "tcb").facts["registers"] = (mrs[0], mrs[1])
        elif kind == 5:
            need(mrs[0] % 8 == 0, "word is not aligned")
            self.paddr_words[mrs[0]] = self.take(target, "frame")
        else:
            raise Refused(f"operation kind {kind}")

    # Slots

    def put(self, slot: int, cap: Cap) -> None:
        need(slot >> 56 == BASE_EMPTY and slot & 0xFFFF_FFFF < self.slot_count, "slot out of range")
        need(slot not in self.slots, f"slot {slot & 0xffff} is occupied")
        self.slots[slot] = cap

    def cap(self, slot: int) -> Cap:
        need(slot in self.slots, f"slot {slot:#x} is empty")
        return self.slots[slot]

    def take(self, slot: int, kind: str) -> Object:
        found = self.cap(slot).object
        need(found.kind == kind, f"{found.kind} instead of {kind}")
        return found

    # Invocations

    def invoke(self, label: int, target: int, mrs: list[int], caps: list[int],
               resolve: int) -> None:
        {1: self.retype, 5: self.configure, 8: self.sched_params, 13: self.resume, 14: self.bind,
         17: self.set_flags, 21: self.copy, 22: self.copy, 28: self.irq_notification,
         33: self.sched_control, 44: self.map_table, 46: self.map_page, 54: self.assign,
         55: self.irq_handler}[label](target, mrs, caps)
        slots = {1: 0x10, 21: 0x4, 22: 0x4, 55: 0x4}.get(label, 0)
        if label in (21, 22) and self.cap(target).object.kind == "root_cnode":
            slots |= 1
        need(resolve == slots, f"label {label} resolves {resolve:#x} instead of {slots:#x}")

    def retype(self, target: int, mrs: list[int], caps: list[int]) -> None:
        untyped = self.take(target, "untyped")
        kind, _size, index, depth, first, count = mrs
        need((index, depth) == (0, 0) and 1 <= count <= 256, "bad destination")
        self.take(caps[0], "root_cnode")
        used = untyped.facts.get("used", 0)
        need(used + (count << SIZES[kind]) <= 1 << untyped.bits, "not enough memory")
        for number in range(count):
            self.put(first + number, Cap(Object(TYPES[kind], SIZES[kind], {
                "parent": untyped, "offset": used + (number << SIZES[kind])})))
        untyped.facts["used"] = used + (count << SIZES[kind])

    def copy(self, target: int, mrs: list[int], caps: list[int]) -> None:
        self.take(caps[0], "root_cnode")
        index, depth, source, source_depth, rights = mrs[:5]
        need(source_depth == 64, "source depth")
        cap = self.cap(source)
        badge = mrs[5] if len(mrs) == 6 else None
        need(badge is None or cap.badge == 0, "badge of a badged capability")
        if cap.object.kind in ("vspace", "table"):
            need(cap.object.facts.get("assigned") or "mapped" in cap.object.facts, "not derivable")
        new = replace(cap, rights=cap.rights & rights, badge=cap.badge if badge is None else badge)
        if new.object.kind == "frame":  # a derived frame capability starts unmapped
            new = replace(new, object=Object("frame", cap.object.bits, {
                **cap.object.facts, "mapped": False, "origin": cap.object}))
        destination = self.cap(target).object
        if destination.kind == "root_cnode":
            need(depth == 64, "depth in the root CNode")
            self.put(index, new)
            return
        need(destination.kind == "cnode" and depth == destination.bits - 5, "depth in a CNode")
        contents = destination.facts.setdefault("slots", {})
        need(index < 1 << depth and index not in contents, "slot of a CNode")
        contents[index] = new

    def configure(self, target: int, mrs: list[int], caps: list[int]) -> None:
        tcb = self.take(target, "tcb")
        need(mrs[:2] == [0, 0] and mrs[2] % 1024 == 0, "configure")
        vspace = self.take(caps[1], "vspace")
        need(vspace.facts.get("assigned"), "vspace without ASID")
        tcb.facts |= {"cspace": self.take(caps[0], "cnode"), "vspace": vspace, "buffer": mrs[2],
                      "frame": self.take(caps[2], "frame")}

    def sched_params(self, target: int, mrs: list[int], caps: list[int]) -> None:
        tcb = self.take(target, "tcb")
        need(self.take(caps[0], "tcb") is self.slots[1].object, "authority")
        sc = self.take(caps[1], "sc")
        need("budget" in sc.facts and "tcb" not in sc.facts, "scheduling context")
        fault = self.cap(caps[2])
        need(fault.object.kind == "endpoint" and fault.rights & 1 and fault.rights & 12, "fault ep")
        sc.facts["tcb"] = tcb
        tcb.facts |= {"mcp": mrs[0], "priority": mrs[1], "sc": sc, "fault": fault}

    def resume(self, target: int, _mrs: list[int], _caps: list[int]) -> None:
        tcb = self.take(target, "tcb")
        need({"cspace", "sc", "registers", "notification"} <= set(tcb.facts), "resumed too early")
        self.resumed.append(tcb)

    def bind(self, target: int, _mrs: list[int], caps: list[int]) -> None:
        self.take(target, "tcb").facts["notification"] = self.take(caps[0], "notification")

    def set_flags(self, target: int, mrs: list[int], _caps: list[int]) -> None:
        self.take(target, "tcb").facts["flags"] = mrs

    def irq_handler(self, target: int, mrs: list[int], caps: list[int]) -> None:
        self.take(target, "irq_control")
        self.take(caps[0], "root_cnode")
        irq, trigger, index, depth = mrs
        need(depth == 64 and irq not in self.irqs and trigger in (0, 1), "interrupt")
        self.irqs.add(irq)
        self.put(index, Cap(Object("irq_handler", 0, {"irq": irq, "edge": trigger})))

    def irq_notification(self, target: int, _mrs: list[int], caps: list[int]) -> None:
        cap = self.cap(caps[0])
        need(cap.object.kind == "notification" and cap.rights & 1, "signal")
        self.take(target, "irq_handler").facts["signal"] = cap

    def sched_control(self, target: int, mrs: list[int], caps: list[int]) -> None:
        self.take(target, "sched_control")
        sc = self.take(caps[0], "sc")
        need(20 <= mrs[0] <= mrs[1], "budget")
        sc.facts |= {"budget": mrs[0], "period": mrs[1], "badge": mrs[3]}

    def assign(self, target: int, _mrs: list[int], caps: list[int]) -> None:
        self.take(target, "asid_pool")
        self.take(caps[0], "vspace").facts |= {"assigned": True, "tables": set(), "pages": {}}

    def map_table(self, target: int, mrs: list[int], caps: list[int]) -> None:
        table, vspace = self.take(target, "table"), self.take(caps[0], "vspace")
        need("mapped" not in table.facts and mrs[0] < 1 << 47, "page table")
        for level in (39, 30, 21):
            entry = (level, mrs[0] >> level)
            if entry not in vspace.facts["tables"]:
                vspace.facts["tables"].add(entry)
                table.facts["mapped"] = entry
                return
        raise Refused("all page tables are there")

    def map_page(self, target: int, mrs: list[int], caps: list[int]) -> None:
        cap, vspace = self.cap(target), self.take(caps[0], "vspace")
        vaddr, rights, attributes = mrs
        frame = cap.object
        need(frame.kind == "frame" and not frame.facts.get("mapped"), "frame is mapped already")
        need(vaddr % (1 << frame.bits) == 0 and vaddr < 1 << 47, "address")
        need(all((level, vaddr >> level) in vspace.facts["tables"]
                 for level in (39, 30, 21) if level > frame.bits), "page table is missing")
        for page, (_perms, other) in vspace.facts["pages"].items():
            need(page + (1 << other.bits) <= vaddr or vaddr + (1 << frame.bits) <= page, "overlap")
        frame.facts["mapped"] = True
        rights &= cap.rights
        perms = ("r" if rights & 2 else "") + ("w" if rights & 1 else "") \
            + ("" if attributes & 4 else "x") + ("" if attributes & 1 else "d")
        vspace.facts["pages"][vaddr] = (perms, frame)
