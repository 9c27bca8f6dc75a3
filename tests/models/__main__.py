# SPDX-License-Identifier: BSD-2-Clause
"""python3 -m tests.models [MODEL...]: searches the models, then those with a check dropped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.models.catalogue import MUTATIONS, RESIDUAL, RUNS, Mutation, Run
from tests.models.spin import Search, searcher
from tools.errors import UserError

PARALLEL = 2


@dataclass(frozen=True)
class Answer:
    """All about one model."""

    states: Search
    cycles: Search
    mutations: dict[str, Search]

    def failure(self) -> str:
        """What is wrong with it, if anything."""
        return self.states.failure or self.cycles.failure


def _states(run: Run, mutations: list[Mutation]) -> tuple[Search, dict[str, Search]]:
    with searcher(run, cycles=False) as search:
        return search(""), {mutation.name: search(mutation.name) for mutation in mutations}


def _cycles(run: Run) -> Search:
    with searcher(run, cycles=True) as search:
        return search("")


def _ask(runs: list[Run], mutations: list[Mutation]) -> dict[Run, Answer]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        def later(run: Run) -> tuple[Future[tuple[Search, dict[str, Search]]], Future[Search]]:
            own = [mutation for mutation in mutations if mutation.run == run]
            return pool.submit(_states, run, own), pool.submit(_cycles, run)
        asked = {run: later(run) for run in runs}
        return {run: Answer(states.result()[0], cycles.result(), states.result()[1])
                for run, (states, cycles) in asked.items()}


def _show_runs(answers: dict[Run, Answer]) -> int:
    print(f"{'model':32} {'states':>9} {'with cycles':>12} {'MiB':>5}  no wrong or stuck state, "
          "no endless wait")
    for run, answer in answers.items():
        print(f"{run.name:32} {answer.states.states:9} {answer.cycles.states:12} "
              f"{max(answer.states.mib, answer.cycles.mib):5.0f}  "
              f"{'NO: ' + answer.failure() if answer.failure() else 'yes'}")
    print(f"{sum(answer.states.states for answer in answers.values())} states, none left out")
    return sum(bool(answer.failure()) for answer in answers.values())


def _show_mutations(mutations: list[Mutation], answers: dict[Run, Answer]) -> int:
    caught: Callable[[Mutation], str] = lambda m: answers[m.run].mutations[m.name].failure
    print(f"\n{'mutation':15} {'what is dropped':56} caught by")
    for mutation in mutations:
        print(f"{mutation.name:15} {mutation.text:56} {caught(mutation) or 'NOTHING'}")
    return sum(not caught(mutation) for mutation in mutations)


def main(names: list[str]) -> int:
    """0 if all models hold, all mutations are caught and the residual window is where it was."""
    start = time.monotonic()
    runs = [run for run in RUNS if not names or run.model in names]
    mutations = [m for m in (*MUTATIONS, RESIDUAL) if m.run in runs]
    answers = _ask(runs, mutations)
    bad = _show_runs(answers) + _show_mutations(mutations, answers)
    good = len(runs) + len(mutations) - bad
    print(f"{time.monotonic() - start:.0f} s\n{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        print(f"models: {error.message}\n    next: {error.next_step}", file=sys.stderr)
        sys.exit(2)
