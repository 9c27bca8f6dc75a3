# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes about DMA regions: the exact texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.errors.system_text import expand, mistake
from tools import dma
from tools.board import load_board
from tools.errors import UserError
from tools.system_file import read_system

WINDOW = "0x41a00000..0x42000000"
# name, description, message, next step: as in test_system_errors.py
CASES = [
    ("attribute misspelt",
     "<system>{PD}{/PD}\n<memory_region name='m' size='0x1000' dna='true'/></system>",
     "t.system:2: unknown attribute 'dna' of <memory_region>",
     "did you mean 'dma'? <memory_region> has: name, size, page_size, phys_addr, prefill_path, "
     "dma"),
    ("neither true nor false",
     "<system>{PD}{/PD}\n<memory_region name='m' size='0x1000' dma='yes'/></system>",
     't.system:2: dma="yes" of <memory_region> is neither true nor false',
     'write dma="true" or dma="false"'),
    ("prefilled",
     "<system>{PD}{/PD}\n<memory_region name='m' prefill_path='f' dma='true'/></system>",
     "t.system:2: memory region 'm' has prefill_path and dma, which exclude each other",
     "remove prefill_path: a program fills what it hands over"),
    ("elsewhere",
     "<system>{PD}{/PD}\n<memory_region name='m' size='0x2000' phys_addr='0x419ff000' "
     "dma='true'/></system>",
     "t.system:2: memory region 'm' at physical 0x419ff000..0x41a01000 is for DMA, but not within "
     f"the DMA memory {WINDOW} of board 'qemu-virt'",
     "leave phys_addr out: the builder finds a place"),
    ("too large",
     "<system>{PD}{/PD}\n<memory_region name='a' size='0x1000' dma='true'/>\n"
     "<memory_region name='m' size='0x600000' dma='true'/></system>",
     "t.system:3: memory region 'm' of 0x600000 bytes does not fit into what is free of the DMA "
     f"memory {WINDOW} of board 'qemu-virt'",
     "make it smaller, or another one"),
    ("outside of the replica's RAM",
     "<system><redundancy partition_size='0x1e00000'/>{PD}{/PD}\n"
     "<memory_region name='m' size='0x1000' dma='true'/></system>",
     "t.system:2: memory region 'm' is for DMA, and a replica's RAM of 0x1e00000 bytes ends before "
     f"the DMA memory {WINDOW} of board 'qemu-virt'",
     'write partition_size="0x2000000" or more in <redundancy>'),
    ("overlap",
     "<system>{PD}{/PD}\n<memory_region name='a' size='0x2000' phys_addr='0x41a00000' "
     "dma='true'/>\n<memory_region name='m' size='0x1000' phys_addr='0x41a01000'/></system>",
     "t.system:3: memory region 'm' at physical 0x41a01000..0x41a02000 overlaps memory region 'a' "
     "at 0x41a00000..0x41a02000 (line 2)",
     "move one of them, or map the same region twice"),
    ("not cached",
     "<system>\n{PD}\n<map mr='m' vaddr='0x1000000' cached='false'/>{/PD}\n"
     "<memory_region name='m' size='0x1000' dma='true'/></system>",
     "t.system:3: map of 'm' in protection domain 'a' is not cached, but what is for DMA (line 4) "
     "goes to the device, and comes from it, when caches are maintained",
     'remove cached="false", and clean and invalidate in the program'),
]


@pytest.mark.parametrize("text, message, next_step", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_message(tmp_path: Path, text: str, message: str, next_step: str) -> None:
    assert mistake(tmp_path, text) == (message, next_step)


def test_a_board_without(tmp_path: Path) -> None:
    path = tmp_path / "t.system"
    path.write_text(expand("<system>{PD}{/PD}\n"
                           "<memory_region name='m' size='0x1000' dma='true'/></system>"),
                    encoding="utf-8")
    with pytest.raises(UserError) as caught:
        dma.placed(read_system(path, "t.system"),
                   replace(load_board("qemu-virt"), name="small", dma=None))
    assert (caught.value.message, caught.value.next_step) == (
        "t.system:2: memory region 'm' is for DMA, and board 'small' has no memory for that",
        'remove dma="true", or build for: qemu-virt, xlnx-zcu102')


def test_places(tmp_path: Path) -> None:
    """One behind the other, around those that have one; a large page is aligned."""
    path = tmp_path / "t.system"
    path.write_text(expand(
        "<system>{PD}{/PD}<memory_region name='a' size='0x3000' dma='true'/>"
        "<memory_region name='b' size='0x1000' phys_addr='0x41a03000' dma='true'/>"
        "<memory_region name='c' size='0x1000' dma='true'/>"
        "<memory_region name='d' size='0x200000' dma='true'/>"
        "<memory_region name='e' size='0x1000'/></system>"), encoding="utf-8")
    system = dma.placed(read_system(path), load_board("qemu-virt"))
    assert [region.phys_addr for region in system.memory_regions] == [
        0x41A00000, 0x41A03000, 0x41A04000, 0x41C00000, None]


@pytest.mark.parametrize("text,told", [
    ("<memory_region name='m' size='0x1000' dma='true'/>", "0x41a00000;0x600000\n"),
    ("<memory_region name='m' size='0x1000' dma='false'/>", "")])
def test_what_cmake_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str,
                         told: str) -> None:
    path = tmp_path / "t.system"
    path.write_text(expand("<system>{PD}{/PD}" + text + "</system>"), encoding="utf-8")
    assert dma.main([str(path), "qemu-virt"]) == 0
    assert capsys.readouterr().out == told


def test_cmake_asks_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    assert dma.main([]) == 2
    assert capsys.readouterr().err == (
        "ternion: give a system description and a board\n"
        "    next: python3 -m tools.dma configs/flight.system qemu-virt\n")
