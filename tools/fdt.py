# SPDX-License-Identifier: BSD-2-Clause
"""Flattened device trees (Devicetree Specification 0.4, chapter 5): made here, or checked."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

from tools.errors import UserError

HEADER = struct.Struct(">10I")
MAGIC = 0xD00DFEED
VERSION, LAST_COMPATIBLE = 17, 16
BEGIN_NODE, END_NODE, PROP, END = 1, 2, 3, 9
RESERVED = bytes(16)  # the memory reservation block: its end marker
MOST = 1 << 20
MAKE = "make it with: dtc -I dts -O dtb -o FILE"

Value = int | str | tuple[int, ...] | tuple[str, ...] | None


def long_cells(*numbers: int) -> tuple[int, ...]:
    """64-bit numbers as two cells each."""
    return tuple(half for number in numbers for half in (number >> 32, number & 0xFFFFFFFF))


@dataclass
class Node:
    """A node; its properties in the order of the source."""

    name: str
    properties: dict[str, Value] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def add(self, name: str, properties: dict[str, Value]) -> Node:
        """A new child."""
        child = Node(name, properties)
        self.children.append(child)
        return child


def _bytes(value: Value) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, int):
        return struct.pack(">I", value)
    return b"".join(_bytes(part) for part in value)


def _pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


class _Writer:
    def __init__(self) -> None:
        self.structure = bytearray()
        self.strings = bytearray()
        self.names: dict[str, int] = {}

    def name(self, text: str) -> int:
        if text not in self.names:
            self.names[text] = len(self.strings)
            self.strings += text.encode() + b"\0"
        return self.names[text]

    def node(self, root: Node) -> None:
        """Depth first."""
        self.structure += struct.pack(">I", BEGIN_NODE) + _pad(root.name.encode() + b"\0")
        for name, value in root.properties.items():
            data = _bytes(value)
            self.structure += struct.pack(">III", PROP, len(data), self.name(name)) + _pad(data)
        for child in root.children:
            self.node(child)
        self.structure += struct.pack(">I", END_NODE)


def flatten(root: Node) -> bytes:
    """The blob."""
    writer = _Writer()
    writer.node(root)
    structure = bytes(writer.structure) + struct.pack(">I", END)
    structure_at = HEADER.size + len(RESERVED)
    strings_at = structure_at + len(structure)
    header = HEADER.pack(MAGIC, strings_at + len(writer.strings), structure_at, strings_at,
                         HEADER.size, VERSION, LAST_COMPATIBLE, 0, len(writer.strings),
                         len(structure))
    return header + RESERVED + structure + bytes(writer.strings)


def read_blob(path: Path) -> bytes:
    """A user's own blob: whole, and of a version that programs can read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}",
                        "name a device tree blob, or leave out --dtb") from error
    if len(data) < HEADER.size or HEADER.unpack_from(data)[0] != MAGIC:
        raise UserError(f"{path}: is not a device tree blob", MAKE)
    size, structure, strings, _map, version, _last, _cpu, strings_size, structure_size = \
        HEADER.unpack_from(data)[1:]
    if size > len(data):
        raise UserError(f"{path}: is cut off: the tree has {size} bytes, the file {len(data)}",
                        MAKE)
    if version < LAST_COMPATIBLE:
        raise UserError(f"{path}: is a device tree of version {version}, older than "
                        f"{LAST_COMPATIBLE}", MAKE)
    if structure + structure_size > size or strings + strings_size > size:
        raise UserError(f"{path}: is a damaged device tree blob", MAKE)
    if size > MOST:
        raise UserError(f"{path}: has {size} bytes, more than {MOST}",
                        "a device tree for one replica needs a few thousand")
    return data[:size]
