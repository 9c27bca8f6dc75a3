# SPDX-License-Identifier: BSD-2-Clause
"""The layers of the fault space: whose code runs, and whose memory a page is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path

from elftools.elf.elffile import ELFFile

from faultinj.plugin_page import CLASSES
from tools.errors import UserError
from tools.system_report import SystemReport

PAGE = 4096
IPA_RAM = 0x40000000
HIGH_HALF = 1 << 63
RANGES_MAX = 512  # of the plugin


class Code(IntEnum):
    """Classes of code that the plugin counts apart, by program counter."""

    OTHER = 0
    USER = 1
    KERNEL = 2
    RCOE = 3
    SHIM = 4
    START = 5  # before the copies: the image's own shim, firmware, the kernel with its MMU off


assert max(Code) < CLASSES


class Layer(Enum):
    """Where a fault hits. For registers: whose code was running."""

    USER = "user"
    KERNEL = "kernel"
    RCOE = "rcoe"
    OBJECTS = "objects"  # kernel objects in untyped memory: TCBs, CNodes, ...
    PAGE_TABLE = "page-table"
    STACK = "stack"      # of the kernel
    BALLOT = "ballot"
    CONTROL = "control"  # pages of the board that exist once: who takes part, ...
    LOG = "log"          # ... inputs, ...
    SLOT = "slot"        # ... what each core's EL2 tells the others, ...
    SHARED = "shared"    # ... and EL2's common state
    SHIM = "shim"


CODE_OF = {Layer.USER: Code.USER, Layer.KERNEL: Code.KERNEL, Layer.RCOE: Code.RCOE,
           Layer.SHIM: Code.SHIM}
REGISTER_LAYERS = tuple(CODE_OF)
BOARD_LAYERS = (Layer.BALLOT, Layer.CONTROL, Layer.LOG, Layer.SLOT, Layer.SHARED)


@dataclass(frozen=True)
class CodeRange:
    """Addresses [low, high) run code of this class."""

    code: Code
    low: int
    high: int


def unit_ranges(elf_path: Path, room: str) -> list[tuple[int, int]]:
    """Address ranges of the compilation units whose source lies in a directory of this name."""
    found: list[tuple[int, int]] = []
    with elf_path.open("rb") as stream:
        elf = ELFFile(stream)
        if not elf.has_dwarf_info():
            return []
        dwarf = elf.get_dwarf_info()
        lists = dwarf.range_lists()
        for unit in dwarf.iter_CUs():
            top = unit.get_top_DIE()
            name = top.attributes.get("DW_AT_name")
            if name is None or room not in Path(name.value.decode()).parts:
                continue
            low, high = top.attributes.get("DW_AT_low_pc"), top.attributes.get("DW_AT_high_pc")
            if low is not None and high is not None:
                start = low.value
                end = high.value if high.form == "DW_FORM_addr" else start + high.value
                found.append((start, end))
            elif "DW_AT_ranges" in top.attributes:
                base = low.value if low is not None else 0
                offset = top.attributes["DW_AT_ranges"].value
                for entry in lists.get_range_list_at_offset(offset, cu=unit):
                    if hasattr(entry, "begin_offset"):
                        shift = 0 if getattr(entry, "is_absolute", False) else base
                        found.append((entry.begin_offset + shift, entry.end_offset + shift))
    return sorted((low, high) for low, high in found if high > low)


def code_ranges(system: SystemReport) -> list[CodeRange]:
    """All classes of a system's code; earlier ranges win. What the kernel inlines of rcoe's headers
    is the kernel's."""
    rcoe = unit_ranges(system.elves["kernel"], "rcoe")
    if not rcoe:
        raise UserError(f"the kernel of {system.preset} does not tell what of it is rcoe/: it has "
                        "no debug information, or no compilation unit of it",
                        next_step=f"./ternion build --preset {system.preset}")
    ranges = [CodeRange(Code.SHIM, region.base, region.base + region.size)
              for region in system.shim]
    image = system.raw["memory_map"]["image"]
    base = int(image["base"], 0) if isinstance(image["base"], str) else image["base"]
    size = int(image["size"], 0) if isinstance(image["size"], str) else image["size"]
    ranges.append(CodeRange(Code.START, base, base + size))
    ranges.append(CodeRange(Code.START, IPA_RAM, IPA_RAM + system.partitions[0].size))
    ranges += [CodeRange(Code.RCOE, low, high) for low, high in rcoe]
    ranges.append(CodeRange(Code.KERNEL, HIGH_HALF, 2 * HIGH_HALF - 1))
    ranges.append(CodeRange(Code.USER, 0, HIGH_HALF))
    if len(ranges) > RANGES_MAX:
        raise ValueError(f"{len(ranges)} code ranges, the plugin takes {RANGES_MAX}")
    return ranges


def write_ranges(path: Path, ranges: list[CodeRange]) -> None:
    """The plugin's file."""
    path.write_text("".join(f"{r.code.value} {r.low:#x} {r.high:#x}\n" for r in ranges),
                    encoding="ascii")
