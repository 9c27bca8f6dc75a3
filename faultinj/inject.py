# SPDX-License-Identifier: BSD-2-Clause
"""One injection from plan to result. Used by the workers of a campaign, and by replay."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from faultinj.classify import Outcome, Verdict, classify
from faultinj.engine import HarnessError, Run, run
from faultinj.fault import Flip, Injection, Landing, MemoryFlip, Trigger
from faultinj.final_state import latent as find_latent
from faultinj.fork_server import Forked, fly
from faultinj.golden import Arm
from faultinj.places import line_of, running
from faultinj.plan import PlannedFault
from faultinj.resolve import resolve_all
from faultinj.rsp import Stub
from faultinj.store import Result
from faultinj.strata import ONCE, OUTSIDE, Kind
from faultinj.way_back import NOT_BACK, Fate, fate, returned, since
from tools import recorder
from tools.recorder import EventLog

Announce = Callable[[str], None] | None  # is told the command line
NEVER_RUNS = Verdict(Outcome.NOT_INJECTED, "", (), None, None, None,
                     "this layer never runs on this core, or no other core is there")


def landing_of(done: Run) -> Landing:
    """Of all its faults: landed only when each has."""
    landings = [done.evidence.landing, *(evidence.landing for evidence in done.also)]
    wrong = [landing for landing in landings if landing in (Landing.NOT_REACHED, Landing.REFUSED)]
    return wrong[0] if wrong else landings[0]


def hit_replicas(fault: PlannedFault, what: Sequence[Injection]) -> tuple[int, ...] | None:
    """Whom the fault belongs to; None: to something that exists once."""
    if fault.layer in ONCE or fault.kind in OUTSIDE:
        return None
    return tuple(trigger.core for trigger, _ in what)


def _fate(arm: Arm, log: EventLog | None) -> Fate:
    return fate(log, arm.first.replica) if arm.first and log else Fate.NONE


def judge(arm: Arm, fault: PlannedFault, what: Sequence[Injection], done: Run, log: EventLog,
          latent: str = "") -> Verdict:
    """The outcome; a null injection that does anything at all is the harness's failure."""
    verdict = classify(done.ending, landing_of(done), done.downlink, arm.golden.downlink,
                       since(log, arm.first), hit_replicas(fault, what), latent,
                       _fate(arm, log))
    if fault.kind is Kind.NULL and (verdict.outcome is not Outcome.MASKED or verdict.mechanism):
        raise HarnessError(f"a null injection ended as: {verdict.outcome.value}, {verdict.note}")
    return verdict


def look_at_end(arm: Arm, what: Sequence[Injection], ram: Path) -> str:
    """What is wrong in the final state."""
    if arm.final is None:
        return ""
    trigger, flip = what[0]
    flipped = None
    if isinstance(flip, MemoryFlip):
        golden = arm.final.byte(flip.address)
        if golden is not None:
            flipped = flip.address, golden, golden ^ ((1 << flip.width) - 1) << flip.bit
    return find_latent(ram, arm.system, arm.final, trigger.core, flipped)


def _latency(arm: Arm, what: Sequence[Injection], verdict: Verdict,
             done: Run | None) -> tuple[int | None, int | None, int | None]:
    """From the (last) fault to the first record of its detection; not known where a replica joins,
    since that is recorded, too. The number of the event is the word of the replica that was hit:
    what cannot be is unknown."""
    if done is None or not verdict.mechanism or not done.page.noticed or arm.first is not None:
        return None, None, None
    evidence, core = (done.also or (done.evidence,))[-1], what[-1][0].core
    noticed = done.page.noticed
    events = None
    if verdict.event is not None and evidence.event is not None:
        events = verdict.event - evidence.event
        if not 0 <= events <= arm.golden.events:
            events = None
    return (sum(noticed) - sum(evidence.counts), noticed[core] - evidence.counts[core], events)


def _result(arm: Arm, fault: PlannedFault, what: Sequence[Injection], verdict: Verdict,
            done: Run | None, log: EventLog | None) -> Result:
    trigger = what[0][0] if what else None
    seen = done.evidence if done else None
    return Result(
        arm.name, fault.number, verdict.outcome, verdict.mechanism, verdict.excluded, verdict.event,
        verdict.time, verdict.exclude_time, verdict.note,
        trigger.core if trigger else None, trigger.count if trigger else None,
        trigger.code if trigger else None, trigger.steps if trigger else None,
        _text(what), landing_of(done).value if done else "",
        seen.pc if seen else None, seen.sp if seen else None, seen.level if seen else None,
        seen.before if seen else None, seen.after if seen else None,
        running(arm.system, trigger.core, seen) if seen and trigger else "",
        done.ending.value if done else "",
        hashlib.sha256(done.downlink).hexdigest() if done else "",
        log.digest() if log else "", done.wall_s if done else 0.0,
        *_latency(arm, what, verdict, done), _fate(arm, log).value,
        line_of(arm.system, trigger.core, seen) if seen and trigger else "",
        sum(seen.counts) if seen and seen.counts else None,
        *(returned(log) if log else NOT_BACK))


