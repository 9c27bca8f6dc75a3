# SPDX-License-Identifier: BSD-2-Clause
"""Proves the contracts of rcoe/ and shim/, and that no run-time error is in them (Frama-C/WP)."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.proofs.mutations import MUTATIONS, Mutation  # noqa: E402
from tests.proofs.places import NOT_PROVED, PLACES, Place  # noqa: E402
from tools.errors import UserError  # noqa: E402

TREE = Path(__file__).resolve().parents[2]
PROVERS = "cvc4,z3"
CONFIG = ".why3.conf"  # where Why3 keeps its list of provers
SECONDS = 40  # for one goal and prover; the slowest needs 12 on an idle machine
REFUSE_SECONDS = 5  # what is refused takes them all
PARALLEL = 2
TOGETHER = 3  # files in one call: to read a room takes as long as to prove a file
REPORT = "goals.json"  # of each function
PROVED = re.compile(r"Proved goals: *(\d+) */ *(\d+)")
ATTRIBUTE = re.compile(r"__attribute__\(\(\w+\)\)")
DEFINITION = re.compile(r"^(?![#\s/{}])[^;={}]*?\b(\w+)\([^;{}]*\)\n\{", re.MULTILINE)
NUMBERED = re.compile(r"_\d+$")
QUIET = ("annot:missing-spec=inactive", "asm:clobber=inactive")
FAILED = re.compile(r"\[(?:Failed|Timeout|Unknown|Stepout)\] Goal (\w+)"
                    r"|(User Error.*|frama-c ended with .*)")


@dataclass(frozen=True)
class Result:
    """Of one file."""

    proved: int
    goals: int
    output: str

    def is_good(self) -> bool:
        """All proved, and there was something to prove."""
        return 0 < self.goals == self.proved


def functions(path: Path) -> list[str]:
    """Names of the functions that a file of our style defines."""
    return DEFINITION.findall(ATTRIBUTE.sub("", path.read_text(encoding="utf-8")))


def command(tree: Path, place: Place, names: list[str], seconds: int) -> list[str]:
    """The call of Frama-C that proves functions of a place, or of places that are read alike."""
    proofs = TREE / "tests" / "proofs" / "include"
    room = place.room
    includes = [f"-I{proofs}"]
    for path in room.includes:
        includes += [f"-iquote{tree / path}", f"-I{tree / path}"]
    preprocessor = " ".join([*includes, f"-include {room.contracts}", *room.defines])
    warnings = [word for key in QUIET for word in ("-kernel-warn-key", key)]
    return ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-aggressive-merging", *warnings,
            "-wp-warn-key", "pedantic-assigns=inactive",
            f"-cpp-extra-args={preprocessor}",
            "-rte-no-pointer-call",  # a function that is called by address is one of `calls`
            "-wp", "-wp-rte", "-wp-model", place.model, "-wp-check-memory-model",
            "-wp-cache", "none", "-wp-prover", PROVERS, "-wp-timeout", str(seconds),
            "-wp-par", "1", "-wp-report-json", REPORT, "-wp-fct", ",".join(names), *place.options,
            *(str(tree / path) for path in place.sources(tree))]


def proved_functions(tree: Path, place: Place) -> list[str]:
    """All that its file defines, but for those that are left out."""
    defined = functions(tree / place.path)
    for name in place.left_out:
        if name not in defined:
            raise UserError(f"{place.path} has no function {name} that could be left out",
                            next_step="mend tests/proofs/places.py")
    return [name for name in defined if name not in place.left_out]


def counted(report: Path, names: list[str]) -> tuple[int, int]:
    """Goals of these functions, proved and all. Frama-C numbers functions that share a name."""
    proved = goals = 0
    for name, of_it in json.loads(report.read_text(encoding="utf-8"))["wp:functions"].items():
        if NUMBERED.sub("", name) in names:
            found = of_it["wp:section"]["wp:main"]
            proved += found.get("valid", 0)
            goals += found["total"]
    return proved, goals


def prove(tree: Path, place: Place, home: Path, asked: list[list[str]],
          seconds: int) -> list[Result]:
    """Runs the proof of lists of functions of files that are read alike; a result for each list."""
    names = [name for of_it in asked for name in of_it]
    with tempfile.TemporaryDirectory(dir=home) as own:  # two at a time share no file
        shutil.copy(home / CONFIG, own)
        done = subprocess.run(command(tree, place, names, seconds), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, cwd=own,
                              env={**os.environ, "HOME": own, "TMPDIR": own})
        if done.returncode or not PROVED.search(done.stdout):
            said = f"{done.stdout}\nframa-c ended with status {done.returncode}\n"
            return [Result(0, 1, said) for _ in asked]
        return [Result(*counted(Path(own, REPORT), of_it), done.stdout) for of_it in asked]


def prepare(home: Path) -> None:
    """Finds the provers for this run, whatever the user's own list says."""
    subprocess.run(["why3", "config", "detect"], check=True, capture_output=True,
                   env={**os.environ, "HOME": str(home)})


