# SPDX-License-Identifier: BSD-2-Clause
"""DMA regions: where they lie, and for CMake whether a system has any.

What devices see is board memory outside of all partitions. Each replica sees memory of its own at
the same address, so a region is a fixed place in its RAM.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from tools.board import Board, Range, boards, load_board
from tools.errors import UserError, run_main
from tools.sel4_abi import LARGE_PAGE_SIZE, PAGE_SIZE
from tools.system_file import read_system
from tools.system_model import MemoryRegion, System

SYMBOL = "rcoe_dma"  # of a kernel that hands over: rcoe/dma/handed_over/dma.c


def is_used(system: System) -> bool:
    """Some region is for DMA."""
    return any(region.dma for region in system.memory_regions)


def _window(system: System, region: MemoryRegion, board: Board) -> Range:
    """The board's DMA memory, if it has any that this system's replicas see as RAM."""
    where, plan = f"{system.path}:{region.line}: memory region '{region.name}'", system.redundancy
    if board.dma is None:
        others = ", ".join(name for name in boards() if load_board(name).dma)
        raise UserError(f"{where} is for DMA, and board '{board.name}' has no memory for that",
                        f'remove dma="true", or build for: {others}')
    if board.dma.end > board.ram_ipa + plan.partition_size:
        raise UserError(f"{where} is for DMA, and a replica's RAM of 0x{plan.partition_size:x} "
                        f"bytes ends before the DMA memory {board.dma} of board '{board.name}'",
                        f'write partition_size="0x{board.dma.end - board.ram_ipa:x}" or more in '
                        "<redundancy>")
    return board.dma


def _find(size: int, unit: int, window: Range, taken: list[Range]) -> Range | None:
    """The lowest free place."""
    for start in sorted([window.base, *(-(-place.end // unit) * unit for place in taken)]):
        place = Range(start, size)
        if window.holds(place) and not any(place.overlaps(other) for other in taken):
            return place
    return None


def placed(system: System, board: Board) -> System:
    """The same system: each region for DMA has its place."""
    taken = [Range(region.phys_addr, region.size or 0) for region in system.memory_regions
             if region.phys_addr is not None]
    result = []
    for region in system.memory_regions:
        if region.dma:
            window = _window(system, region, board)
            size = region.size or 0
            where = f"{system.path}:{region.line}: memory region '{region.name}'"
            if region.phys_addr is not None:
                place = Range(region.phys_addr, size)
                if not window.holds(place):
                    raise UserError(f"{where} at physical {place} is for DMA, but not within the "
                                    f"DMA memory {window} of board '{board.name}'",
                                    "leave phys_addr out: the builder finds a place")
            else:
                unit = region.page_size or (PAGE_SIZE if size % LARGE_PAGE_SIZE
                                            else LARGE_PAGE_SIZE)
                found = _find(size, unit, window, taken)
                if found is None:
                    raise UserError(f"{where} of 0x{size:x} bytes does not fit into what is free "
                                    f"of the DMA memory {window} of board '{board.name}'",
                                    "make it smaller, or another one")
                taken.append(found)
                region = dataclasses.replace(region, phys_addr=found.base)
        result.append(region)
    return dataclasses.replace(system, memory_regions=tuple(result))


def show(arguments: list[str]) -> int:
    """For CMake: base and size of the board's DMA memory if the system uses it, else nothing."""
    if len(arguments) != 2:
        raise UserError("give a system description and a board",
                        next_step="python3 -m tools.dma configs/flight.system qemu-virt")
    system, board = read_system(Path(arguments[0])), load_board(arguments[1])
    if is_used(system):
        placed(system, board)
        assert board.dma is not None
        print(f"0x{board.dma.base:x};0x{board.dma.size:x}")
    return 0


def main(arguments: list[str]) -> int:
    return run_main(lambda: show(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
