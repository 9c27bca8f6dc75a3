# SPDX-License-Identifier: BSD-2-Clause
"""Whether a file is a whole image, as the shim will see it: size and both digests."""

from __future__ import annotations

import struct
from pathlib import Path

from tools.crc import crc32, crc32c
from tools.errors import UserError
from tools.image import (ARM64_HEADER, ARM64_MAGIC, DIGEST_OFFSET, MANIFEST_END, MANIFEST_MAGIC,
                         MANIFEST_OFFSET)

AGAIN = "make it again with ./ternion image or ./ternion build"


def check_image(path: Path) -> None:
    """Raises for anything that the shim would refuse."""
    try:
        data = bytearray(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}",
                        AGAIN) from error
    if len(data) < ARM64_HEADER.size or ARM64_HEADER.unpack_from(data)[8] != ARM64_MAGIC:
        raise UserError(f"{path}: is not an image", AGAIN)
    size = ARM64_HEADER.unpack_from(data)[3]
    if len(data) < max(size, MANIFEST_END):
        raise UserError(f"{path}: is cut off: it has {len(data)} of {size} bytes", AGAIN)
    magic, = struct.unpack_from("<Q", data, MANIFEST_OFFSET)
    if magic != MANIFEST_MAGIC:
        raise UserError(f"{path}: is damaged or another system's image: it has no manifest", AGAIN)
    del data[size:]
    told = struct.unpack_from("<II", data, DIGEST_OFFSET)
    data[DIGEST_OFFSET:DIGEST_OFFSET + 8] = bytes(8)
    found = crc32(bytes(data)), crc32c(bytes(data))
    if told != found:
        raise UserError(f"{path}: is damaged: its CRCs are {found[0]:08x} {found[1]:08x}, its "
                        f"manifest says {told[0]:08x} {told[1]:08x}", AGAIN)
