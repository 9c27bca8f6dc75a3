# SPDX-License-Identifier: BSD-2-Clause
"""The page that plugin/ternion_inject.c shares with us: counters, and what its trigger did."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType

from tools import plugin

SOURCE = Path(__file__).resolve().parent / "plugin" / "ternion_inject.c"
MAGIC = 0x314A4E49524554
VERSION = 1
VCPUS = 8
CLASSES = 8
CLASS_ANY = CLASSES  # a trigger on it counts every instruction of the core

HEAD = struct.Struct("<QIIII QQ 8Q QQ 8Q 8Q 64Q 64Q")
PAGE_SIZE = 4096


class State(IntEnum):
    """enum page_state."""

    ABSENT = 0
    LOADED = 1
    HOLDING = 2
    RELEASED = 3
    FLIPPED = 4
    LIMIT = 5
    FAILED = 6


@dataclass(frozen=True)
class PageView:
    """One reading of the page."""

    state: State
    vcpus: int
    trigger_address: int
    trigger_length: int
    trigger_total: tuple[int, ...]  # per core, before the block that triggered
    flip_before: int
    flip_after: int
    first_high: tuple[int, ...]     # per core: instructions before the kernel first ran, 0 never
    total: tuple[int, ...]          # per core
    by_class: tuple[tuple[int, ...], ...]             # per core, per class
    by_class_first_high: tuple[tuple[int, ...], ...]  # the same when the kernel first ran


def decode(data: bytes) -> PageView:
    """Reads the bytes of struct shared_page."""
    word = HEAD.unpack_from(data)
    if word[0] not in (0, MAGIC) or (word[0] == MAGIC and word[1] != VERSION):
        raise ValueError("the plugin's page is of another version")
    vcpus = word[2]

    def classes(first: int) -> tuple[tuple[int, ...], ...]:
        return tuple(word[first + v * CLASSES:first + (v + 1) * CLASSES] for v in range(vcpus))

    return PageView(
        state=State(word[3]), vcpus=vcpus, trigger_address=word[5], trigger_length=word[6],
        trigger_total=word[7:7 + vcpus], flip_before=word[15], flip_after=word[16],
        first_high=tuple(max(at - 1, 0) for at in word[17:17 + vcpus]),
        total=word[25:25 + vcpus],
        by_class=classes(33), by_class_first_high=classes(33 + VCPUS * CLASSES))


class PluginPage:
    """The file behind the page; removed at the end of the context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("wb") as file:
            file.truncate(PAGE_SIZE)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), PAGE_SIZE, prot=mmap.PROT_READ)

    def __enter__(self) -> PluginPage:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._memory.close()
        self.path.unlink(missing_ok=True)

    def state(self) -> State:
        """Cheap: for polling."""
        return State(int.from_bytes(self._memory[16:20], "little"))

    def view(self) -> PageView:
        """Everything."""
        return decode(self._memory[:])


def built_plugin() -> Path:
    """The compiled plugin, made again when its source is newer."""
    return plugin.built(SOURCE, "injection")
