# SPDX-License-Identifier: BSD-2-Clause
"""Outcomes, as a table of observations."""

from __future__ import annotations

import pytest

from faultinj.classify import (EFFECTIVE, UNCONTROLLED, Outcome, classify, difference,
                               lost_or_repeated)
from faultinj.engine import Ending
from faultinj.fault import Landing
from tools.recorder import RENDEZVOUS, EventLog, Record, RecordType, StopReason

GOLDEN = b"abcdefgh"


def log(*entries: tuple[RecordType, int, int]) -> EventLog:
    records = [Record(100 * at, 0, at, 7 + at, kind, a, b)
               for at, (kind, a, b) in enumerate(entries, 1)]
    return EventLog(records, 0, [])


START = (RecordType.START, 3, 0x44000000)
OFF = (RecordType.STOP, StopReason.POWER_OFF, 7)
MISMATCH = (RecordType.MISMATCH, 40, 0)
TIMEOUT = (RecordType.TIMEOUT, 2, 9)
EXCLUDE = (RecordType.EXCLUDE, 2, 3)
SPLIT = (RecordType.STOP, StopReason.NO_MAJORITY, 3)
LANDED = Landing.LANDED

CASES = [
    ("nothing happened", Ending.OFF, LANDED, GOLDEN, log(START, OFF), Outcome.MASKED),
    ("outvoted", Ending.OFF, LANDED, GOLDEN, log(START, MISMATCH, EXCLUDE, OFF),
     Outcome.DOWNGRADED),
    ("noticed, nobody excluded", Ending.OFF, LANDED, GOLDEN, log(START, TIMEOUT, OFF),
     Outcome.MASKED),
    ("not reached", Ending.OFF, Landing.NOT_REACHED, GOLDEN, log(OFF), Outcome.NOT_INJECTED),
    ("read back as before", Ending.OFF, Landing.REFUSED, GOLDEN, log(OFF), Outcome.NOT_INJECTED),
    ("null", Ending.OFF, Landing.NULL, GOLDEN, log(OFF), Outcome.MASKED),
    ("safe stop, right beginning", Ending.OFF, LANDED, GOLDEN[:3], log(START, MISMATCH, SPLIT),
     Outcome.SAFE_STOP),
    ("safe stop, all sent", Ending.OFF, LANDED, GOLDEN, log(MISMATCH, SPLIT),
     Outcome.SAFE_STOP),
    ("safe stop, nothing sent", Ending.STUCK, LANDED, b"", log(SPLIT), Outcome.SAFE_STOP),
    ("safe stop after a wrong byte", Ending.OFF, LANDED, b"abX", log(MISMATCH, SPLIT),
     Outcome.WRONG_OUTPUT),
    ("wrong byte", Ending.OFF, LANDED, b"abcXefgh", log(OFF), Outcome.WRONG_OUTPUT),
    ("wrong byte in spite of exclusion", Ending.OFF, LANDED, b"abcXefgh",
     log(MISMATCH, EXCLUDE, OFF), Outcome.WRONG_OUTPUT),
    ("lost bytes, normal end", Ending.OFF, LANDED, GOLDEN[:5], log(OFF), Outcome.LOST_OUTPUT),
    ("lost bytes, end without a record", Ending.OFF, LANDED, GOLDEN[:5], log(START),
     Outcome.LOST_OUTPUT),
    ("repeated byte", Ending.OFF, LANDED, b"aabcdefgh", log(OFF), Outcome.LOST_OUTPUT),
    ("one byte more", Ending.OFF, LANDED, GOLDEN + b"x", log(OFF), Outcome.WRONG_OUTPUT),
    ("endless loop", Ending.LIMIT, LANDED, GOLDEN[:2], log(START), Outcome.HANG),
    ("endless storm", Ending.CPU, LANDED, b"", log(START), Outcome.HANG),
    ("asleep, all sent", Ending.STUCK, LANDED, GOLDEN, log(START), Outcome.HANG),
    ("endless, wrong byte", Ending.LIMIT, LANDED, b"X", log(START), Outcome.WRONG_OUTPUT),
    ("reset asked for by nobody", Ending.OFF, LANDED, GOLDEN[:2],
     log((RecordType.STOP, StopReason.RESET, 7)), Outcome.LOST_OUTPUT),
]


