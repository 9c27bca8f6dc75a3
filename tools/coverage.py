# SPDX-License-Identifier: BSD-2-Clause
"""What the unit tests reached of the pure files (tests/unit/pure.txt), as gcovr counts it.

    /usr/bin/python3 -m tools.coverage      after: cmake --workflow --preset host
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import UserError, run_main
from tools.paths import BUILD, ROOT

LIST = ROOT / "tests" / "unit" / "pure.txt"
HOST_BUILD = BUILD / "host"
LEAST_LINES_PERCENT = 90


@dataclass(frozen=True)
class FileCoverage:
    """Counts of one file. `missed`: line numbers that no test reached."""

    path: str
    lines: int
    lines_reached: int
    branches: int
    branches_taken: int
    missed: tuple[int, ...] = ()

    def is_enough(self) -> bool:
        """At least the limit; a file without code was not compiled by any test."""
        return self.lines > 0 and 100 * self.lines_reached >= LEAST_LINES_PERCENT * self.lines


def read_list(path: Path = LIST) -> dict[str, list[str]]:
    """Files per section; each file once, and there."""
    sections: dict[str, list[str]] = {}
    files: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        body = line.partition("#")[0].strip()
        if body.startswith("[") and body.endswith("]"):
            files = sections.setdefault(body[1:-1], [])
        elif body:
            wrong = ("is in no section" if not sections else
                     "is not a file of this tree" if not (ROOT / body).is_file() else
                     "is listed twice" if any(body in other for other in sections.values()) else "")
            if wrong:
                raise UserError(f"{path.name}:{number}: '{body}' {wrong}",
                                next_step=f"mend that line of {path.name}")
            files.append(body)
    return sections


def clear(build: Path = HOST_BUILD) -> None:
    """Forgets what earlier runs reached."""
    for counts in build.rglob("*.gcda"):
        counts.unlink()


def parse(report: dict[str, Any], paths: Iterable[str]) -> list[FileCoverage]:
    """The listed files out of gcovr's JSON; one that it does not know has no lines."""
    known = {entry["file"]: entry["lines"] for entry in report["files"]}
    return [_count(path, known.get(path, [])) for path in paths]


def _count(path: str, entries: list[dict[str, Any]]) -> FileCoverage:
    code = [line for line in entries if not line["gcovr/noncode"] and not line["gcovr/excluded"]]
    branches = [branch["count"] > 0 for line in code for branch in line["branches"]]
    missed = tuple(line["line_number"] for line in code if line["count"] == 0)
    return FileCoverage(path, len(code), len(code) - len(missed), len(branches), sum(branches),
                        missed)


def measure(build: Path = HOST_BUILD) -> dict[str, list[FileCoverage]]:
    """Runs gcovr over a build whose tests have run."""
    sections = read_list()
    if next(build.rglob("*.gcda"), None) is None:
        raise UserError(f"no unit test has run in build/{build.name}",
                        next_step="cmake --workflow --preset host")
    paths = [path for files in sections.values() for path in files]
    filters = [word for path in paths for word in ("--filter", path.replace(".", r"\."))]
    done = subprocess.run(["gcovr", "--json", "--root", str(ROOT), *filters, str(build)], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"gcovr failed: {last}", next_step="rm -r build/host, and again")
    report = json.loads(done.stdout)
    return {name: parse(report, files) for name, files in sections.items()}


def runs(numbers: tuple[int, ...]) -> str:
    """1, 2, 3, 7 as '1-3, 7'."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _share(part: int, whole: int) -> str:
    """Rounded down: what is not all is never shown as 100 %."""
    percent = f"{1000 * part // whole / 10:.1f} %" if whole else "none"
    return f"{percent:>8} {f'({part}/{whole})':>10}"


def table(sections: dict[str, list[FileCoverage]]) -> str:
    """Lines and branches per file; below the limit: marked, with the lines to reach."""
    text = [f"{'reached by the unit tests':32}{'lines':>19}{'branches':>19}"]
    for name, files in sections.items():
        text.append(name)
        for file in files:
            text.append(f"  {file.path:30}{_share(file.lines_reached, file.lines)}"
                        f"{_share(file.branches_taken, file.branches)}")
            if not file.is_enough():
                missed = f"not reached: {runs(file.missed)}" if file.lines else "never compiled"
                text.append(f"    below {LEAST_LINES_PERCENT} % of lines; {missed}")
    every = [file for files in sections.values() for file in files]
    text.append(f"{'all':32}"
                f"{_share(sum(f.lines_reached for f in every), sum(f.lines for f in every))}"
                f"{_share(sum(f.branches_taken for f in every), sum(f.branches for f in every))}")
    return "\n".join(text)


def main() -> int:
    """Prints the table; 1 when a file is below the limit."""
    sections = measure()
    print(table(sections))
    return 0 if all(file.is_enough() for files in sections.values() for file in files) else 1


if __name__ == "__main__":
    sys.exit(run_main(main))
