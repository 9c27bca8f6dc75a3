# SPDX-License-Identifier: BSD-2-Clause
"""Each rule is shown a text that breaks it and one that does not."""

from __future__ import annotations

import pytest

from tests.lint.rules import RULES
from tests.lint.tree import Source
from tools.tcb import code_lines

SPDX = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
LONG_BODY = "    int x;\n" * 61
CASES = [
    # rule, path, bad text, good text
    ("spdx", "kernel/a.c", "int a;\n", SPDX + "int a;\n"),
    ("spdx", "kernel/a.c", SPDX + SPDX, SPDX),
    ("spdx", "kernel/CMakeLists.txt", "x\n", "# SPDX-License-Identifier: BSD-2-Clause\n"),
    ("file-length", "shim/a.c", "\n" * 501, "\n" * 500),
    ("file-length", "tools/a.py", "\n" * 501, "\n" * 500),
    ("line-length", "rcoe/a.h", "x" * 101, "x" * 100),
    ("function-length", "kernel/a.c", "void f(void)\n{\n" + LONG_BODY + "}\n",
     "void f(void)\n{\n" + LONG_BODY[:-11] + "}\n"),
    ("function-length", "tools/a.py", "def f() -> None:\n" + "    x = 1\n" * 60,
     "def f() -> None:\n" + "    x = 1\n" * 59),
    ("conditions", "kernel/a.c", "#ifdef X\n#endif\n", "#define X\n"),
    ("conditions", "kernel/a.c", "#if X\n#endif\n", "/*\n#if X\n*/\n"),
    ("conditions", "kernel/arch/aarch64/a.c", "#if X\n#endif\n" * 3, "#if X\n#endif\n" * 2),
    ("layering", "kernel/a.c", "#include <shim/record.h>\n", "#include <shim/shim.h>\n"),
    ("layering", "rcoe/a.c", '#include "../shim/core.h"\n', "#include <shim/board.h>\n"),
    ("layering", "kernel/a.h", '#include "../boards/qemu-virt/map.h"\n',
     "#include <kernel/cap.h>\n"),
    ("layering", "kernel/a.S", "#include <board/uart.h>\n", "#include <arch/trap.h>\n"),
    ("board-words", "kernel/a.c", "/* as on the PL011 */\n", "/* as on the device */\n"),
    ("board-words", "kernel/a.c", "x = 0x09000000;\n", "x = 0x40000000;\n"),
    ("determinism", "kernel/a.c", 'asm("mrs %0, cntvct_el0");\n', 'asm("mrs %0, esr_el1");\n'),
    ("determinism", "rcoe/vote.c", "mrs x0, MPIDR_EL1\n", "/* mpidr_el1 is not read */\n"),
    ("determinism", "kernel/a.c", "puts(__DATE__);\n", "puts(date);\n"),
    ("bare-volatile", "rcoe/a.c", "volatile int a;\n", 'asm volatile("isb");\n'),
    ("machine-paths", "docs/a.md", "cd /wor" + "k/ternion\n", "cd build/work/x\n"),
    ("shim-size", "shim/a.c", "int a;\n" * 2000, "int a;\n" * 1999 + "\n/* */\n" * 50),
]


@pytest.mark.parametrize(("rule", "path", "bad", "good"), CASES)
def test_rule(rule: str, path: str, bad: str, good: str) -> None:
    """Finds it in the bad text, and nothing in the good one."""
    findings = list(RULES[rule]([Source(path, bad)]))
    assert findings and all(finding.rule == rule for finding in findings)
    assert not list(RULES[rule]([Source(path, good)]))


def test_every_rule_has_a_case() -> None:
    """A new rule needs a line above."""
    assert {case[0] for case in CASES} == set(RULES)


@pytest.mark.parametrize(("rule", "path", "text"), [
    ("determinism", "rcoe/arch/aarch64/arch_rcoe.h", 'asm("mrs %0, cntvct_el0");\n'),
    ("determinism", "shim/arch/aarch64/timer.c", 'asm("mrs %0, cntpct_el0");\n'),
    ("layering", "shim/board.c", "#include <shim/record.h>\n"),
    ("board-words", "shim/drivers/pl011.c", "pl011\n"),
    ("conditions", "boards/x/a.h", "#if X\n#endif\n"),
    ("shim-size", "shim/include/shim/a.h", "int a;\n" * 2000),
    ("shim-size", "shim/arch/aarch64/call.S", "nop\n" * 2000),
    ("shim-size", "shim/start/a.c", "int a;\n" * 2000),
    ("machine-paths", "tools/a.py", "url = 'x/home/y'\n"),
])
def test_allowed_places(rule: str, path: str, text: str) -> None:
    """What is forbidden in one room is the duty of another."""
    assert not list(RULES[rule]([Source(path, text)]))


def test_code_lines_counts_no_comments() -> None:
    """Blank lines and comments are not code; strings with slashes are."""
    text = '/* a\n b */\n\nint x; /* y */\n// z\nchar *s = "/* no comment */";\n'
    assert code_lines(text) == 2
