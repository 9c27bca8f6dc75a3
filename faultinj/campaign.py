# SPDX-License-Identifier: BSD-2-Clause
"""A campaign: golden runs, plan, workers, store. The flow of the whole tool is run_campaign()."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faultinj.classify import Outcome
from faultinj.def_use import Pruning, prune
from faultinj.estimate import Known
from faultinj.fault_space import size_of
from faultinj.golden import Arm
from faultinj.inject import Announce
from faultinj.join import fly_arm
from faultinj.memory_map import MemoryMap
from faultinj.plan import PlannedFault, make_plan
from faultinj.plugin_page import built_plugin
from faultinj.spec import Campaign, Workload, encode
from faultinj.statistics import Tally, analyse
from faultinj.stop_rule import enough
from faultinj.store import Result, Store
from faultinj.strata import Kind
from faultinj.versions import (COMPILER, first_line, qemu_version, sources_version,
                               tool_versions)
from faultinj.workers import LocalWorkers, Workers
from faultinj.workspace import sweep
from tools.frames import Frames, MissionFiles, mission
from tools.paths import BUILD

PLACE = BUILD / "faultinj"
PAYLOAD = Workload(2, 64)  # short enough to be flown hundreds of times
BATCH = 100  # faults between two looks at the stop rule


@dataclass(frozen=True)
class Progress:
    """What a viewer may show."""

    done: int
    total: int
    result: Result | None
    text: str = ""
    tallies: dict[str, Tally] = field(default_factory=dict)  # of each arm so far


Viewer = Callable[[Progress], None]
Hire = Callable[[list[Arm]], Workers]


def small_mission(workload: Workload = PAYLOAD) -> MissionFiles:
    """Small frames of the Earth."""
    from tools import frames as camera

    place = PLACE / "mission"
    place.mkdir(parents=True, exist_ok=True)
    side = workload.side
    path, end = place / f"frames-{workload.frames}x{side}", place / "halt"
    whole = camera.cut(workload.frames)
    images = [b"".join(image[row * whole.width:row * whole.width + side] for row in range(side))
              for image in whole.images]
    small = Frames(side, side, images)
    for target, data in ((path, small.encode()), (end, mission(True))):
        partial = target.with_suffix(f".partial{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(target)
    return MissionFiles(path, end, small)


def prepare(campaign: Campaign, announce: Announce = None) -> tuple[list[Arm], list[MemoryMap]]:
    """Flies the golden runs of every arm."""
    sweep()
    built_plugin()
    files = small_mission(campaign.workload)
    prepared, maps = [], []
    for name in campaign.arms:
        arm, memory = fly_arm(name, campaign, files, PLACE, announce)
        prepared.append(arm)
        maps.append(memory)
    return prepared, maps


def most_redundant(arms: list[Arm]) -> int:
    """Index of the arm whose memory and replicas the plan is drawn from."""
    return max(range(len(arms)), key=lambda index: (arms[index].system.replicas, -index))


def facts_of(prepared: Prepared) -> dict[str, Any]:
    """Provenance, and all that --resume needs."""
    campaign, arms = prepared.campaign, prepared.arms
    plan = json.dumps([fault.encoded() for fault in prepared.faults], sort_keys=True)
    return {
        **campaign.identity(), "name": campaign.name, "about": campaign.about,
        "campaign": encode(campaign),
        "images": {arm.name: arm.system.sha256 for arm in arms},
        "plan_sha256": hashlib.sha256(plan.encode()).hexdigest(),
        "qemu": qemu_version(arms[0].system.qemu.binary),
        "compiler": first_line(COMPILER, "--version"),
        "sources": sources_version(),
        "icount": f"-icount shift={campaign.shift},sleep=off",
        "tools": tool_versions(),
        "host": f"{platform.machine()}, {os.cpu_count()} processors",
        "started": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }


def identity_names(campaign: Campaign) -> tuple[str, ...]:
    """Facts that two parts of one campaign share."""
    return (*campaign.identity(), "images")


def golden_facts(arm: Arm) -> dict[str, Any]:
    """What is kept about a golden run."""
    golden = asdict(arm.golden)
    golden.pop("downlink")
    return {**golden, "downlink_sha256": arm.golden.downlink_sha256,
            "downlink_bytes": len(arm.golden.downlink), "limits": asdict(arm.limits)}


def default_db(campaign: Campaign, arms: list[Arm]) -> Path:
    """A name that tells campaigns apart, so that the same command goes on where it stopped."""
    image = arms[most_redundant(arms)].system.sha256[:8]
    identity = json.dumps(campaign.identity(), sort_keys=True).encode()
    parts = [campaign.name, "-".join(campaign.arms), str(campaign.count), f"seed{campaign.seed}",
             hashlib.sha256(identity).hexdigest()[:4], image]
    return BUILD / "campaigns" / ("_".join(parts) + ".db")


@dataclass(frozen=True)
class Prepared:
    """All that is known before the first fault."""

    campaign: Campaign
    arms: list[Arm]
    faults: list[PlannedFault]
    spaces: dict[str, dict[str, int]]  # arm -> stratum -> its size in bits times instructions
    known: dict[str, dict[str, Known]] = field(default_factory=dict)  # ... -> what needs no run

    def golden_facts(self, arm: Arm) -> dict[str, Any]:
        """What is kept about an arm's golden run."""
        known = self.known.get(arm.name, {})
        return {**golden_facts(arm), "space": self.spaces[arm.name],
                "known": {stratum: asdict(parts) for stratum, parts in known.items()}}


