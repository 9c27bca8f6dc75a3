# SPDX-License-Identifier: BSD-2-Clause
"""What lies in a replica's used memory at the end of a golden run, byte range by byte range."""

from __future__ import annotations

import bisect
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from numpy.typing import NDArray

from faultinj.layers import BOARD_LAYERS, IPA_RAM, PAGE, Layer, unit_ranges
from faultinj.page_tables import Tables, UserPage, Walker
from tools.board_state import BALLOTS, LOG, SHARED, SLOTS
from tools.symbols import Program, Symbols
from tools.system_report import Region, SystemReport

BOARD_OFFSETS = {Layer.CONTROL: 0, Layer.LOG: LOG, Layer.BALLOT: BALLOTS, Layer.SLOT: SLOTS,
                 Layer.SHARED: SHARED}
LOG_PAGES = 3
EXECUTABLE = 1          # PF_X
LAYERS = tuple(Layer)


@dataclass(frozen=True)
class Span:
    """Consecutive bytes of one layer. The offset is from the layer's base: see base_of()."""

    layer: Layer
    offset: int
    size: int
    code: bool  # instructions may lie here


def base_of(layer: Layer, system: SystemReport, replica: int) -> int:
    """Physical address that offsets of a layer count from."""
    if layer in BOARD_LAYERS:
        own = replica * PAGE if layer in (Layer.BALLOT, Layer.SLOT) else 0
        return system.board_page.base + BOARD_OFFSETS[layer] + own
    if layer is Layer.SHIM:
        return system.shim[replica].base
    return system.partitions[replica].base


