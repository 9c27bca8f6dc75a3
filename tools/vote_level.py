# SPDX-License-Identifier: BSD-2-Clause
"""Prints the vote level of a system description, or the one given instead, once it is checked.

CMake picks the kernel's form by it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.errors import UserError, run_main
from tools.system_file import read_system, vote_level


def show(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        raise UserError("give a system description, and a vote level to override its own",
                        next_step="python3 -m tools.vote_level configs/flight.system")
    own = read_system(Path(arguments[0])).redundancy.vote
    print((vote_level(None, arguments[1]) if len(arguments) == 2 else own).text)
    return 0


def main(arguments: list[str]) -> int:
    return run_main(lambda: show(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
