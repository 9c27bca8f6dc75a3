# SPDX-License-Identifier: BSD-2-Clause
"""ternion inject: a fault injection campaign, by the package faultinj."""

from __future__ import annotations

import argparse

from faultinj import commands


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    commands.configure_inject(parser)


def run(args: argparse.Namespace) -> int:
    """Injects."""
    return int(commands.run_inject(args))
