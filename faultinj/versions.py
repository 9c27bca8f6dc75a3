# SPDX-License-Identifier: BSD-2-Clause
"""Of everything that has a part in the results."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib import metadata

from faultinj.plugin_page import built_plugin
from tools.paths import ROOT

COMPILER = "aarch64-linux-gnu-gcc"  # of the images
SOURCES = ("faultinj/**/*.py", "faultinj/plugin/*.[ch]", "tools/**/*.py", "tools/plugin/*.h")


def first_line(*command: str) -> str:
    """Of what a program says; empty where there is no such program, or it refuses."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return (answer.stdout.splitlines() or [""])[0]


def qemu_version(binary: str) -> str:
    """Empty when it is not there."""
    return first_line(binary, "--version").removeprefix("QEMU emulator ")


def sources_version() -> str:
    """The tree's commit, and whether something was changed since."""
    git = ("git", "-C", str(ROOT))
    commit = first_line(*git, "rev-parse", "HEAD")
    changed = ", with changes" if first_line(*git, "status", "--porcelain") else ""
    return f"commit {commit}{changed}" if commit else "not under version control"


def tool_versions() -> dict[str, str]:
    """Of the tools beside QEMU."""
    found = {"python": platform.python_version(),
             "plugin": hashlib.sha256(built_plugin().read_bytes()).hexdigest()[:16]}
    return found | {name: metadata.version(name) for name in (
        "numpy", "scipy", "pyelftools", "matplotlib")}


def tree_digest() -> str:
    """Of this tree's sources of what injects and decides."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def here(binary: str) -> dict[str, str]:
    """What two machines must have in common to get the same results; "" is missing."""
    return {"Ternion": tree_digest(), "QEMU": qemu_version(binary),
            "Python": ".".join(platform.python_version_tuple()[:2])}
