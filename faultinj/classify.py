# SPDX-License-Identifier: BSD-2-Clause
"""The outcome of one run, from what was observed and nothing else.

Output is judged first: no record of a detection excuses a wrong byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from faultinj.engine import Ending
from faultinj.fault import Landing
from faultinj.way_back import Fate
from tools.recorder import RENDEZVOUS, EventLog, Record, RecordType, StopReason


class Outcome(Enum):
    """What became of a fault. Order is that of all tables."""

    NOT_INJECTED = "not injected"
    MASKED = "masked"
    LATENT = "latent"                # output complete and right, but the final state is wrong
    CORRECTED_IN_PLACE = "corrected in place"  # the same, repaired without losing a replica
    DOWNGRADED = "downgraded"        # the replica was excluded; the output is complete and right
    SAFE_STOP = "safe stop"          # stopped safely; what was sent is a correct beginning
    WRONG_OUTPUT = "wrong output"
    LOST_OUTPUT = "lost or repeated output"  # every byte is right, but some are missing or twice
    HANG = "hang"                    # never ended; what was sent is a correct beginning
    VOTER_FAILURE = "voter failure"  # a replica that was not hit was excluded; the output is right
    HARNESS_ERROR = "harness error"  # nothing is known; never part of a statistic


EFFECTIVE = (Outcome.CORRECTED_IN_PLACE, Outcome.DOWNGRADED, Outcome.SAFE_STOP,
             Outcome.WRONG_OUTPUT, Outcome.LOST_OUTPUT, Outcome.HANG, Outcome.VOTER_FAILURE)
WRONG = (Outcome.WRONG_OUTPUT, Outcome.LOST_OUTPUT, Outcome.HANG)
UNCONTROLLED = (*WRONG, Outcome.VOTER_FAILURE)
SAFE_STOPS = (StopReason.NO_MAJORITY, StopReason.LAST_REPLICA, StopReason.DIGEST)
DETECTIONS = (RecordType.MISMATCH, RecordType.TIMEOUT, RecordType.STAGE2, RecordType.PANIC,
              RecordType.SHIM_TRAP, RecordType.DIGEST_BAD, RecordType.ACCUSE, RecordType.REPAIR,
              RecordType.JOIN_FAILED)

MECHANISMS = {
    RecordType.TIMEOUT: "watchdog", RecordType.STAGE2: "stage 2", RecordType.PANIC: "kernel",
    RecordType.SHIM_TRAP: "shim", RecordType.DIGEST_BAD: "image digest",
    RecordType.REPAIR: "scrubber", RecordType.JOIN_FAILED: "re-admission"}


@dataclass(frozen=True)
class Verdict:
    """An outcome and why."""

    outcome: Outcome
    mechanism: str        # what noticed it first, "" when nothing did
    excluded: tuple[int, ...]
    event: int | None     # of the first detection, kernel entries begun
    time: int | None      # counter ticks of the first detection
    exclude_time: int | None  # ... of the first exclusion
    note: str


def mechanism_of(record: Record) -> str:
    """Which guard wrote this record."""
    if record.type in (RecordType.MISMATCH, RecordType.ACCUSE):
        word = record.a if record.type is RecordType.MISMATCH else record.b
        return "device vote" if word & RENDEZVOUS else "fingerprint vote"
    return MECHANISMS.get(record.type, "")


def difference(downlink: bytes, golden: bytes) -> str:
    """How the output differs, in words; empty when it does not."""
    if downlink == golden:
        return ""
    if golden.startswith(downlink):
        return f"ends after {len(downlink)} of {len(golden)} bytes, so far right"
    same = next((at for at, (a, b) in enumerate(zip(downlink, golden)) if a != b),
                min(len(downlink), len(golden)))
    return f"{len(downlink)} bytes instead of {len(golden)}, differs from byte {same}"


def lost_or_repeated(downlink: bytes, golden: bytes) -> bool:
    """Whether it is the golden output with one run of bytes left out, or sent twice."""
    shorter = min(len(downlink), len(golden))
    begin = next((at for at in range(shorter) if downlink[at] != golden[at]), shorter)
    end = next((at for at in range(shorter) if downlink[-1 - at] != golden[-1 - at]), shorter)
    return downlink != golden and begin + end >= len(downlink)


def _wrong(downlink: bytes, golden: bytes) -> Outcome:
    return Outcome.LOST_OUTPUT if lost_or_repeated(downlink, golden) else Outcome.WRONG_OUTPUT


def classify(ending: Ending, landing: Landing, downlink: bytes, golden: bytes,
             log: EventLog, hit: tuple[int, ...] | None = None, latent: str = "",
             way_back: Fate = Fate.NONE) -> Verdict:
    """One pure function decides. `log`: since the fault; `hit`: the replicas that got it, None
    where it belongs to none of them; `latent`: what was found wrong in the final state;
    `way_back`: what became of a replica that was to come back."""
    differs = difference(downlink, golden)
    detections = log.of(*DETECTIONS)
    first = detections[0] if detections else None
    excluded = log.of(RecordType.EXCLUDE)
    notes = [differs] if differs else []
    notes += log.damaged[:2]
    healthy = [replica for replica in log.excluded() if hit is not None and replica not in hit]
    if healthy:
        notes.append("excluded though it was not hit: " + ", ".join(map(str, healthy)))
    if way_back is not Fate.NONE:
        notes.append(f"the joiner {way_back.value}")
    elif log.of(RecordType.JOIN):
        notes.append("came back")
    if ending is not Ending.OFF:
        notes.append(f"ended by: {ending.value}")

    def verdict(outcome: Outcome) -> Verdict:
        return Verdict(outcome, mechanism_of(first) if first else "", tuple(log.excluded()),
                       first.event if first else None, first.time if first else None,
                       excluded[0].time if excluded else None, "; ".join(notes))

    if landing in (Landing.NOT_REACHED, Landing.REFUSED):
        return verdict(Outcome.NOT_INJECTED)
    if not golden.startswith(downlink):
        return verdict(_wrong(downlink, golden))
    if log.stop_reason() in SAFE_STOPS and ending in (Ending.OFF, Ending.STUCK):
        return verdict(Outcome.SAFE_STOP)
    if ending is not Ending.OFF:
        return verdict(Outcome.HANG)
    if differs:
        return verdict(_wrong(downlink, golden))
    if excluded:
        return verdict(Outcome.VOTER_FAILURE if healthy else Outcome.DOWNGRADED)
    if way_back in (Fate.REFUSED, Fate.AWAY):
        return verdict(Outcome.DOWNGRADED)
    if log.of(RecordType.REPAIR, RecordType.JOIN_FAILED):
        return verdict(Outcome.CORRECTED_IN_PLACE)
    if latent:
        notes.append(latent)
        return verdict(Outcome.LATENT)
    if first:
        notes.append("noticed, but nobody was excluded")
    return verdict(Outcome.MASKED)
