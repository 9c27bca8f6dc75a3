# SPDX-License-Identifier: BSD-2-Clause
"""The board's counters are read as shim/include/shim/board.h says."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.tools.test_headers import compile_claims
from tools import housekeeping
from tools.housekeeping import Housekeeping, ReplicaWord


def _payload(replicas: int) -> bytes:
    """Word n is n, but for the two that say what it is."""
    words = list(range(len(Housekeeping) + housekeeping.REPLICA_WORDS * replicas))
    words[Housekeeping.MAGIC] = housekeeping.HOUSEKEEPING_MAGIC
    words[Housekeeping.REPLICAS] = replicas
    return struct.pack(f">{len(words)}Q", *words)


def test_packet_by_names() -> None:
    """Words of the system, then of each replica."""
    found = housekeeping.decode_housekeeping(_payload(3))
    assert found is not None and "magic" not in found.system
    assert found.system["leader"] == 3 and found.system["repairs"] == 15
    assert [words["events"] for words in found.replicas] == [23, 39, 55]
    assert found.replicas[2]["scrubbed"] == 48 + ReplicaWord.SCRUBBED


def test_anything_else_is_refused() -> None:
    """Too short, too long, no packet of ours."""
    payload = _payload(2)
    for wrong in (payload[:-8], payload[:-1], payload + bytes(8), payload[:64], b"",
                  bytes(len(payload))):
        assert housekeeping.decode_housekeeping(wrong) is None


def test_words_are_those_of_the_header(tmp_path: Path) -> None:
    """shim/include/shim/board.h is the contract."""
    claims = [(f"HK_{word.name}", int(word)) for word in Housekeeping]
    claims += [(f"HKR_{word.name}", int(word)) for word in ReplicaWord]
    claims += [("HK_WORDS", len(Housekeeping)), ("HKR_WORDS", housekeeping.REPLICA_WORDS),
               ("HK_OF(2, HKR_VOTES)", 16 + 2 * 16 + ReplicaWord.VOTES),
               ("HK_MAGIC_VALUE", housekeeping.HOUSEKEEPING_MAGIC)]
    assert compile_claims(tmp_path, ["shim/board.h"], claims) == ""
