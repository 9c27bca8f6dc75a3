# SPDX-License-Identifier: BSD-2-Clause
"""The device tree of a replica, read back by other code and compared with QEMU's own."""

from __future__ import annotations

import struct
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.board import load_board
from tools.device_tree import replica_tree
from tools.fdt import Node, flatten, read_blob

RAM = 32 << 20
SHARED = ("arm,pl011", "arm,pl031", "arm,pl061", "qemu,fw-cfg-mmio", "virtio,mmio")


@dataclass
class Read:
    """A node as it was read."""

    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, Read] = field(default_factory=dict)

    def strings(self, name: str) -> list[str]:
        return self.properties[name].decode().rstrip("\0").split("\0")

    def cells(self, name: str) -> tuple[int, ...]:
        data = self.properties[name]
        return struct.unpack(f">{len(data) // 4}I", data)


def read_tree(blob: bytes) -> Read:
    """Devicetree Specification, 5.4: with a stack, by the offsets of the header."""
    magic, size, structure, strings = struct.unpack_from(">4I", blob)
    assert magic == 0xD00DFEED and size <= len(blob)
    stack, at = [Read()], structure
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == 1:
            end = blob.index(b"\0", at)
            node = stack[-1].children.setdefault(blob[at:end].decode(), Read())
            stack.append(node)
            at = (end + 4) // 4 * 4
        elif token == 2:
            stack.pop()
        elif token == 3:
            length, name = struct.unpack_from(">2I", blob, at)
            end = blob.index(b"\0", strings + name)
            stack[-1].properties[blob[strings + name:end].decode()] = blob[at + 8:at + 8 + length]
            at = (at + 8 + length + 3) // 4 * 4
        else:
            assert (token, len(stack)) == (9, 1)
            return stack[0].children[""]


@pytest.fixture(name="ours", scope="module")
def _ours() -> Read:
    return read_tree(replica_tree(load_board("qemu-virt"), RAM))


