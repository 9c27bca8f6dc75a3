# SPDX-License-Identifier: BSD-2-Clause
"""What a replica that comes back is made from: the image may be hit anywhere, or a member where
nobody looks, and the copy is right all the same; where no good copy is left, there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from faultinj.golden import Arm
from faultinj.layers import IPA_RAM
from faultinj.rsp import Stub
from tests.system import flips, readmission
from tests.system.readmission import board_arm, check_whole, scrubbed_arm, story
from tools import board_state
from tools.image import MANIFEST, MANIFEST_OFFSET, SCRUB_OFFSET
from tools.recorder import REPAIR_IMAGE, EventLog, JoinReason, RecordType
from tools.symbols import Symbols

Hitting = Callable[[Arm, list[int], int], flips.AtFault]
TMR, DMR = "tmr", "dmr"
PART = 0.1
EXCLUDE, BEGIN = RecordType.EXCLUDE, RecordType.JOIN_BEGIN
JOIN, FAILED = RecordType.JOIN, RecordType.JOIN_FAILED


def _unused(arm: Arm) -> dict[int, int]:
    """Words that never change and that no flight needs any more, by what records call them: where
    the image has them."""
    symbols = Symbols(arm.system)
    delete = symbols.kernel.to_physical(symbols.kernel.address("delete_step"))
    start = symbols.shim.address("start_refused")
    found = {}
    for entry in arm.system.raw["scrub"]["constants"]:
        first = entry["ipa"]
        told = {"shim": [MANIFEST_OFFSET + MANIFEST.size - 8, start // 8 * 8],
                "kernel": [delete // 8 * 8]}.get(entry["what"], [first])
        found.update({at: entry["image_offset"] + at - first for at in told})
    assert len(found) == 5
    return found


def _rest(arm: Arm) -> list[int]:
    """Offsets in the image of what no replica keeps as it was: initial data."""
    constants = arm.system.raw["scrub"]["constants"]
    ends = [entry["image_offset"] + entry["size"] for entry in constants]
    begins = [*(entry["image_offset"] for entry in constants[1:]), arm.system.raw["image"]["size"]]
    found = [(end + begin) // 2 // 8 * 8 for end, begin in zip(ends, begins) if begin > end]
    assert len(found) >= 3
    return found


def _physical(arm: Arm, replica: int, told: int) -> int:
    """The word in a replica, or in its core's shim."""
    if told < IPA_RAM:
        return arm.system.shim[replica].base + told
    return arm.system.partitions[replica].base + told - IPA_RAM


def _then_excluding(arm: Arm, addresses: list[int], replica: int) -> flips.AtFault:
    """Flips a bit at each address, and excludes the replica."""
    def change(stub: Stub, place: Path) -> None:
        for number, address in enumerate(addresses):
            flips.flip_physical(stub, address, 9 + number)
        readmission.excluding(arm, replica)(stub, place)
    return change


def _as_it_looks(arm: Arm, addresses: list[int], replica: int) -> flips.AtFault:
    """Excludes the replica, and flips a bit at each address when its core comes to look which
    copies are good. Two members would correct the image before: until it has looked, they do not
    compare."""
    rates = [arm.system.shim[core].base + SCRUB_OFFSET
             for core in range(arm.system.replicas) if core != replica]

    def change(stub: Stub, place: Path) -> None:
        readmission.excluding(arm, replica)(stub, place)
        readmission.stopped_at(arm, stub, replica, "join_members")
        rate = {address: stub.read_physical(address, 8) for address in rates}
        for address in rates:
            stub.write_physical(address, bytes(8))
        for number, address in enumerate(addresses):
            flips.flip_physical(stub, address, 9 + number)
        hurt = [flips.word(stub, address) for address in addresses]
        readmission.stopped_at(arm, stub, replica, "pages_copy")
        assert [flips.word(stub, address) for address in addresses] == hurt
        for address in rates:
            stub.write_physical(address, rate[address])
    return change


def _image(arm: Arm, offsets: Iterable[int]) -> list[int]:
    base = arm.system.raw["memory_map"]["image"]["base"]
    return [base + offset for offset in offsets]


def _repaired(log: EventLog, whose: int) -> set[int]:
    return {record.a for record in log.of(RecordType.REPAIR) if record.b == whose}


@pytest.mark.parametrize("mode,replica,hitting", [
    pytest.param(TMR, 2, _as_it_looks, id="tmr-2"),
    pytest.param(TMR, 0, _as_it_looks, id="tmr-0"),
    pytest.param(DMR, 1, _then_excluding, id="dmr-1")])
