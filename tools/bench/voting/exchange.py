# SPDX-License-Identifier: BSD-2-Clause
"""The cost of a ballot exchange on two real cores: rcoe's own C, compiled for this machine."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UserError
from tools.paths import BUILD, ROOT
from tools.plugin import compiled

HOST = ROOT / "tools" / "bench" / "host"
WHAT = "the benchmark of a ballot exchange"
LIMIT_S = 300
FLAGS = ("-std=gnu11", "-O2", "-msse4.2", "-pthread", "-Wall", "-Wextra", "-Wconversion",
         "-Wshadow", "-Werror")
SOURCES = ("ballot", "commit", "enter", "fingerprint", "inputs", "leave", "rules", "time",
           "verdict", "vote", "wait", "levels/entry-exit/level")  # of rcoe/, without the way back
INCLUDES = ("tools/bench/host/arch", "rcoe/include", "rcoe/voting/include", "rcoe/changes/none",
            "rcoe/pages/none", "rcoe/levels/entry-exit", "shim/include", "kernel/include",
            "kernel/variant/no_hardware_debug", "kernel/arch/aarch64/include")


@dataclass(frozen=True)
class Cost:
    """Nanoseconds of one vote (publish, compare, wait for the window), or of one event."""

    window: int
    what: str      # "vote", or "event": a system call with its two votes
    mean: float
    median: float
    p99: float
    count: int
    measuring: float  # contained in median and p99: reading the clock


def processor(text: str) -> str:
    """The name in /proc/cpuinfo."""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def missing(text: str, cores: int) -> str | None:
    """Why this machine cannot measure it; None when it can."""
    flags: list[str] = next((line.partition(":")[2].split() for line in text.splitlines()
                             if line.startswith("flags")), [])
    if "sse4_2" not in flags:
        return "not an x86-64 processor with SSE 4.2, whose CRC instruction stands for Arm's"
    return None if cores >= 2 else "one core only: two replicas need two"


def cpuinfo() -> str:
    """What Linux knows of the processor."""
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8") if path.exists() else platform.processor()


def built() -> Path:
    """The program, made again when a source is newer."""
    rcoe = ROOT / "rcoe"
    sources = [HOST / "exchange.c", *(rcoe / f"{name}.c" for name in SOURCES)]
    depends = [*rcoe.rglob("*.h"), *HOST.rglob("*.h"), *(ROOT / "shim" / "include").rglob("*.h")]
    # Quoted only: rcoe/time.h is not <time.h>.
    flags = (*FLAGS, "-iquote", str(rcoe), *(f"-I{ROOT / name}" for name in INCLUDES))
    return compiled(WHAT, BUILD / "bench" / "exchange", flags, sources, depends)


def parse(output: str, window: int) -> list[Cost]:
    """The program's lines."""
    found = []
    for line in output.splitlines():
        what, mean, median, p99, count, measuring = line.split()
        found.append(Cost(window, what, float(mean), float(median), float(p99), int(count),
                          float(measuring)))
    return found


def measure(windows: tuple[int, ...], votes: int) -> list[Cost]:
    """One run per window, on the first two cores that this process may use."""
    program = built()
    cores = sorted(os.sched_getaffinity(0))[:2]
    found = []
    for window in windows:
        done = subprocess.run([str(program), *map(str, cores), str(window), str(votes)], text=True,
                              capture_output=True, check=False, timeout=LIMIT_S)
        if done.returncode != 0:
            said = done.stderr.splitlines() or ["nothing"]
            raise UserError(f"{WHAT} ended with status {done.returncode}; it said: {said[-1]}",
                            next_step="./ternion test unit")
        found += parse(done.stdout, window)
    return found
