# SPDX-License-Identifier: BSD-2-Clause
"""No majority, no guess: the system stops, and no byte of any side goes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faultinj.engine import Ending
from faultinj.golden import Arm
from faultinj.rsp import Stub
from tests.system import flips, hijack
from tests.system.flips import Hit
from tools.recorder import RENDEZVOUS, RecordType, StopReason
from tools.symbols import Symbols

ArmOf = Callable[[str], Arm]
# Who is hit, and in which bit; the others are right.
SPLITS = pytest.mark.parametrize("mode,hurt", [
    pytest.param("tmr", {1: 3, 2: 5}, id="tmr-three-different"),
    pytest.param("tmr", {0: 3, 1: 5}, id="tmr-three-different-leader"),
    pytest.param("qmr", {1: 3, 2: 3}, id="qmr-two-and-two"),
    pytest.param("qmr", {0: 3, 3: 3}, id="qmr-two-and-two-leader"),
    pytest.param("qmr", {1: 3, 2: 5}, id="qmr-two-one-one")])


def _check_stopped(arm: Arm, hit: Hit, hurt: dict[int, int], sent: int) -> None:
    """Nobody is blamed; half of all cores or more saw that, and their records say so. So much was
    sent, and not a byte more."""
    assert 0 < hit.sent < sent < len(arm.golden.downlink)
    assert hit.done.downlink == arm.golden.downlink[:sent]
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.NO_MAJORITY
    assert not hit.log.excluded()
    mismatches = hit.log.of(RecordType.MISMATCH)
    assert 2 * len({record.core for record in mismatches}) >= arm.system.replicas
    seen = {record.core: record.b >> 32 for record in mismatches}
    hurt_alike = len(set(hurt.values())) == 1
    assert all(record.b >> 32 != record.b & 0xFFFFFFFF for record in mismatches)
    for one in seen:
        for other in seen:
            alike = one == other or (one in hurt) == (other in hurt) and (
                hurt_alike or one not in hurt)
            assert (seen[one] == seen[other]) == alike


@SPLITS
def test_fingerprints(arm: ArmOf, tmp_path: Path, mode: str, hurt: dict[int, int]) -> None:
    """The sums of what the kernels did differ, from the same event on: the bytes that would be sent
    after it are the right ones, and they are not sent."""
    system = arm(mode)
    rounds: list[flips.NextRound] = []
    hit = flips.fly(*flips.at_store(system, tmp_path),
                    flips.fingerprint_flips(system, hurt, rounds))
    _check_stopped(system, hit, hurt, rounds[0].sent)
    assert {record.a for record in hit.log.of(RecordType.MISMATCH)} == {rounds[0].number}


@SPLITS
def test_device_requests(arm: ArmOf, tmp_path: Path, mode: str, hurt: dict[int, int]) -> None:
    """The kernels agree, and their drivers want to send different bytes: all before goes out, and
    nothing from there on."""
    system = arm(mode)
    places: list[int] = []

    def flip(stub: Stub, where: Path) -> None:
        position, offset = flips.waiting_byte(system, where)
        places.append(position)
        for replica, bit in hurt.items():
            flips.flip_physical(stub, system.system.partitions[replica].base + offset, bit)

    hit = flips.fly(*flips.at_store(system, tmp_path), flip)
    _check_stopped(system, hit, hurt, places[0])
    assert all(record.a & RENDEZVOUS for record in hit.log.of(RecordType.MISMATCH))


def test_two_of_four_are_silent(arm: ArmOf, tmp_path: Path) -> None:
    """Half of the replicas is no majority: those that miss the others might be wrong themselves."""
    qmr = arm("qmr")
    kernel = Symbols(qmr.system).kernel
    start = kernel.address("vote_check")
    words = next(s.size for s in kernel.symbols if s.address == start and s.size) // 4

    def change(stub: Stub, _: Path) -> None:
        for replica in (1, 2):
            hijack.no_scrubbing(qmr, replica, stub)
            stub.write_physical(hijack.physical(qmr, replica, start), hijack.endless(words))

    hit = flips.fly(*flips.at_store(qmr, tmp_path), change)
    assert 0 < hit.sent < len(hit.done.downlink) < len(qmr.golden.downlink)
    assert qmr.golden.downlink.startswith(hit.done.downlink)
    assert hit.done.ending is Ending.OFF and hit.log.stop_reason() is StopReason.NO_MAJORITY
    missed = {record.a for record in hit.log.of(RecordType.TIMEOUT)}
    assert missed <= {0b0010, 0b0100, 0b0110} and sum(missed) >= 0b0110
    assert not hit.log.excluded()
