# SPDX-License-Identifier: BSD-2-Clause
"""Framing of the gdb remote protocol."""

from __future__ import annotations

import pytest

from faultinj import rsp


@pytest.mark.parametrize("payload, framed", [
    (b"", b"$#00"),
    (b"OK", b"$OK#9a"),
    (b"vCont;c", b"$vCont;c#a8"),
])
def test_frame(payload: bytes, framed: bytes) -> None:
    assert rsp.frame(payload) == framed


@pytest.mark.parametrize("raw, plain", [
    (b"abc", b"abc"),
    (b"0* ", b"0000"),         # run length: ' ' is 29 + 3
    (b"}\x03x", b"#x"),        # escape: '#' ^ 0x20
    (b"", b""),
])
def test_unescape(raw: bytes, plain: bytes) -> None:
    assert rsp.unescape(raw) == plain


def test_register_numbers_are_those_of_the_description() -> None:
    assert rsp.REGISTER_NAMES[rsp.SP] == "sp"
    assert rsp.REGISTER_NAMES[rsp.PC] == "pc"
    assert rsp.REGISTER_NAMES[rsp.CPSR] == "cpsr"
    assert rsp.REGISTER_BITS["cpsr"] == 32
