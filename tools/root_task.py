# SPDX-License-Identifier: BSD-2-Clause
"""Wraps a root task that was built anywhere with a preset's kernel and shim: image and report.

The root task is placed as seL4's loader places one (abi 8.2): all pages from its first to its last
address, contiguous, gaps zero, behind the device tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.board import Board, load_board
from tools.device_tree import replica_tree
from tools.elf import Program, read_program
from tools.errors import UserError
from tools.fdt import read_blob
from tools.image import Contents, UserImage, align, assemble, place, read_shim
from tools.plan import plan_system
from tools.report import make_report, write_report
from tools.root_elf import read_root_task
from tools.sel4_abi import (BOOT_INFO_UNTYPEDS, INITIAL_SLOTS, PAGE_SIZE, ROOT_CNODE_BITS,
                            SLOT_BITS, USER_TOP)
from tools.system_file import vote_level
from tools.system_model import MemoryRegion, Redundancy, System
from tools.system_report import SystemReport

RAM_UNIT = 2 << 20
RAM_DEFAULT = Redundancy.partition_size
EXTRA_HEADER = 16  # of the chunk of boot information that holds the device tree
# Beside CNode, tables and extra boot information: VSpace, ASID pool, IPC buffer, boot
# information, TCB with scheduling context; and room for the root task to work with.
ROOT_PAGES = 6
ROOM = 64 * 1024


@dataclass(frozen=True)
class RootImage:
    """What is to be written."""

    data: bytes
    sha256: str
    report: dict[str, object]


def flat_image(program: Program) -> UserImage:
    """Its pages; the first one begins with zeros when the first segment does not begin it."""
    base, data = program.flatten(physical=False)
    lead = base % PAGE_SIZE
    size = align(lead + len(data), PAGE_SIZE)
    image = (bytes(lead) + bytes(data)).ljust(size, b"\0")
    return UserImage(base - lead, image, program.entry, 0, size // PAGE_SIZE)


def _pages(size: int) -> int:
    return -(-size // PAGE_SIZE)


def table_count(start: int, end: int) -> int:
    """Paging structures below the VSpace for [start, end), as the kernel makes them."""
    return sum((end - 1 >> bits) - (start >> bits) + 1 for bits in (39, 30, 21))


def check_addresses(program: Program, users: UserImage, tree_size: int) -> tuple[int, int]:
    """(pages of extra boot information, tables); the kernel's own pages follow the image."""
    extra = _pages(tree_size + EXTRA_HEADER) if tree_size else 0
    end = users.base + len(users.data) + (2 + extra) * PAGE_SIZE
    if end - 1 > USER_TOP:
        raise UserError(f"{program.path}: ends at 0x{users.base + len(users.data):x}; IPC buffer "
                        f"and boot information behind it would end at 0x{end:x}, beyond the "
                        f"user's last address 0x{USER_TOP:x}",
                        "link it at 0x400000, for example")
    return extra, table_count(users.base, end)


def check_room(program: Program, parts: Contents, extra: int, tables: int, ram: int,
               board: Board) -> None:
    """The image area of the board, the slots of the root CNode, the RAM of a replica."""
    pages, stored = parts.user.size // PAGE_SIZE, len(parts.user.data)
    if parts.size > board.image.size:
        raise UserError(f"{program.path}: takes 0x{stored:x} bytes from its first to its last "
                        f"address with contents; board '{board.name}' has room for "
                        f"0x{board.image.size - parts.size + stored:x}",
                        "make it smaller, or link its segments next to each other")
    slots = INITIAL_SLOTS + tables + extra + 1 + pages + BOOT_INFO_UNTYPEDS + 1
    if slots > 1 << ROOT_CNODE_BITS:
        raise UserError(f"{program.path}: takes {pages} pages, so {slots} slots of the root CNode, "
                        f"which has {1 << ROOT_CNODE_BITS}",
                        "make it smaller, or link its segments next to each other")
    cnode = 1 << ROOT_CNODE_BITS + SLOT_BITS
    need = parts.user.range.end - board.ram_ipa + cnode + (ROOT_PAGES + tables) * PAGE_SIZE + ROOM
    if extra:
        need += PAGE_SIZE << (extra - 1).bit_length()
    need = align(need + cnode, RAM_UNIT)  # aligned down to the CNode's size
    if need > ram:
        raise UserError(f"{program.path}: needs 0x{need:x} bytes of RAM, a replica has 0x{ram:x}",
                        f"--ram 0x{need:x}")


