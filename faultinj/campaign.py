# SPDX-License-Identifier: BSD-2-Clause
"""A campaign: golden runs, plan, workers, store. The flow of the whole tool is run_campaign()."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import platform
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faultinj.golden import Arm, fly_golden
from faultinj.inject import Announce, inject
from faultinj.memory_map import MemoryMap
from faultinj.plan import PlannedFault, make_plan
from faultinj.plugin_page import built_plugin
from faultinj.store import Result, Store
from tools import presets
from tools.errors import UserError
from tools.frames import Frames, MissionFiles, mission
from tools.paths import BUILD, ram_directory

PLACE = BUILD / "faultinj"
FRAMES, FRAME_SIDE = 2, 64
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Settings:
    """What a campaign is. Everything but workers and db decides its results."""

    arms: tuple[str, ...]
    count: int
    seed: int
    workers: int
    db: Path | None
    core: int | None
    layer: str | None


@dataclass(frozen=True)
class Progress:
    """What a viewer may show."""

    done: int
    total: int
    result: Result | None
    text: str = ""


Viewer = Callable[[Progress], None]


def small_mission() -> MissionFiles:
    """Two small frames of the Earth: a flight short enough to be flown hundreds of times."""
    from tools import frames as camera

    place = PLACE / "mission"
    place.mkdir(parents=True, exist_ok=True)
    path, end = place / "frames", place / "halt"
    whole = camera.cut(FRAMES)
    images = [b"".join(image[row * whole.width:row * whole.width + FRAME_SIDE]
                       for row in range(FRAME_SIDE)) for image in whole.images]
    small = Frames(FRAME_SIDE, FRAME_SIDE, images)
    for target, data in ((path, small.encode()), (end, mission(True))):
        partial = target.with_suffix(".partial")
        partial.write_bytes(data)
        partial.replace(target)
    return MissionFiles(path, end, small)


def sweep() -> None:
    """Removes what killed campaigns have left: their RAM files are large."""
    for left in ram_directory().glob("ternion-inject-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


def prepare(arms: tuple[str, ...], announce: Announce = None) -> tuple[
        list[Arm], list[MemoryMap]]:
    """Flies the golden runs of every arm."""
    sweep()
    built_plugin()
    files = small_mission()
    prepared, maps = [], []
    for name in arms:
        arm, memory = fly_golden(name, presets.load(name), files, PLACE, announce)
        prepared.append(arm)
        maps.append(memory)
    return prepared, maps


def most_redundant(arms: list[Arm]) -> int:
    """Index of the arm whose memory and replicas the plan is drawn from."""
    return max(range(len(arms)), key=lambda index: (arms[index].system.replicas, -index))


def qemu_version(binary: str) -> str:
    """First line of --version."""
    answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    return (answer.stdout.splitlines() or [""])[0].removeprefix("QEMU emulator ")


def facts_of(settings: Settings, arms: list[Arm]) -> dict[str, Any]:
    """Provenance."""
    return {
        "arms": list(settings.arms), "count": settings.count, "seed": settings.seed,
        "core": settings.core, "layer": settings.layer,
        "images": {arm.name: arm.system.sha256 for arm in arms},
        "frames": f"{FRAMES} frames of {FRAME_SIDE}x{FRAME_SIDE}",
        "qemu": qemu_version(arms[0].system.qemu.binary),
        "icount": " ".join(arms[0].system.qemu.icount),
        "host": f"{platform.machine()}, {os.cpu_count()} processors, Python "
                f"{platform.python_version()}",
        "started": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }


IDENTITY = ("arms", "count", "seed", "core", "layer", "images")


def golden_facts(arm: Arm) -> dict[str, Any]:
    """What is kept about a golden run."""
    golden = asdict(arm.golden)
    golden.pop("downlink")
    return {**golden, "downlink_sha256": arm.golden.downlink_sha256,
            "downlink_bytes": len(arm.golden.downlink), "limits": asdict(arm.limits)}


def default_db(settings: Settings, arms: list[Arm]) -> Path:
    """A name that tells campaigns apart, so that the same command goes on where it stopped."""
    image = arms[most_redundant(arms)].system.sha256[:8]
    parts = ["-".join(settings.arms), str(settings.count), f"seed{settings.seed}"]
    parts += [f"core{settings.core}"] if settings.core is not None else []
    parts += [settings.layer] if settings.layer else []
    return BUILD / "campaigns" / ("_".join([*parts, image]) + ".db")


_arms: dict[str, Arm] = {}  # of a worker process


def _start_worker(arms: list[Arm]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _arms.update({arm.name: arm for arm in arms})


def _work(arm: str, fault: PlannedFault) -> Result:
    return inject(_arms[arm], fault)


def run_campaign(settings: Settings, view: Viewer,
                 announce: Announce = None) -> tuple[Store, list[Arm]]:
    """Golden runs, plan, injections. The store is left open for reports."""
    view(Progress(0, 0, None, "golden runs, each twice"))
    arms, maps = prepare(settings.arms, announce)
    reference = most_redundant(arms)
    faults = make_plan(maps[reference], arms[reference].system.replicas, settings.count,
                       settings.seed, settings.core, settings.layer)
    store = Store(settings.db or default_db(settings, arms))
    try:
        store.begin(facts_of(settings, arms), IDENTITY,
                    [(arm.name, arm.system.preset, arm.system.replicas, arm.system.sha256,
                      golden_facts(arm)) for arm in arms], faults)
        start = time.monotonic()
        _run_all(settings, arms, list(store.faults().values()), store, view)
        store.note_end(time.monotonic() - start)
    except BaseException:
        store.close()
        raise
    return store, arms


def _run_all(settings: Settings, arms: list[Arm], faults: list[PlannedFault], store: Store,
             view: Viewer) -> None:
    finished = store.finished()
    tasks = [(arm.name, fault) for fault in faults for arm in arms
             if (arm.name, fault.number) not in finished]
    random.Random(settings.seed).shuffle(tasks)  # no arm is favoured when it is interrupted
    total = len(faults) * len(arms)
    done = total - len(tasks)
    view(Progress(done, total, None))
    pool = ProcessPoolExecutor(settings.workers, initializer=_start_worker, initargs=(arms,))
    futures: list[Future[Result]] = []
    try:
        futures = [pool.submit(_work, arm, fault) for arm, fault in tasks]
        for future in as_completed(futures):
            result = future.result()
            store.add(result)
            done += 1
            view(Progress(done, total, result))
    except BrokenProcessPool as error:
        raise UserError("a worker was killed; what is finished is kept",
                        next_step="the same command again goes on") from error
    except BaseException:  # interrupted: no waiting for injections that run
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        for future in futures:
            future.cancel()
        pool.shutdown(wait=True, cancel_futures=True)
