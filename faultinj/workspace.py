# SPDX-License-Identifier: BSD-2-Clause
"""Where a run keeps its files, and how they go away."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tools.paths import ram_directory


class Workspace:
    """Files of one run: RAM, downlink, plugin page, sockets. Removed at its end."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(tempfile.mkdtemp(prefix=f"ternion-inject-{os.getpid()}-",
                                                  dir=ram_directory()))
        self.ram = self.path / "ram"
        self.downlink = self.path / "downlink"
        self.gdb = self.path / "gdb"
        self.sights = self.path / "sights"

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def sweep() -> None:
    """Removes what killed campaigns have left: their RAM files are large."""
    for left in ram_directory().glob("ternion-inject-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
