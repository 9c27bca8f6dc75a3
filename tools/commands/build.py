# SPDX-License-Identifier: BSD-2-Clause
"""ternion build: makes the images and shows how large they are."""

from __future__ import annotations

import argparse

from tools import presets, sizes
from tools.console import console, good, heading, size, table
from tools.paths import relative
from tools.presets import BuildError, BuildResult
from tools.system_report import SystemReport

MODES = ("base", "dmr", "tmr")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--preset", action="append", metavar="P",
                        help="one of CMakePresets.json, also short: base, dmr, tmr, host; may be "
                             "given several times (default: base, dmr and tmr)")


def build(preset: str, quiet: bool = False) -> BuildResult:
    """Builds one preset and tells about it; shows the compiler's words when it fails."""
    with console.status(f"building {preset} …"):
        try:
            result = presets.build(preset)
        except BuildError as error:
            console.print(error.excerpt, markup=False, style="note")
            raise
    if quiet:
        return result
    where = ""
    if result.system:
        image = result.system.image
        where = f": {relative(image)}, {size(image.stat().st_size)}"
    good(f"{result.preset} built in {result.seconds:.1f} s{where}")
    return result


def show_sizes(systems: list[SystemReport]) -> None:
    """The table of sizes. Programs are the same in every mode, so they are shown once."""
    programs = table("program", "code", "constants", "data", "zeroed", "total",
                     right=("code", "constants", "data", "zeroed", "total"))
    for name, found in sizes.of_system(systems[-1]).items():
        programs.add_row(name, *(f"{count:,}" for count in (
            found.code, found.constant, found.data, found.zero, found.total)))
    console.print(programs)
    images = table("image", "replicas", "bytes", "sha256", right=("replicas", "bytes"))
    for system in systems:
        images.add_row(system.preset, str(system.replicas),
                       f"{system.image.stat().st_size:,}", system.sha256[:16])
    console.print()
    console.print(images)


def run(args: argparse.Namespace) -> int:
    """Builds the presets asked for."""
    chosen = [presets.check(name) for name in args.preset or MODES]
    heading("Build")
    systems = [result.system for result in map(build, chosen) if result.system]
    if systems:
        console.print()
        show_sizes(systems)
    return 0
