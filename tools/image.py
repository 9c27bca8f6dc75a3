# SPDX-License-Identifier: BSD-2-Clause
"""Packs the bootable image: shim, kernel, user programs; patches header, manifest and digests.

Layout: an arm64 boot image (Linux, Documentation/arm64/booting) that begins with shim.bin, whose
manifest (shim/include/shim/manifest.h) is filled here; then the kernel, the device tree if there is
one, and the user image.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

from tools import constants
from tools.board import Board, Range
from tools.constants import Constant
from tools.crc import crc32, crc32c
from tools.elf import Program
from tools.errors import UserError
from tools.plan import Plan, check_slots
from tools.sel4_abi import PAGE_SIZE, ROOT_CNODE_BITS, SLOT_BITS
from tools.system_model import System
from tools.system_spec import Packer

# code0, code1, text_offset, image_size, flags, 3 reserved, magic, reserved
ARM64_HEADER = struct.Struct("<IIQQQQQQ4sI")
ARM64_MAGIC = b"ARM\x64"
ARM64_FLAGS = 0b0010  # little endian, 4 KiB pages, near the start of RAM

MANIFEST_OFFSET = 0x800
MANIFEST_END = 0x1000
MANIFEST_MAGIC = int.from_bytes(b"TRIM01", "little")
MANIFEST_VERSION = 6
MANIFEST_DEVICES = 32
MANIFEST_CONSTANTS = 8
MANIFEST = struct.Struct("<QIIQII8QIIIIQIIII3Q3QQ6QQQ" + "2Q" * MANIFEST_DEVICES
                         + "QQ" + "3Q" * MANIFEST_CONSTANTS)
DIGEST_OFFSET = MANIFEST_OFFSET + 24
CONSTANT_DIGESTS = DIGEST_OFFSET + 8
SCRUB_OFFSET = MANIFEST_OFFSET + MANIFEST.size - 8 * (2 + 3 * MANIFEST_CONSTANTS)
SPEC_SYMBOL = "system_spec_vaddr"
SYSTEM_RESERVE = 64 * 1024  # what the init task and the kernel may want beside the planned objects


@dataclass(frozen=True)
class Blob:
    """Bytes of the image that the shim copies to each replica, into memory that it has zeroed."""

    offset: int
    ipa: int
    data: bytes = field(repr=False)
    size: int  # in memory: the rest is zero

    @property
    def end(self) -> int:
        """In the image."""
        return self.offset + len(self.data)

    @property
    def range(self) -> Range:
        return Range(self.ipa, self.size)


@dataclass(frozen=True)
class UserImage:
    """The root task, the system description and the contents of the protection domains."""

    base: int  # virtual address of its first frame
    data: bytes = field(repr=False)
    entry: int
    spec_vaddr: int
    first_content_page: int
    constants: list[Constant] = field(default_factory=list)


@dataclass(frozen=True)
class Image:
    data: bytes = field(repr=False)
    kernel: Blob
    tree: Blob  # empty: the root task gets none
    user: Blob
    constants: list[Constant]
    crc32: int
    crc32c: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def align(value: int, unit: int) -> int:
    return -(-value // unit) * unit


def make_blob(offset: int, ipa: int, data: bytes, size: int) -> Blob:
    """Whole pages; zeros at the end take no room in the image."""
    kept = align(len(data.rstrip(b"\0")), PAGE_SIZE)
    return Blob(offset, ipa, data[:kept].ljust(kept, b"\0"), align(size, PAGE_SIZE))


def kernel_image(kernel: Program, board: Board) -> tuple[bytes, int, int]:
    """(contents, bytes of memory, entry), by intermediate physical address."""
    base, data = kernel.flatten(physical=True)
    if base != board.ram_ipa:
        raise UserError(f"{kernel.path}: loads at 0x{base:x}, but a replica's RAM begins at "
                        f"0x{board.ram_ipa:x}", "check the kernel's linker script")
    # The kernel keeps all up to ki_end, which may lie behind its last segment.
    last = max(kernel.segments, key=lambda segment: segment.end)
    end = kernel.need("ki_end", "so its size is unknown").address - last.vaddr + last.paddr
    return bytes(data), max(len(data), end - base), kernel.paddr_of(kernel.entry)


def user_image(init: Program, plan: Plan) -> UserImage:
    """The root task's segments by virtual address, then the description, then the contents."""
    base, _data = init.flatten(physical=False)
    if base % PAGE_SIZE:
        raise UserError(f"{init.path}: its first segment at 0x{base:x} does not begin a page",
                        "link it at a multiple of 0x1000")
    size = align(max(segment.end for segment in init.segments) - base, PAGE_SIZE)
    spec_vaddr = base + size
    if not plan.domains:  # a root task alone: it has no description to play
        _base, data = init.flatten(physical=False)
        return UserImage(base, bytes(data).ljust(size, b"\0"), init.entry, 0, size // PAGE_SIZE)
    symbol = init.need(SPEC_SYMBOL, "which tells it where the system description is")
    if symbol.size != 8 or not init.write(symbol.address, spec_vaddr.to_bytes(8, "little")):
        raise UserError(f"{init.path}: symbol '{SPEC_SYMBOL}' is no 8-byte variable of a loaded "
                        "segment", "define it as: uint64_t system_spec_vaddr")
    first_content_page = size // PAGE_SIZE + plan.spec.pages
    spec = Packer(base, first_content_page).pack(plan.spec)
    _base, data = init.flatten(physical=False)
    image = bytes(data).ljust(size, b"\0") + spec + b"".join(plan.contents)
    return UserImage(base, image, init.entry, spec_vaddr, first_content_page,
                     constants.of_users(init, base, size, first_content_page, plan.constants))


def device_ranges(system: System, board: Board) -> list[Range]:
    """The pages that the device port may touch: device regions that something maps, merged."""
    mapped = system.used_regions()
    if not system.protection_domains:  # a root task alone takes what it likes of them
        mapped = {region.name for region in system.memory_regions}
    ram = Range(board.ram_ipa, system.redundancy.partition_size)
    pages = sorted((Range(region.phys_addr, region.size or 0)
                    for region in system.memory_regions
                    if region.phys_addr is not None and region.name in mapped
                    and not ram.base <= region.phys_addr < ram.end),
                   key=lambda place: place.base)
    merged: list[Range] = []
    for place in pages:
        if merged and merged[-1].end == place.base:
            merged[-1] = Range(merged[-1].base, merged[-1].size + place.size)
        else:
            merged.append(place)
    if len(merged) > MANIFEST_DEVICES:
        raise UserError(f"{system.path}: the system maps {len(merged)} separate device ranges, the "
                        f"shim's table holds {MANIFEST_DEVICES}",
                        "map fewer devices, or neighbouring ones as one region")
    return merged


def check_memory(system: System, plan: Plan, kernel_end: int, user_end: int, board: Board) -> None:
    """The partition must hold the kernel, the user image and every object."""
    partition = system.redundancy.partition_size
    image = user_end - board.ram_ipa
    root = (1 << ROOT_CNODE_BITS + SLOT_BITS) + 8 * PAGE_SIZE
    need = align(image + root + plan.object_bytes + SYSTEM_RESERVE, 2 << 20)
    if need > partition:
        where = f"{system.path}:{system.redundancy.line}" if system.redundancy.line \
            else system.path
        raise UserError(f"{where}: partition_size 0x{partition:x} is too small: image 0x{image:x}, "
                        f"init task 0x{root:x} and objects 0x{plan.object_bytes:x} bytes",
                        f'write partition_size="0x{need:x}" or more in <redundancy>')
    loaded = Range(board.ram_ipa, image)
    for region in system.memory_regions:
        if region.phys_addr is not None and region.phys_addr >= board.ram_ipa:
            place = Range(region.phys_addr, region.size or 0)
            if place.overlaps(loaded):
                what = "the kernel" if place.base < kernel_end else "the user image"
                raise UserError(f"{system.path}:{region.line}: memory region '{region.name}' at "
                                f"physical {place} overlaps {what} at {loaded}",
                                f'write phys_addr="0x{align(user_end, 2 << 20):x}" or higher, or '
                                "leave it out")


@dataclass(frozen=True)
class Shim:
    """The shim's part of the image."""

    data: bytes = field(repr=False)
    code: tuple[int, int]  # the two instructions at its first bytes
    size: int              # in memory: the first core runs it where it was loaded
    constants: list[Constant] = field(default_factory=list)


@dataclass(frozen=True)
class Contents:
    """All that goes into an image, each part at its place."""

    shim: Shim
    kernel: Blob
    kernel_entry: int
    tree: Blob  # empty: none
    tree_size: int
    user: Blob
    users: UserImage
    constants: list[Constant]

    @property
    def size(self) -> int:
        return self.user.end


def place(shim: Shim, kernel: Program, board: Board, users: UserImage,
          tree: bytes = b"") -> Contents:
    """One behind the other, in the image as in memory; every part begins a page."""
    data, room, entry = kernel_image(kernel, board)
    start = align(max(len(shim.data), shim.size), PAGE_SIZE)
    kernel_blob = make_blob(start, board.ram_ipa, data, room)
    whole = tree.ljust(align(len(tree), PAGE_SIZE), b"\0")  # the user image follows it at once
    tree_blob = Blob(kernel_blob.end, kernel_blob.range.end, whole, len(whole))
    user_blob = make_blob(tree_blob.end, tree_blob.range.end, users.data, len(users.data))
    unchanged = [constant.placed(blob.offset, blob.ipa, len(blob.data))
                 for blob, found in ((kernel_blob, constants.of_kernel(kernel)),
                                     (user_blob, users.constants)) for constant in found]
    return Contents(shim, kernel_blob, entry, tree_blob, len(tree), user_blob, users,
                    [*shim.constants, *unchanged])


def pack_manifest(system: System, parts: Contents, devices: list[Range]) -> bytes:
    """struct manifest, the digests still zero. The shim places tree and user image as one."""
    plan, user, kernel, tree = system.redundancy, parts.user, parts.kernel, parts.tree
    flat = [number for place in devices for number in (place.base, align(place.size, PAGE_SIZE))]
    flat += [0] * (2 * MANIFEST_DEVICES - len(flat))
    same = [number for constant in parts.constants
            for number in (constant.offset, constant.ipa, constant.size)]
    same += [0] * (3 * MANIFEST_CONSTANTS - len(same))
    return MANIFEST.pack(
        MANIFEST_MAGIC, MANIFEST_VERSION, plan.replicas, parts.size, 0, 0,
        *[0] * MANIFEST_CONSTANTS, plan.vote, plan.window,
        plan.barrier_timeout_us, int(plan.simplex_ok), plan.partition_size, plan.console,
        plan.safe_state, plan.readmit_per_hour, plan.reset_limit,
        kernel.offset, len(kernel.data), kernel.ipa,
        tree.offset, len(tree.data) + len(user.data), tree.ipa,
        parts.kernel_entry, user.ipa, user.range.end,
        (user.ipa - parts.users.base) & (1 << 64) - 1, parts.users.entry,
        tree.ipa if tree.data else 0, parts.tree_size, plan.page_interval_us, len(devices), *flat,
        plan.scrub_bytes_per_ms, len(parts.constants), *same)


def shim_header(path: Path, shim: bytes) -> tuple[int, int]:
    """The two instructions at the image's first bytes, after a check that this is a shim."""
    if len(shim) < MANIFEST_END:
        raise UserError(f"{path}: has {len(shim)} bytes, a shim has more than {MANIFEST_END}",
                        "build the target shim.bin")
    fields = ARM64_HEADER.unpack_from(shim)
    if fields[8] != ARM64_MAGIC:
        raise UserError(f"{path}: does not begin with an arm64 image header",
                        "build the target shim.bin")
    if any(shim[MANIFEST_OFFSET + 8:MANIFEST_END]):
        raise UserError(f"{path}: has contents where the manifest goes (0x{MANIFEST_OFFSET:x} to "
                        f"0x{MANIFEST_END:x})", "check the shim's linker script")
    return fields[0], fields[1]


def read_shim(path: Path, elf: Program) -> Shim:
    """shim.bin, and its size in memory from shim.elf."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}",
                        "build the target shim.bin") from error
    code = shim_header(path, data)
    size = max(segment.end for segment in elf.segments) \
        - min(segment.vaddr for segment in elf.segments)
    return Shim(data, code, size, constants.of_shim(elf))


def digest(data: bytearray, constant: Constant) -> int:
    """Of its copy in the image."""
    part = bytes(data[constant.offset:constant.offset + constant.size])
    return crc32c(part) << 32 | crc32(part)


def assemble(system: System, board: Board, parts: Contents) -> Image:
    """The image's bytes, with valid digests."""
    data = bytearray(parts.size)
    data[:len(parts.shim.data)] = parts.shim.data
    for blob in (parts.kernel, parts.tree, parts.user):
        data[blob.offset:blob.offset + len(blob.data)] = blob.data
    data[:ARM64_HEADER.size] = ARM64_HEADER.pack(
        *parts.shim.code, board.image.base - board.ram.base, parts.size, ARM64_FLAGS, 0, 0, 0,
        ARM64_MAGIC, 0)
    manifest = pack_manifest(system, parts, device_ranges(system, board))
    data[MANIFEST_OFFSET:MANIFEST_OFFSET + len(manifest)] = manifest
    for number in reversed(range(len(parts.constants))):  # the shim last: it holds the others
        struct.pack_into("<Q", data, CONSTANT_DIGESTS + 8 * number,
                         digest(data, parts.constants[number]))
    digests = crc32(bytes(data)), crc32c(bytes(data))
    data[DIGEST_OFFSET:DIGEST_OFFSET + 8] = struct.pack("<II", *digests)
    return Image(bytes(data), parts.kernel, parts.tree, parts.user, parts.constants, *digests)


def pack_image(system: System, board: Board, plan: Plan, shim_path: Path, shim_elf: Program,
               kernel: Program, init: Program) -> tuple[Image, UserImage]:
    """The whole image of a described system."""
    shim = read_shim(shim_path, shim_elf)
    users = user_image(init, plan)
    parts = place(shim, kernel, board, users)
    check_slots(plan, system, len(users.data) // PAGE_SIZE)
    check_memory(system, plan, parts.kernel.range.end, parts.user.range.end, board)
    if parts.size > board.image.size:
        raise UserError(f"{system.path}: the image has 0x{parts.size:x} bytes, board "
                        f"'{board.name}' has room for 0x{board.image.size:x}",
                        "remove programs or prefill files")
    return assemble(system, board, parts), users
