# SPDX-License-Identifier: BSD-2-Clause
"""Source lines of addresses: the line table of binutils, and a program compiled here."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.source_lines import SourceLines, parse
from tools.symbols import Program

TABLE = """Contents of the .debug_line section:

CU: ./rcoe/commit.c:
File name                            Line number    Starting address    View    Stmt
commit.c                                      15  0xffffffffc0008950               x
commit.c                                      17  0xffffffffc0008950       2       x

./rcoe/start/../ballot.h:
ballot.h                                      61  0xffffffffc0008954

/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/arm_acle.h:
arm_acle.h                                   199  0xffffffffc0008958
arm_acle.h                                     -  0xffffffffc000895c

CU: ./kernel/a.c:
File name                            Line number    Starting address    View    Stmt
a.c                                            4  0xffffffffc000895c               x
a.c                                            -  0xffffffffc0008960

CU: /elsewhere/<artificial>:
File name                            Line number    Starting address    View    Stmt
<artificial>                                 127  0xffffffffc0008980               x
<artificial>                                   -  0xffffffffc0008984
"""
SOURCE = "int work(int x)\n{\n    return x * 3;\n}\n\nint last(int x)\n{\n    return x - 1;\n}\n"


def test_table() -> None:
    """The innermost line, names of the tree only, and nothing behind the end of a sequence."""
    base = 0xFFFFFFFFC0008950
    assert parse(TABLE.splitlines()) == [
        (base, "rcoe/commit.c:17"), (base + 4, "rcoe/ballot.h:61"),
        (base + 8, "rcoe/ballot.h:61"), (base + 12, "kernel/a.c:4"), (base + 16, ""),
        (base + 0x30, ""), (base + 0x34, "")]


def test_program(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(SOURCE, encoding="utf-8")
    subprocess.run(["aarch64-linux-gnu-gcc", "-g", "-O1", "-nostdlib", "-static", "-fno-pic",
                    f"-ffile-prefix-map={tmp_path}=.", "-Wl,-e,work", "-o",
                    str(tmp_path / "a.elf"), str(tmp_path / "a.c")], check=True)
    program, lines = Program("a", tmp_path / "a.elf"), SourceLines(tmp_path / "a.elf")
    work, last = program.find("work"), program.find("last")
    assert work is not None and last is not None
    assert lines.at(work.address).startswith("a.c:") and lines.at(work.address + 4) == "a.c:4"
    assert lines.at(last.address + 4) == lines.at(last.address + 7) == "a.c:9"
    assert lines.at(last.address + last.size + 64) == lines.at(0) == ""


def test_without_lines(tmp_path: Path) -> None:
    """What is no ELF file tells nothing; who reads its symbols says that it cannot be read."""
    (tmp_path / "none").write_bytes(b"no ELF")
    assert SourceLines(tmp_path / "none").at(0x1000) == ""
