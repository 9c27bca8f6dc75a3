# SPDX-License-Identifier: BSD-2-Clause
"""ternion doctor: is this machine fit, and if not, what to do. Standard library only."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import packages
from tools.errors import UserError
from tools.paths import ROOT

GIB = 1 << 30
RAM_FILE = 256 << 20


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    right: bool
    text: str
    remedy: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--install", action="store_true", help="install what is missing")


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0]


def _version(text: str) -> tuple[int, ...]:
    match = re.search(r"(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else ()


def check_python() -> Finding:
    """The interpreter that the packages are for."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(sys.version_info >= (3, 11), f"Python {version} ({sys.executable})",
                   "use Debian 12 or newer")


def check_packages() -> list[Finding]:
    """Each section of the list."""
    findings = []
    listed = packages.read_list()
    for section in dict.fromkeys(package.section for package in listed):
        absent = packages.missing([section], listed)
        count = sum(package.section == section for package in listed)
        text = f"packages for '{section}': {count - len(absent)} of {count}"
        if absent:
            text += f", missing: {' '.join(absent)}"
        findings.append(Finding(not absent, text, packages.install_line(absent)))
    return findings


def check_tool(name: str, minimum: tuple[int, ...], package: str) -> Finding:
    """A program and its version."""
    line = _first_line(name, "--version")
    if not line:
        return Finding(False, f"{name} is not on this machine", packages.install_line([package]))
    wanted = ".".join(str(part) for part in minimum)
    return Finding(_version(line) >= minimum, f"{line} (needs {wanted})",
                   f"install {package} {wanted} or newer")


def check_qemu_features() -> Finding:
    """EL2, GICv3, deterministic counting and a RAM file, all at once: QEMU is asked to start so."""
    command = ["qemu-system-aarch64", "-M", "virt,virtualization=on,gic-version=3", "-cpu",
               "cortex-a53", "-smp", "4", "-icount", "shift=0,sleep=off", "-display", "none",
               "-nic", "none", "-S", "-qmp", "stdio", "-serial", "null", "-monitor", "none"]
    try:
        done = subprocess.run(command, input='{"execute":"qmp_capabilities"}\n'
                              '{"execute":"quit"}\n', capture_output=True, text=True,
                              check=False, timeout=20)
    except FileNotFoundError:
        return Finding(False, "QEMU features not checked: no qemu-system-aarch64",
                       packages.install_line(["qemu-system-arm"]))
    except subprocess.TimeoutExpired:
        return Finding(False, "QEMU started but did not answer within 20 s",
                       "end other heavy work on this machine")
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return Finding(done.returncode == 0,
                   "QEMU: EL2, GICv3 and instruction counting" + (f": {last}" if last else ""),
                   "use QEMU 7.2 or newer with TCG")


def check_kvm() -> Finding:
    """KVM is only told about."""
    there = os.access("/dev/kvm", os.R_OK | os.W_OK)
    return Finding(True, "KVM is not needed" + (", though it is here" if there else ""))


def check_disk() -> Finding:
    """Room for the build tree."""
    free = shutil.disk_usage(ROOT).free
    return Finding(free > GIB, f"{free / GIB:.1f} GiB free for the build tree (needs 1)",
                   f"make room on the disk of {ROOT}")


def check_ram_files() -> Finding:
    """A file system in memory for the guest's RAM."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or not os.access(shared, os.W_OK):
        return Finding(False, "/dev/shm is not writable: RAM files go to disk, campaigns are slow",
                       "mount a tmpfs of 1 GiB at /dev/shm")
    free = shutil.disk_usage(shared).free
    return Finding(free > 4 * RAM_FILE, f"{free / GIB:.1f} GiB free in /dev/shm for RAM files "
                   "(needs 1)", "mount -o remount,size=2G /dev/shm")


def check_processors() -> Finding:
    """Two host cores give DMR real parallelism."""
    count = len(os.sched_getaffinity(0))
    return Finding(count >= 2, f"{count} processors (needs 2)",
                   "everything works with one, but takes twice as long")


def findings() -> list[Finding]:
    """All checks. One that itself breaks is a finding too."""
    def guarded(check: Callable[[], Finding | list[Finding]]) -> list[Finding]:
        try:
            found = check()
        except UserError as error:
            return [Finding(False, error.message, error.next_step)]
        return found if isinstance(found, list) else [found]

    checks: list[Callable[[], Finding | list[Finding]]] = [
        check_python, check_packages,
        lambda: check_tool("cmake", (3, 25), "cmake"),
        lambda: check_tool("qemu-system-aarch64", (7, 2), "qemu-system-arm"),
        lambda: check_tool("aarch64-linux-gnu-gcc", (12, 0), "gcc-aarch64-linux-gnu"),
        check_qemu_features, check_kvm, check_processors, check_disk, check_ram_files]
    return [finding for check in checks for finding in guarded(check)]


def run(args: argparse.Namespace) -> int:
    """Prints the findings; status 1 when something is not right."""
    if args.install:
        packages.ensure(list(dict.fromkeys(p.section for p in packages.read_list())))
    colour = sys.stdout.isatty()
    marks = ("\033[32m✔\033[0m", "\033[31m✘\033[0m") if colour else ("✔", "✘")
    found = findings()
    for finding in found:
        print(f"{marks[0] if finding.right else marks[1]} {finding.text}")
        if not finding.right and finding.remedy:
            print(f"    next: {finding.remedy}")
    wrong = sum(not finding.right for finding in found)
    print("This machine is fit." if not wrong else f"{wrong} of {len(found)} checks ask for help.")
    return 1 if wrong else 0
