# SPDX-License-Identifier: BSD-2-Clause
"""Where the bytes of a root task and of its device tree end up, without a machine."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.tools.foreign_elf import Elf, made_preset
from tools import root_task
from tools.board import load_board
from tools.device_tree import replica_tree
from tools.root_elf import read_root_task
from tools.root_task import RAM_DEFAULT, RootImage, table_count
from tools.system_report import SystemReport

WORD = 1 << 64


@pytest.fixture(name="preset")
def _preset(tmp_path: Path) -> SystemReport:
    return made_preset(tmp_path)


def _wrap(elf: Elf, preset: SystemReport, place: Path, with_tree: bool = True) -> RootImage:
    path = place / "task.elf"
    path.write_bytes(elf.bytes())
    return root_task.wrap(path, preset, place / "out.img", with_tree=with_tree)


def _user(image: RootImage) -> tuple[int, int, bytes]:
    """(offset, IPA, bytes) of what the shim copies behind the kernel."""
    offset, size, ipa = struct.unpack_from("<3Q", image.data, 0x8A0)
    return offset, ipa, image.data[offset:offset + size]


def test_pages_of_the_image(tmp_path: Path) -> None:
    """From the page of the first byte to the page of the last, by virtual address."""
    path = tmp_path / "task.elf"
    path.write_bytes(Elf(entry=0x40_1010).load(0x40_3008, b"late", 0x2000)
                     .load(0x40_1010, b"early").bytes())
    image = root_task.flat_image(read_root_task(path))
    assert (image.base, image.entry, len(image.data)) == (0x40_1000, 0x40_1010, 0x5000)
    expected = bytearray(0x5000)
    expected[0x10:0x15], expected[0x2008:0x200C] = b"early", b"late"
    assert image.data == bytes(expected)


def test_with_device_tree(tmp_path: Path, preset: SystemReport) -> None:
    """Kernel, tree at the next page, root task at the next page; zeros at the end are left out."""
    image = _wrap(Elf().load(data=b"code" * 64, size=0x5000), preset, tmp_path)
    tree = replica_tree(load_board("qemu-virt"), RAM_DEFAULT)
    offset, ipa, data = _user(image)
    assert (offset, ipa) == (0x6000, 0x4000_4000), "the kernel keeps all up to ki_end"
    assert data[:len(tree)] == tree
    assert data[0x2000:0x3000] == (b"code" * 64).ljust(0x1000, b"\0") and len(data) == 0x3000
    start, end, pv_offset, entry, dtb, dtb_size = struct.unpack_from("<6Q", image.data, 0x8C0)
    assert (start, end) == (0x4000_6000, 0x4000_B000), "bss is memory of the root task"
    assert (start - pv_offset) % WORD == 0x40_0000 == entry
    assert (dtb, dtb_size) == (0x4000_4000, len(tree))


def test_without_device_tree(tmp_path: Path, preset: SystemReport) -> None:
    """As Microkit hands over: x4 and x5 are zero."""
    image = _wrap(Elf().load(), preset, tmp_path, with_tree=False)
    _offset, ipa, data = _user(image)
    assert data == (b"code" * 64).ljust(0x1000, b"\0")
    assert struct.unpack_from("<6Q", image.data, 0x8C0)[0] == ipa
    assert struct.unpack_from("<6Q", image.data, 0x8C0)[4:] == (0, 0)


def test_high_addresses(tmp_path: Path, preset: SystemReport) -> None:
    """physical minus virtual is negative."""
    base = 0x7FFF_0000_0000
    image = _wrap(Elf(entry=base).load(base), preset, tmp_path)
    start, _end, pv_offset, entry = struct.unpack_from("<4Q", image.data, 0x8C0)
    assert pv_offset > 1 << 63 and (start - pv_offset) % WORD == base == entry


def test_report(tmp_path: Path, preset: SystemReport) -> None:
    """What `ternion run` needs to know, and all devices open to the root task."""
    output = tmp_path / "out.img"
    image = _wrap(Elf().load(), preset, tmp_path)
    root_task.write(image, output)
    report = json.loads(root_task.report_path(output).read_text(encoding="utf-8"))
    assert (report["kind"], report["preset"], report["replicas"]) == (
        "root-task", "qemu-virt-tmr", 3)
    assert report["image"]["path"] == str(output) and report["protection_domains"] == []
    assert report["elves"]["init"] == str(tmp_path / "task.elf")
    assert set(report["blobs"]) == {"kernel", "device_tree", "user"}
    count, *ranges = struct.unpack_from("<11Q", image.data, 0x8F8)
    assert (count, ranges) == (
        6, [0x900_0000, 0x1000, 0x901_0000, 0x1000, 0x902_0000, 0x1000, 0x903_0000, 0x1000,
            0xA00_0000, 0x4000])


@pytest.mark.parametrize(("start", "end", "count"), [
    (0x40_0000, 0x40_1000, 3), (0x3F_F000, 0x40_1000, 4), (0x3FFF_F000, 0x4000_1000, 5),
    (0x7F_FFFF_F000, 0x80_0000_1000, 6), (0x40_0000, 0xC0_0000, 6)])
def test_tables(start: int, end: int, count: int) -> None:
    """Borders of 2 MiB, 1 GiB, 512 GiB; the kernel makes as many."""
    assert table_count(start, end) == count
