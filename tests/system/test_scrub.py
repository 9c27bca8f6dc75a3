# SPDX-License-Identifier: BSD-2-Clause
"""Flips in what never changes are corrected from the majority, and no replica is lost for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultinj.layers import IPA_RAM, Layer
from faultinj.memory_map import MemoryMap
from tests.system.conftest import Fly
from tests.system.flying import flying
from tools import recorder
from tools.image import MANIFEST, MANIFEST_OFFSET
from tools.packets import Apid
from tools.qemu import Timing
from tools.recorder import REPAIR_IMAGE, REPAIR_NONE, RecordType
from tools.symbols import Symbols
from tools.system_report import SystemReport

SystemOf = Callable[[str], SystemReport]
DMR, TMR = "qemu-virt-dmr", "qemu-virt-tmr"
RATE = 1024       # bytes in a tick


@dataclass(frozen=True)
class Place:
    """Bytes that every replica and the image have; nothing of them runs in a healthy flight."""

    what: str
    told: int             # address in the record
    replicas: list[int]   # physical, in each
    image: int


def _constant(system: SystemReport, what: str, told: int) -> Place:
    """Where the copies of an address of a constant are: an IPA, or an offset in the shim."""
    entry = next(c for c in system.raw["scrub"]["constants"] if c["what"] == what)
    assert entry["ipa"] <= told < entry["ipa"] + entry["size"]
    image = system.raw["memory_map"]["image"]["base"] + entry["image_offset"] + told - entry["ipa"]
    regions, start = (system.shim, 0) if what == "shim" else (system.partitions, IPA_RAM)
    return Place(what, told, [regions[r].base + told - start for r in range(system.replicas)],
                 image)


def _places(system: SystemReport, ram: Path) -> list[Place]:
    symbols = Symbols(system)
    kernel = symbols.kernel.to_physical(symbols.kernel.address("delete_step"))
    names = MemoryMap(ram, system, symbols)
    user = next(offset for offset in sorted(names.tables.user_pages)
                if names.name(Layer.USER, offset) == "telecommand:_start")
    init = next(c for c in system.raw["scrub"]["constants"] if c["what"] == "init task")["ipa"]
    return [_constant(system, "shim", symbols.shim.address("exclude_stop") // 8 * 8),
            _constant(system, "shim", symbols.shim.address("start_refused") // 8 * 8),
            _constant(system, "shim", MANIFEST_OFFSET + MANIFEST.size - 8 * 8),
            _constant(system, "kernel", kernel // 8 * 8),
            _constant(system, "init task", init),
            _constant(system, "protection domains", IPA_RAM + user)]


@pytest.mark.parametrize("preset", [DMR, TMR])
def test_flips_are_corrected(system: SystemOf, fly: Fly, preset: str) -> None:
    """In shim, its start, manifest, kernel, init task, programs, of every replica and the image."""
    built, golden = system(preset), fly(preset, Timing.ICOUNT, 0).downlink
    expected = []
    whole = {}
    with flying(built) as there:
        for number, place in enumerate(_places(built, there.ram)):
            for replica, start in enumerate([*place.replicas, place.image]):
                address = start + 8 * replica  # never the same word of two copies
                whole[address] = there.flip(address, (7 * number + 13 * replica) % 64)
                expected.append((place.told + 8 * replica,
                                 REPAIR_IMAGE if start == place.image else replica))
        there.wait_for(lambda: there.board().counters.system["repairs"] >= len(expected))
        there.wait_for(lambda: Apid.END in there.sent())
        counters = there.board().counters
        log = recorder.read(there.ram, built)
        assert {address: there.read(address) for address in whole} == whole
        assert there.downlink.read_bytes() == golden
    assert sorted((r.a, r.b) for r in log.of(RecordType.REPAIR)) == sorted(expected)
    assert not log.excluded() and counters.system["active"] == (1 << built.replicas) - 1
    assert counters.system["repairs"] == len(expected) == 6 * (built.replicas + 1)
    assert [words["repairs"] for words in counters.replicas] == [12] + [6] * (built.replicas - 1)


def test_without_a_majority_nothing_is_touched(system: SystemOf) -> None:
    """Two of three copies are wrong in different ways: told once, and nobody guesses. It is told
    again when it was gone for a while."""
    dmr = system(DMR)
    total = sum(entry["size"] for entry in dmr.raw["scrub"]["constants"])
    with flying(dmr) as there:
        place = next(p for p in _places(dmr, there.ram) if p.what == "kernel")

        def three_passes() -> None:
            begun = [words["scrubbed"] for words in there.board().counters.replicas]
            there.wait_for(lambda: all(
                words["scrubbed"] > before + 3 * total
                for words, before in zip(there.board().counters.replicas, begun)))

        for times in (1, 2):
            there.flip_both((place.replicas[1], 3), (place.image, 5))
            wrong = [there.read(address) for address in (*place.replicas, place.image)]
            three_passes()
            log, counters = recorder.read(there.ram, dmr), there.board().counters
            assert wrong == [there.read(a) for a in (*place.replicas, place.image)]
            assert sorted((r.core, r.a, r.b) for r in log.of(RecordType.REPAIR)) == [
                (core, place.told, REPAIR_NONE) for core in (0, 1) for _ in range(times)]
            there.flip_both((place.replicas[1], 3), (place.image, 5))
            three_passes()
    assert counters.system["repairs"] == 0 and not log.excluded()


@pytest.mark.parametrize("preset", ["qemu-virt-base", DMR, TMR])
def test_rate(system: SystemOf, preset: str) -> None:
    """So many bytes in a tick of EL2; alone, none."""
    with flying(system(preset)) as there:
        there.wait_for(lambda: Apid.END in there.sent())
        there.wait_for(lambda: all(words["ticks"] > 500
                                   for words in there.board().counters.replicas))
        there.machine.kill()
        board = there.board()
    assert there.system.raw["scrub"]["bytes_per_ms"] == RATE
    for words in board.counters.replicas:
        compared = 0 if board.replicas == 1 else words["ticks"]
        assert abs(words["scrubbed"] - RATE * compared) <= RATE
