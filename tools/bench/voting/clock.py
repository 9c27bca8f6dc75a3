# SPDX-License-Identifier: BSD-2-Clause
"""DMR against base by the wall clock: each replica on a core of the host, no instruction counting.

QEMU's virtual time then is the host's, so the program's own uptime is the wall clock. Pairs are
interleaved, so that whatever else the host does meets both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from tools.bench.voting.measure import LAST_WORDS, LONG_PROGRAM, told_by
from tools.bench.voting.modes import BASE, LEVEL, Images, Mode
from tools.errors import UserError
from tools.qemu import Ending, Timing
from tools.root_run import run_root_task
from tools.system_report import SystemReport

DMR = Mode("dmr", LEVEL, 64)
LIMIT_S = 300.0
NOT_TIMED = ("interrupts",)  # it sleeps most of the time
QUIET = 0.85                 # share of the host that must be idle before
LOOK_S = 1.0
CONFIDENCE = 0.95
RESAMPLES = 5000


@dataclass(frozen=True)
class Ratio:
    """Times of DMR relative to base, of one workload."""

    workload: str
    pairs: tuple[float, ...]
    median: float
    low: float    # quartiles
    high: float
    interval: tuple[float, float] | None  # 95 % of the median, by bootstrap; None below 3 pairs


@dataclass(frozen=True)
class Clock:
    """The whole comparison."""

    ratios: list[Ratio]
    idle: float     # share of the host's processors that nobody used before
    cores: int
    images: dict[str, str]  # sha256

    @property
    def disturbed(self) -> bool:
        """The host was busy with other things: times say little."""
        return self.idle < QUIET


def ratio_of(workload: str, base: list[float], dmr: list[float]) -> Ratio:
    """Pair by pair."""
    pairs = np.array(dmr) / np.array(base)
    low, median, high = np.percentile(pairs, (25, 50, 75))
    interval = None
    if len(pairs) >= 3:
        found = stats.bootstrap((pairs,), np.median, confidence_level=CONFIDENCE,
                                n_resamples=RESAMPLES, method="percentile",
                                random_state=np.random.default_rng(1)).confidence_interval
        interval = float(found.low), float(found.high)
    return Ratio(workload, tuple(float(pair) for pair in pairs), float(median), float(low),
                 float(high), interval)


def _ticks(stat: Path) -> tuple[int, int]:
    """Idle and all ticks of the processors so far."""
    fields = [int(word) for word in stat.read_text().split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def idle_share(seconds: float = LOOK_S, stat: Path = Path("/proc/stat")) -> float:
    """How much of the host is free now."""
    idle, total = _ticks(stat)
    time.sleep(seconds)
    idle_later, total_later = _ticks(stat)
    return (idle_later - idle) / max(total_later - total, 1)


def _times(mode: Mode, image: SystemReport,
           announce: Callable[[str], None] | None) -> dict[str, float]:
    done = run_root_task(image, image.image, timing=Timing.FREE, limit_s=LIMIT_S,
                         announce=announce)
    if done.end.ending is not Ending.OFF or not done.text.endswith(LAST_WORDS):
        raise UserError(f"{LONG_PROGRAM} on {mode.text}: {done.how()}",
                        next_step="./ternion bench voting --pairs 0")
    return {name: told.seconds for name, told in told_by(done.text).items()
            if name not in NOT_TIMED}


def measure(pairs: int, images: Images, announce: Callable[[str], None] | None = None) -> Clock:
    """base, DMR, base, DMR, ..."""
    ready = {mode: images.of(mode, LONG_PROGRAM) for mode in (BASE, DMR)}
    idle = idle_share()
    seen: dict[Mode, list[dict[str, float]]] = {mode: [] for mode in ready}
    for _ in range(pairs):
        for mode, image in ready.items():
            seen[mode].append(_times(mode, image, announce))
    names = list(seen[BASE][0])
    return Clock([ratio_of(name, [times[name] for times in seen[BASE]],
                           [times[name] for times in seen[DMR]]) for name in names],
                 idle, os.cpu_count() or 1, {mode.key: ready[mode].sha256 for mode in ready})