@pytest.fixture(name="emulator", scope="module")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The tree that QEMU makes of the same machine."""
    board, path = load_board("qemu-virt"), tmp_path_factory.mktemp("dtb") / "qemu.dtb"
    arguments = board.qemu["args"]
    assert isinstance(arguments, list)
    subprocess.run([str(board.qemu["binary"]), "-M", f"{board.qemu['machine']},dumpdtb={path}",
                    *arguments], check=True, capture_output=True)
    return read_tree(path.read_bytes())


def _devices(tree: Read) -> dict[tuple[str, int], tuple[int, ...]]:
    """(compatible, address) -> interrupt cells."""
    found = {}
    for node in tree.children.values():
        if "reg" in node.properties and "compatible" in node.properties:
            high, low = node.cells("reg")[:2]
            name = node.strings("compatible")[0]
            if name in SHARED:
                found[name, high << 32 | low] = \
                    node.cells("interrupts") if "interrupts" in node.properties else ()
    return found


def test_devices_are_the_emulators(ours: Read, emulator: Read) -> None:
    """All that a root task may use, at the same address, with the same interrupt."""
    assert _devices(ours) == _devices(emulator) and len(_devices(ours)) == 36


def test_interrupt_controller_and_timer(ours: Read, emulator: Read) -> None:
    """Those of the kernel, as stock trees name them."""
    mine, theirs = ours.children["intc@8000000"], emulator.children["intc@8000000"]
    assert mine.properties["reg"] == theirs.properties["reg"]
    assert mine.properties["compatible"] == theirs.properties["compatible"]
    assert mine.cells("#interrupt-cells") == theirs.cells("#interrupt-cells")
    assert ours.cells("interrupt-parent") == mine.cells("phandle")
    assert ours.children["timer"].cells("interrupts")[1::3] \
        == emulator.children["timer"].cells("interrupts")[1::3]


def test_a_replica_is_a_small_machine(ours: Read) -> None:
    """One processor, its own RAM, a console."""
    assert list(ours.children["cpus"].children) == ["cpu@0"]
    assert ours.children["memory@40000000"].cells("reg") == (0, 0x4000_0000, 0, RAM)
    console = ours.children["chosen"].strings("stdout-path")[0]
    assert ours.children[console[1:]].strings("compatible") == ["arm,pl011", "arm,primecell"]
    assert ours.children["virtio_mmio@a000000"].strings("status") == ["disabled"]


ZCU102 = {"uart0": "uart", "uart1": "uart", "spi0": "spi", "spi1": "spi", "can0": "xlnx.zynqmp-can",
          "can1": "xlnx.zynqmp-can", "gem0": "enet", "gem1": "enet", "gem2": "enet",
          "gem3": "enet", "ttc0": "timer", "rtc": "xlnx-zynmp.rtc", "adma": "xlnx.zdma",
          "gic_distributor": "gic_dist", "gic_interface": "gic_cpu"}


def test_devices_of_a_board_without_a_tree() -> None:
    """The emulator makes no tree of it, but tells what lies where."""
    board = load_board("xlnx-zcu102")
    arguments = board.qemu["args"]
    assert isinstance(arguments, list)
    told = subprocess.run([str(board.qemu["binary"]), "-M", str(board.qemu["machine"]), *arguments,
                           "-S", "-monitor", "stdio"], input="info mtree -f\nquit\n", text=True,
                          check=True, capture_output=True).stdout
    view = told.partition('AS "memory"')[2].partition("FlatView")[0]
    found = re.findall(r"^  ([0-9a-f]{16})-[0-9a-f]+ \(prio 0, [\w/]+\): (\S+)", view,
                       re.MULTILINE)
    places = {int(base, 16): name for base, name in found}
    bases = {device.name: device.range.base for device in board.devices}
    assert {name: places.get(bases[name]) for name in ZCU102} == ZCU102
    assert set(bases) - set(ZCU102) == {"frame_store", "housekeeping"}, "which are no registers"
    assert places[board.ram.base] == "ddr-ram"
    instances = next(device for device in board.devices if device.name == "adma")
    size = instances.range.size // instances.tree.instances
    assert {places.get(base) for base in
            range(instances.range.base, instances.range.end, size)} == {"xlnx.zdma"}


def test_tree_of_the_second_board() -> None:
    """Its console, its interrupt controller, its frames; interrupts count from 32."""
    tree = read_tree(replica_tree(load_board("xlnx-zcu102"), RAM))
    console = tree.children[tree.children["chosen"].strings("stdout-path")[0][1:]]
    assert console.strings("compatible") == ["xlnx,zynqmp-uart", "cdns,uart-r1p12"]
    assert console.cells("reg") == (0, 0xFF000000, 0, 0x1000)
    assert console.cells("interrupts") == (0, 21, 4)
    controller = tree.children["intc@f9010000"]
    assert controller.strings("compatible") == ["arm,gic-400"]
    assert controller.cells("reg") == (0, 0xF9010000, 0, 0x10000, 0, 0xF9020000, 0, 0x20000)
    assert tree.children["memory@40000000"].cells("reg") == (0, 0x4000_0000, 0, RAM)
    assert tree.children["gem0@ff0b0000"].strings("status") == ["disabled"]
    channel = tree.children["adma@ffaf0000"]
    assert channel.cells("reg") == (0, 0xFFAF0000, 0, 0x10000)
    assert channel.cells("interrupts") == (0, 84, 4)
    assert channel.strings("status") == ["disabled"]


def test_values(tmp_path: Path) -> None:
    """Every kind of value, names stored once, the blob accepted by its own check."""
    root = Node("", {"number": 7, "text": "a", "texts": ("a", "bc"), "cells": (1, 2), "set": None})
    root.add("child@1", {"number": 8}).add("grandchild", {})
    blob = flatten(root)
    tree = read_tree(blob)
    assert tree.properties == {"number": b"\0\0\0\7", "text": b"a\0", "texts": b"a\0bc\0",
                               "cells": b"\0\0\0\1\0\0\0\2", "set": b""}
    assert tree.children["child@1"].cells("number") == (8,)
    assert list(tree.children["child@1"].children) == ["grandchild"]
    assert blob.count(b"number\0") == 1
    path = tmp_path / "tree.dtb"
    path.write_bytes(blob + bytes(100))
    assert read_blob(path) == blob, "without what the file has behind it"