def plan_campaign(campaign: Campaign, announce: Announce = None) -> Prepared:
    """Golden runs and the plan."""
    arms, maps = prepare(campaign, announce)
    reference = most_redundant(arms)
    pruning = prune(campaign, arms, maps, reference) if campaign.prune else Pruning({}, {})
    faults = make_plan(maps[reference], arms[reference].system.replicas, campaign, pruning.faults)
    spaces = {arm.name: {stratum.name: size_of(stratum, arm, memory)
                         for stratum in campaign.strata} for arm, memory in zip(arms, maps)}
    return Prepared(campaign, arms, faults, spaces, pruning.known)


def run_campaign(campaign: Campaign, view: Viewer, db: Path | None = None,
                 announce: Announce = None, hire: Hire | None = None) -> tuple[Store, list[Arm]]:
    """Golden runs, plan, injections, by processes of this machine if nobody else is hired. The
    store is left open for reports."""
    view(Progress(0, 0, None, "golden runs, each twice"))
    prepared = plan_campaign(campaign, announce)
    arms = prepared.arms
    store = Store(db or default_db(campaign, arms))
    try:
        store.begin(facts_of(prepared), identity_names(campaign),
                    [(arm.name, arm.system.preset, arm.system.replicas, arm.system.sha256,
                      prepared.golden_facts(arm)) for arm in arms],
                    prepared.faults)
        start = time.monotonic()
        workers = hire(arms) if hire else LocalWorkers(arms, campaign.workers)
        ended = _Runner(prepared, store, view, workers).run()
        store.note_end(time.monotonic() - start, ended)
    except BaseException:
        store.close()
        raise
    return store, arms


class _Runner:
    """Runs what is not finished, batch by batch, so that a stop rule sees the same results however
    many workers there are and however often it was interrupted."""

    def __init__(self, prepared: Prepared, store: Store, view: Viewer, workers: Workers) -> None:
        self._campaign, self._arms = prepared.campaign, prepared.arms
        self._store, self._view, self._workers = store, view, workers
        self._finished = store.finished()
        self._faults = list(store.faults().values())
        self._nulls = {fault.number for fault in self._faults if fault.kind is Kind.NULL}
        self._tallies = {arm.name: Tally(Counter()) for arm in self._arms}
        for result in store.results():
            if result.outcome is not Outcome.HARNESS_ERROR:  # which will run again
                self._count(result)
        self._done = len(self._finished)
        self._total = len(self._faults) * len(self._arms) - sum(
            len(fault.dead_in) for fault in self._faults)
        minutes = self._campaign.stop.minutes
        self._deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes

    def run(self) -> str:
        """Why it ended."""
        self._view(Progress(self._done, self._total, None, tallies=self._tallies))
        size = BATCH if self._campaign.stop.looks_at_results else len(self._faults)
        try:
            for start in range(0, len(self._faults), size):
                if not self._batch(self._faults[start:start + size]):
                    return f"{self._campaign.stop.minutes:g} minutes were over"
                reason = self._enough(start + size)
                if reason:
                    return reason
            return "all faults have run"
        except BaseException:
            self._workers.abandon()
            raise
        finally:
            self._workers.close()

    def _count(self, result: Result) -> None:
        """For the viewer."""
        if result.fault not in self._nulls:
            self._tallies[result.arm].counts[result.outcome] += 1

    def _batch(self, faults: list[PlannedFault]) -> bool:
        """False: the time is over."""
        tasks = [(arm.name, fault) for fault in faults for arm in self._arms
                 if (arm.name, fault.number) not in self._finished
                 and arm.name not in fault.dead_in]
        random.Random(self._campaign.seed).shuffle(tasks)  # an interruption favours no arm
        with closing(self._workers.results(tasks)) as results:
            for count, result in enumerate(results, 1):
                self._store.add(result)
                self._finished.add((result.arm, result.fault))
                self._done += 1
                self._count(result)
                self._view(Progress(self._done, self._total, result, tallies=self._tallies))
                if time.monotonic() > self._deadline:
                    return count == len(tasks)
        return True

    def _enough(self, faults: int) -> str:
        """Whether the stop rule is satisfied by the results so far."""
        stop = self._campaign.stop
        if not stop.looks_at_results or faults >= len(self._faults):
            return ""
        chosen = {fault.number for fault in self._faults[:faults]}
        found = [result for result in self._store.results() if result.fault in chosen]
        tallies = analyse(found, self._store.faults()).by_arm()
        control = min(self._arms, key=lambda arm: arm.system.replicas).name
        reason = enough(stop, tallies, control)
        return reason and f"{reason}, after {faults} of {len(self._faults)} faults"
