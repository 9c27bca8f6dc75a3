# SPDX-License-Identifier: BSD-2-Clause
"""Telecommands, as bytes for the UART of the board."""

from __future__ import annotations

from tools.errors import UserError
from tools.packets import Apid, Packet

PING_MAX = 64
READMIT_ALL = 0xFF  # HK_READMIT_ALL


class Uplink:
    """Numbers the telecommands of one contact."""

    def __init__(self) -> None:
        self._sequence: dict[Apid, int] = {}

    def _encode(self, apid: Apid, payload: bytes) -> bytes:
        sequence = self._sequence.get(apid, 0)
        self._sequence[apid] = sequence + 1
        return Packet(apid, sequence, payload, telecommand=True).encode()

    def ping(self, payload: bytes) -> bytes:
        """Asks for an echo of the payload."""
        if not 1 <= len(payload) <= PING_MAX:
            raise UserError(f"a ping carries 1 to {PING_MAX} bytes, not {len(payload)}",
                            next_step="shorten the text of --ping")
        return self._encode(Apid.PING, payload)

    def readmit(self, replica: int | None) -> bytes:
        """Lets that replica come back, or all that are out."""
        return self._encode(Apid.READMIT,
                            bytes([READMIT_ALL if replica is None else replica + 1]))

    def send_housekeeping(self) -> bytes:
        """Asks for one housekeeping packet."""
        return self._encode(Apid.SEND_HOUSEKEEPING, b"")
