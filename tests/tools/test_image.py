# SPDX-License-Identifier: BSD-2-Clause
"""The packed image, field by field, and the report about it."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.tools.build import Built, build, write_programs
from tools import build_image
from tools.crc import crc32, crc32c
from tools.errors import UserError
from tools.system_model import MemoryRegion, Redundancy, System, VoteLevel

SYSTEM = """<system>
<redundancy replicas="2" vote="io" window="5" barrier_timeout_us="3000" simplex_ok="true"
            partition_size="0x1000000" console="recorder"/>
<memory_region name="uart" size="0x1000" phys_addr="0x9000000"/>
<memory_region name="net" size="0x1000" phys_addr="0xa001000"/>
<memory_region name="disk" size="0x1000" phys_addr="0xa000000"/>
<memory_region name="unused" size="0x1000" phys_addr="0x9010000"/>
<protection_domain name="a"><program_image path="a.elf"/>
  <map mr="uart" vaddr="0x1000000"/><map mr="net" vaddr="0x1001000"/>
  <map mr="disk" vaddr="0x1002000"/>
</protection_domain></system>
"""


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("image"), SYSTEM)


def test_boot_header(built: Built) -> None:
    data = built.image.data
    code0, code1, text_offset, size, flags = struct.unpack_from("<IIQQQ", data)
    assert (code0, code1) == (0x1400_0400, 0)
    assert (text_offset, size, flags) == (0x20_0000, len(data), 2)
    assert data[56:60] == b"ARM\x64"


def test_manifest(built: Built) -> None:
    data = built.image.data
    assert struct.unpack_from("<6sxxII", data, 0x800) == (b"TRIM01", 6, 2)
    assert struct.unpack_from("<QII", data, 0x810) == (
        len(data), built.image.crc32, built.image.crc32c)
    assert struct.unpack_from("<IIIIQQ", data, 0x860) == (0, 5, 3000, 1, 0x100_0000, 1)
    kernel = struct.unpack_from("<3Q", data, 0x888)
    user = struct.unpack_from("<3Q", data, 0x8A0)
    assert kernel == (0x4000, 0x2000, 0x4000_0000), "behind the shim's bss, without its own"
    assert user == (0x6000, len(data) - 0x6000, 0x4000_4000), "in memory behind ki_end"
    (entry, start, end, pv_offset, v_entry, dtb, dtb_size,
     interval) = struct.unpack_from("<8Q", data, 0x8B8)
    assert entry == 0x4000_0000
    assert (start, end) == (user[2], user[2] + user[1])
    assert (start - pv_offset) & (1 << 64) - 1 == 0x40_0000
    assert (v_entry, dtb, dtb_size, interval) == (0x40_0000, 0, 0, 10_000)


def test_device_ranges_are_those_mapped(built: Built) -> None:
    count, *ranges = struct.unpack_from("<5Q", built.image.data, 0x8F8)
    assert count == 2
    assert ranges == [0x900_0000, 0x1000, 0xA00_0000, 0x2000], "sorted, neighbours merged"


def test_constants(built: Built) -> None:
    rate, count, *first = struct.unpack_from("<5Q", built.image.data, 0x900 + 32 * 16)
    constant, = built.image.constants
    assert (rate, count, first) == (1024, 1, [constant.offset, constant.ipa, constant.size])


def test_contents(built: Built) -> None:
    data = built.image.data
    assert data[0x1000:0x2000] == b"shim" * 1024
    assert data[0x4000:0x6000] == (b"kern" * 1300).ljust(0x2000, b"\0")
    init = bytearray((b"init" * 1200).ljust(0x3000, b"\0"))
    init[0x1008:0x1010] = (0x40_3000).to_bytes(8, "little")
    assert data[0x6000:0x9000] == bytes(init), "system_spec_vaddr is patched"
    assert data[0x9000:0x9008] == b"TTRSPC01"
    assert len(data) % 0x1000 == 0


def test_digests(built: Built) -> None:
    blank = bytearray(built.image.data)
    blank[0x818:0x820] = bytes(8)
    assert built.image.crc32 == zlib.crc32(blank)
    assert built.image.crc32c == crc32c(bytes(blank))


@pytest.mark.parametrize("text, sum32, sum32c", [
    (b"", 0, 0),
    (b"123456789", 0xCBF43926, 0xE3069283),
    (bytes(32), 0x190A55AD, 0x8A9136AA),
])
def test_checksums(text: bytes, sum32: int, sum32c: int) -> None:
    assert (crc32(text), crc32c(text)) == (sum32, sum32c)


def test_two_builds_are_identical(tmp_path: Path) -> None:
    first = build(tmp_path, SYSTEM).image.data
    assert build(tmp_path, SYSTEM).image.data == first


def arguments(directory: Path, *more: str) -> list[str]:
    return ["--board", "qemu-virt", "--system", str(directory / "t.system"),
            "--shim-elf", str(directory / "shim.elf"), "--shim-bin", str(directory / "shim.bin"),
            "--kernel-elf", str(directory / "kernel.elf"),
            "--init-elf", str(directory / "init.elf"), "--pd-dir", str(directory),
            "-o", str(directory / "out" / "ternion.img"),
            "--report", str(directory / "report.json"), *more]


def test_command_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_programs(tmp_path)
    (tmp_path / "t.system").write_text(SYSTEM, encoding="utf-8")
    assert build_image.main(arguments(tmp_path, "--replicas", "3", "--vote-level", "none")) == 0
    assert capsys.readouterr().err == (
        f"ternion: warning: {tmp_path}/t.system:7: memory region 'unused' is used by no map\n")
    image = (tmp_path / "out" / "ternion.img").read_bytes()
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["format"] == 1 and report["preset"] == "qemu-virt-tmr"
    assert (report["replicas"], report["vote_level"], report["window"]) == (3, "none", 5)
    assert report["console"] == "recorder"
    assert report["image"] == {
        "path": str(tmp_path / "out" / "ternion.img"), "size": len(image),
        "sha256": hashlib.sha256(image).hexdigest(),
        "crc32": struct.unpack_from("<I", image, 0x818)[0],
        "crc32c": struct.unpack_from("<I", image, 0x81C)[0]}
    assert report["memory_map"]["partitions"] == [
        {"base": 0x4400_0000 + replica * 0x100_0000, "size": 0x100_0000} for replica in range(3)]
    assert len(report["memory_map"]["shim"]) == len(report["memory_map"]["recorder"]) == 4
    assert set(report["elves"]) == {"kernel", "shim", "init", "a"}
    text = report["protection_domains"][0]["load"][0]
    assert (text["vaddr"], text["size"], text["perms"]) == (0x20_0000, 0x2000, "rx")
    assert image[text["image_offset"]:][:6000] == b"text" * 1500
    assert report["qemu"]["machine"] == "virt,virtualization=on,gic-version=3"
    assert {"pd": "a", "cptr": 4, "what": "reply", "object": "a.reply", "badge": 0,
            "rights": "rwgp"} in report["capabilities"]


def test_root_task_alone(tmp_path: Path) -> None:
    write_programs(tmp_path)
    (tmp_path / "t.system").write_text("<system><memory_region name='u' size='0x1000' "
                                       "phys_addr='0x9000000'/></system>", encoding="utf-8")
    assert build_image.main(arguments(tmp_path, "--root-only")) == 0
    image = (tmp_path / "out" / "ternion.img").read_bytes()
    user_offset, user_size = struct.unpack_from("<2Q", image, 0x8A0)
    assert image[user_offset:] == (b"init" * 1200).ljust(0x2000, b"\0"), "no zeros at the end"
    assert user_size == 0x2000
    start, end = struct.unpack_from("<2Q", image, 0x8C0)
    assert end - start == 0x3000, "but in memory"
    assert struct.unpack_from("<3Q", image, 0x8F8) == (1, 0x900_0000, 0x1000)


def form_error(symbol: str, redundancy: Redundancy) -> UserError | None:
    """What the builder says of a kernel with this symbol."""
    kernel = SimpleNamespace(symbols={symbol: None})
    try:
        build_image.check_kernel_form(kernel, Path("kernel.elf"),  # type: ignore[arg-type]
                                      redundancy)
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("symbol,replicas,form", [
    ("rcoe_single", 3, "one replica"), ("rcoe_fingerprint", 1, "several replicas")])
def test_wrong_form_of_kernel(symbol: str, replicas: int, form: str) -> None:
    """A kernel for one replica neither flies in three, nor the other way round."""
    error = form_error(symbol, Redundancy(replicas=replicas))
    assert error is not None and error.message == (
        f"kernel.elf: this kernel is built for {form}, the image has {replicas}")
    assert form_error(symbol, Redundancy(replicas=4 - replicas)) is None


def dma_error(symbols: list[str], wanted: bool) -> UserError | None:
    """What the builder says of a kernel with these symbols and a system with DMA, or without."""
    kernel = SimpleNamespace(symbols=dict.fromkeys(symbols))
    region = MemoryRegion("m", 0x1000, None, None, None, 1, wanted)
    system = System("t.system", Redundancy(), (region,), (), ())
    try:
        build_image.check_dma_form(kernel, Path("kernel.elf"), system)  # type: ignore[arg-type]
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("symbols,wanted,message", [
    (["rcoe_dma"], False, "with DMA regions, t.system has none"),
    ([], True, "without DMA regions, t.system has some")])
def test_wrong_form_of_dma(symbols: list[str], wanted: bool, message: str) -> None:
    """A kernel hands memory over to devices, or it does not know how."""
    error = dma_error(symbols, wanted)
    assert error is not None and (error.message, error.next_step) == (
        f"kernel.elf: this kernel is built for a system {message}",
        "cmake -DTERNION_SYSTEM=t.system ..., then build again")
    assert dma_error(symbols, not wanted) is None


def test_wrong_level_of_kernel() -> None:
    """A kernel has the code of one vote level only."""
    error = form_error("rcoe_level_io", Redundancy(replicas=3))
    assert error is not None and (error.message, error.next_step) == (
        "kernel.elf: this kernel is built for vote level 'io', the image has 'entry-exit'",
        "cmake -DTERNION_VOTE_LEVEL=entry-exit ..., then build again")
    assert form_error("rcoe_level_entry_exit", Redundancy(replicas=3)) is None
    assert form_error("rcoe_level_io", Redundancy(replicas=3, vote=VoteLevel.IO)) is None
