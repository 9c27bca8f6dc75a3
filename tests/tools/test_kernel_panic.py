# SPDX-License-Identifier: BSD-2-Clause
"""Panic records in words."""

from __future__ import annotations

import pytest

from tools import kernel_panic

LAST = len(kernel_panic.invariants()) - 1


@pytest.mark.parametrize("code, detail, expected", [
    (0x1003, 1 << 48 | 0xFF8040000020,
     "kernel gave up: invariant 'list links' broken at 0xff8040000020"),
    (0x1003, LAST << 48, "kernel gave up: invariant 'live leaf' broken at 0x0"),
    (0x1003, (LAST + 1) << 48,
     f"kernel gave up: code 0x1003, detail {(LAST + 1) << 48:#x}"),
    (0x1000, 85, "kernel gave up: code 0x1000, detail 0x55 (assertion in line 85)"),
    (0x96000004_00001001, 0xFFFFFFFFC0001000,
     "kernel gave up: code 0x9600000400001001, detail 0xffffffffc0001000 "
     "(exception in the kernel: syndrome 0x96000004)"),
    (0x2000, 7, "kernel gave up: code 0x2000, detail 0x7"),
])
def test_text(code: int, detail: int, expected: str) -> None:
    """Invariants are named as in the header, other codes keep their numbers."""
    assert kernel_panic.text(code, detail) == expected
