# SPDX-License-Identifier: BSD-2-Clause
"""A campaign of a few seconds, and what of its results must be the same in every run."""

from __future__ import annotations

from pathlib import Path

from faultinj.spec import Campaign
from faultinj.store import Result
from tests.faultinj import campaign_parts as parts

COUNT, SEED = 5, 11
SEEN = ("outcome", "mechanism", "excluded", "event", "time", "exclude_time", "landing", "pc",
        "before_value", "after_value", "downlink_sha256", "log_digest", "place", "latency")


def small() -> Campaign:
    return parts.campaign("user", arms=("tmr",), count=COUNT, seed=SEED)


def seen(results: list[Result]) -> list[tuple[object, ...]]:
    return [(result.id, *(getattr(result, name) for name in SEEN)) for result in results]


def living(prefix: str) -> list[str]:
    """Command lines of QEMUs that use files of this prefix."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if "qemu-system" in line and prefix in line:
            found.append(line)
    return found
