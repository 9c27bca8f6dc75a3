# SPDX-License-Identifier: BSD-2-Clause
"""One question to Spin: is there an execution that breaks a check, gets stuck, or never ends?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.models.catalogue import Run
from tools.errors import UserError

MODELS = Path(__file__).resolve().parent
DEPTH = 100_000
MEMORY_MIB = 2000
LIMIT_S = 600
STATES = re.compile(r"^\s*(\d+) states, stored", re.MULTILINE)
ERRORS = re.compile(r"errors: (\d+)")
MEMORY = re.compile(r"^\s*([\d.]+)\s+total actual memory usage", re.MULTILINE)
FAILURE = re.compile(r"^pan:\d+: (.*) \(at depth", re.MULTILINE)
CHECK = re.compile(r"\|\|([a-z]\w*)\)$")
PARTIAL = ("max search depth too small", "reached -DMEMLIM bound", "out of memory")


@dataclass(frozen=True)
class Search:
    """What a search found."""

    states: int
    mib: float
    failure: str  # in words; empty if all is well


def words(failure: str) -> str:
    """Spin's words about an error, or the name of the check that was broken."""
    match = CHECK.search(failure.removeprefix("assertion violated ").replace(" ", ""))
    return match.group(1).replace("_", " ") if match else failure


def read(output: str, of: str) -> Search:
    """From what the search printed; an incomplete search is an error of the harness."""
    states, errors = STATES.search(output), ERRORS.search(output)
    if not states or not errors or any(text in output for text in PARTIAL):
        raise UserError(f"model {of}: the search is not complete: {output.strip()[-300:]}",
                        next_step="make the model smaller, or look at tests/models/spin.py")
    found = FAILURE.search(output)
    memory = MEMORY.search(output)
    failure = words(found.group(1)) if found else ""
    if int(errors.group(1)) and not failure:
        failure = "an error that Spin does not name"
    return Search(int(states.group(1)), float(memory.group(1)) if memory else 0, failure)


@contextmanager
def searcher(run: Run, cycles: bool) -> Iterator[Callable[[str], Search]]:
    """
    Compiles a model once. The function that is given out searches all states, with one mutation or
    none (""); with `cycles` not for stuck states, but for executions that go on for ever.
    """
    for program in ("spin", "gcc"):
        if not shutil.which(program):
            raise UserError(f"{program} is missing", next_step=f"apt-get install {program}")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for model in MODELS.glob("*.pml"):
            shutil.copy(model, place)
        _execute(["spin", "-a", *(f"-D{o}" for o in run.options), f"{run.model}.pml"], place, run)
        how = "-DNP" if cycles else "-DSAFETY"
        _execute(["gcc", "-w", how, f"-DMEMLIM={MEMORY_MIB}", "-o", "pan", "pan.c"], place, run)
        command = ["./pan", f"-m{DEPTH}", *(["-l"] if cycles else [])]
        yield lambda mutation: read(_execute(command, place, run, mutation), run.name)


def _number(mutation: str) -> str:
    text = (MODELS / "mutations.pml").read_text(encoding="utf-8")
    found = re.search(rf"^#define MUTATION_{mutation} (\d+)$", text, re.MULTILINE)
    return found.group(1) if found else "0"


def _execute(command: list[str], place: Path, run: Run, mutation: str = "") -> str:
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False,
                              timeout=LIMIT_S, env=os.environ | {"MUTATION": _number(mutation)})
    except subprocess.TimeoutExpired as error:
        raise UserError(f"model {run.name}: {command[0]} took longer than {LIMIT_S} s",
                        next_step="make the model smaller") from error
    if done.returncode:
        raise UserError(f"model {run.name}: {command[0]}: {(done.stdout + done.stderr)[-300:]}",
                        next_step="mend the model in tests/models")
    return done.stdout