def _text(what: Sequence[Injection]) -> str:
    if len(what) < 2:
        return what[0][1].text() if what else "nothing"
    return " and ".join(f"core {trigger.core}: {flip.text()}" for trigger, flip in what)


def fly_with_fault(arm: Arm, trigger: Trigger, flip: Flip,
                   at_fault: Callable[[Stub, Path], None] | None = None,
                   announce: Announce = None,
                   also: Sequence[Injection] = (),
                   at_end: Callable[[Path], None] | None = None) -> tuple[Run, EventLog]:
    """The run and its event log. `at_end` sees the RAM file when the machine is off."""
    def look(ram: Path) -> EventLog:
        if at_end:
            at_end(ram)
        return recorder.read(ram, arm.system)

    before = (arm.first.injection,) if arm.first else ()
    done, log = run(arm.flight, arm.limits, trigger, flip, arm.ranges, announce=announce,
                    inspect=look, at_fault=at_fault,
                    also=also, probes=arm.probes, before=before)
    assert log is not None
    return done, log


def inject(arm: Arm, fault: PlannedFault, announce: Announce = None) -> Result:
    """Runs it. Whatever the harness does wrong becomes a harness error, never an outcome."""
    what = resolve_all(fault, arm)
    if not _possible(arm, fault, what):
        return _result(arm, fault, (), NEVER_RUNS, None, None)
    try:
        ends: list[str] = []
        done, log = fly_with_fault(arm, *what[0], announce=announce, also=what[1:],
                                   at_end=lambda ram: ends.append(look_at_end(arm, what, ram)))
        return _concluded(arm, fault, what, done, log, ends[0] if ends else "")
    except (HarnessError, OSError) as error:
        return _failed(arm, fault, what, error)


def inject_together(arm: Arm, faults: Sequence[PlannedFault]) -> Iterator[Result]:
    """The same for many, in any order: those that allow it share the flight up to their fault."""
    resolved = {fault.number: resolve_all(fault, arm) for fault in faults}
    shared = [fault for fault in faults if len(resolved[fault.number]) == 1
              and _possible(arm, fault, resolved[fault.number])]
    done = set()

    def look(number: int, ram: Path) -> tuple[EventLog, str]:
        return (recorder.read(ram, arm.system),
                look_at_end(arm, resolved[shared[number].number], ram))

    if len(shared) > 1:
        before = (arm.first.injection,) if arm.first else ()
        what = [resolved[fault.number][0] for fault in shared]
        for forked in fly(arm.flight, arm.limits, what, arm.probes, before, look):
            fault = shared[forked.number]
            done.add(fault.number)
            yield _forked_result(arm, fault, resolved[fault.number], forked)
    for fault in faults:
        if fault.number not in done:
            yield inject(arm, fault)


def _forked_result(arm: Arm, fault: PlannedFault, what: Sequence[Injection],
                   forked: Forked[tuple[EventLog, str]]) -> Result:
    if isinstance(forked.run, Exception):
        return _failed(arm, fault, what, forked.run)
    assert forked.seen is not None
    try:
        return _concluded(arm, fault, what, forked.run, *forked.seen)
    except HarnessError as error:
        return _failed(arm, fault, what, error)


def _possible(arm: Arm, fault: PlannedFault, what: Sequence[Injection]) -> bool:
    return len(what) >= min(fault.replicas, arm.system.replicas)


def _concluded(arm: Arm, fault: PlannedFault, what: Sequence[Injection], done: Run, log: EventLog,
               latent: str) -> Result:
    return _result(arm, fault, what, judge(arm, fault, what, done, log, latent), done, log)


def _failed(arm: Arm, fault: PlannedFault, what: Sequence[Injection],
            error: Exception) -> Result:
    failed = Verdict(Outcome.HARNESS_ERROR, "", (), None, None, None,
                     str(error) or type(error).__name__)
    return _result(arm, fault, what, failed, None, None)
