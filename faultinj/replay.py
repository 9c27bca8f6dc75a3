# SPDX-License-Identifier: BSD-2-Clause
"""Runs stored injections again: to the same outcome, or one under gdb stopped at the fault."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from faultinj.campaign import PLACE, small_mission
from faultinj.classify import Outcome
from faultinj.engine import HarnessError
from faultinj.fault import Flip, MemoryFlip, Trigger
from faultinj.golden import Arm
from faultinj.inject import Announce, fly_with_fault, inject
from faultinj.join import fly_arm, system_of
from faultinj.plan import PlannedFault
from faultinj.plugin_page import built_plugin
from faultinj.resolve import resolve
from faultinj.rsp import Stub
from faultinj.spec import decode
from faultinj.store import Result, Store
from faultinj.workspace import sweep
from tools import debugger, presets
from tools.errors import UserError
from tools.symbols import Symbols

COMPARED = ("outcome", "mechanism", "excluded", "event", "time", "exclude_time", "landing", "pc",
            "sp", "before_value", "after_value", "ending", "downlink_sha256", "log_digest",
            "latency", "latency_core", "latency_events")
ENDLESS = ("outcome", "mechanism", "landing", "pc", "sp", "before_value", "after_value")


@dataclass(frozen=True)
class Replay:
    """The stored result, the new one, and in what they differ."""

    stored: Result
    again: Result
    fault: PlannedFault
    differences: tuple[str, ...]


def prepare_arm(store: Store, name: str) -> Arm:
    """The arm as it was: same image, same golden run, or it is an error."""
    facts = next(arm for arm in store.arms() if arm["name"] == name)
    campaign = decode(store.facts()["campaign"])
    system = system_of(presets.load(facts["preset"]), campaign.join, PLACE)
    if system.sha256 != facts["image_sha256"]:
        raise UserError(f"the image of {system.preset} is not the one of this campaign (sha256 "
                        f"{system.sha256[:12]}, not {facts['image_sha256'][:12]})",
                        next_step="./ternion inject   (a new campaign on the new image)")
    sweep()
    built_plugin()
    arm, _ = fly_arm(name, campaign, small_mission(campaign.workload), PLACE)
    if arm.golden.log_digest != facts["golden"]["log_digest"] or (
            list(arm.golden.total) != facts["golden"]["total"]):
        raise UserError(f"the golden run of {system.preset} is not the one of this campaign: "
                        "another QEMU or other frames",
                        next_step="./ternion doctor")
    return arm


def differences(stored: Result, again: Result) -> tuple[str, ...]:
    """Fields that differ. How far an endless run got is not compared."""
    names = COMPARED if stored.ending == again.ending == "off" else ENDLESS
    return tuple(f"{name}: {getattr(again, name)!r}, was {getattr(stored, name)!r}"
                 for name in names if getattr(again, name) != getattr(stored, name))


def replay(store: Store, name: str, announce: Announce = None) -> Replay:
    """Runs it again and compares."""
    stored = store.result(name)
    arm = prepare_arm(store, stored.arm)
    fault = store.faults()[stored.fault]
    again = inject(arm, fault, announce)
    return Replay(stored, again, fault, differences(stored, again))


def replay_some(store: Store, count: int, seed: int) -> Iterator[Replay]:
    """So many of its results, drawn at random; not those of the harness's own errors."""
    results = [result for result in store.results() if result.outcome is not Outcome.HARNESS_ERROR]
    if not 1 <= count <= len(results):
        raise UserError(f"--sample {count}: this campaign has {len(results)} results",
                        next_step=f"./ternion replay --sample {min(50, max(len(results), 1))}")
    arms: dict[str, Arm] = {}
    faults = store.faults()
    for stored in random.Random(seed).sample(results, count):
        if stored.arm not in arms:
            arms[stored.arm] = prepare_arm(store, stored.arm)
        fault = faults[stored.fault]
        again = inject(arms[stored.arm], fault)
        yield Replay(stored, again, fault, differences(stored, again))


class _Debugged(Exception):
    """gdb has ended, and with it the run."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def _stub_way(flip: Flip) -> Flip:
    """Under gdb every flip goes through the stub, also one in data."""
    return replace(flip, code=True) if isinstance(flip, MemoryFlip) else flip


def debug(store: Store, name: str, batch: list[str], announce: Announce = None) -> int:
    """gdb on the machine, stopped right behind the flip."""
    stored = store.result(name)
    arm = prepare_arm(store, stored.arm)
    what = resolve(store.faults()[stored.fault], arm)
    if what is None:
        raise UserError(f"injection '{name}' has no instruction to stop at: {stored.note}",
                        next_step="./ternion replay another one")
    trigger, flip = what
    try:
        fly_with_fault(arm, trigger, _stub_way(flip), _gdb(arm, trigger, batch),
                       announce)
    except _Debugged as end:
        return end.status
    except HarnessError as error:
        raise UserError(f"injection '{name}' cannot be stopped at: {error}",
                        next_step=f"./ternion replay {name}") from error
    raise UserError(f"injection '{name}' was not reached: the machine ended before",
                    next_step=f"./ternion replay {name}")


class _gdb:
    """Called with the machine stopped: hands the stub over to gdb."""

    def __init__(self, arm: Arm, trigger: Trigger, batch: list[str]) -> None:
        self.arm, self.trigger, self.batch = arm, trigger, batch

    def __call__(self, stub: Stub, place: Path) -> None:
        stub.close()  # the machine stays stopped; the next client takes over
        script = place / "script"
        text = debugger.script(self.arm.system, Symbols(self.arm.system), place / "gdb",
                               place / "ram")
        text += f"thread {self.trigger.core + 1}\nx/i $pc\nbacktrace 8\n"
        script.write_text(text, encoding="utf-8")
        raise _Debugged(debugger.run_gdb(script, self.batch))
