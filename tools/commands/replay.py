# SPDX-License-Identifier: BSD-2-Clause
"""ternion replay: one injection again, by the package faultinj."""

from __future__ import annotations

import argparse

from faultinj import commands


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    commands.configure_replay(parser)


def run(args: argparse.Namespace) -> int:
    """Replays."""
    return int(commands.run_replay(args))
