# SPDX-License-Identifier: BSD-2-Clause
"""Which instructions of a program come from which source files, inlined copies included.

Inlining and link-time optimisation mix files; the debug information of each copy of a function
still names the file that it was written in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile

Range = tuple[int, int]  # addresses [low, high)
FUNCTIONS = ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine")
WORD = 4


def ranges_of(die: DIE, unit: CompileUnit) -> Iterator[Range]:
    """Where this copy of a function lies."""
    low, high = die.attributes.get("DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
    if low is not None and high is not None:
        end = high.value if high.form == "DW_FORM_addr" else low.value + high.value
        yield low.value, end
    elif "DW_AT_ranges" in die.attributes:
        lists = die.dwarfinfo.range_lists()
        base = unit.get_top_DIE().attributes.get("DW_AT_low_pc")
        offset = die.attributes["DW_AT_ranges"].value
        for entry in lists.get_range_list_at_offset(offset, cu=unit):
            if hasattr(entry, "begin_offset"):
                absolute = getattr(entry, "is_absolute", False) or base is None
                shift = 0 if absolute else base.value
                yield entry.begin_offset + shift, entry.end_offset + shift


def _written_in(die: DIE) -> PurePosixPath | None:
    """The source file of a function."""
    while "DW_AT_abstract_origin" in die.attributes:
        die = die.get_DIE_from_attribute("DW_AT_abstract_origin")
    index = die.attributes.get("DW_AT_decl_file")
    lines = die.dwarfinfo.line_program_for_CU(die.cu)
    if index is None or lines is None:
        return None
    first = 0 if lines["version"] >= 5 else 1
    entry = lines["file_entry"][index.value - first]
    folders = lines["include_directory"]
    folder = folders[entry.dir_index - first] if entry.dir_index >= first else b"."
    return PurePosixPath(folder.decode()) / entry.name.decode()


def runs(marked: Iterable[int]) -> list[Range]:
    """Neighbouring instructions as ranges."""
    found: list[Range] = []
    for address in sorted(marked):
        if found and found[-1][1] == address:
            found[-1] = found[-1][0], address + WORD
        else:
            found.append((address, address + WORD))
    return found


def code_of(path: Path, ours: Callable[[PurePosixPath], bool]) -> list[Range]:
    """Code of the source files that are `ours`. A header that is not belongs to whoever uses it."""
    marked: set[int] = set()
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        if not elf.has_dwarf_info():
            return []
        for unit in elf.get_dwarf_info().iter_CUs():
            for die in unit.iter_DIEs():  # callers come before what they inlined
                copies = list(ranges_of(die, unit)) if die.tag in FUNCTIONS else []
                file = _written_in(die) if copies else None
                if file is None or (file.suffix == ".h" and not ours(file)):
                    continue
                for low, high in copies:
                    copy = set(range(low, high, WORD))
                    marked = marked | copy if ours(file) else marked - copy
    return runs(marked)
