# SPDX-License-Identifier: BSD-2-Clause
"""The flight recorder is read as shim/include/shim/record.h says."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tools import recorder
from tools.errors import UserError
from tools.recorder import HEADER, MAGIC, RECORD, EventLog, Record, RecordType, StopReason

HEADER_FILE = Path(__file__).parents[2] / "shim/include/shim/record.h"


INPUTS = HEADER.size + recorder.RECORDS * RECORD.size


def _fill(data: bytearray, first: int, core: int, count: int, kind: RecordType, a: int) -> None:
    for sequence in range(1, count + 1):
        offset = first + (sequence - 1) % recorder.RECORDS * RECORD.size
        RECORD.pack_into(data, offset, kind, core, sequence, 10 * sequence, sequence, a, sequence,
                         0)


def _ring(core: int, written: int, version: int = recorder.VERSION, magic: int = MAGIC,
          inputs: int = 0) -> bytearray:
    data = bytearray(0x10000)
    HEADER.pack_into(data, 0, magic, version, core, written, inputs)
    _fill(data, HEADER.size, core, written, RecordType.EXCLUDE, core)
    _fill(data, INPUTS, core, inputs, RecordType.INPUT, 33)
    return data


def test_reads_a_ring() -> None:
    """All records, in order."""
    records, lost, damaged = recorder.parse_core(bytes(_ring(1, 5)), 1)
    assert [r.sequence for r in records] == [1, 2, 3, 4, 5]
    assert not lost and not damaged and records[0].type is RecordType.EXCLUDE


def test_inputs_do_not_push_out_the_rest() -> None:
    """Each kind has its ring; both are merged by time."""
    records, lost, damaged = recorder.parse_core(bytes(_ring(0, 2, inputs=1500)), 0)
    assert lost == 1500 - recorder.RECORDS and not damaged
    assert [r.time for r in records if r.type is RecordType.EXCLUDE] == [10, 20]
    assert records[-1].text() == "input 1500: interrupt 33"
    assert records == sorted(records)


def test_reads_a_ring_that_wrapped() -> None:
    """The newest are there, and the number of lost ones is known."""
    records, lost, damaged = recorder.parse_core(bytes(_ring(0, 1500)), 0)
    assert (len(records), records[-1].sequence, lost) == (680, 1500, 1500 - 680)
    assert not damaged


def test_a_reset_begins_anew() -> None:
    """Time may begin at 0 again: the older start of all cores first, whatever the times say."""
    def ring(core: int, *starts: list[int]) -> list[Record]:
        data = bytearray(0x10000)
        times = [(time, number) for own in starts for number, time in enumerate(own)]
        HEADER.pack_into(data, 0, MAGIC, recorder.VERSION, core, len(times), 1)
        for index, (time, number) in enumerate(times):
            kind = RecordType.ACCUSE if number else RecordType.START
            RECORD.pack_into(data, HEADER.size + index * RECORD.size, kind, core, index + 1, time,
                             0, 0, 0, 0)
        RECORD.pack_into(data, INPUTS, RecordType.INPUT, core, 1, 6, 0, 33, 1, 0)
        return recorder.parse_core(bytes(data), core)[0]

    log = recorder.merged([ring(0, [100, 300], [1, 7]), ring(1, [101], [3]), ring(2, [4, 5])])
    assert [(r.time, r.core) for r in log] == [
        (100, 0), (101, 1), (300, 0),
        (1, 0), (3, 1), (4, 2), (5, 2), (6, 0), (6, 1), (6, 2), (7, 0)]


def test_never_started_core_is_no_damage() -> None:
    """Zeroes are what RAM starts with."""
    assert recorder.parse_core(bytes(0x10000), 3) == ([], 0, [])


def test_damage_is_told() -> None:
    """A fault may hit the recorder itself; that may not look like silence."""
    ring = _ring(2, 4)
    RECORD.pack_into(ring, HEADER.size + RECORD.size, 999, 2, 2, 0, 0, 0, 0, 0)
    records, _, damaged = recorder.parse_core(bytes(ring), 2)
    assert len(records) == 3 and damaged == ["record 2 of core 2"]
    assert recorder.parse_core(bytes(_ring(2, 4, magic=1)), 2)[2]
    huge = _ring(2, 4)
    HEADER.pack_into(huge, 0, MAGIC, recorder.VERSION, 2, 1 << 60, 0)
    assert recorder.parse_core(bytes(huge), 2)[2]


def test_other_version_is_an_error() -> None:
    """Not guessed."""
    with pytest.raises(UserError, match="flight recorder version 1, but this tool reads 5"):
        recorder.parse_core(bytes(_ring(0, 1, version=1)), 0)


def test_log_answers() -> None:
    """Digest, exclusions and the reason of the stop."""
    records = [Record(5, 0, 1, 9, RecordType.EXCLUDE, 1, 0b101),
               Record(7, 2, 1, 9, RecordType.STOP, 1, 0b101)]
    log = EventLog(records, 0, [])
    assert log.excluded() == [1] and log.stop_reason() is StopReason.POWER_OFF
    assert records[0].text() == "replica 1 excluded, active {0, 2}"
    assert records[1].text() == "stop: power off, active {0, 2}"
    assert log.digest() == EventLog(list(records), 0, []).digest()
    assert log.digest() != EventLog(records[:1], 0, []).digest()
    assert log.digest() != EventLog(records, 1, []).digest()


def _text(time: int, core: int, sequence: int, text: bytes) -> Record:
    return Record(time, core, sequence, 9, RecordType.TEXT,
                  *struct.unpack("<QQQ", text.ljust(24, b"\0")))


def test_debug_text_is_joined_to_lines() -> None:
    """Over records, other events and a change of the I/O core; each line where it begins."""
    moved = Record(4, 1, 1, 9, RecordType.IO_MOVED, 0, 1)
    records = [_text(1, 0, 1, b"thread 'camera' stopped "), _text(2, 0, 2, b"at 0x4"), moved,
               _text(5, 1, 2, b"000\r\n"), _text(6, 1, 3, b"\n"), _text(7, 1, 4, b"half\x1b[ a")]
    told = recorder.told(records)
    assert [words for _, words in told] == [
        "text: thread 'camera' stopped at 0x4000", moved.text(), "text: ", "text: half\\x1b[ a"]
    assert [record for record, _ in told] == [records[0], moved, records[4], records[5]]


def test_debug_text_is_read_and_counts() -> None:
    """All 24 characters of a record are in the log and in its digest."""
    ring = _ring(0, 1)
    text = b"abcdefghijklmnopqrstuvw\n"
    RECORD.pack_into(ring, HEADER.size, RecordType.TEXT, 0, 1, 5, 9,
                     *struct.unpack("<QQQ", text))
    log = EventLog(recorder.parse_core(bytes(ring), 0)[0], 0, [])
    assert [record.characters() for record in log.remarkable()] == [text]
    other = EventLog([_text(5, 0, 1, text[:-1])], 0, [])
    assert log.digest() != other.digest()
    assert log.digest() == EventLog([_text(5, 0, 1, text)], 0, []).digest()


@pytest.mark.parametrize("kind", list(RecordType))
def test_every_type_has_words(kind: RecordType) -> None:
    """Also with the largest numbers."""
    largest = (1 << 64) - 1
    assert Record(0, 0, 1, 0, kind, largest, largest).text()


def _enum(text: str, name: str) -> list[str]:
    body = re.search(rf"enum {name} {{(.*?)}};", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL),
                     re.DOTALL)
    assert body
    return [item.split("=")[0].strip() for item in body.group(1).split(",") if item.strip()]


def test_numbers_are_those_of_the_header() -> None:
    """Types, reasons, ring length, version."""
    text = HEADER_FILE.read_text(encoding="utf-8")
    assert _enum(text, "record_type") == [f"RECORD_{t.name}" for t in RecordType] + ["RECORD_TYPES"]
    assert _enum(text, "stop_reason") == [f"STOP_{r.name}" for r in StopReason]
    assert f"#define RECORDS {recorder.RECORDS}u" in text
    assert f"#define RECORD_VERSION {recorder.VERSION}u" in text
    assert f"#define RECORD_CHARACTERS {struct.calcsize('<QQQ')}u" in text
    assert f"{MAGIC:#010x}"[2:] in text.lower()
