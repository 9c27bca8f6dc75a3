# SPDX-License-Identifier: BSD-2-Clause
"""What runs in a worker process of a Dask cluster. Its other half is cluster.py."""

from __future__ import annotations

import asyncio
import fcntl
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import get_worker

from faultinj import parcel
from faultinj.engine import HarnessError, run
from faultinj.golden import Arm, children_cpu_s
from faultinj.inject import inject
from faultinj.places import remember
from faultinj.plan import PlannedFault
from faultinj.plugin_page import built_plugin
from faultinj.store import Result
from faultinj.workspace import sweep
from tools import recorder
from tools.errors import UserError
from tools.paths import BUILD

PLACE = BUILD / "faultinj" / "cluster"
KEPT = 4  # campaigns; one that returns after others is sent again


@dataclass(frozen=True)
class Unready:
    """The worker at this address does not know the campaign."""

    address: str


_campaigns: dict[str, dict[str, Arm]] = {}  # by key, oldest first
_alone = threading.Lock()  # a process flies one machine at a time, however many threads it has


async def receive(key: str, packed: bytes) -> str:
    """Makes this process ready for a campaign. Says what is wrong, or nothing. Beside the event
    loop, which must go on answering the scheduler."""
    return await asyncio.to_thread(_receive, key, packed)


def _receive(key: str, packed: bytes) -> str:
    if key in _campaigns:  # asked again; no waiting for an injection that runs
        return ""
    with _alone:
        try:
            arms = _unpacked(packed, PLACE)
            _campaigns[key] = {arm.name: _proved(arm) for arm in arms}
        except OSError as error:
            return f"cannot keep the image: {error}"
        except (HarnessError, UserError) as error:
            return str(error)
        while len(_campaigns) > KEPT:
            del _campaigns[next(iter(_campaigns))]
        return ""


def _unpacked(packed: bytes, place: Path) -> list[Arm]:
    """One process of a tree after the other: they share the directory and the plugin."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sweep()
        built_plugin()
        return parcel.unpack(packed, place)


def _proved(arm: Arm) -> Arm:
    """The arm, when its golden run is the same here; with more processor time if this is a slower
    machine, so that what is endless there is endless here."""
    remember(arm.system)
    before_s = children_cpu_s()
    before = (arm.first.injection,) if arm.first else ()
    done, log = run(arm.flight, arm.limits, probes=arm.probes, before=before,
                    inspect=lambda ram: recorder.read(ram, arm.system))
    assert log is not None
    golden = arm.golden
    if (done.downlink, log.digest(), done.page.total) != (
            golden.downlink, golden.log_digest, golden.total):
        raise HarnessError(f"the golden run of {arm.system.preset} is another one here")
    slower = max(1.0, (children_cpu_s() - before_s) / arm.cpu_s)
    limits = arm.limits
    return replace(arm, limits=replace(limits, cpu_s=slower * limits.cpu_s,
                                       wall_s=slower * limits.wall_s))


def work(key: str, arm: str, fault: PlannedFault) -> Result | Unready:
    """One injection."""
    with _alone:
        arms = _campaigns.get(key)
        if arms is None:
            return Unready(get_worker().address)
        return inject(arms[arm], fault)
