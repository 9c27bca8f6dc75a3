# SPDX-License-Identifier: BSD-2-Clause
"""A bit of user memory flips that no program reads again: vote level page finds it at the next
interval, entry-exit never."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.golden import Arm
from faultinj.layers import IPA_RAM
from faultinj.page_tables import PAGE
from faultinj.rsp import Stub
from tests.system import flips, hijack
from tools.recorder import TICKS_PER_US, RecordType
from tools.sel4_abi import STACK_TOP
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
ENTRY_EXIT, LEVEL_PAGE = "tmr", "tmr-page"
PART = 0.4       # of the flight: several intervals are to come
NOW = 40         # of struct kernel_state: agreed time of the newest event
TRACK_KERNEL, TRACK_SETS = 2, 3  # shim/track.h


def _is_dirty(arm: Arm, core: int, stub: Stub, ipa: int) -> bool:
    """EL2 saw a write to the page since the last round."""
    page = (ipa - IPA_RAM) // PAGE
    symbol = Symbols(arm.system).shim.find("dirty")
    assert symbol is not None
    start = flips.shim_address(arm, core, "dirty") + TRACK_KERNEL * (symbol.size // TRACK_SETS)
    return bool(flips.word(stub, start + page // 64 * 8) >> page % 64 & 1)


@pytest.mark.parametrize("core", [0, 1], ids=["io-core", "core-1"])
def test_flip_in_a_page_that_nobody_reads(arm: ArmOf, core: int) -> None:
    """The far end of the stack page of a protection domain: its program never gets there."""
    found = {}
    for mode in (ENTRY_EXIT, LEVEL_PAGE):
        flown = arm(mode)
        when: list[int] = []

        def flip(stub: Stub, place: Path, flown: Arm = flown, when: list[int] = when,
                 mode: str = mode) -> None:
            ipa = flips.user_page(flown, core, stub, place, STACK_TOP - PAGE)
            if mode == LEVEL_PAGE:
                assert _is_dirty(flown, core, stub, ipa), "it was written since the last round"
            state = hijack.physical(flown, core, Symbols(flown.system).kernel.address("state"))
            when.append(flips.word(stub, state + NOW))
            flips.flip_physical(stub, flown.system.partitions[core].base + ipa - IPA_RAM, 3)

        hit = flips.fly(flown, flips.in_user(flown, core, PART), flip)
        assert hit.done.downlink == flown.golden.downlink
        times = [record.time for record in hit.log.of(RecordType.MISMATCH)]
        found[mode] = (hit.log.excluded(), min(times) - when[0] if times else None)
    print(found)
    interval = arm(LEVEL_PAGE).system.raw["page_interval_us"] * TICKS_PER_US
    assert found[ENTRY_EXIT] == ([], None)
    excluded, ticks = found[LEVEL_PAGE]
    assert excluded == [core]
    assert ticks is not None and ticks <= 2 * interval
