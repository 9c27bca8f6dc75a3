# SPDX-License-Identifier: BSD-2-Clause
"""Places in the code whose executions the plugin counts: the events of strata.py."""

from __future__ import annotations

from faultinj.strata import Event
from tools.symbols import Symbols

LOWER_EL_SYNC = 0x400  # in a vector table: Arm ARM D1.10.2
OF_SHIM = {Event.SHIM_ENTRY: "vectors", Event.DEVICE_STORE: "device_store",
           Event.DEVICE_LOAD: "device_load"}


def mark_of(event: Event, core: int) -> int:
    """Its number. Every core has its own copy of the shim, but the same kernel addresses."""
    if event is Event.KERNEL_ENTRY:
        return 0
    return 1 + len(OF_SHIM) * core + list(OF_SHIM).index(event)


def marks_of(symbols: Symbols) -> tuple[int, ...]:
    """Addresses in the order of mark_of()."""
    found = [symbols.kernel.address("arch_vectors") + LOWER_EL_SYNC]
    for core in range(len(symbols.system.shim)):
        shift = symbols.shim_offset(core)
        for name in OF_SHIM.values():
            place = symbols.shim.address(name) + shift
            found.append(place + LOWER_EL_SYNC if name == "vectors" else place)
    return tuple(found)
