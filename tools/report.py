# SPDX-License-Identifier: BSD-2-Clause
"""report.json: what was built, for people and for tools. docs/system-files.md lists its fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.board import Board, Range
from tools.image import Image, UserImage
from tools.plan import Domain, Plan
from tools.sel4_abi import IPC_BUFFER, PAGE_SIZE
from tools.system_model import System

FORMAT = 1


def _range(place: Range) -> dict[str, int]:
    return {"base": place.base, "size": place.size}


def preset_name(board: str, replicas: int) -> str:
    return f"{board}-" + {1: "base", 2: "dmr", 3: "tmr", 4: "qmr"}.get(replicas, f"{replicas}mr")


def memory_map(board: Board, system: System) -> dict[str, Any]:
    """Physical addresses; lists are per core or per replica."""
    plan = system.redundancy
    return {
        "ram": _range(board.ram),
        "image": _range(board.image),
        "shim": [_range(place) for place in board.shim],
        "board": _range(board.board),
        "recorder": [_range(place) for place in board.recorder],
        "partitions": [_range(board.partition(replica, plan.partition_size))
                       for replica in range(plan.replicas)],
        "ram_ipa": board.ram_ipa,
    }


def protection_domain(domain: Domain, image: Image, users: UserImage) -> dict[str, Any]:
    """One protection domain: its parameters, where its program lies, what it maps."""
    pd = domain.pd

    def image_offset(content: int | None) -> int | None:
        if content is None:
            return None
        return image.user.offset + (users.first_content_page + content) * PAGE_SIZE

    return {
        "name": pd.name, "index": domain.index, "priority": pd.priority,
        "budget_us": pd.budget_us, "period_us": pd.period_us, "passive": pd.passive,
        "program": pd.program, "parent": pd.parent,
        "stack": _range(pd.stack), "ipc_buffer": IPC_BUFFER,
        "load": [{"vaddr": load.vaddr, "size": load.size, "perms": load.perms,
                  "image_offset": image_offset(load.content)} for load in domain.loads],
        "maps": [{"region": entry.region, "vaddr": entry.vaddr, "perms": entry.perms}
                 for entry in pd.maps],
        "irqs": [{"irq": irq.number, "id": irq.id, "trigger": "edge" if irq.edge else "level"}
                 for irq in pd.irqs],
    }


def qemu_arguments(board: Board, image: Path) -> dict[str, Any]:
    """The machine; tools add the kernel, the serial line, fw_cfg files and the RAM file."""
    return {**board.qemu, "kernel": ["-kernel", str(image)]}


def make_report(system: System, board: Board, plan: Plan, image: Image, users: UserImage,
                paths: dict[str, Path], image_path: Path, preset: str) -> dict[str, Any]:
    redundancy = system.redundancy
    blobs = {name: {"offset": blob.offset, "size": blob.size, "ipa": blob.ipa}
             for name, blob in (("kernel", image.kernel), ("device_tree", image.tree),
                                ("user", image.user)) if blob.data}
    return {
        "format": FORMAT, "kind": "system" if plan.domains else "root-task",
        "preset": preset, "board": board.name, "system": system.path,
        "replicas": redundancy.replicas, "vote_level": redundancy.vote.text,
        "window": redundancy.window, "barrier_timeout_us": redundancy.barrier_timeout_us,
        "simplex_ok": redundancy.simplex_ok, "partition_size": redundancy.partition_size,
        "page_interval_us": redundancy.page_interval_us,
        "readmit_per_hour": redundancy.readmit_per_hour,
        "safe_state": redundancy.safe_state.text, "reset_limit": redundancy.reset_limit,
        "console": redundancy.console.text,
        "scrub": {"bytes_per_ms": redundancy.scrub_bytes_per_ms,
                  "constants": [{"what": constant.what, "image_offset": constant.offset,
                                 "ipa": constant.ipa, "size": constant.size}
                                for constant in image.constants]},
        "image": {"path": str(image_path), "size": len(image.data), "sha256": image.sha256,
                  "crc32": image.crc32, "crc32c": image.crc32c},
        "memory_map": memory_map(board, system),
        "elves": {name: str(path) for name, path in paths.items()},
        "blobs": blobs,
        "init": {"vaddr": users.base, "entry": users.entry, "spec_vaddr": users.spec_vaddr,
                 "operations": len(plan.spec.operations)},
        "protection_domains": [protection_domain(domain, image, users)
                               for domain in plan.domains],
        "memory_regions": [{"name": region.name, "phys_addr": region.phys_addr}
                           for region in system.memory_regions],
        "capabilities": [{"pd": grant.pd, "cptr": grant.cptr, "what": grant.what,
                          "object": grant.object, "badge": grant.badge, "rights": grant.rights}
                         for grant in plan.grants],
        "sizes": {"image": len(image.data), "shim": image.kernel.offset,
                  "kernel": image.kernel.size, "user": image.user.size,
                  "spec": plan.spec.size, "objects": plan.object_bytes,
                  "object_count": len(plan.objects), "slots": plan.spec.slot_count},
        "qemu": qemu_arguments(board, image_path),
    }


def write_report(report: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
