# SPDX-License-Identifier: BSD-2-Clause
"""The steps of `ternion test`: how each is run and how its counts are read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from tools import coverage, presets
from tools.errors import UserError
from tools.paths import BUILD, ROOT
from tools.presets import BuildError

TESTS = ROOT / "tests"
LOGS = BUILD / "test"
CTEST = re.compile(r"tests passed, (\d+) tests failed out of (\d+)")
COUNTS = re.compile(r"(\d+) passed(?:, (\d+) failed)?")
GOALS = re.compile(r"(\d+) of (\d+) goals proved")
STEP_LIMIT_S = 1440
SYSTEM = "system"
ALONE = (SYSTEM, "faultinj")  # one run of QEMU at a time
BESIDE = ("nice", "-n", "19")  # QEMU goes first: one run at a time, so that a core is left


@dataclass(frozen=True)
class StepResult:
    """Counts of one step."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str
    table: str = ""  # shown in any case


@dataclass(frozen=True)
class Step:
    """A named part of the tests."""

    name: str
    run: Callable[[], StepResult]
    beside: bool = False  # the next steps need not wait for it: they leave a core to it


def _execute(name: str, command: list[str]) -> tuple[int, str]:
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True, check=False,
                              timeout=STEP_LIMIT_S)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        output = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        status, output = 124, output + f"\nended after {STEP_LIMIT_S} s\n"
    (LOGS / f"{name}.log").write_text(output, encoding="utf-8")
    return status, output


def _build(preset: str) -> StepResult:
    start = time.monotonic()
    try:
        presets.build(preset)
    except BuildError as error:
        return StepResult(0, 1, 0, time.monotonic() - start, error.excerpt)
    return StepResult(1, 0, 0, time.monotonic() - start, "")


def read_ctest(output: str) -> tuple[int, int] | None:
    """Passed and failed, from the words of ctest."""
    match = CTEST.search(output)
    if not match:
        return None
    failed, total = int(match.group(1)), int(match.group(2))
    return total - failed, failed


def count_files(sections: dict[str, list[coverage.FileCoverage]]) -> tuple[int, int]:
    """Files that the unit tests reach enough of, and the others."""
    enough = [file.is_enough() for files in sections.values() for file in files]
    return sum(enough), len(enough) - sum(enough)


def _unit() -> StepResult:
    """The tests, then each pure file's coverage as a check of its own."""
    start = time.monotonic()
    coverage.clear()
    status, output = _execute("unit", ["cmake", "--workflow", "--preset", presets.HOST])
    counts = read_ctest(output) or (0, 1)
    if status and not counts[1]:
        counts = (counts[0], 1)
    if counts[1]:
        return StepResult(*counts, 0, time.monotonic() - start, output)
    try:
        sections = coverage.measure()
    except UserError as error:
        return StepResult(counts[0], 1, 0, time.monotonic() - start, error.message)
    files = count_files(sections)
    return StepResult(counts[0] + files[0], files[1], 0, time.monotonic() - start, "",
                      coverage.table(sections))


def read_junit(path: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped of a JUnit file."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    total = bad = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", "0"))
        bad += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped += int(suite.get("skipped", "0"))
    return total - bad - skipped, bad, skipped


def _pytest(directory: Path, *options: str) -> StepResult:
    start = time.monotonic()
    name = directory.name
    junit = LOGS / f"{name}.xml"
    junit.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", f"--junitxml={junit}",
               *options, str(directory)]
    if name not in ALONE:
        command += ["-n", "2"]
    status, output = _execute(name, command)
    passed, failed, skipped = read_junit(junit) if junit.exists() else (0, 1, 0)
    if status and not failed:
        failed = 1
    return StepResult(passed, failed, skipped, time.monotonic() - start, output if failed else "")


def _lint() -> StepResult:
    start = time.monotonic()
    _, output = _execute("lint", [sys.executable, "-m", "tests.lint", "--json"])
    try:
        rules = json.loads(output.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        return StepResult(0, 1, 0, time.monotonic() - start, output)
    failed = sum(count > 0 for count in rules.values())
    return StepResult(len(rules) - failed, failed, 0, time.monotonic() - start,
                      output if failed else "")


def read_counts(status: int, output: str) -> tuple[int, int]:
    """Passed and failed: proof goals, or the last such line of a script, or its status alone."""
    found = COUNTS.findall(output)
    goals = [(int(proved), int(total)) for proved, total in GOALS.findall(output)]
    passed, failed = (int(found[-1][0]), int(found[-1][1] or 0)) if found else (0, 0)
    passed += sum(proved for proved, _ in goals)
    failed += sum(total - proved for proved, total in goals)
    if status and not failed:
        failed = 1
    return (passed, failed) if passed + failed else (1, 0)


def _script(path: Path) -> StepResult:
    start = time.monotonic()
    status, output = _execute(path.parent.name, [*BESIDE, str(path)])
    passed, failed = read_counts(status, output)
    return StepResult(passed, failed, 0, time.monotonic() - start, output if failed else "")


def _models() -> StepResult:
    """The protocol's models; the table of what they searched and caught is shown in any case."""
    start = time.monotonic()
    status, output = _execute("models", [*BESIDE, sys.executable, "-m", "tests.models"])
    passed, failed = read_counts(status, output)
    return StepResult(passed, failed, 0, time.monotonic() - start, "",
                      output or f"the searches ended with status {status} and said nothing")


def tested_presets(board: str | None) -> list[str]:
    """What the tests need: all presets of one board; or all of the default board, and of the others
    one for each mode."""
    if board is not None:
        return presets.images(board)
    return [name for name in presets.images()
            if presets.board_of(name) == presets.BOARD
            or name.rpartition("-")[2] in ("base", "dmr", "tmr", "qmr")]


def steps(board: str | None = None) -> list[Step]:
    """All steps that the tree has: first those that need nothing and take long, beside the others,
    then quick ones first; all system tests on this board, if given."""
    found = [Step(script.parent.name, partial(_script, script), beside=True)
             for script in sorted(TESTS.glob("*/run.sh"))]
    found += [Step("models", _models, beside=True), Step("lint", _lint), Step("unit", _unit)]
    for preset in tested_presets(board):
        found.append(Step(f"build {preset}", partial(_build, preset)))
    directories = sorted({path.parent for path in TESTS.glob("*/test_*.py")},
                         key=lambda path: (path.name in ALONE, path.name))
    for directory in directories:
        name = "lint rules" if directory.name == "lint" else directory.name
        options = [f"--board={board}"] if board is not None and name == SYSTEM else []
        found.append(Step(name, partial(_pytest, directory, *options)))
    return found
