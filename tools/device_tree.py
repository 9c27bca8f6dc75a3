# SPDX-License-Identifier: BSD-2-Clause
"""The device tree of a replica: one processor, its RAM, the devices of the board."""

from __future__ import annotations

from tools.board import Board, Device
from tools.fdt import Node, Value, flatten, long_cells

GIC, CLOCK = 1, 2  # phandles
SPI, PPI = 0, 1
EDGE, LEVEL = 1, 4
FIRST_SPI = 32


def _interrupt(irq: int, edge: bool) -> tuple[int, ...]:
    return (SPI, irq - FIRST_SPI, EDGE if edge else LEVEL)


def _device(parent: Node, device: Device, part: int) -> None:
    facts = device.tree
    size = device.range.size // facts.instances
    base = device.range.base + part * size
    properties: dict[str, Value] = {"compatible": facts.compatible,
                                    "reg": long_cells(base, size)}
    irqs = device.irqs[part:part + 1] if facts.instances > 1 else device.irqs
    if irqs:
        properties["interrupts"] = tuple(cell for irq in irqs
                                         for cell in _interrupt(irq, facts.edge))
    if facts.clocks:
        properties |= {"clock-names": facts.clocks, "clocks": (CLOCK,) * len(facts.clocks)}
    if facts.dma:  # addresses given to it would not be the replica's
        properties["status"] = "disabled"
    parent.add(f"{device.name}@{base:x}", properties)


def replica_tree(board: Board, ram_size: int) -> bytes:
    """The blob. The interrupt controller and the timer are the kernel's, as in seL4's own trees."""
    facts = board.tree
    places = {device.name: device.range for device in board.devices}
    root = Node("", {"#address-cells": 2, "#size-cells": 2, "interrupt-parent": GIC,
                     "model": f"ternion {board.name}", "compatible": facts.compatible})
    root.add("chosen", {"stdout-path":
                        f"/{facts.console}@{places[facts.console].base:x}"})
    cpus = root.add("cpus", {"#address-cells": 1, "#size-cells": 0})
    cpus.add("cpu@0", {"device_type": "cpu", "compatible": facts.cpu, "reg": 0})
    root.add(f"memory@{board.ram_ipa:x}",
             {"device_type": "memory", "reg": long_cells(board.ram_ipa, ram_size)})
    root.add("psci", {"compatible": facts.firmware, "method": "smc"})
    root.add("apb-pclk", {"compatible": "fixed-clock", "#clock-cells": 0, "phandle": CLOCK,
                          "clock-frequency": facts.clock_hz})
    ppis = tuple(cell for ppi in facts.timer_ppis for cell in (PPI, ppi, LEVEL))
    root.add("timer", {"compatible": facts.timer, "interrupts": ppis, "always-on": None})
    controller = [places[name] for name in facts.controller_devices]
    root.add(f"intc@{controller[0].base:x}",
             {"compatible": facts.controller, "interrupt-controller": None,
              "#interrupt-cells": 3, "#address-cells": 2, "#size-cells": 2, "phandle": GIC,
              "reg": long_cells(*(number for place in controller
                                  for number in (place.base, place.size)))})
    for device in board.system_devices():
        for part in range(device.tree.instances):
            _device(root, device, part)
    return flatten(root)
