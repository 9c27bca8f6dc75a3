# SPDX-License-Identifier: BSD-2-Clause
"""What never changes: which bytes of the image the shim compares, and which it must not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.tools import elf_maker
from tests.tools.build import Built, build
from tools.constants import Constant, between
from tools.crc import crc32, crc32c
from tools.image import CONSTANT_DIGESTS, DIGEST_OFFSET

KERNEL = 0xFFFF_FFFF_C000_0000
SYSTEM = """<system>
<redundancy replicas="3" scrub_bytes_per_ms="64"/>
<memory_region name="r" prefill_path="f.bin"/>
<protection_domain name="a"><program_image path="a.elf"/></protection_domain>
<protection_domain name="b"><program_image path="b.elf"/>
  <map mr="r" vaddr="0x1000000"/><setvar symbol="x" region_paddr="r"/></protection_domain>
</system>"""


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    place = tmp_path_factory.mktemp("constants")
    (place / "f.bin").write_bytes(b"fill")
    init = elf_maker.init_task().symbol("image_constants_end", 0x40_2000)
    kernel = elf_maker.kernel().symbol("ki_boot_end", KERNEL + 0x800)
    kernel.symbol("image_constants_end", KERNEL + 0x2000)
    shim = elf_maker.shim().symbol("shim_text_end", 0x2000)
    return build(place, SYSTEM, init=init, kernel=kernel, shim=shim,
                 b=elf_maker.protection_domain(x=8))


def test_what_is_compared(built: Built) -> None:
    """Whole pages: not the kernel's boot page, and of the programs what nobody may write."""
    by_name = {constant.what: constant for constant in built.image.constants}
    image = built.image
    assert list(by_name) == ["shim", "kernel", "init task", "protection domains"]
    assert by_name["shim"] == Constant("shim", 0, 0, 0x2000)
    assert by_name["kernel"] == Constant("kernel", image.kernel.offset + 0x1000, 0x4000_1000,
                                         0x1000)
    assert by_name["init task"] == Constant("init task", image.user.offset, image.user.ipa, 0x2000)
    domains = by_name["protection domains"]
    assert domains.ipa - domains.offset == image.user.ipa - image.user.offset
    data = image.data[domains.offset:domains.offset + domains.size]
    spec = built.plan.spec.pages * 0x1000
    text = (b"text" * 1500).ljust(0x2000, b"\0")
    assert data[spec:] == 2 * text, "both programs' text, none of their data, no prefilled region"
    for constant in image.constants:
        assert constant.size % 4096 == 0 and constant.offset % 4096 == 0


def test_digests(built: Built) -> None:
    """Of each as it lies in the image; only what they lie in themselves counts as zero."""
    data = bytearray(built.image.data)
    told = struct.unpack_from("<8Q", data, CONSTANT_DIGESTS)
    data[DIGEST_OFFSET:CONSTANT_DIGESTS + 8] = bytes(16)
    for constant, number in zip(built.image.constants, told):
        part = bytes(data[constant.offset:constant.offset + constant.size])
        assert (number & 0xFFFF_FFFF, number >> 32) == (crc32(part), crc32c(part))
    assert told[4:] == (0, 0, 0, 0)


def test_a_page_that_init_stores_into_is_none(tmp_path: Path) -> None:
    """setvar with a region's address, in a program's read-only segment."""
    program = elf_maker.protection_domain().symbol("x", 0x20_1000, 8)
    (tmp_path / "f.bin").write_bytes(b"fill")
    plain = build(tmp_path, SYSTEM, b=elf_maker.protection_domain(x=8)).plan
    assert build(tmp_path, SYSTEM, b=program).plan.constants == plain.constants - 1 == 3


def test_pages_of_a_blob() -> None:
    """Only whole pages, and nothing that the image does not hold."""
    assert between("x", 0x800, 0x2FFF) == [Constant("x", 0x1000, 0x1000, 0x1000)]
    assert between("x", 0x800, 0x1800) == []
    placed = Constant("x", 0x1000, 0x1000, 0x3000).placed(0x5000, 0x4000_0000, 0x3000)
    assert placed == Constant("x", 0x6000, 0x4000_1000, 0x2000)
