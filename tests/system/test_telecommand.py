# SPDX-License-Identifier: BSD-2-Clause
"""Telecommands over the UART, while the board flies free-running."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.system.conftest import LIMIT_S, SYSTEMS
from tools import flight, ground, recorder
from tools.packets import Apid, sequence_errors, decode
from tools.system_report import SystemReport
from tools.telecommand import Uplink


@pytest.mark.parametrize("preset", SYSTEMS)
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
        replies = []
        for number in range(2):
            contact.send(uplink.send_housekeeping())
            packet = contact.wait_for(Apid.HOUSEKEEPING, LIMIT_S, after=number)
            assert packet is not None
            replies.append(ground.decode_housekeeping(packet.payload))
        log = recorder.read(station.ram, system(preset))
        stream = decode(bytes(contact.downlink))
    _check_counters(replies, system(preset).replicas)
    assert (stream.crc_errors, stream.stray_bytes, sequence_errors(stream.packets)) == (0, 0, 0)
    assert log.remarkable() == []


def _check_counters(replies: list[dict[str, int] | None], replicas: int) -> None:
    first, second = replies
    assert first is not None and second is not None
    assert first["replicas"] == replicas and first["active"] == (1 << replicas) - 1
    for name in ("mismatches", "timeouts", "exclusions", "epoch"):
        assert second[name] == 0, name
    for name in ("uptime", "events", "device_accesses", "inputs"):
        assert second[name] > first[name] > 0, name


def test_hurt_telecommand_is_refused(system: Callable[[str], SystemReport]) -> None:
    """A wrong CRC gets no answer, and the next telecommand gets one."""
    uplink = Uplink()
    with flight.contact(system("qemu-virt-tmr"), frames=1, announce=print) as station:
        assert station.contact.wait_for(Apid.END, LIMIT_S) is not None
        hurt = bytearray(uplink.ping(b"hurt"))
        hurt[-1] ^= 1
        station.contact.send(bytes(hurt))
        station.contact.send(uplink.ping(b"whole"))
        echo = station.contact.wait_for(Apid.PING_ECHO, LIMIT_S)
    assert echo is not None and echo.payload == b"whole"
