# SPDX-License-Identifier: BSD-2-Clause
"""Compiles the project's TCG plugins: faultinj/plugin and tools/bench/plugin."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.errors import UserError
from tools.paths import BUILD, ROOT

SHARED = ROOT / "tools" / "plugin" / "ternion_plugin.h"
FLAGS = ("-std=gnu11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall",
         "-Wextra", "-Wconversion", "-Wshadow", "-Werror")


def compiled(what: str, target: Path, flags: tuple[str, ...], sources: list[Path],
             depends: list[Path]) -> Path:
    """Made by the host's C compiler, again when one of the files is newer."""
    newest = max(path.stat().st_mtime for path in [*sources, *depends])
    if target.exists() and target.stat().st_mtime >= newest:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        done = subprocess.run(["cc", *flags, "-o", str(partial), *map(str, sources)],
                              capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UserError(f"{what} needs a C compiler (cc)",
                        next_step="./ternion doctor") from error
    if done.returncode != 0:
        lines = done.stderr.splitlines() or ["no message"]
        raise UserError(f"{what} does not compile: {lines[0]}", next_step="./ternion doctor")
    partial.replace(target)
    return target


def built(source: Path, what: str) -> Path:
    """The plugin of this source file, in the build directory of its room."""
    room = source.parent.parent.name
    return compiled(f"the {what} plugin", BUILD / room / f"{source.stem}.so",
                    (*FLAGS, f"-I{SHARED.parent}"), [source],
                    [SHARED, *source.parent.glob("*.h")])
