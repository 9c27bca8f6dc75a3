# SPDX-License-Identifier: BSD-2-Clause
"""Arms of a campaign in which a replica comes back while the faults hit: an image whose replicas
may return, and a first fault, the same in every run, that excludes one of them. Both golden runs
have that fault; the stages of the join are counted in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faultinj.fault import BYTE_BITS, Injection, MemoryFlip, Trigger
from faultinj.golden import Arm, fly_golden
from faultinj.layers import Code
from faultinj.memory_map import MemoryMap
from faultinj.spec import Campaign, Join
from faultinj.way_back import FirstFault
from tools import presets
from tools.bench.images import OWN_SYSTEM, packed, parts_of
from tools.errors import UserError
from tools.frames import MissionFiles
from tools.paths import ROOT
from tools.symbols import Symbols
from tools.system_report import SystemReport

POINTER, POINTER_BIT = "rcoe", 40  # the board's address in a kernel: it aborts at its next vote
ELEMENT = "<redundancy "


def system_of(preset: SystemReport, join: Join | None, place: Path) -> SystemReport:
    """What an arm flies."""
    if join is None:
        return preset
    if preset.replicas == 1:
        raise UserError(f"{preset.preset} has one replica, so none can come back",
                        next_step="./ternion inject --arms tmr")
    if join.replica >= preset.replicas:
        raise UserError(f"replica {join.replica} of [join] is not in {preset.preset} (it has "
                        f"{preset.replicas} replicas: 0..{preset.replicas - 1})",
                        next_step="write in [join]: replica = 0")
    if preset.replicas == 2 and not join.simplex_ok:
        raise UserError(f"{preset.preset} stops when one of its two replicas is out",
                        next_step="write in [join]: simplex_ok = true")
    text = (ROOT / preset.raw["system"]).read_text(encoding="utf-8")
    if text.count(ELEMENT) != 1 or "readmit_per_hour" in text or "simplex_ok" in text:
        raise ValueError(f"{preset.raw['system']} already says who comes back, or nothing at all")
    alone = str(join.simplex_ok).lower()
    directory = place / f"join-{join.readmit_per_hour}-{alone}" / preset.preset
    described = directory / f"{OWN_SYSTEM}.system"
    directory.mkdir(parents=True, exist_ok=True)
    described.write_text(text.replace(
        ELEMENT, f'{ELEMENT}readmit_per_hour="{join.readmit_per_hour}" simplex_ok="{alone}" '),
        encoding="utf-8")
    return packed(parts_of(preset), OWN_SYSTEM, directory, described)


def _address(symbols: Symbols, name: str) -> int:
    program, _, symbol = name.partition(":")
    return symbols.programs[program].address(symbol)


def stages_of(symbols: Symbols, replica: int) -> tuple[int, ...]:
    """Where the stages begin (Event.JOIN_COPY and those behind it): the joiner copies; all others
    stand still; the joiner has copied all; it runs as one of them."""
    joiner = symbols.shim_offset(replica)
    leader = symbols.shim_offset(0 if replica else 1)  # who performs input and output by then
    return (_address(symbols, "shim:pages_copy") + joiner,
            _address(symbols, "shim:lead_admit") + leader,
            _address(symbols, "shim:join_advance") + joiner,
            _address(symbols, "shim:paging_close") + joiner)


def first_fault(plain: Arm, join: Join) -> FirstFault:
    """A flip after which the replica's kernel runs into an abort. `plain`: the same system's flight
    without a fault."""
    symbols = Symbols(plain.system)
    low, high = plain.golden.window(join.replica, Code.USER)
    pointer = symbols.kernel_physical(join.replica, _address(symbols, f"kernel:{POINTER}"))
    injection: Injection = (
        Trigger(join.replica, low + int((high - low) * join.at), Code.USER),
        MemoryFlip(pointer + POINTER_BIT // BYTE_BITS, POINTER_BIT % BYTE_BITS))
    return FirstFault(injection, join.replica, stages_of(symbols, join.replica))


def fly_arm(name: str, campaign: Campaign, files: MissionFiles, place: Path,
            announce: Callable[[str], None] | None = None) -> tuple[Arm, MemoryMap]:
    """The golden runs of an arm of the campaign."""
    system = system_of(presets.load(name), campaign.join, place)
    arm, memory = fly_golden(name, system, files, place, announce, campaign.bounds, campaign.shift)
    if campaign.join is None:
        return arm, memory
    first = first_fault(arm, campaign.join)
    joined, memory = fly_golden(name, system, files, place, announce, campaign.bounds,
                                campaign.shift, first)
    if joined.golden.downlink != arm.golden.downlink:
        raise UserError(f"the downlink of {system.preset} changes when a replica comes back",
                        next_step=f"./ternion bench readmit --preset {system.preset}")
    return joined, memory
