# SPDX-License-Identifier: BSD-2-Clause
"""The coverage table: what it counts, what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools import coverage
from tools.coverage import FileCoverage
from tools.errors import UserError
from tools.test_steps import count_files


def line(number: int, count: int, branches: tuple[int, ...] = (),
         noncode: bool = False) -> dict[str, Any]:
    """One line as gcovr tells it."""
    return {"line_number": number, "count": count, "gcovr/noncode": noncode,
            "gcovr/excluded": False, "branches": [{"count": taken} for taken in branches]}


REPORT = {"files": [{"file": "a.c", "lines": [
    line(1, 0, noncode=True), line(2, 7, (3, 4)), line(3, 0, (0, 0)), line(4, 0), line(6, 0),
    line(7, 1)]}]}


def test_counts() -> None:
    """Lines that are no code do not count; a file that gcovr does not know has none."""
    found = coverage.parse(REPORT, ["a.c", "b.c"])
    assert found == [FileCoverage("a.c", 5, 2, 4, 2, (3, 4, 6)), FileCoverage("b.c", 0, 0, 0, 0)]


@pytest.mark.parametrize(("lines", "reached", "enough"), [
    (100, 90, True), (100, 89, False), (9, 8, False), (10, 9, True), (0, 0, False), (1, 1, True)])
def test_limit(lines: int, reached: int, enough: bool) -> None:
    """90 %, not rounded."""
    assert FileCoverage("a.c", lines, reached, 0, 0).is_enough() is enough


def test_table() -> None:
    """What is too little is marked, with what to reach."""
    files = [*coverage.parse(REPORT, ["a.c", "b.c"]), FileCoverage("c.c", 3000, 2999, 3, 3, (8,))]
    assert coverage.table({"x": files}).splitlines() == [
        "reached by the unit tests                     lines           branches",
        "x",
        "  a.c                             40.0 %      (2/5)  50.0 %      (2/4)",
        "    below 90 % of lines; not reached: 3-4, 6",
        "  b.c                               none      (0/0)    none      (0/0)",
        "    below 90 % of lines; never compiled",
        "  c.c                             99.9 % (2999/3000) 100.0 %      (3/3)",
        "all                               99.8 % (3001/3005)  71.4 %      (5/7)"]
    assert count_files({"x": files}) == (1, 2)


@pytest.mark.parametrize(("text", "message"), [
    ("kernel/object/cap.c\n", "pure.txt:1: 'kernel/object/cap.c' is in no section"),
    ("[a]\nkernel/object/gone.c\n", "pure.txt:2: 'kernel/object/gone.c' is not a file of this "
                                    "tree"),
    ("[a]\nrcoe/vote.c\n[b]\nrcoe/vote.c # again\n", "pure.txt:4: 'rcoe/vote.c' is listed twice"),
])
def test_bad_list(tmp_path: Path, text: str, message: str) -> None:
    """Named with file and line."""
    path = tmp_path / "pure.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as error:
        coverage.read_list(path)
    assert error.value.message == message


def test_the_list() -> None:
    """The tree's own list can be read, and names what the project promises to cover."""
    assert set(coverage.read_list()) == {"capabilities", "derivation", "refills", "queues",
                                         "retype", "hot paths", "redundancy"}


def test_nothing_has_run(tmp_path: Path) -> None:
    """No counts are not zero counts."""
    with pytest.raises(UserError) as error:
        coverage.measure(tmp_path)
    assert error.value.message == f"no unit test has run in build/{tmp_path.name}"
    assert error.value.next_step == "cmake --workflow --preset host"


def test_clear(tmp_path: Path) -> None:
    """Counts of earlier runs go, what the compiler knows stays."""
    for name in ("a/b.gcda", "a/b.gcno", "c.gcda"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    coverage.clear(tmp_path)
    assert [path.name for path in sorted(tmp_path.rglob("*.gc*"))] == ["b.gcno"]
