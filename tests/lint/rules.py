# SPDX-License-Identifier: BSD-2-Clause
"""The rules of style that are the project's own. Each takes the tree and returns what is wrong."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.lint.tree import Finding, Source
from tools.board import boards
from tools.tcb import LIMIT, Part, code_lines, is_for, part_of

FILE_LINES = 500
FUNCTION_LINES = 60
LINE_COLUMNS = 100
CONDITIONS_PER_1000 = 2.0

OURS = (".c", ".h", ".S", ".py", ".cmake", ".ld", ".sh", ".system", ".pml")
REPLICATED = ("kernel", "rcoe")
CONDITION = re.compile(r"\s*#\s*(?:el)?if(?:def|ndef)?\b")
INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
SHIM_INTERFACE = ("shim/board.h", "shim/shim.h", "shim/registers.h")
BOARD_WORDS = re.compile(
    r"\b(?:qemu\w*|pl011|pl031|pl061|fw_?cfg|uart\d*|virtio\w*|gicv?\d?|gic[dr]_\w+"
    r"|zcu102|sabrelite|0x0*(?:8000000|80a0000|9000000|9020000))\b", re.IGNORECASE)
NONDETERMINISM = re.compile(
    r"\b(?:cnt(?:vct|pct|frq|virt|p|v)_\w+|mpidr\w*|midr\w*|pm(?:ccntr|cr|evcntr)\w*|rndr\w*"
    r"|icc_\w+|icv_\w+|isr_el1|__DATE__|__TIME__|__TIMESTAMP__|rand|time\s*\()\b", re.IGNORECASE)
COUNTER_FILES = re.compile(r"rcoe/arch/\w+/arch_rcoe\.h$")  # where time is agreed from
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|home|root|Users)/\w")

Rule = Callable[[list[Source]], Iterator[Finding]]


def spdx(tree: list[Source]) -> Iterator[Finding]:
    """One SPDX line per file, near its start."""
    for source in tree:
        named = source.suffix in OURS or source.parts[-1] in ("CMakeLists.txt", "ternion", "run")
        count = sum("SPDX-License-Identifier: BSD-2-Clause" in line for line in source.lines[:4])
        if named and count != 1:
            yield Finding("spdx", source.path, 1, "no line 'SPDX-License-Identifier: BSD-2-Clause'")


def file_length(tree: list[Source]) -> Iterator[Finding]:
    """A noun has at most 500 lines."""
    for source in tree:
        count = len(source.lines)
        if source.suffix in OURS and count > FILE_LINES:
            yield Finding("file-length", source.path, count,
                          f"{count} lines (at most {FILE_LINES})")


def line_length(tree: list[Source]) -> Iterator[Finding]:
    """100 columns."""
    for source in tree:
        if source.suffix not in OURS and source.parts[-1] != "CMakeLists.txt":
            continue
        for number, line in enumerate(source.lines, start=1):
            if len(line) > LINE_COLUMNS:
                yield Finding("line-length", source.path, number, f"{len(line)} columns")


def _c_functions(source: Source) -> Iterator[tuple[int, int]]:
    """First line and length of each function body: from '{' to '}' in the first column."""
    start = 0
    for number, line in enumerate(source.lines, start=1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            yield start, number - start - 1
            start = 0


def _python_functions(source: Source) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def function_length(tree: list[Source]) -> Iterator[Finding]:
    """60 lines, in C and in Python."""
    for source in tree:
        if source.is_c():
            functions = _c_functions(source)
        elif source.suffix == ".py":
            functions = _python_functions(source)
        else:
            continue
        for line, count in functions:
            if count > FUNCTION_LINES:
                yield Finding("function-length", source.path, line,
                              f"function of {count} lines (at most {FUNCTION_LINES})")


def conditions(tree: list[Source]) -> Iterator[Finding]:
    """`#if` only under arch/ and boards/, and few of them."""
    found = total = 0
    for source in tree:
        if not source.is_c():
            continue
        total += len(source.lines)
        for number, line in enumerate(source.code(), start=1):
            if not CONDITION.match(line):
                continue
            found += 1
            if "arch" not in source.parts and source.room != "boards":
                yield Finding("conditions", source.path, number, f"'{line.strip()}' here: "
                              "variation is a file under arch/ or boards/")
    if total and found * 1000 > max(total, 1000) * CONDITIONS_PER_1000:
        yield Finding("conditions", ".", 0, f"{found} conditions in {total} lines "
                      f"(at most {CONDITIONS_PER_1000:g} per 1000)")


def layering(tree: list[Source]) -> Iterator[Finding]:
    """kernel/ and rcoe/ see the shim through two headers, and no board at all."""
    for source in tree:
        if source.room not in REPLICATED or source.suffix not in (".c", ".h", ".S"):
            continue
        for number, line in enumerate(source.code(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            name = match.group(1).removeprefix("../")
            internal = name.startswith("shim/") and name not in SHIM_INTERFACE
            upward = source.room == "rcoe" and name.startswith("kernel/internal/")
            if internal or upward or name.startswith(("boards/", "board/")) or ".." in name:
                yield Finding("layering", source.path, number, f"{source.room}/ may not include "
                              f"<{name}>; of the shim only {' and '.join(SHIM_INTERFACE)}")


def board_words(tree: list[Source]) -> Iterator[Finding]:
    """The kernel knows no board and no device, not even in a comment."""
    for source in tree:
        if source.room != "kernel" or source.suffix not in (".c", ".h", ".S"):
            continue
        for number, line in enumerate(source.lines, start=1):
            match = BOARD_WORDS.search(line)
            if match:
                yield Finding("board-words", source.path, number,
                              f"the kernel speaks of '{match.group()}'")


def determinism(tree: list[Source]) -> Iterator[Finding]:
    """Replicated code reads no clock, core number or controller, except where time is agreed."""
    for source in tree:
        if source.room not in REPLICATED or source.suffix not in (".c", ".h", ".S"):
            continue
        if COUNTER_FILES.match(source.path):
            continue
        for number, line in enumerate(source.code(), start=1):
            match = NONDETERMINISM.search(line)
            if match:
                yield Finding("determinism", source.path, number,
                              f"'{match.group()}' differs between replicas or runs")


def bare_volatile(tree: list[Source]) -> Iterator[Finding]:
    """Shared memory is C11 atomics; `volatile` is for device registers and asm."""
    for source in tree:
        if source.room not in REPLICATED or not source.is_c():
            continue
        for number, line in enumerate(source.code(), start=1):
            rest = re.sub(r"\b(?:asm|__asm__)\s+(?:volatile|__volatile__)", "", line)
            if re.search(r"\bvolatile\b", rest):
                yield Finding("bare-volatile", source.path, number,
                              "use an atomic with an explicit order")


def machine_paths(tree: list[Source]) -> Iterator[Finding]:
    """Nothing in the tree depends on where somebody keeps it."""
    for source in tree:
        for number, line in enumerate(source.lines, start=1):
            match = MACHINE_PATH.search(line)
            if match and source.path != "tests/lint/rules.py":
                yield Finding("machine-paths", source.path, number, f"path of one machine: {line}")


def shim_size(tree: list[Source]) -> Iterator[Finding]:
    """The part that is not replicated stays small, on every board."""
    for board in boards():
        count = sum(code_lines(source.text) for source in tree
                    if part_of(source.path) is Part.RESIDENT and is_for(source.path, board))
        if count >= LIMIT:
            yield Finding("shim-size", "shim", 0,
                          f"{count} resident lines of code on {board} (below {LIMIT})")


RULES: dict[str, Rule] = {
    "spdx": spdx,
    "file-length": file_length,
    "line-length": line_length,
    "function-length": function_length,
    "conditions": conditions,
    "layering": layering,
    "board-words": board_words,
    "determinism": determinism,
    "bare-volatile": bare_volatile,
    "machine-paths": machine_paths,
    "shim-size": shim_size,
}
