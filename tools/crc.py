# SPDX-License-Identifier: BSD-2-Clause
"""The two checksums of the image digest."""

from __future__ import annotations

import functools
import zlib

CASTAGNOLI = 0x82F63B78  # 0x1edc6f41 reflected


@functools.cache
def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def crc32c(data: bytes) -> int:
    """Reflected, starts at all ones, ends inverted; what Arm's CRC32C instructions compute."""
    table = _table()
    crc = 0xFFFF_FFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFF_FFFF
