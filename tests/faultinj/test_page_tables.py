# SPDX-License-Identifier: BSD-2-Clause
"""Finding page tables in a memory image."""

from __future__ import annotations

import random

import numpy as np

from faultinj.page_tables import EL0_ACCESS, PAGE, UXN, Walker

IPA = 0x40000000
PAGES = 64
TABLE, LEAF, BLOCK = 3, 0x403, 0x401


def image() -> bytearray:
    """Page 8 root, 9..11 levels 1..3; user pages 20 (code), 21 (data); page 30 is noise."""
    memory = np.zeros(PAGES * 512, dtype="<u8")

    def put(page: int, index: int, value: int) -> None:
        memory[page * 512 + index] = value

    put(8, 0, IPA + 9 * PAGE | TABLE)
    put(9, 0, IPA + 10 * PAGE | TABLE)
    put(10, 1, IPA + 11 * PAGE | TABLE)
    put(11, 0, IPA + 20 * PAGE | LEAF | EL0_ACCESS)
    put(11, 5, IPA + 21 * PAGE | LEAF | EL0_ACCESS | UXN)
    put(11, 9, 0x9000000 | LEAF | EL0_ACCESS | UXN)
    noise = random.Random(4)
    for page in (20, 21, 30):
        for index in range(512):
            put(page, index, noise.getrandbits(64))
    # A kernel space: level 1 root with a block, and level 3 entries that point at all tables above.
    put(40, 1, IPA | BLOCK)
    put(40, 0, IPA + 41 * PAGE | TABLE)
    put(41, 0, IPA + 42 * PAGE | TABLE)
    for index, page in enumerate((8, 9, 10, 11, 40, 41, 42)):
        put(42, index, IPA + page * PAGE | LEAF)
    return bytearray(memory.tobytes())


def test_finds_both_spaces() -> None:
    walker = Walker(bytes(image()), IPA)
    assert walker.roots() == {8 * PAGE: 0, 40 * PAGE: 1}
    assert walker.walk().tables == {page * PAGE for page in (8, 9, 10, 11, 40, 41, 42)}


def test_user_pages_have_addresses_and_rights() -> None:
    pages = Walker(bytes(image()), IPA).walk().user_pages
    assert set(pages) == {20 * PAGE, 21 * PAGE}
    assert pages[20 * PAGE].vaddr == 1 << 21
    assert pages[20 * PAGE].executable
    assert pages[21 * PAGE].vaddr == (1 << 21) + 5 * PAGE
    assert not pages[21 * PAGE].executable


def test_empty_memory_has_none() -> None:
    walker = Walker(bytes(PAGES * PAGE), IPA)
    assert walker.walk().tables == set()
