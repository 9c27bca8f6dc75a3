# SPDX-License-Identifier: BSD-2-Clause
"""What a replica's PANIC record says: kernel/include/kernel/object_ops.h has the codes."""

from __future__ import annotations

import re
from functools import cache

from tools.paths import ROOT

ASSERT = 0x1000
KERNEL_TRAP = 0x1001
INVARIANT = 0x1003
WHERE_BITS = 48
HEADER = ROOT / "kernel" / "include" / "kernel" / "invariants.h"


@cache
def invariants() -> list[str]:
    """The names in enum invariant, by number: "thread status" for INVARIANT_THREAD_STATUS."""
    text = HEADER.read_text(encoding="utf-8")
    return [name.lower().replace("_", " ")
            for name in re.findall(r"^    INVARIANT_(\w+),", text, re.MULTILINE)]


def text(code: int, detail: int) -> str:
    """In words, with the numbers."""
    words = f"kernel gave up: code {code:#x}, detail {detail:#x}"
    number = detail >> WHERE_BITS
    if code == INVARIANT and number < len(invariants()):
        where = detail & (1 << WHERE_BITS) - 1
        words = f"kernel gave up: invariant '{invariants()[number]}' broken at {where:#x}"
    elif code == ASSERT:
        words += f" (assertion in line {detail})"
    elif code & 0xFFFFFFFF == KERNEL_TRAP:
        words += f" (exception in the kernel: syndrome {code >> 32:#x})"
    return words