def check_ram(ram: int, replicas: int, board: Board) -> None:
    """What all replicas together may have."""
    most = board.partitions.size // replicas // RAM_UNIT * RAM_UNIT
    if ram < RAM_UNIT or ram % RAM_UNIT or ram > most:
        raise UserError(f"RAM of 0x{ram:x} bytes for each of {replicas} replicas: it must be a "
                        f"multiple of 0x{RAM_UNIT:x}, and 0x{most:x} at most",
                        f"--ram 0x{RAM_DEFAULT:x}")


def root_system(program: Program, board: Board, preset: SystemReport, ram: int) -> System:
    """A system without protection domains that may touch every device of the board."""
    raw = preset.raw
    redundancy = Redundancy(
        replicas=preset.replicas, vote=vote_level(None, raw["vote_level"]), window=raw["window"],
        barrier_timeout_us=raw["barrier_timeout_us"], simplex_ok=raw["simplex_ok"],
        page_interval_us=raw["page_interval_us"], partition_size=ram,
        scrub_bytes_per_ms=raw["scrub"]["bytes_per_ms"])
    devices = tuple(MemoryRegion(device.name, device.range.size, None, device.range.base, None, 0)
                    for device in board.system_devices())
    return System(str(program.path), redundancy, devices, (), ())


def wrap(elf: Path, preset: SystemReport, output: Path, *, ram: int = RAM_DEFAULT,
         tree_file: Path | None = None, with_tree: bool = True) -> RootImage:
    """The image and its report, in memory."""
    program, board = read_root_task(elf), load_board(preset.board)
    check_ram(ram, preset.replicas, board)
    tree = b""
    if tree_file is not None:
        tree = read_blob(tree_file)
    elif with_tree:
        tree = replica_tree(board, ram)
    users = flat_image(program)
    extra, tables = check_addresses(program, users, len(tree))
    shim_elf, kernel_elf = preset.elves["shim"], preset.elves["kernel"]
    shim = read_shim(shim_elf.with_suffix(".bin"), read_program(shim_elf))
    parts = place(shim, read_program(kernel_elf), board, users, tree)
    check_room(program, parts, extra, tables, ram, board)
    system = root_system(program, board, preset, ram)
    image = assemble(system, board, parts)
    paths = {"kernel": kernel_elf.resolve(), "shim": shim_elf.resolve(), "init": elf.resolve()}
    report = make_report(system, board, plan_system(system, {}, {}), image, users, paths,
                         output.resolve(), preset.preset)
    return RootImage(image.data, image.sha256, report)


def report_path(image: Path) -> Path:
    """Beside the image."""
    return image.with_name(image.name + ".json")


def check_output(output: Path, elf: Path) -> None:
    """Mistakes that are cheap to find before anything is built."""
    if output.is_dir():
        raise UserError(f"{output}: is a directory", f"-o {output / 'ternion.img'}")
    if output.exists() and not output.is_file():
        raise UserError(f"{output}: is no ordinary file", "choose another place with -o")
    if output.exists() and elf.exists() and output.samefile(elf):
        raise UserError(f"{output}: is the root task itself", f"-o {output.with_suffix('.img')}")
    if not output.parent.is_dir():
        raise UserError(f"{output}: cannot be written: {output.parent} is no directory",
                        f"mkdir -p {output.parent}")


def write(root: RootImage, output: Path) -> None:
    """The image, then its report; neither is left behind when one cannot be written."""
    part = output.with_name(output.name + ".part")
    try:
        part.write_bytes(root.data)
        write_report(root.report, report_path(output))
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{output}: cannot be written: "
                        f"{(error.strerror or str(error)).lower()}",
                        "choose another place with -o") from error
