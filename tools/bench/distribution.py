# SPDX-License-Identifier: BSD-2-Clause
"""Percentiles of times and counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Distribution:
    """Of some times or counts."""

    count: int
    median: int
    p99: int
    most: int
    least: int = 0


def distribution(values: Iterable[int]) -> Distribution | None:
    """Percentiles are values that occurred (the next higher one); None of nothing."""
    found = np.array(sorted(values), dtype=np.int64)
    if not len(found):
        return None
    median, p99 = np.percentile(found, (50, 99), method="higher")
    return Distribution(len(found), int(median), int(p99), int(found[-1]), int(found[0]))


def us(ns: int) -> str:
    """Nanoseconds as microseconds, for a table."""
    return f"{ns / 1000:,.1f}"
