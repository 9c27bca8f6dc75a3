# SPDX-License-Identifier: BSD-2-Clause
"""Packs the system description that apps/init plays: apps/init/system_spec.h."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from tools.sel4_abi import PAGE_SIZE

SPEC_MAGIC = int.from_bytes(b"TTRSPC01", "little")
SPEC_VERSION = 1
HEADER = struct.Struct("<QIIQQQQQQ")
DOMAIN = struct.Struct("<64sQQQQ")
OPERATION = struct.Struct("<IIQII3Q8QII")
DOMAIN_PASSIVE = 1
MAX_MRS = 8
MAX_CAPS = 3

assert HEADER.size == 64 and DOMAIN.size == 96 and OPERATION.size == 120, "as the header asserts"


class Base(IntEnum):
    """enum spec_base, and one that only the builder knows."""

    ABSOLUTE = 0
    EMPTY = 1
    IMAGE_FRAME = 2
    SCHEDCONTROL = 3
    CONTENT = 255  # frame of the index-th page of contents; resolved when its place is known


class Kind(IntEnum):
    """enum spec_kind."""

    INVOKE = 0
    RETYPE = 1
    DEVICE_FRAME = 2
    RAM_FRAME = 3
    WRITE_REGISTERS = 4
    FRAME_PADDR = 5


@dataclass(frozen=True)
class Cap:
    base: Base
    index: int


@dataclass(frozen=True)
class ContentAddress:
    """Where the init task sees a byte of a page of contents."""

    page: int
    offset: int


@dataclass(frozen=True)
class Operation:
    kind: Kind
    target: Cap
    label: int = 0
    mrs: tuple[int | Cap | ContentAddress, ...] = ()
    caps: tuple[Cap, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class SpecDomain:
    name: str
    tcb: Cap
    sched_context: Cap
    notification: Cap
    passive: bool


@dataclass(frozen=True)
class Spec:
    """All that is packed."""

    operations: tuple[Operation, ...]
    domains: tuple[SpecDomain, ...]
    slot_count: int
    monitor_endpoint: Cap
    monitor_reply: Cap

    @property
    def size(self) -> int:
        return (HEADER.size + 8 + DOMAIN.size * len(self.domains)
                + OPERATION.size * len(self.operations))

    @property
    def pages(self) -> int:
        return -(-self.size // PAGE_SIZE)


class Packer:
    """Knows where in the root task's image the pages of contents lie."""

    def __init__(self, image_base: int, first_content_page: int) -> None:
        self.image_base = image_base
        self.first_content_page = first_content_page

    def cap(self, cap: Cap) -> int:
        base, index = cap.base, cap.index
        if base == Base.CONTENT:
            base, index = Base.IMAGE_FRAME, self.first_content_page + index
        return base << 56 | index

    def word(self, value: int | Cap | ContentAddress) -> int:
        if isinstance(value, Cap):
            return self.cap(value)
        if isinstance(value, ContentAddress):
            page = self.first_content_page + value.page
            return self.image_base + page * PAGE_SIZE + value.offset
        return value

    def operation(self, operation: Operation) -> bytes:
        assert len(operation.mrs) <= MAX_MRS and len(operation.caps) <= MAX_CAPS
        mrs = [self.word(value) for value in operation.mrs]
        caps = [self.cap(cap) for cap in operation.caps]
        slots = sum(1 << position for position, value in enumerate(operation.mrs)
                    if isinstance(value, Cap))
        return OPERATION.pack(operation.kind, operation.label, self.cap(operation.target),
                              len(mrs), len(caps), *caps, *[0] * (MAX_CAPS - len(caps)),
                              *mrs, *[0] * (MAX_MRS - len(mrs)), slots, operation.line)

    def pack(self, spec: Spec) -> bytes:
        """The header, the protection domains, the operations; padded to whole pages."""
        domains = b"".join(
            DOMAIN.pack(domain.name.encode(), self.cap(domain.tcb),
                        self.cap(domain.sched_context), self.cap(domain.notification),
                        DOMAIN_PASSIVE if domain.passive else 0)
            for domain in spec.domains)
        table = len(spec.domains).to_bytes(8, "little") + domains
        header = HEADER.pack(SPEC_MAGIC, SPEC_VERSION, len(spec.operations),
                             HEADER.size + len(table), spec.slot_count, self.image_base,
                             self.cap(spec.monitor_endpoint), self.cap(spec.monitor_reply),
                             HEADER.size)
        body = header + table + b"".join(self.operation(entry) for entry in spec.operations)
        assert len(body) == spec.size
        return body.ljust(spec.pages * PAGE_SIZE, b"\0")
