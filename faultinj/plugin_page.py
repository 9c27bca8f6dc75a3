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
VERSION = 3
VCPUS = 8
CLASSES = 8
CLASS_ANY = CLASSES  # a trigger on it counts every instruction of the core
MARKS = 16
CLASS_MARK = 16      # ... on CLASS_MARK + m the executions of mark m
TRIGGERS = 4
STAGES = 5           # moments at which the counts are kept

HEAD = struct.Struct("<QIIIIQ")
RESUME_AT = 24       # offset
TOTALS = VCPUS * (2 + 2 * CLASSES + MARKS)
FIRED = 6 + VCPUS
STAGE = 1 + VCPUS * (1 + CLASSES)
WORDS = struct.Struct(f"<{TOTALS + 1 + VCPUS + TRIGGERS * FIRED + STAGES * STAGE}Q")
PAGE_SIZE = 8192
Counts = tuple[tuple[int, ...], ...]  # per core: instructions of each class, and of CLASS_ANY
assert HEAD.size + WORDS.size <= PAGE_SIZE


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
class Fired:
    """What a trigger did, and when."""

    address: int             # of the block
    length: int              # its instructions
    total: tuple[int, ...]   # per core, before the block
    event: int               # the core's event number then
    before: int              # byte of the RAM file
    after: int               # the same, read back


@dataclass(frozen=True)
class PageView:
    """One reading of the page."""

    state: State
    vcpus: int
    held: int                       # number of the trigger
    first_high: tuple[int, ...]     # per core: instructions before the kernel first ran, 0 never
    total: tuple[int, ...]          # per core
    by_class: tuple[tuple[int, ...], ...]             # per core, per class
    by_class_first_high: tuple[tuple[int, ...], ...]  # the same when the kernel first ran
    marks: tuple[tuple[int, ...], ...]                # per core: executions of marked blocks
    noticed: tuple[int, ...] | None  # counts when a core first recorded something after the fault
    fired: tuple[Fired | None, ...]
    stages: tuple[Counts, ...] = ()  # that were passed: plugin/stage.h

    @property
    def trigger_length(self) -> int:
        """Instructions of the first trigger's block; 0 when it was not reached."""
        return self.fired[0].length if self.fired[0] else 0


def decode(data: bytes) -> PageView:
    """Reads the bytes of struct shared_page."""
    magic, version, vcpus, state, held, _ = HEAD.unpack_from(data)
    if magic not in (0, MAGIC) or (magic == MAGIC and version != VERSION):
        raise ValueError("the plugin's page is of another version")
    words = WORDS.unpack_from(data, HEAD.size)
    at = 0

    def table(width: int) -> tuple[tuple[int, ...], ...]:
        nonlocal at
        rows = tuple(words[at + v * width:at + (v + 1) * width] for v in range(vcpus))
        at += VCPUS * width
        return rows

    first_high = tuple(max(row[0] - 1, 0) for row in table(1))
    total = tuple(row[0] for row in table(1))
    by_class, by_class_first_high, marks = table(CLASSES), table(CLASSES), table(MARKS)
    noticed = words[at + 1:at + 1 + vcpus] if words[at] else None
    at += 1 + VCPUS
    fired = []
    for _ in range(TRIGGERS):
        done, address, length = words[at:at + 3]
        event, before, after = words[at + 3 + VCPUS:at + FIRED]
        fired.append(Fired(address, length, words[at + 3:at + 3 + vcpus], event, before, after)
                     if done else None)
        at += FIRED
    stages = []
    while at < len(words) and words[at]:
        at += 1
        whole, classes = table(1), table(CLASSES)
        stages.append(tuple(row + count for row, count in zip(classes, whole)))
    return PageView(State(state), vcpus, held, first_high, total, by_class, by_class_first_high,
                    marks, noticed, tuple(fired), tuple(stages))


class PluginPage:
    """The file behind the page; removed at the end of the context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("wb") as file:
            file.truncate(PAGE_SIZE)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), PAGE_SIZE)

    def __enter__(self) -> PluginPage:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._memory.close()
        self.path.unlink(missing_ok=True)

    def state(self) -> State:
        """Cheap: for polling."""
        return State(int.from_bytes(self._memory[16:20], "little"))

    def resume_at(self, instructions: int) -> None:
        """The plugin holds the machine once when all cores together have executed so many."""
        self._memory[RESUME_AT:RESUME_AT + 8] = instructions.to_bytes(8, "little")

    def view(self) -> PageView:
        """Everything."""
        return decode(self._memory[:])


def built_plugin() -> Path:
    """The compiled plugin, made again when its source is newer."""
    return plugin.built(SOURCE, "injection")
