# SPDX-License-Identifier: BSD-2-Clause
"""Flips in what never changes are corrected from the majority, and no replica is lost for them."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultinj.layers import IPA_RAM, Layer
from faultinj.memory_map import MemoryMap
from tests.system.conftest import FRAMES, LIMIT_S, Fly
from tools import board_state, packets, recorder
from tools import frames as camera
from tools.board_state import Board
from tools.flight import MISSIONS
from tools.image import MANIFEST, MANIFEST_OFFSET
from tools.packets import Apid
from tools.qemu import Flight, Qemu, RamFile, Timing
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
    shim, kernel = symbols.shim.find("exclude_stop"), symbols.kernel.find("delete_step")
    start = symbols.shim.find("start_refused")
    assert shim is not None and kernel is not None and start is not None
    segment = next(s for s in symbols.kernel.segments if s.vaddr <= kernel.address
                   < s.vaddr + s.size)
    names = MemoryMap(ram, system, symbols)
    user = next(offset for offset in sorted(names.tables.user_pages)
                if names.name(Layer.USER, offset) == "telecommand:_start")
    init = next(c for c in system.raw["scrub"]["constants"] if c["what"] == "init task")["ipa"]
    return [_constant(system, "shim", shim.address // 8 * 8),
            _constant(system, "shim", start.address // 8 * 8),
            _constant(system, "shim", MANIFEST_OFFSET + MANIFEST.size - 8 * 8),
            _constant(system, "kernel",
                      (kernel.address - segment.vaddr + segment.paddr) // 8 * 8),
            _constant(system, "init task", init),
            _constant(system, "protection domains", IPA_RAM + user)]


def _read(ram: Path, system: SystemReport, address: int) -> int:
    with ram.open("rb") as file:
        file.seek(address - system.ram.base)
        return int.from_bytes(file.read(8), "little")


def _flip(ram: Path, system: SystemReport, address: int, bit: int) -> int:
    """What was there before."""
    before = _read(ram, system, address)
    with ram.open("r+b") as file:
        file.seek(address - system.ram.base + bit // 8)
        file.write(bytes([(before >> bit // 8 * 8 & 0xFF) ^ 1 << bit % 8]))
    return before


@dataclass(frozen=True)
class Flying:
    """A system in virtual time that does not end: it stands the flips, and a slow host."""

    system: SystemReport
    machine: Qemu
    ram: Path
    downlink: Path

    def board(self) -> Board:
        """As it is now."""
        return board_state.read(self.ram, self.system)

    def sent(self) -> list[int]:
        """APIDs of the packets that came down."""
        return [packet.apid for packet in packets.decode(self.downlink.read_bytes()).packets]

    def flip_both(self, *bits: tuple[int, int]) -> None:
        """Addresses and bits, between two instructions: nobody sees one alone."""
        self.machine.process.send_signal(signal.SIGSTOP)
        for address, bit in bits:
            _flip(self.ram, self.system, address, bit)
        self.machine.process.send_signal(signal.SIGCONT)

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until it is so."""
        deadline = time.monotonic() + LIMIT_S
        while not what():
            assert time.monotonic() < deadline, recorder.read(self.ram, self.system).remarkable()
            assert self.machine.running()
            time.sleep(0.05)


@contextmanager
def _flying(system: SystemReport) -> Iterator[Flying]:
    mission = camera.write_mission(MISSIONS, FRAMES, halt_at_end=False)
    with RamFile() as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        plan = Flight(system, ram, mission.frames_path, mission.mission_path,
                      downlink=Path(place, "downlink"))
        with Qemu(plan, print) as machine:
            flying = Flying(system, machine, ram, Path(place, "downlink"))
            flying.wait_for(lambda: flying.downlink.exists() and Apid.FRAME in flying.sent())
            yield flying


@pytest.mark.parametrize("preset", [DMR, TMR])
def test_flips_are_corrected(system: SystemOf, fly: Fly, preset: str) -> None:
    """In shim, its start, manifest, kernel, init task, programs, of every replica and the image."""
    built, golden = system(preset), fly(preset, Timing.ICOUNT, 0).downlink
    expected = []
    whole = {}
    with _flying(built) as flying:
        for number, place in enumerate(_places(built, flying.ram)):
            for replica, start in enumerate([*place.replicas, place.image]):
                address = start + 8 * replica  # never the same word of two copies
                whole[address] = _flip(flying.ram, built, address, (7 * number + 13 * replica) % 64)
                expected.append((place.told + 8 * replica,
                                 REPAIR_IMAGE if start == place.image else replica))
        flying.wait_for(lambda: flying.board().counters.system["repairs"] >= len(expected))
        flying.wait_for(lambda: Apid.END in flying.sent())
        counters = flying.board().counters
        log = recorder.read(flying.ram, built)
        assert {address: _read(flying.ram, built, address) for address in whole} == whole
        assert flying.downlink.read_bytes() == golden
    assert sorted((r.a, r.b) for r in log.of(RecordType.REPAIR)) == sorted(expected)
    assert not log.excluded() and counters.system["active"] == (1 << built.replicas) - 1
    assert counters.system["repairs"] == len(expected) == 6 * (built.replicas + 1)
    assert [words["repairs"] for words in counters.replicas] == [12] + [6] * (built.replicas - 1)


def test_without_a_majority_nothing_is_touched(system: SystemOf) -> None:
    """Two of three copies are wrong in different ways: told once, and nobody guesses. It is told
    again when it was gone for a while."""
    dmr = system(DMR)
    total = sum(entry["size"] for entry in dmr.raw["scrub"]["constants"])
    with _flying(dmr) as flying:
        place = next(p for p in _places(dmr, flying.ram) if p.what == "kernel")

        def three_passes() -> None:
            begun = [words["scrubbed"] for words in flying.board().counters.replicas]
            flying.wait_for(lambda: all(
                words["scrubbed"] > before + 3 * total
                for words, before in zip(flying.board().counters.replicas, begun)))

        for times in (1, 2):
            flying.flip_both((place.replicas[1], 3), (place.image, 5))
            wrong = [_read(flying.ram, dmr, address) for address in (*place.replicas, place.image)]
            three_passes()
            log, counters = recorder.read(flying.ram, dmr), flying.board().counters
            assert wrong == [_read(flying.ram, dmr, a) for a in (*place.replicas, place.image)]
            assert sorted((r.core, r.a, r.b) for r in log.of(RecordType.REPAIR)) == [
                (core, place.told, REPAIR_NONE) for core in (0, 1) for _ in range(times)]
            flying.flip_both((place.replicas[1], 3), (place.image, 5))
            three_passes()
    assert counters.system["repairs"] == 0 and not log.excluded()


@pytest.mark.parametrize("preset", ["qemu-virt-base", DMR, TMR])
def test_rate(system: SystemOf, preset: str) -> None:
    """So many bytes in a tick of EL2; alone, none."""
    with _flying(system(preset)) as flying:
        flying.wait_for(lambda: Apid.END in flying.sent())
        flying.wait_for(lambda: all(words["ticks"] > 500
                                    for words in flying.board().counters.replicas))
        flying.machine.kill()
        board = flying.board()
    assert flying.system.raw["scrub"]["bytes_per_ms"] == RATE
    for words in board.counters.replicas:
        compared = 0 if board.replicas == 1 else words["ticks"]
        assert abs(words["scrubbed"] - RATE * compared) <= RATE
