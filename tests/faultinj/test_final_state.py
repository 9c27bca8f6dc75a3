# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong at the end: pages of sparse files, words, bytes outside the replicas."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj import final_state
from faultinj.final_state import FinalState, differing_words, latent, used_pages, whole
from faultinj.layers import PAGE
from tests.faultinj.campaign_parts import arm
from tools.system_report import Region, SystemReport

NO_STACK = (0, 0)
BASE = 0x40000000


class NoSymbols:
    """Names nothing."""

    def __init__(self, system: SystemReport) -> None:
        del system

    def physical(self, address: int) -> NoSymbols:
        self.address = address
        return self

    def text(self) -> str:
        return f"{self.address:#x}"


@pytest.fixture(name="small")
def fixture_small(monkeypatch: pytest.MonkeyPatch) -> SystemReport:
    """Three replicas of four pages behind each other, then the board."""
    monkeypatch.setattr(final_state, "symbols_of", NoSymbols)
    partitions = [Region(BASE + replica * 4 * PAGE, 4 * PAGE) for replica in range(3)]
    return replace(arm("tmr", 3).system, ram=Region(BASE, 16 * PAGE), partitions=partitions,
                   shim=[], board_page=Region(BASE + 12 * PAGE, PAGE))


def file_with(path: Path, *content: tuple[int, bytes]) -> Path:
    with path.open("wb") as file:
        file.truncate(16 * PAGE)
        for at, data in content:
            file.seek(at)
            file.write(data)
    return path


def test_somebody_may_still_look_at_a_region(small: SystemReport, tmp_path: Path) -> None:
    handle = os.open(file_with(tmp_path / "ram", (1, b"x")), os.O_RDONLY)
    with final_state._mapped(handle, small, small.partitions[0]) as memory:
        view = memoryview(memory)
    os.close(handle)
    assert view[:3] == b"\0x\0"


def test_pages_of_a_sparse_file(tmp_path: Path) -> None:
    path = file_with(tmp_path / "ram", (PAGE + 8, b"x"), (5 * PAGE, bytes(PAGE)),
                     (7 * PAGE + 1, b"y"))
    handle = os.open(path, os.O_RDONLY)
    try:
        assert sorted(used_pages(handle, 0, 16 * PAGE)) == [PAGE, 7 * PAGE]
        assert sorted(used_pages(handle, PAGE, 6 * PAGE)) == [0]
        assert sorted(used_pages(handle, 6 * PAGE, 4 * PAGE)) == [PAGE]
        assert used_pages(handle, 8 * PAGE, 8 * PAGE) == {}
    finally:
        os.close(handle)


@pytest.mark.parametrize("stack, words", [
    (NO_STACK, [8, PAGE + 16]),
    ((8, 16), [PAGE + 16]),
    ((0, 2 * PAGE), []),
])
def test_differing_words(stack: tuple[int, int], words: list[int]) -> None:
    page = bytearray(PAGE)
    page[9] = 1
    other = bytearray(PAGE)
    other[16:24] = b"12345678"
    size = 4 * PAGE
    assert differing_words(whole({0: bytes(page)}, size), whole({PAGE: bytes(other)}, size),
                           [0], stack) == words


def test_the_replica_that_was_hit_is_compared_with_a_healthy_one(tmp_path: Path,
                                                                 small: SystemReport) -> None:
    golden = FinalState({}, (), NO_STACK)
    same = [(replica * 4 * PAGE + 100, b"same") for replica in range(3)]
    ram = file_with(tmp_path / "ram", *same)
    assert [latent(ram, small, golden, hit, None) for hit in range(3)] == ["", "", ""]
    ram = file_with(tmp_path / "ram", *same, (4 * PAGE + 1000, b"!"))
    assert latent(ram, small, golden, 1, None) == (
        f"1 words are wrong at the end, the first in {BASE + 5 * PAGE - PAGE + 1000:#x}")
    assert latent(ram, small, golden, 2, None) == ""


def test_one_replica_is_compared_with_its_golden_run(tmp_path: Path, small: SystemReport) -> None:
    alone = replace(small, replicas=1)
    ram = file_with(tmp_path / "ram", (0, b"abc"))
    page = b"abc" + bytes(PAGE - 3)
    assert latent(ram, alone, FinalState({0: page}, (), NO_STACK), 0, None) == ""
    assert latent(ram, alone, FinalState({}, (), NO_STACK), 0, None).startswith("1 words are wrong")


def test_words_that_hold_time_are_not_compared(tmp_path: Path, small: SystemReport) -> None:
    alone = replace(small, replicas=1)
    page = bytearray(PAGE)
    page[16:24] = b"01234567"
    golden = FinalState({0: bytes(page)}, (), NO_STACK)
    page[16:24] = b"76543210"
    golden = golden.depends_on_time(FinalState({0: bytes(page)}, (), NO_STACK))
    ram = file_with(tmp_path / "ram", (16, b"xxxxxxxx"))
    assert latent(ram, alone, golden, 0, None) == ""
    ram = file_with(tmp_path / "ram", (16, b"xxxxxxxx"), (24, b"!"))
    assert latent(ram, alone, golden, 0, None).startswith("1 words are wrong")


@pytest.mark.parametrize("now, text", [
    (b"\x05", "byte 0x4000c007 is still wrong at the end"),  # as it was flipped
    (b"\x04", ""),                                           # written again
    (b"\x06", ""),                                           # something else happened there
])
def test_a_byte_that_exists_once(tmp_path: Path, small: SystemReport, now: bytes,
                                 text: str) -> None:
    golden = FinalState({}, ((small.board_page, {0: bytes(7) + b"\x04" + bytes(PAGE - 8)}),),
                        NO_STACK)
    place = 12 * PAGE + 7
    ram = file_with(tmp_path / "ram", (place, now))
    assert golden.byte(BASE + place) == 4
    assert golden.byte(BASE) is None
    assert latent(ram, small, golden, 0, (BASE + place, 4, 5)) == text
