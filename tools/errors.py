# SPDX-License-Identifier: BSD-2-Clause
"""The one way in which a tool says that the user can mend something."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class UserError(Exception):
    """One line about what is wrong, and the next step to type or do. Exit status 2."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


def run_main(main: Callable[[], int]) -> int:
    """Runs a command's body; the user's mistake becomes two lines on stderr and exit status 2."""
    try:
        return main()
    except UserError as error:
        print(f"ternion: {error.message}", file=sys.stderr)
        if error.next_step:
            print(f"    next: {error.next_step}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough: ./ternion report | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
