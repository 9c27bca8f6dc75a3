# SPDX-License-Identifier: BSD-2-Clause
"""The command line: finds the command, makes its packages present, runs it."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from dataclasses import dataclass
from typing import NoReturn

from tools import packages
from tools.errors import UserError, run_main


@dataclass(frozen=True)
class Command:
    """One command: tools/commands/<name>.py has configure(parser) and run(args) -> status."""

    help: str
    sections: tuple[str, ...]  # of tools/packages.txt


COMMANDS = {
    "demo": Command("build everything, fly, break a replica, measure: the whole story", ("fly",)),
    "test": Command("run all tests, lint, proofs and models", ("fly", "debug", "cluster", "test")),
    "build": Command("build the images", ("fly",)),
    "image": Command("make an image from any seL4 root task", ("fly",)),
    "run": Command("fly one image and check its downlink, or run a root task", ("fly",)),
    "events": Command("show the flight recorder of the newest run, during it or after", ("fly",)),
    "replicas": Command("show each replica's state and counters in the newest run", ("fly",)),
    "diff": Command("show where the replicas of the newest run differ, by symbol", ("fly",)),
    "debug": Command("fly one image under gdb", ("fly", "debug")),
    "inject": Command("run a fault injection campaign", ("fly",)),
    "replay": Command("repeat one injection of a campaign, also under gdb", ("fly", "debug")),
    "report": Command("make a campaign's report; --tcb: what is not replicated", ("fly",)),
    "compare": Command("compare two campaigns: which shares differ by more than chance", ("fly",)),
    "bench": Command("count what the kernel's operations cost, against stock seL4", ("fly",)),
    "fuzz": Command("random system calls on a kernel that checks itself", ("fly",)),
    "doctor": Command("check this machine, and say what to do", ()),
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are the project's: one line and the next step."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse."""
        raise UserError(message, next_step=f"{self.prog} --help")


def _parser(chosen: str) -> Parser:
    """Only the chosen command's file is imported: the others may need packages not yet here."""
    parser = Parser(prog="./ternion", description="Ternion: a microkernel that flies in threes.",
                    epilog="./ternion COMMAND --help tells more about a command.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help)
        if name == chosen:
            module = importlib.import_module(f"tools.commands.{name}")
            module.configure(sub)
            sub.set_defaults(run=module.run)
    return parser


def _run(arguments: list[str]) -> int:
    chosen = arguments[0] if arguments else ""
    if chosen in COMMANDS:
        packages.ensure(list(COMMANDS[chosen].sections))
    elif chosen and not chosen.startswith("-"):
        raise UserError(f"unknown command '{chosen}'; the commands are: {', '.join(COMMANDS)}",
                        next_step="./ternion --help")
    parser = _parser(chosen)
    if not arguments:
        parser.print_help()
        return 0
    options = parser.parse_args(arguments)
    status = options.run(options)
    return int(status)


def _terminated(number: int, frame: object) -> NoReturn:
    """SIGTERM unwinds like any exit, so that every QEMU is ended."""
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    """The entry point. Returns the exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return run_main(lambda: _run(arguments))
    except KeyboardInterrupt:
        print("ternion: interrupted", file=sys.stderr)
        return 130
