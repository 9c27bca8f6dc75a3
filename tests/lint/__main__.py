# SPDX-License-Identifier: BSD-2-Clause
"""Runs every rule over the tree: /usr/bin/python3 -m tests.lint [--json]"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.lint.programs import PROGRAMS, formatted
from tests.lint.rules import RULES
from tests.lint.tree import Finding, read_tree

ROOT = Path(__file__).resolve().parents[2]


def lint(root: Path, only: list[str]) -> dict[str, list[Finding]]:
    """Rule -> findings."""
    tree = read_tree(root)
    answer = {name: list(rule(tree)) for name, rule in RULES.items() if not only or name in only}
    for name, program in PROGRAMS.items():
        if not only or name in only:
            answer[name] = list(program(root, tree))
    return answer


def main() -> int:
    """Status 1 when something is against a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rule", nargs="*", help=f"of {', '.join([*RULES, *PROGRAMS])}")
    parser.add_argument("--json", action="store_true", help="print counts per rule as JSON")
    parser.add_argument("--fix", action="store_true", help="lay out the C files first")
    arguments = parser.parse_args()
    if arguments.fix:
        subprocess.run(["clang-format", "-i", *formatted(read_tree(ROOT))], cwd=ROOT, check=True)
    unknown = set(arguments.rule) - {*RULES, *PROGRAMS}
    if unknown:
        parser.error(f"no such rule: {', '.join(sorted(unknown))}")
    answer = lint(ROOT, arguments.rule)
    for findings in answer.values():
        for finding in findings:
            print(finding, file=sys.stderr if arguments.json else sys.stdout)
    bad = sum(bool(findings) for findings in answer.values())
    if arguments.json:
        print(json.dumps({name: len(findings) for name, findings in answer.items()}))
    else:
        print(f"{len(answer) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
