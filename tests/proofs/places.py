# SPDX-License-Identifier: BSD-2-Clause
"""What is proved: files, how they are compiled for it, and the functions that are left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

COMMON = ("rcoe/include", "rcoe/arch/aarch64", "rcoe/voting/include", "shim/include",
          "kernel/include", "kernel/arch/aarch64/include")
ADDRESS = "makes an address of a number: the board's pages and the recorder"


@dataclass(frozen=True)
class Room:
    """Files that are read together, so that a call of any of them is known."""

    contracts: str
    includes: tuple[str, ...]
    files: tuple[str, ...]  # patterns
    defines: tuple[str, ...] = ()

    def sources(self, tree: Path) -> list[str]:
        """Names, from the top of the tree."""
        found = [path for pattern in self.files for path in sorted(tree.glob(pattern))]
        return [path.relative_to(tree).as_posix() for path in found]


@dataclass(frozen=True)
class Place:
    """One file; `left_out`: function and the reason why it is not proved."""

    path: str
    room: Room
    left_out: dict[str, str] = field(default_factory=dict)
    read_in: str = ""  # a file that includes this header: each has a copy of its functions
    model: str = "Typed"
    options: tuple[str, ...] = ()

    def sources(self, tree: Path) -> list[str]:
        """What Frama-C reads for it."""
        return [self.read_in] if self.read_in else self.room.sources(tree)


def _rcoe(level: str, *more: str, changes: str = "none", pages: str = "none") -> Room:
    return Room("rcoe_contracts.h",
                ("rcoe", *COMMON, f"rcoe/levels/{level}", f"rcoe/changes/{changes}",
                 f"rcoe/pages/{pages}", "shim/include/variant/no_hardware_debug"),
                (*(f"rcoe/{name}.c" for name in (
                    "ballot", "commit", "enter", "fingerprint", "inputs", "leave", "reintegrate",
                    "rules", "time", "verdict", "vote", "wait", *more)),
                 f"rcoe/levels/{level}/level.c"))


RCOE = _rcoe("entry-exit")
RCOE_IO = _rcoe("io")
RCOE_PAGE = _rcoe("page", "object", "page", changes="object", pages="page")
DMA = "rcoe/dma/handed_over"
RCOE_DMA = _rcoe("entry-exit", "dma/handed_over/dma", "dma/handed_over/voting")
RCOE_DMA = replace(RCOE_DMA, contracts="dma_contracts.h", includes=(*RCOE_DMA.includes, DMA))
SINGLE = Room("single_contracts.h",
              ("rcoe/single/include", "rcoe/include", "rcoe/arch/aarch64", "shim/include",
               "kernel/include", "kernel/arch/aarch64/include",
               "shim/include/variant/no_hardware_debug", DMA),
              ("rcoe/single/single.c", f"{DMA}/single.c"))
OWN = dict.fromkeys(
    ("board_control", "board_log", "ballot_own", "ballot_of", "slot_of", "slot_own"), ADDRESS)
RULES = Room("machine.h", ("rcoe", *COMMON),
             ("rcoe/verdict.c", "rcoe/rules.c", "rcoe/readmit.c", "rcoe/dispute.c"))
WHOLE = ("-wp-no-pruning",)  # to look for branches that cannot be costs a third or half in vain
SHIM = Room("shim_contracts.h",
            (*COMMON, "shim", "shim/start", "boards/qemu-virt",
             "shim/variant/no_hardware_debug", "shim/dma/none",
             "shim/include/variant/no_hardware_debug"),
            ("shim/*.c", "shim/start/*.c", "rcoe/verdict.c", "rcoe/dispute.c"),
            # Only copy(), which is left out, moves 16 bytes at once.
            ("-D__int128=long",))

SHIM_DMA = replace(SHIM, contracts="shim_dma_contracts.h",
                   includes=tuple(path.replace("dma/none", "dma/handed_over")
                                  for path in SHIM.includes),
                   files=(*SHIM.files, "shim/dma/handed_over/dma.c"))

PLACES = (
    Place("rcoe/verdict.c", RULES, options=WHOLE),
    Place("rcoe/rules.h", RULES, read_in="rcoe/rules.c"),
    Place("rcoe/rules.c", RULES, options=WHOLE),
    Place("rcoe/readmit.c", RULES, options=WHOLE),
    Place("rcoe/dispute.c", RULES, options=WHOLE),
    Place("rcoe/ballot.h", RCOE, OWN, read_in="rcoe/enter.c"),
    Place("rcoe/ballot.c", RCOE),
    Place("rcoe/commit.c", RCOE),
    Place("rcoe/changes/none/rcoe/changes.h", RCOE, read_in="rcoe/commit.c"),
    Place("rcoe/digest.h", RCOE_PAGE, read_in="rcoe/object.c"),
    Place(f"{DMA}/dma.c", RCOE_DMA),
    Place(f"{DMA}/voting.c", RCOE_DMA),
    Place("rcoe/object.c", RCOE_PAGE, {
        "range_make": "makes a number of an address",
        "range_first": "makes an address of a number: what the kernel said it wrote"}),
    Place("rcoe/page.c", RCOE_PAGE),
    Place("rcoe/levels/frames.h", RCOE_PAGE, read_in="rcoe/enter.c"),
    Place("rcoe/enter.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/enter.c", RCOE),
    Place("rcoe/fingerprint.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/fingerprint.c", RCOE),
    Place("rcoe/inputs.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/inputs.c", RCOE),
    Place("rcoe/leave.h", RCOE, read_in="rcoe/leave.c"),
    Place("rcoe/leave.c", RCOE),
    Place("rcoe/levels/io/level.h", RCOE_IO, read_in="rcoe/enter.c"),
    Place("rcoe/levels/io/level.c", RCOE_IO),
    Place("rcoe/levels/registers.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/levels/results.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/reintegrate.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/reintegrate.c", RCOE),
    Place("rcoe/single/include/rcoe/trap.h", SINGLE, read_in="rcoe/single/single.c"),
    Place("rcoe/single/include/rcoe/variant.h", SINGLE, read_in="rcoe/single/single.c"),
    Place("rcoe/single/single.c", SINGLE, {"rcoe_init": ADDRESS}),
    Place(f"{DMA}/single.c", SINGLE),
    Place("rcoe/time.h", RCOE, read_in="rcoe/time.c"),
    Place("rcoe/time.c", RCOE),
    Place("rcoe/voting/include/rcoe/variant.h", RCOE, read_in="rcoe/enter.c"),
    Place("rcoe/vote.h", RCOE, read_in="rcoe/vote.c"),
    Place("rcoe/vote.c", RCOE),
    Place("rcoe/wait.c", RCOE),
    Place("shim/core.h", SHIM, dict.fromkeys(
        ("board_page", "board_control", "board_log", "board_ballot", "board_slot", "board_shared",
         "board_slot_request",
         "recorder_own"), ADDRESS), read_in="shim/board.c"),
    Place("shim/board.c", SHIM, model="Typed+ref", options=("-wp-alias-vars", "a,b,answer")),
    Place("shim/hvc.c", SHIM),
    Place("shim/recorder.c", SHIM, {
        "record_character": "writes the words of a record as characters"}),
    Place("shim/watchdog.c", SHIM),
    Place("shim/paging.c", SHIM, {
        "table_new": "that no more tables are asked for than there are is a fact of the whole run",
        "table_below": "makes an address of a number: the table that an entry names"}),
    Place("shim/include/shim/board.h", SHIM, read_in="shim/board.c"),
    Place("shim/paging.h", SHIM, read_in="shim/paging.c"),
    Place("shim/track.c", SHIM, {
        "partition_blocks": "makes an address of a number: the table that an entry names",
        "page_of": "has the processor translate an address: registers"}),
    Place("shim/scrub.c", SHIM, {
        "copy": "makes an address of a number: the word in another core's copy"}),
    Place("shim/device_port.c", SHIM, model="Typed+ref"),
    Place("shim/inputs.c", SHIM),
    Place("shim/exclude.c", SHIM, options=WHOLE),
    Place("shim/trap.c", SHIM),
    Place("shim/reintegrate.c", SHIM, model="Typed+ref"),
    Place("shim/dma/handed_over/dma.c", SHIM_DMA),
    Place("shim/start/image.c", SHIM, {
        "start_refused": "texts that are literals",
        "words_at": ADDRESS, "manifest_of": ADDRESS}, read_in="shim/start/image.c"),
    Place("shim/start/join.c", SHIM, {
        "theirs": "makes an address of a number: an object of another core's copy",
        "dirty_of": "calls it", "tracking_of": "calls it", "words_from": ADDRESS,
        "own_words": ADDRESS, "ballot_copy": "copies words, whatever they are"}),
    Place("shim/start/lead.c", SHIM),
    Place("shim/start/paging.c", SHIM, {
        "memory_copy": "copies raw memory",
        "paging_replica": "registers, one of them an address of a table",
        "paging_take": "makes an address of a number: the tables of another core's copy"}),
    Place("shim/start/psci.c", SHIM),
    Place("shim/start/recorder.c", SHIM),
    Place("shim/start/safe_state.c", SHIM),
    Place("shim/start/start.c", SHIM, {
        "shim_start": "calls the others, with variables that it alone can name"}),
    Place("shim/start/take_over.c", SHIM),
)

# What no place names, files or folders: prove.py tells of any other function that none does.
NOT_PROVED = {
    "rcoe/arch": "one instruction each",
    "rcoe/dma/none": "does nothing",
    "rcoe/pages/none/rcoe/pages.h": "does nothing",
    "shim/arch": "one instruction each",
    "shim/dma/handed_over/start": "calls map_own(), no more",
    "shim/dma/none": "does nothing",
    "shim/drivers": "registers of devices, and calls of the firmware",
}