def report(place: Place, result: Result) -> None:
    """One line for the file, and what was not proved."""
    print(f"proofs: {place.path}: {result.proved} of {result.goals} goals proved", flush=True)
    if result.is_good():
        return
    names = functions(TREE / place.path)
    said = [goal or error for goal, error in FAILED.findall(result.output)
            if error or any(f"_{name}_" in goal for name in names)]
    for line in said or result.output.splitlines()[-20:]:
        print(f"    not proved: {line}")


def parts(places: list[Place]) -> list[list[Place]]:
    """The places, those together that one call can prove; the longest first."""
    alike: dict[object, list[Place]] = {}
    for place in places:
        read = (place.room, place.model, place.options, tuple(place.sources(TREE)))
        alike.setdefault(read, []).append(place)
    found = [group[i:i + TOGETHER] for group in alike.values()
             for i in range(0, len(group), TOGETHER)]
    return sorted(found, key=lambda part: -sum((TREE / p.path).stat().st_size for p in part))


def _all(part: list[Place], home: Path) -> list[Result]:
    asked = [proved_functions(TREE, place) for place in part]
    return prove(TREE, part[0], home, asked, SECONDS)


def examine(mutation: Mutation, home: Path) -> str:
    """Whether the change of the source is noticed: refused, or PROVED, or what went wrong."""
    place = next(place for place in PLACES if place.path == mutation.path)
    if mutation.goals:
        place = replace(place, options=(*place.options, "-wp-prop", mutation.goals))
    with tempfile.TemporaryDirectory(dir=home) as tree:
        mutation.apply(TREE, Path(tree))
        result = prove(Path(tree), place, home, [[mutation.function]], REFUSE_SECONDS)[0]
    if not PROVED.search(result.output):
        return "not examined: " + " ".join(result.output.split()[-40:])
    return "refused" if result.proved < result.goals else "PROVED"


def refuse_all(mutations: Iterable[Mutation]) -> bool:
    """Every mutation, two at a time."""
    asked = list(mutations)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        prepare(home)
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = list(pool.map(lambda m: examine(m, home), asked))
    for mutation, said in zip(asked, found):
        print(f"mutation: {mutation.text}: {said}")
    return all(said == "refused" for said in found)


def prove_all(places: list[Place]) -> bool:
    """Every place, two calls at a time."""
    asked = parts(places)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        prepare(home)
        proved = 0
        good = True
        with ThreadPoolExecutor(PARALLEL) as pool:
            for part, results in zip(asked, pool.map(lambda p: _all(p, home), asked)):
                for place, result in zip(part, results):
                    report(place, result)
                    proved += result.proved
                    good = good and result.is_good()
    print(f"proofs: {proved} goals in {len(places)} files" + ("" if good else ", NOT ALL PROVED"))
    return good


def check_all_named(tree: Path) -> None:
    """No file of these rooms may be forgotten."""
    named = [place.path for place in PLACES] + list(NOT_PROVED)
    for path in sorted(path for room in ("rcoe", "shim") for path in (tree / room).rglob("*.[ch]")):
        name = path.relative_to(tree).as_posix()
        if functions(path) and not any(name == n or name.startswith(f"{n}/") for n in named):
            raise UserError(f"{name} has functions that nothing proves",
                            next_step="name it in tests/proofs/places.py")


def chosen(names: list[str]) -> list[Place]:
    """The places of these files, or all."""
    known = {place.path for place in PLACES}
    for name in names:
        if name not in known:
            raise UserError(f"no proofs of {name}: tests/proofs/places.py does not name it",
                            next_step=f"ask for one that it names, as {PLACES[0].path}")
    return [place for place in PLACES if not names or place.path in names]


def main() -> int:
    """The command line: names of files, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="*", help="only these, as rcoe/vote.c")
    parser.add_argument("--mutations", action="store_true",
                        help="examine all mutations; else those of the files, or a sample")
    args = parser.parse_args()
    places = chosen(args.file)
    check_all_named(TREE)
    paths = {place.path for place in places}
    good = prove_all(places)
    asked = [m for m in MUTATIONS
             if m.path in paths and (m.is_sample or args.mutations or args.file)]
    return 0 if refuse_all(asked) and good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        print(f"proofs: {error.message}\n    next: {error.next_step}", file=sys.stderr)
        sys.exit(2)