class MemoryMap:
    """Spans of every layer, and names for what lies in them."""

    def __init__(self, ram_file: Path, system: SystemReport, symbols: Symbols,
                 replica: int = 0) -> None:
        self.system = system
        self.symbols = symbols
        self.replica = replica
        with ram_file.open("rb") as ram:
            self._partition = self._read(ram.fileno(), system.partitions[replica])
            shim = self._read(ram.fileno(), system.shim[replica])
            board = {layer: self._read(ram.fileno(), Region(
                base_of(layer, system, replica), PAGE * (LOG_PAGES if layer is Layer.LOG else 1)))
                for layer in BOARD_LAYERS}
        self._kernel_end = self._kernel_size()
        self.tables: Tables = Walker(self._partition, IPA_RAM).walk()
        self._domain_of_root = self._name_roots()
        self.spans: dict[Layer, list[Span]] = {layer: [] for layer in Layer}
        self._add_partition()
        self._add_shim(shim)
        for layer, pages in board.items():
            used = np.nonzero(np.frombuffer(pages, dtype=np.uint8))[0]
            if used.size:
                self.spans[layer].append(Span(layer, 0, int(used[-1]) + 1, False))

    def _read(self, handle: int, region: Region) -> bytes:
        return os.pread(handle, region.size, region.base - self.system.ram.base)

    def size(self, layer: Layer) -> int:
        """Bytes of a layer that are in use, in one replica."""
        return sum(span.size for span in self.spans[layer])

    def at(self, layer: Layer, index: int) -> tuple[int, bool]:
        """Offset of a layer's n-th used byte, and whether code may lie there."""
        for span in self.spans[layer]:
            if index < span.size:
                return span.offset + index, span.code
            index -= span.size
        raise IndexError(f"{layer.value} has not so many bytes")

    # Building

    def _kernel_size(self) -> int:
        segments = self.symbols.kernel.segments
        return max(s.paddr + s.size for s in segments) - IPA_RAM if segments else 0

    def _paint_kernel(self, pages: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Layer number and code flag of every byte of the kernel's image."""
        layer = np.full(pages * PAGE, LAYERS.index(Layer.KERNEL), dtype=np.uint8)
        code = np.zeros(pages * PAGE, dtype=np.bool_)
        kernel = self.symbols.kernel
        for segment in kernel.segments:
            if segment.flags & EXECUTABLE:
                start = segment.paddr - IPA_RAM
                code[max(start, 0):start + segment.size] = True

        def paint(vaddr: int, size: int, what: Layer) -> None:
            for segment in kernel.segments:
                if segment.vaddr <= vaddr < segment.vaddr + segment.size:
                    start = vaddr - segment.vaddr + segment.paddr - IPA_RAM
                    layer[start:start + size] = LAYERS.index(what)

        for low, high in unit_ranges(kernel.path, "rcoe"):
            paint(low, high - low, Layer.RCOE)
        for symbol in kernel.symbols:
            if symbol.kind == "object" and symbol.name.startswith("rcoe"):
                paint(symbol.address, symbol.size, Layer.RCOE)
        stack, top = kernel.find("kernel_stack"), kernel.find("kernel_stack_top")
        if stack and top:
            paint(stack.address, top.address - stack.address, Layer.STACK)
        return layer, code

    def _add_partition(self) -> None:
        used = np.frombuffer(self._partition, dtype="<u8").reshape(-1, PAGE // 8).any(axis=1)
        kernel_pages = -(-self._kernel_end // PAGE)
        layer, code = self._paint_kernel(kernel_pages)
        user_blob = self._user_blob()
        for page in np.nonzero(used)[0]:
            offset = int(page) * PAGE
            if offset in self.tables.tables:
                self._add_table(offset)
            elif page < kernel_pages:
                self._add_runs(offset, layer[offset:offset + PAGE], code[offset:offset + PAGE])
            elif offset in self.tables.user_pages:
                executable = self.tables.user_pages[offset].executable
                self._add(Span(Layer.USER, offset, PAGE, executable))
            elif user_blob[0] <= offset < user_blob[1]:
                self._add(Span(Layer.USER, offset, PAGE, False))
            else:
                self._add(Span(Layer.OBJECTS, offset, PAGE, False))

    def _user_blob(self) -> tuple[int, int]:
        blob = self.system.raw.get("blobs", {}).get("user")
        if not blob:
            return 0, 0
        ipa, size = (int(str(blob[key]), 0) for key in ("ipa", "size"))
        return (ipa - IPA_RAM) // PAGE * PAGE, ipa - IPA_RAM + size

    def _add_table(self, offset: int) -> None:
        """A table's used bytes are its non-zero descriptors."""
        words = np.frombuffer(self._partition[offset:offset + PAGE], dtype="<u8")
        for index in np.nonzero(words)[0]:
            self._add(Span(Layer.PAGE_TABLE, offset + int(index) * 8, 8, False))

    def _add_runs(self, offset: int, layer: NDArray[np.uint8], code: NDArray[np.bool_]) -> None:
        key = layer.astype(np.uint16) * 2 + code
        edges = [0, *(np.nonzero(np.diff(key))[0] + 1).tolist(), len(key)]
        for start, end in zip(edges, edges[1:]):
            self._add(Span(LAYERS[int(layer[start])], offset + start, end - start,
                           bool(code[start])))

    def _add_shim(self, shim: bytes) -> None:
        offset = self.symbols.shim_offset(self.replica) - self.system.shim[self.replica].base
        used = np.frombuffer(shim, dtype="<u8").reshape(-1, PAGE // 8).any(axis=1)
        text = [(s.vaddr + offset, s.vaddr + offset + s.size)
                for s in self.symbols.shim.segments if s.flags & EXECUTABLE]
        for page in np.nonzero(used)[0]:
            start = int(page) * PAGE
            code = any(low < start + PAGE and start < high for low, high in text)
            self._add(Span(Layer.SHIM, start, PAGE, code))

    def _add(self, span: Span) -> None:
        """Appends, merging with the last span when it continues it."""
        spans = self.spans[span.layer]
        if spans and spans[-1].code == span.code and (
                spans[-1].offset + spans[-1].size == span.offset):
            span = Span(span.layer, spans[-1].offset, spans[-1].size + span.size, span.code)
            spans.pop()
        spans.append(span)

    # Names

    def layer_of(self, offset: int) -> Layer | None:
        """Whose a byte of the partition is; None: nothing uses it."""
        for layer, spans in self.spans.items():
            if layer in BOARD_LAYERS or layer is Layer.SHIM:
                continue  # their offsets count from elsewhere
            index = bisect.bisect_right(spans, offset, key=lambda span: span.offset) - 1
            if index >= 0 and offset < spans[index].offset + spans[index].size:
                return layer
        return None

    def _name_roots(self) -> dict[int, str]:
        """Which program an address space belongs to: the one whose code its pages hold."""
        votes: dict[int, dict[str, int]] = {}
        programs = {**self.symbols.domains(), **{
            name: program for name, program in self.symbols.programs.items() if name == "init"}}
        texts = {name: _code_bytes(program) for name, program in programs.items()}
        for page in self.tables.user_pages.values():
            if not page.executable:
                continue
            content = self._partition[page.offset:page.offset + PAGE]
            for name, text in texts.items():
                if text.get(page.vaddr) == content[:len(text.get(page.vaddr, b""))] and (
                        page.vaddr in text):
                    counts = votes.setdefault(page.root, {})
                    counts[name] = counts.get(name, 0) + 1
        return {root: max(counts, key=lambda name: counts[name]) for root, counts in votes.items()}

    def name(self, layer: Layer, offset: int) -> str:
        """What lies at a layer's offset."""
        if layer in BOARD_LAYERS:
            return f"{layer.value}+{offset:#x}"
        if layer is Layer.SHIM:
            shim = self.symbols.shim
            return shim.name_of(offset + min(s.vaddr for s in shim.segments))
        if offset < self._kernel_end:
            vaddr = self.symbols.kernel.from_physical(IPA_RAM + offset)
            if vaddr is not None:
                return self.symbols.kernel.name_of(vaddr)
        page = self.tables.user_pages.get(offset // PAGE * PAGE)
        if layer is Layer.USER and page is not None:
            return self._user_name(page, offset)
        if layer is Layer.PAGE_TABLE:
            return f"table {offset // PAGE * PAGE:#x} entry {offset % PAGE // 8}"
        return f"{layer.value}+{offset:#x}"

    def _user_name(self, page: UserPage, offset: int) -> str:
        vaddr = page.vaddr + offset % PAGE
        owner = self._domain_of_root.get(page.root)
        if owner is None:
            return f"user {vaddr:#x}"
        program = self.symbols.programs[owner]
        if program.at(vaddr) is None:
            return f"{owner}:{self._region_name(owner, vaddr)}"
        return f"{owner}:{program.name_of(vaddr)}"

    def _region_name(self, owner: str, vaddr: int) -> str:
        """What a protection domain has there beside its program."""
        domains = self.system.raw.get("protection_domains", [])
        for domain in (domain for domain in domains if domain["name"] == owner):
            places = {int(entry["vaddr"]): str(entry["region"]) for entry in domain["maps"]}
            places[int(domain["stack"]["base"])] = "stack"
            below = [start for start in places if start <= vaddr]
            if below:
                return f"{places[max(below)]}+{vaddr - max(below):#x}"
        return f"{vaddr:#x}"


def _code_bytes(program: Program) -> dict[int, bytes]:
    """The first bytes of every page of a program's code, by address."""
    pages: dict[int, bytes] = {}
    with program.path.open("rb") as stream:
        for segment in ELFFile(stream).iter_segments():
            if segment["p_type"] != "PT_LOAD" or not segment["p_flags"] & EXECUTABLE:
                continue
            data, start = segment.data(), segment["p_vaddr"]
            first = -start % PAGE
            for at in range(first, len(data), PAGE):
                pages[start + at] = data[at:at + 64]
    return pages
