# SPDX-License-Identifier: BSD-2-Clause
"""The rows of the kernel's speed table, and how their figures come from recorded markers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median_low

from tools.bench.page import PRIVILEGED, WAIT, WORK, Class, Counts, Page, Record

ENTRY = "entry"  # instead of a marker: where the processor left user or idle for the last time
WARM_UP = 8      # repetitions left out


@dataclass(frozen=True)
class Operation:
    """One row. Labels are those of apps/kernelbench/loops.S without their bench_."""

    key: str
    title: str
    begin: str
    end: str
    stock: int | None = None   # instructions of stock seL4
    user: bool = False         # instructions at EL0 count: from user to user
    warm_up: int = WARM_UP


OPERATIONS = (
    Operation("call", "Call", "call_begin", "reply_end", 209),
    Operation("reply_recv", "ReplyRecv", "reply_begin", "call_end", 266),
    Operation("call_fp", "Call, FP threads", "call_fp_begin", "reply_fp_end", 261),
    Operation("reply_recv_fp", "ReplyRecv, FP threads", "reply_fp_begin", "call_fp_end", 318),
    Operation("round_trip", "round trip, passive server", "call_begin", "call_end", 600, user=True),
    Operation("signal", "Signal, nobody waits", "signal_begin", "signal_middle", 401),
    Operation("signal_wait", "Signal + Wait", "signal_wait_begin", "signal_wait_end", 701),
    Operation("poll", "Poll, nothing there", "poll_begin", "poll_end", 268),
    Operation("null_cap", "invocation of a null cap", "null_cap_begin", "null_cap_end", 418),
    Operation("yield", "Yield", "yield_begin", "yield_end", 471),
    Operation("copy_delete", "CNode copy + delete", "copy_delete_begin", "copy_delete_end", 1411),
    Operation("retype_delete", "retype endpoint + delete", "retype_delete_begin",
              "retype_delete_end", 1503),
    Operation("unmap_map", "page unmap + map", "unmap_map_begin", "unmap_map_end", 1170),
    Operation("fault", "fault round trip", "fault_begin", "fault_begin", 1755),
    Operation("interrupt", "interrupt to handler thread", ENTRY, "irq_end", 525, warm_up=2),
    Operation("counter", "user's look at the counter", "counter_begin", "counter_end"),
    Operation("call_4", "Call, four words", "call_4_begin", "reply_4_end"),
    Operation("reply_recv_4", "ReplyRecv, four words", "reply_4_begin", "call_4_end"),
    Operation("call_active", "Call, active server", "call_active_begin", "reply_active_end"),
    Operation("reply_recv_active", "ReplyRecv, active server", "reply_active_begin",
              "call_active_end"),
    Operation("signal_waiter", "Signal, receiver preempts", "signal_waiter_begin",
              "waiter_end"),
    Operation("retype_used", "retype + delete, no reset", "retype_delete_used_begin",
              "retype_delete_used_end"),
    Operation("fault_fp", "fault round trip, FP threads", "fault_fp_begin", "fault_fp_begin"),
)
STOCK_BOOT = 2_370_000
BOOT_KEY = "boot"


@dataclass(frozen=True)
class Figure:
    """What one operation took on one core: instructions."""

    work: int                  # EL1 and EL2; with those of EL0 where the operation counts them
    wait: int                  # mean: many repetitions wait for nobody, some for a whole window
    parts: dict[str, int]      # by class, of the repetition that is shown
    repetitions: int
    equal: int                 # repetitions with the same work
    least: int
    most: int


def samples(operation: Operation, records: list[Record], names: list[str]) -> Iterator[Counts]:
    """Differences from each begin to the next end, of one core's records in their order."""
    begin: Counts | None = None
    for record in records:
        name = names[record.marker].removeprefix("bench_")
        if name == operation.end:
            start = record.entry if operation.begin == ENTRY else begin
            if start is not None:
                yield record.now - start
            begin = None
        if name == operation.begin:
            begin = record.now


def _work(operation: Operation, counts: Counts) -> int:
    return counts.sum(*WORK) + (counts[Class.USER] if operation.user else 0)


def figure(operation: Operation, page: Page, core: int, names: list[str]) -> Figure | None:
    """None when the program did not do it."""
    mine = [record for record in page.records if record.vcpu == core]
    found = list(samples(operation, mine, names))[operation.warm_up:]
    if not found:
        return None
    work = [_work(operation, counts) for counts in found]
    middle = median_low(work)
    shown = found[work.index(middle)]
    return Figure(middle, round(mean(counts.sum(*WAIT) for counts in found)),
                  {c.name.lower(): shown[c] for c in (*PRIVILEGED, Class.USER)},
                  len(found), Counter(work)[middle], min(work), max(work))


def boot_figure(page: Page, core: int) -> Figure:
    """From the image's first instruction to the first one at EL0."""
    counts = page.first_user[core]
    work = counts.sum(*WORK)
    return Figure(work, counts.sum(*WAIT),
                  {c.name.lower(): counts[c] for c in (*PRIVILEGED, Class.USER)}, 1, 1, work, work)
