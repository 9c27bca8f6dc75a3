# SPDX-License-Identifier: BSD-2-Clause
"""A memory map, arms and results without any machine, for tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from faultinj import campaign_file
from faultinj.classify import Outcome
from faultinj.engine import Limits
from faultinj.golden import Arm, Golden
from faultinj.layers import Layer
from faultinj.memory_map import MemoryMap
from faultinj.plan import PlannedFault, make_plan
from faultinj.spec import Campaign
from faultinj.store import Result, Store
from tools.system_report import QemuBoard, Region, SystemReport


class FlatMemory:
    """Every layer has 1000 bytes at offset 0x100, the shim none."""

    def size(self, layer: Layer) -> int:
        return 0 if layer is Layer.SHIM else 1000

    def at(self, layer: Layer, index: int) -> tuple[int, bool]:
        assert 0 <= index < self.size(layer)
        return 0x100 + index, layer is Layer.RCOE

    def name(self, layer: Layer, offset: int) -> str:
        return f"{layer.value}+{offset:#x}"


def memory() -> MemoryMap:
    return cast(MemoryMap, FlatMemory())


def campaign(layer: str | None = None, **changes: Any) -> Campaign:
    """The default campaign with changes."""
    return replace(campaign_file.find("bits"), **changes).only(layer)


def plan_of(count: int, seed: int, replicas: int = 3) -> list[PlannedFault]:
    """Its faults."""
    return make_plan(memory(), replicas, campaign(count=count, seed=seed))


def arm(name: str, replicas: int) -> Arm:
    cores = range(4)
    system = SystemReport(
        Path("report.json"), f"qemu-virt-{name}", "qemu-virt", replicas, Path("image"), "ab" * 32,
        Region(0x40000000, 0x10000000),
        [Region(0x42000000 + c * 0x200000, 0x200000) for c in cores],
        Region(0x42800000, 0x200000), [Region(0x42A00000 + c * 0x10000, 0x10000) for c in cores],
        [Region(0x44000000 + r * 0x2000000, 0x2000000) for r in range(replicas)], {},
        QemuBoard("qemu-system-aarch64", "virt", [], ["-icount", "shift=0,sleep=off"]),
        {"protection_domains": [{"irqs": [{"irq": 33}]}, {"irqs": []}]})
    marks = tuple(tuple(0 if core and mark % 3 == 2 else 10 * (mark + 1) for mark in range(16))
                  for core in range(replicas))
    classes = (0, 4000, 3000, 2000, 1000, 0, 0, 0)
    golden = Golden(b"down", "cd" * 32, 77, (10000,) * replicas, (classes,) * replicas,
                    (500,) * replicas, ((0, 0, 0, 0, 400, 0, 0, 0),) * replicas, 0.1, marks)
    unset = cast(Any, None)
    return Arm(name, system, unset, unset, Path("ranges"), golden, Limits(1, 1, 1), 0.4,
               kernel_shift=0x1000)


def result(arm_name: str, fault: PlannedFault, outcome: Outcome, mechanism: str = "") -> Result:
    return Result(
        arm_name, fault.number, outcome, mechanism, (2,) if mechanism else (), 9, 200, 300, "",
        fault.replica, 2 ** 63 + 5, 8, 0, "x1 bit 3", "landed", 2 ** 64 - 1, None, 1, 4, 12,
        "kernel:trap_main+0x4", "off", "ef" * 32, "01" * 32, 0.25)


def store_of(path: Path) -> Store:
    """A campaign that has run, in base and TMR."""
    plan = plan_of(60, 1)
    store = Store(path)
    golden = {"downlink_bytes": 4, "downlink_sha256": "cd" * 32, "log_digest": "ef" * 32,
              "total": [1000, 1000, 1000]}
    store.begin({"name": "bits", "seed": 1, "count": 60, "arms": ["base", "tmr"], "core": None,
                 "workload": "2 frames", "qemu": "version 7.2", "icount": "-icount shift=0",
                 "tools": {"scipy": "1.10"}, "host": "here", "started": "today"}, ("seed",),
                [("base", "qemu-virt-base", 1, "aa" * 32, golden),
                 ("tmr", "qemu-virt-tmr", 3, "bb" * 32, golden)], plan)
    base = [Outcome.MASKED, Outcome.WRONG_OUTPUT, Outcome.HANG, Outcome.SAFE_STOP]
    tmr = [Outcome.MASKED, Outcome.DOWNGRADED, Outcome.DOWNGRADED, Outcome.NOT_INJECTED]
    for fault in plan:
        store.add(result("base", fault, base[fault.number % 4]))
        outcome = tmr[fault.number % 4]
        store.add(result("tmr", fault, outcome,
                         "watchdog" if outcome is Outcome.DOWNGRADED else ""))
    return store
