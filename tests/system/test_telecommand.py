# SPDX-License-Identifier: BSD-2-Clause
"""Telecommands over the UART, while the board flies free-running."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import LIMIT_S, MODES
from tools import board_state, flight, recorder
from tools.board_state import CoreState
from tools.flight import Station
from tools.housekeeping import Counters, ReplicaWord, decode_housekeeping
from tools.packets import Apid, sequence_errors, decode
from tools.recorder import RecordType
from tools.symbols import Symbols
from tools.system_report import SystemReport
from tools.telecommand import Uplink

pytestmark = pytest.mark.every_board


@pytest.mark.parametrize("preset", MODES)
def test_ping_and_housekeeping(system: Callable[[str], SystemReport], preset: str) -> None:
    """Echoes come in order; counters make sense and grow."""
    uplink = Uplink()
    with flight.contact(system(preset), frames=1, announce=print) as station:
        contact = station.contact
        assert contact.wait_for(Apid.END, LIMIT_S) is not None
        for number, text in enumerate((b"hello", b"\x00\xff\x10 again")):
            contact.send(uplink.ping(text))
            echo = contact.wait_for(Apid.PING_ECHO, LIMIT_S, after=number)
            assert echo is not None and echo.payload == text
        replies = [_ask(station, uplink, number) for number in range(2)]
        log = recorder.read(station.ram, system(preset))
        stream = decode(bytes(contact.downlink))
    _check_counters(replies, system(preset).replicas)
    assert (stream.crc_errors, stream.stray_bytes, sequence_errors(stream.packets)) == (0, 0, 0)
    assert log.remarkable() == []


def _check_counters(replies: list[Counters], replicas: int) -> None:
    first, second = replies
    assert first.system["replicas"] == replicas == len(second.replicas)
    assert first.system["active"] == (1 << replicas) - 1
    for name in ("mismatches", "timeouts", "exclusions", "readmissions", "repairs"):
        assert [words[name] for words in (second.system, *second.replicas)] == [0] * (replicas + 1)
    assert second.system["epoch"] == 0
    for name in ("uptime", "events", "device_accesses", "inputs"):
        assert second.system[name] > first.system[name] > 0, name
    for number in range(replicas):
        before, after = first.replicas[number], second.replicas[number]
        assert after["state"] in (CoreState.RUNNING, CoreState.WAITING)
        for name in ("ticks", "events", "inputs"):
            assert after[name] > before[name] > 0, name
        assert (after["votes"] > before["votes"] > 0) == (replicas > 1)
        assert (after["waits"] > 0) == (after["wait_ticks"] > 0) == (replicas > 1)
        assert after["device_accesses"] == (
            0 if number else second.system["device_accesses"])
        assert abs(after["events"] - second.system["events"]) < 100, "all stood at some such load"


def _ask(station: Station, uplink: Uplink, number: int) -> Counters:
    """The number-th housekeeping packet of this contact."""
    station.contact.send(uplink.send_housekeeping())
    packet = station.contact.wait_for(Apid.HOUSEKEEPING, LIMIT_S, after=number)
    assert packet is not None
    counters = decode_housekeeping(packet.payload)
    assert counters is not None
    return counters


def _store(ram: Path, system: SystemReport, address: int, value: int) -> None:
    with ram.open("r+b") as file:
        file.seek(address - system.ram.base)
        file.write(struct.pack("<Q", value))


def test_readmit(system: Callable[[str], SystemReport]) -> None:
    """A replica that was excluded stays out until a telecommand asks for it; it comes back while
    the board flies free-running, and takes part."""
    tmr, uplink = system("tmr"), Uplink()
    with flight.contact(tmr, frames=1, announce=print) as station:
        assert station.contact.wait_for(Apid.END, LIMIT_S) is not None
        symbols = Symbols(tmr)
        pointer = symbols.kernel_physical(2, symbols.kernel.address("rcoe"))
        _store(station.ram, tmr, pointer, 1 << 40)
        replies = [_ask(station, uplink, 0)]
        while replies[-1].system["active"] == 0b111:
            replies.append(_ask(station, uplink, len(replies)))
        assert replies[-1].system["active"] == 0b011
        station.contact.send(uplink.readmit(2))
        while replies[-1].system["active"] == 0b011:
            replies.append(_ask(station, uplink, len(replies)))
        log = recorder.read(station.ram, tmr)
    assert replies[-1].system["active"] == 0b111
    assert [words["readmissions"] for words in (replies[-1].system, *replies[-1].replicas)] == [
        1, 0, 0, 1]
    assert [r.a for r in log.of(RecordType.JOIN)] == [2] and not log.of(RecordType.JOIN_FAILED)


def test_counters_saturate(system: Callable[[str], SystemReport]) -> None:
    """At the largest number a counter stays, and so does every sum with it."""
    tmr, uplink = system("tmr"), Uplink()
    with flight.contact(tmr, frames=1, announce=print) as station:
        assert station.contact.wait_for(Apid.END, LIMIT_S) is not None
        place = board_state.counter_address(tmr, 0, ReplicaWord.DEVICE_ACCESSES, 0)
        _store(station.ram, tmr, place, board_state.MOST - 40)
        replies = [_ask(station, uplink, number) for number in range(2)]
        read = board_state.read(station.ram, tmr).counters
    for words in (replies[1].system, replies[1].replicas[0], read.system, read.replicas[0]):
        assert words["device_accesses"] == board_state.MOST
    assert replies[1].replicas[1]["device_accesses"] == 0


def test_exclusion_takes_nothing_from_counters(system: Callable[[str], SystemReport]) -> None:
    """A replica whose ballot was hit gives itself up; what was counted of it stays."""
    tmr, uplink = system("tmr"), Uplink()
    with flight.contact(tmr, frames=1, announce=print) as station:
        assert station.contact.wait_for(Apid.END, LIMIT_S) is not None
        before = _ask(station, uplink, 0)
        event = tmr.board_page.base + board_state.BALLOTS + board_state.BALLOT_EVENT
        _store(station.ram, tmr, event, 1 << 40)
        after = [_ask(station, uplink, number) for number in (1, 2)][-1]
        log = recorder.read(station.ram, tmr)
        read = board_state.read(station.ram, tmr)
    assert log.excluded() == [0]
    assert (after.system["active"], after.system["leader"], after.system["epoch"]) == (0b110, 1, 1)
    assert after.system["exclusions"] == after.replicas[0]["exclusions"] == 1
    assert after.replicas[0]["state"] == CoreState.PARKED
    for name in ("ticks", "events", "inputs", "device_accesses", "waits", "wait_ticks"):
        assert after.replicas[0][name] >= before.replicas[0][name] > 0, name
    assert after.replicas[1]["device_accesses"] > before.replicas[1]["device_accesses"] == 0
    assert after.system["device_accesses"] == sum(
        words["device_accesses"] for words in after.replicas)
    assert (read.active, read.leader, read.io_core) == (0b110, 1, 1)
    for name in ("exclusions", "mismatches", "timeouts"):
        assert read.counters.system[name] == after.system[name]


def test_hurt_telecommand_is_refused(system: Callable[[str], SystemReport]) -> None:
    """A wrong CRC gets no answer, and the next telecommand gets one."""
    uplink = Uplink()
    with flight.contact(system("tmr"), frames=1, announce=print) as station:
        assert station.contact.wait_for(Apid.END, LIMIT_S) is not None
        hurt = bytearray(uplink.ping(b"hurt"))
        hurt[-1] ^= 1
        station.contact.send(bytes(hurt))
        station.contact.send(uplink.ping(b"whole"))
        echo = station.contact.wait_for(Apid.PING_ECHO, LIMIT_S)
    assert echo is not None and echo.payload == b"whole"