def test_the_image_is_hit(board: str, mode: str, replica: int, hitting: Hitting) -> None:
    """In every part of it at once: the replica comes back, and what scrubbing knows is corrected
    when there are enough copies again."""
    arm = board_arm(board, mode, 8)
    unused = _unused(arm)
    hurt = _image(arm, (*unused.values(), *_rest(arm)))
    hit = flips.fly(arm, flips.in_user(arm, replica, PART), hitting(arm, hurt, replica))
    check_whole(arm, hit, (1 << arm.system.replicas) - 1)
    assert story(hit.log) == [(EXCLUDE, replica), (BEGIN, replica), (JOIN, replica)]
    assert _repaired(hit.log, REPAIR_IMAGE) == set(unused)


def test_the_only_member_is_hit(board: str) -> None:
    """Nobody is there to compare it with: what never changes comes from the image, so two are not
    wrong in the same way, and the one that was hit is corrected."""
    arm = scrubbed_arm(board, DMR, 8)
    unused = _unused(arm)
    hurt = [_physical(arm, 0, told) for told in unused]
    hit = flips.fly(arm, flips.in_user(arm, 1, PART), _then_excluding(arm, hurt, 1))
    check_whole(arm, hit, 0b11)
    assert story(hit.log) == [(EXCLUDE, 1), (BEGIN, 1), (JOIN, 1)]
    assert _repaired(hit.log, 0) == set(unused)
    assert not _repaired(hit.log, REPAIR_IMAGE) and not _repaired(hit.log, 1)


def test_the_image_is_hit_while_it_is_copied(board: str) -> None:
    """After it was found good: the copy is not, so it never takes part, and another is made. Else
    it would outvote the only member, together with the image."""
    arm = board_arm(board, DMR, 8)
    told, offset = next(item for item in _unused(arm).items() if item[0] >= IPA_RAM)
    address, = _image(arm, [offset])
    hit = flips.fly(arm, flips.in_user(arm, 1, PART),
                    readmission.while_joining(arm, 1, 1, "pages_copy",
                                              flips.physical_flip(address, 9)))
    check_whole(arm, hit, 0b01)  # the flight ends before the second copy does
    assert story(hit.log) == [(EXCLUDE, 1), (BEGIN, 1), (FAILED, 1), (BEGIN, 1)]
    assert [r.b for r in hit.log.of(FAILED)] == [JoinReason.IMAGE]
    assert [r.a for r in hit.log.of(RecordType.REPAIR)] == [told]  # that there is no majority


@pytest.mark.parametrize("bit", [1, 20])
def test_the_number_of_the_joiner_is_hit(board: str, bit: int) -> None:
    """In the shared page, which is no replica's own: nobody else is lost."""
    arm = board_arm(board, TMR, 8)
    address = arm.system.board_page.base + board_state.SHARED + board_state.SHARED_JOINER
    hit = flips.fly(arm, flips.in_user(arm, 2, PART),
                    readmission.while_joining(arm, 2, 2, "pages_copy",
                                              flips.physical_flip(address, bit)))
    assert hit.done.downlink == arm.golden.downlink
    assert [who for what, who in story(hit.log) if what is EXCLUDE] == [2]


def test_the_members_are_hit(board: str) -> None:
    """In the shared page: they name a replica that the system does not have. Nothing is copied from
    where it would be; the next attempt succeeds."""
    arm = scrubbed_arm(board, DMR, 8)
    address = arm.system.board_page.base + board_state.SHARED + board_state.SHARED_JOINER + 4
    hit = flips.fly(arm, flips.in_user(arm, 1, PART),
                    readmission.while_joining(arm, 1, 1, "join_members",
                                              flips.physical_flip(address, 3)))
    check_whole(arm, hit, 0b11)
    assert story(hit.log) == [(EXCLUDE, 1), (BEGIN, 1), (FAILED, 1), (BEGIN, 1), (JOIN, 1)]
    assert [r.b for r in hit.log.of(FAILED)] == [JoinReason.MEMBERS]
    assert not hit.log.of(RecordType.SHIM_TRAP)


def test_no_good_copy(board: str) -> None:
    """The image and the only member are hit in the same range: the replica stays out."""
    arm = board_arm(board, DMR, 8)
    told, offset = next(item for item in _unused(arm).items() if item[0] >= IPA_RAM)
    hurt = [_physical(arm, 0, told), *_image(arm, [offset])]
    hit = flips.fly(arm, flips.in_user(arm, 1, PART), _then_excluding(arm, hurt, 1))
    check_whole(arm, hit, 0b01)
    assert story(hit.log) == [(EXCLUDE, 1)] + 3 * [(BEGIN, 1), (FAILED, 1)]
    assert [r.b for r in hit.log.of(FAILED)] == 3 * [JoinReason.IMAGE]