@pytest.mark.parametrize("name, ending, landing, downlink, events, outcome", CASES,
                         ids=[case[0] for case in CASES])
def test_outcome(name: str, ending: Ending, landing: Landing, downlink: bytes, events: EventLog,
                 outcome: Outcome) -> None:
    assert classify(ending, landing, downlink, GOLDEN, events).outcome is outcome


@pytest.mark.parametrize("record, mechanism", [
    ((RecordType.MISMATCH, 40, 0), "fingerprint vote"),
    ((RecordType.MISMATCH, 40 | RENDEZVOUS, 0), "device vote"),
    ((RecordType.TIMEOUT, 2, 9), "watchdog"),
    ((RecordType.STAGE2, 0x1000, 9), "stage 2"),
    ((RecordType.PANIC, 1, 9), "kernel"),
    ((RecordType.SHIM_TRAP, 1, 9), "shim"),
    ((RecordType.REPAIR, 0x1000, 1), "scrubber"),
])
def test_mechanism_is_the_first_detection(record: tuple[RecordType, int, int],
                                          mechanism: str) -> None:
    found = classify(Ending.OFF, LANDED, GOLDEN, GOLDEN, log(START, record, MISMATCH, EXCLUDE, OFF))
    assert found.mechanism == mechanism
    assert (found.event, found.time, found.exclude_time) == (9, 200, 400)
    assert found.excluded == (2,)


@pytest.mark.parametrize("downlink, text", [
    (GOLDEN, ""),
    (b"abc", "ends after 3 of 8 bytes, so far right"),
    (b"abX", "3 bytes instead of 8, differs from byte 2"),
    (GOLDEN + b"!", "9 bytes instead of 8, differs from byte 8"),
])
def test_difference(downlink: bytes, text: str) -> None:
    assert difference(downlink, GOLDEN) == text


@pytest.mark.parametrize("downlink, lost", [
    (GOLDEN, False),
    (b"", True),
    (b"abefgh", True),           # two are missing in the middle
    (b"cdefgh", True),           # ... at the beginning
    (b"abcdcdefgh", True),       # two came twice
    (b"abcdefghabcdefgh", True),  # all came twice
    (b"abcdefghx", False),
    (b"abcXefgh", False),
    (b"abXdefg", False),
    (b"badcfehg", False),
])
def test_lost_or_repeated(downlink: bytes, lost: bool) -> None:
    assert lost_or_repeated(downlink, GOLDEN) is lost


REPAIR = (RecordType.REPAIR, 0x44000000, 1)
JOIN = (RecordType.JOIN, 2, 7)


@pytest.mark.parametrize("events, hit, latent, outcome, note", [
    (log(START, OFF), (1,), "", Outcome.MASKED, ""),
    (log(START, OFF), (1,), "3 words are wrong at the end", Outcome.LATENT,
     "3 words are wrong at the end"),
    (log(START, REPAIR, OFF), (1,), "3 words are wrong at the end", Outcome.CORRECTED_IN_PLACE, ""),
    (log(START, MISMATCH, EXCLUDE, OFF), (2,), "", Outcome.DOWNGRADED, ""),
    (log(START, MISMATCH, EXCLUDE, JOIN, OFF), (2,), "", Outcome.DOWNGRADED, "came back"),
    (log(START, MISMATCH, EXCLUDE, OFF), (1,), "", Outcome.VOTER_FAILURE,
     "excluded though it was not hit: 2"),
    (log(START, MISMATCH, EXCLUDE, OFF), None, "", Outcome.DOWNGRADED, ""),
    (log(START, MISMATCH, EXCLUDE, SPLIT), (1,), "", Outcome.SAFE_STOP,
     "excluded though it was not hit: 2"),
])
def test_state_and_who_was_hit(events: EventLog, hit: tuple[int, ...] | None, latent: str,
                               outcome: Outcome, note: str) -> None:
    found = classify(Ending.OFF, LANDED, GOLDEN, GOLDEN, events, hit, latent)
    assert (found.outcome, found.note) == (outcome, note)


def test_every_outcome_is_in_one_class() -> None:
    neither = {Outcome.NOT_INJECTED, Outcome.MASKED, Outcome.LATENT, Outcome.HARNESS_ERROR}
    assert set(EFFECTIVE) | neither == set(Outcome)
    assert not set(EFFECTIVE) & neither and set(UNCONTROLLED) < set(EFFECTIVE)
