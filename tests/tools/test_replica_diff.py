# SPDX-License-Identifier: BSD-2-Clause
"""Differences between replicas: found, grouped by symbol, told from what moves."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from faultinj.layers import Layer
from faultinj.memory_map import MemoryMap
from tests.tools.test_board_state import made
from tools import board_state, replica_diff
from tools.commands.diff import pairs
from tools.commands.replicas import role, state
from tools.errors import UserError
from tools.replica_diff import Comparison


class _Names:
    """Words 0-7 are a symbol of the kernel, 8-15 its stack, behind is nothing."""

    def layer_of(self, offset: int) -> Layer | None:
        return {0: Layer.KERNEL, 1: Layer.STACK}.get(offset // 64)

    def name(self, layer: Layer, offset: int) -> str:
        symbol = "ready" if layer is Layer.KERNEL else "kernel_stack"
        return f"{symbol}+{offset % 64:#x}" if offset % 64 else symbol


NAMES = cast(MemoryMap, _Names())


def _words(**changed: int) -> replica_diff.Words:
    words = np.arange(32, dtype=np.uint64)
    for place, value in changed.items():
        words[int(place[1:])] = value
    return words


def test_neighbours_in_one_symbol_are_one_difference() -> None:
    """Words 6 and 7 are one, 8 is another symbol's and legitimate, 20 is nobody's."""
    pair = _words(), _words(w6=1, w7=2, w8=3, w20=0)
    found = replica_diff.described(replica_diff.differing(*pair), pair, NAMES)
    assert [(d.ipa, d.size, d.layer, d.name, d.first) for d in found] == [
        (0x40000030, 16, "kernel", "ready+0x30", (6, 1)),
        (0x40000040, 8, "stack", "kernel_stack", (8, 3)),
        (0x400000A0, 8, "unused", "untyped+0xa0", (20, 0))]
    assert [d.name for d in Comparison((0, 1), found, 0).wrong] == ["ready+0x30", "untyped+0xa0"]


def test_what_moves_is_no_difference() -> None:
    """Only what is equally different in all looks."""
    looks = [(_words(), _words(w1=9, w2=9, w3=9)), (_words(w4=5), _words(w1=9, w2=8, w3=9)),
             (_words(w3=7), _words(w1=9, w2=9, w3=9))]
    same, moving = replica_diff.settled(looks)
    assert same.tolist() == [1] and moving == 3, "words 2 and 3 change, 4 differs once"
    assert replica_diff.settled(looks[:1])[0].tolist() == [1, 2, 3]


def test_who_is_compared_and_what_became_of_them() -> None:
    """The leader with every other active one, or the two that are named."""
    board = board_state.parse(bytes(made(active=0b101, leader=2)))
    assert pairs(board, []) == [(2, 0)] and pairs(board, [1, 0]) == [(1, 0)]
    assert [state(board, r) for r in range(3)] == ["active", "out", "active"]
    assert [role(board, r) for r in range(3)] == ["I/O", "", "leader"]
    alone = board_state.parse(bytes(made(replicas=1, active=1)))
    assert pairs(alone, []) == []
    for asked, message in (([0, 3], "replica 3 is not in this image (it has 3 replicas: 0..2)"),
                           ([1], "name two, or none"), ([1, 1], "name two, or none"),
                           ([0, 1, 2], "name two, or none")):
        with pytest.raises(UserError) as caught:
            pairs(board, asked)
        assert message in caught.value.message
