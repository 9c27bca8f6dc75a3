# SPDX-License-Identifier: BSD-2-Clause
"""What no replica ever writes, so that its copies can be compared in the background: text and
constants of shim, kernel, init task and protection domains, and the system description.

Not a root task of other origin: the kernel maps all of it writable, and it may use its pages again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.elf import Program
from tools.sel4_abi import PAGE_SIZE

SHIM_LAST = "shim_text_end"
KERNEL_FIRST, LAST = "ki_boot_end", "image_constants_end"  # the kernel uses its boot pages again


@dataclass(frozen=True)
class Constant:
    """Bytes at an offset: of a blob first, then of the image, where a replica has them at ipa."""

    what: str
    offset: int
    ipa: int
    size: int

    def placed(self, offset: int, ipa: int, most: int) -> Constant:
        """In a blob of so many bytes; the zeros behind are in no image."""
        return Constant(self.what, self.offset + offset, self.ipa + ipa,
                        max(0, min(self.size, most - self.offset)))


def between(what: str, start: int, end: int) -> list[Constant]:
    """Whole pages of a blob."""
    start = -(-start // PAGE_SIZE) * PAGE_SIZE
    size = end // PAGE_SIZE * PAGE_SIZE - start
    return [Constant(what, start, start, size)] if size > 0 else []


def of_kernel(kernel: Program) -> list[Constant]:
    """By the borders that its linker script names."""
    if KERNEL_FIRST not in kernel.symbols or LAST not in kernel.symbols:
        return []
    base, _data = kernel.flatten(physical=True)
    first, last = (kernel.paddr_of(kernel.symbols[name].address) - base
                   for name in (KERNEL_FIRST, LAST))
    return between("kernel", first, last)


def of_shim(elf: Program) -> list[Constant]:
    """All that each core has a copy of: text and constants, also those of the start."""
    last = elf.symbols.get(SHIM_LAST)
    return between("shim", 0, last.address) if last else []


def of_users(init: Program, base: int, size: int, first_content_page: int,
             contents: int) -> list[Constant]:
    """The init task, which ends at `size`; then the description and the domains' pages."""
    last = init.symbols.get(LAST)
    return [*(between("init task", 0, last.address - base) if last else []),
            *between("protection domains", size, (first_content_page + contents) * PAGE_SIZE)]
