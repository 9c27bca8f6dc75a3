# SPDX-License-Identifier: BSD-2-Clause
"""Where things lie in the tree and where results go."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PACKAGES = ROOT / "tools" / "packages.txt"
PRESETS = ROOT / "CMakePresets.json"


def relative(path: Path) -> str:
    """The path as a user in the tree would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def ram_directory() -> Path:
    """Where guest RAM files go: memory when there is a memory file system, else the build tree."""
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK):
        room = os.statvfs(shared)
        if room.f_bavail * room.f_frsize > 1 << 30:
            return shared
    BUILD.mkdir(exist_ok=True)
    return BUILD
