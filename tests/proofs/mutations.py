# SPDX-License-Identifier: BSD-2-Clause
"""Changes of the sources after which a proof must fail, or the proofs would be empty."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("rcoe", "shim", "boards", "kernel/include", "kernel/arch/aarch64/include")


@dataclass(frozen=True)
class Mutation:
    """One change of one function."""

    text: str  # what is wrong then
    path: str
    function: str
    before: str
    after: str
    goals: str = ""  # all that have this name; else every one of the function

    @property
    def is_sample(self) -> bool:
        """Whether a run of all proofs examines it: all of them take minutes, so a few of each."""
        return (self.path, self.function) in SAMPLE

    def apply(self, tree: Path, to: Path) -> None:
        """A copy of the tree with the change."""
        for room in ROOMS:
            shutil.copytree(tree / room, to / room)
        source = (to / self.path).read_text(encoding="utf-8")
        if source.count(self.before) != 1:
            raise ValueError(f"{self.path} does not have once: {self.before}")
        (to / self.path).write_text(source.replace(self.before, self.after), encoding="utf-8")


ENDS = "ensures contradiction: \\false;"


def _contradiction(path: str, function: str, before: str, after: str) -> Mutation:
    """Where this is proved, the assumptions contradict each other."""
    return Mutation(f"{path}: what is assumed contradicts itself", path, function, before, after,
                    "contradiction")


def _false(path: str, function: str, head: str) -> Mutation:
    """Of a function without a contract in the source."""
    return _contradiction(path, function, head, f"//@ {ENDS}\n{head}")


def _ends(path: str, function: str, requires: str) -> Mutation:
    """Of one that has a contract."""
    return _contradiction(path, function, requires, f"{requires}\n  {ENDS}")


SAMPLE = {
    ("rcoe/vote.c", "vote_check"), ("rcoe/rules.h", "rule_ahead"),
    ("shim/board.c", "request_equal"), ("shim/start/lead.c", "lead_admit"),
}
MUTATIONS = (
    _false("rcoe/rules.c", "rule_input_claim", "enum input_claim_kind rule_input_claim("),
    _false("rcoe/wait.c", "wait_end", "void wait_end("),
    _false("rcoe/vote.c", "vote_check", "void vote_check("),
    _ends("rcoe/object.c", "rcoe_changed", "requires all_named && memory(first, bytes);"),
    _ends("rcoe/page.c", "fold", "requires is_dirty(page) && none_dirty(0, page / 64);"),
    _false("rcoe/dma/handed_over/dma.c", "rcoe_dma", "void rcoe_dma("),
    _false("shim/dma/handed_over/dma.c", "dma_perform", "struct answer dma_perform("),
    _false("rcoe/single/single.c", "rcoe_single_deadline", "void rcoe_single_deadline("),
    _false("shim/watchdog.c", "watchdog_expect", "void watchdog_expect("),
    _false("shim/exclude.c", "exclude_poll", "void exclude_poll("),
    _false("shim/hvc.c", "hvc_call", "void hvc_call("),
    _false("shim/scrub.c", "scrub_tick", "void scrub_tick("),
    _false("shim/track.c", "track_take", "uint64_t track_take("),
    Mutation("an entry is compared that the ring lost", "rcoe/vote.c", "compare_peer",
             "(uint64_t)rcoe.window + 1", "(uint64_t)BALLOT_RING"),
    Mutation("a window is one round too narrow", "rcoe/rules.h", "rule_ahead",
             "own - theirs > window", "own - theirs >= window"),
    Mutation("a claim counts that has not begun", "rcoe/rules.c", "rule_input_claim",
             "*position > claim->begun", "*position > claim->begun + 1"),
    Mutation("a decision binds though the claim can be read", "rcoe/rules.c", "rule_input_claim",
             "hit || claim->tag != tag", "hit || claim->tag != tag || claim->decision_input == k"),
    Mutation("one attempt too many in an hour", "rcoe/readmit.c", "readmit_rule",
             "of_it >= limit", "of_it > limit"),
    Mutation("a register is not hashed", "rcoe/fingerprint.c", "fingerprint_registers",
             "i < 30; i++)", "i < 29; i++)"),
    Mutation("values of requests are not compared", "shim/board.c", "request_equal",
             "(a->value ^ b->value) | ", ""),
    Mutation("fingerprints of requests are not compared", "shim/board.c", "request_equal",
             "both(a->kind, a->fingerprint) ^ both(b->kind, b->fingerprint)",
             "both(a->kind, 0) ^ both(b->kind, 0)"),
    Mutation("the list of changes is longer than its room", "rcoe/object.c", "rcoe_changed",
             "rcoe_changes.count == CHANGES", "rcoe_changes.count > CHANGES"),
    Mutation("a page that was taken still counts", "rcoe/page.c", "take",
             "        rcoe_pages.left--;\n    }", "    }"),
    Mutation("a hand-over ends one word behind its block", "rcoe/dma/handed_over/dma.c", "rcoe_dma",
             "before + size + WORD_BYTES - 1", "before + size + 2 * WORD_BYTES - 1"),
    Mutation("slots are asked for that no replica has", "rcoe/dma/handed_over/dma.c", "bytes_take",
             "i < 2 * REPLICAS_MAX", "i <= 2 * REPLICAS_MAX"),
    Mutation("a slot lies behind the last one", "rcoe/dma/handed_over/voting.c", "dma_slot",
             "(ballot_leader() + i) % REPLICAS_MAX", "ballot_leader() + i"),
    Mutation("a slot lies behind the own one", "rcoe/dma/handed_over/single.c", "dma_slot",
             "return rcoe_single.slot;", "return rcoe_single.slot + 1;"),
    Mutation("a hand-over ends behind DMA memory", "shim/dma/handed_over/dma.c", "dma_perform",
             "DMA_MOST - at % DMA_MOST", "DMA_MOST"),
    Mutation("an access may be unaligned", "shim/device_port.c", "device_is_known",
             " && address % size == 0;\n}", ";\n}"),
    Mutation("a word alone bounds a loop", "shim/start/safe_state.c", "others_wait",
             "r < REPLICAS_MAX && r < manifest.replicas", "r < manifest.replicas"),
    Mutation("a step is executed that nobody knows", "shim/reintegrate.c", "reintegrate_poll",
             "start_step(lead_step, now)", "start_step(timer_deadline, now)"),
    _false("shim/start/image.c", "image_check", "void image_check("),
    _false("shim/start/lead.c", "lead_admit", "void lead_admit("),
    Mutation("partitions do not fit in memory", "shim/start/image.c", "manifest_check",
             "BOARD_PARTITION_TOTAL / m->replicas", "BOARD_PARTITION_TOTAL"),
    Mutation("the end of a range wraps", "shim/start/image.c", "range_outside",
             "base - of > of_size - size", "base + size > of + of_size"),
    Mutation("the board says how many cores are asked", "shim/start/start.c", "cores_meet",
             "core < manifest.replicas; core++) {\n        //@",
             "core < control->replicas; core++) {\n        //@"),
    _ends("shim/start/join.c", "page_copy",
          "requires copies && page < manifest.partition_size / PAGE;"),
    Mutation("a page is copied to where the next one belongs", "shim/start/join.c", "page_in",
             "page * PAGE;\n}\n\n/* True", "(page + 1) * PAGE;\n}\n\n/* True"),
    Mutation("registers are read behind the partition", "shim/start/join.c", "registers_block",
             "manifest.partition_size - REGISTERS_SIZE", "manifest.partition_size"),
    Mutation("the shared page names a replica that is not there", "shim/start/join.c",
             "sources_choose", "joiner.source >= manifest.replicas || ", ""),
    Mutation("the shared page says where the joiner's slot is", "shim/start/lead.c", "joining",
             "join->replica % REPLICAS_MAX", "join->replica"),
)
