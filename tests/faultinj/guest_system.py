# SPDX-License-Identifier: BSD-2-Clause
"""Builds the engine's test guest and describes it as a system, so that the engine can run it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.qemu import Flight
from tools.system_report import QemuBoard, Region, SystemReport

HERE = Path(__file__).resolve().parent / "guest"
RAM = Region(0x40000000, 0x10000000)


def build(place: Path) -> SystemReport:
    """Compiles the guest into the directory."""
    elf, image = place / "guest.elf", place / "guest.img"
    subprocess.run(
        ["aarch64-linux-gnu-gcc", "-std=gnu11", "-ffreestanding", "-nostdlib", "-static",
         "-mgeneral-regs-only", "-mno-outline-atomics", "-mstrict-align", "-O2", "-g", "-fno-pic",
         "-Wl,--build-id=none,--no-warn-rwx-segments", "-T", str(HERE / "guest.ld"),
         "-o", str(elf), str(HERE / "guest.S"), str(HERE / "guest.c")], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", str(elf), str(image)], check=True)
    qemu = QemuBoard(
        "qemu-system-aarch64", "virt,virtualization=on,gic-version=3",
        ["-cpu", "cortex-a53", "-smp", "4", "-m", "256M", "-display", "none", "-nic", "none"],
        ["-icount", "shift=0,sleep=off"])
    return SystemReport(
        path=place / "report.json", preset="guest", board="qemu-virt", replicas=3, image=image,
        sha256="0" * 64, ram=RAM, shim=[], board_page=Region(0, 0), recorders=[], partitions=[],
        elves={"kernel": elf}, qemu=qemu, raw={})


def flight(system: SystemReport) -> Flight:
    """A flight of the guest; it reads no files, so it gets its own image as both."""
    return Flight(system, Path("unset"), system.image, system.image)
