# SPDX-License-Identifier: BSD-2-Clause
"""Finds and installs the distribution packages of tools/packages.txt. Standard library only."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UserError
from tools.paths import PACKAGES


@dataclass(frozen=True)
class Package:
    """One line of the list."""

    name: str
    section: str
    purpose: str


def read_list(path: Path = PACKAGES) -> list[Package]:
    """The package list in its own order."""
    packages: list[Package] = []
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        body, _, purpose = line.partition("#")
        body = body.strip()
        if not body:
            continue
        if body.startswith("[") and body.endswith("]"):
            section = body[1:-1]
        elif not section or len(body.split()) != 1:
            raise UserError(f"{path.name}:{number}: cannot read '{body}'",
                            next_step="write [section] lines and one package per line")
        else:
            packages.append(Package(body, section, purpose.strip()))
    return packages


def installed(names: list[str]) -> dict[str, str]:
    """Name -> version of those that are installed."""
    if shutil.which("dpkg-query") is None:
        raise UserError("this machine has no dpkg-query, so packages cannot be looked up",
                        next_step="use Debian 12 (bookworm) or a container of it")
    # A package that is unknown makes the status non-zero; the answer about the others still comes.
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${db:Status-Status}\t${Version}\n", *names],
        capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        name, status, version = line.split("\t")
        if status == "installed":
            found[name] = version
    return found


def missing(sections: list[str], packages: list[Package] | None = None) -> list[str]:
    """Names of the sections' packages that are not installed."""
    if packages is None:
        packages = read_list()
    names = [package.name for package in packages if package.section in sections]
    found = installed(names)
    return [name for name in names if name not in found]


def _privilege() -> list[str] | None:
    """The prefix that makes a command run as root, or None when there is no silent way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    probe = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if probe.returncode == 0 else None


def install_line(names: list[str]) -> str:
    """The one line that a user without rights has to type, or to have typed."""
    return "sudo apt-get install --yes --no-install-recommends " + " ".join(names)


def install(names: list[str]) -> None:
    """Installs with apt-get when this user may; otherwise says what to type."""
    if not names:
        return
    prefix = _privilege()
    if prefix is None:
        count = f"{len(names)} package{'s are' if len(names) > 1 else ' is'}"
        raise UserError(f"{count} missing and this user may not install: {' '.join(names)}",
                        next_step=install_line(names))
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*prefix, *environment, "apt-get", "--yes", "--quiet"]
    command = [*apt, "install", "--no-install-recommends", *names]
    print(f"Installing from the distribution: {' '.join(names)}", flush=True)
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        return
    # The package index of a fresh machine may be absent or old: fetch it and try once more.
    for step in ([*apt, "update"], command):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise UserError(f"apt-get failed: {lines[-1]}",
                        next_step="mend the package sources, then: " + shlex.join(command))


def ensure(sections: list[str]) -> None:
    """Makes the packages of these sections present, or says what to type."""
    install(missing(sections))
