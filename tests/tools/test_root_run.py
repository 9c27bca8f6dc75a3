# SPDX-License-Identifier: BSD-2-Clause
"""How the run of a root task is judged, without a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.qemu import Ending, RunEnd
from tools.recorder import EventLog, Record, RecordType, StopReason
from tools.root_run import Console, Outcome, RootRun


def _run(ending: Ending, reason: StopReason | None, console: bytes = b"",
         awaited: bytes | None = None) -> RootRun:
    records = [] if reason is None else [Record(1, 0, 1, 1, RecordType.STOP, int(reason), 0)]
    return RootRun("", RunEnd(ending, 0, 1.25, ""), console, EventLog(records, 0, []), awaited)


@pytest.mark.parametrize(("run", "outcome", "how"), [
    (_run(Ending.OFF, StopReason.POWER_OFF), Outcome.GOOD, "power off, after 1.2 s"),
    (_run(Ending.OFF, StopReason.RESET), Outcome.GOOD, "reset, after 1.2 s"),
    (_run(Ending.OFF, StopReason.NO_MAJORITY), Outcome.STOPPED, "stop: no majority, after 1.2 s"),
    (_run(Ending.OFF, StopReason.DIGEST), Outcome.STOPPED, "stop: digest, after 1.2 s"),
    (_run(Ending.OFF, None), Outcome.STOPPED,
     "the machine ended without a word in its recorder, after 1.2 s"),
    (_run(Ending.TIME_LIMIT, None), Outcome.TIME_LIMIT, "time limit, after 1.2 s"),
    (_run(Ending.KILLED, None, b"all\r\ndone", b"done"), Outcome.GOOD,
     "it printed 'done', after 1.2 s"),
    (_run(Ending.OFF, StopReason.POWER_OFF, b"all done", b"done"), Outcome.GOOD,
     "power off, after 1.2 s"),
    (_run(Ending.OFF, StopReason.POWER_OFF, b"no", b"done"), Outcome.STOPPED,
     "power off, after 1.2 s; it never printed 'done'"),
    (_run(Ending.TIME_LIMIT, None, b"no", b"done"), Outcome.TIME_LIMIT,
     "time limit, after 1.2 s; it never printed 'done'"),
])
def test_outcome(run: RootRun, outcome: Outcome, how: str) -> None:
    """The exit status is the outcome's value."""
    assert (run.outcome, run.how()) == (outcome, how)


def test_statuses_and_text() -> None:
    """Three different ones; lines end as in a file."""
    assert [outcome.value for outcome in Outcome] == [0, 1, 124]
    assert _run(Ending.OFF, None, b"a\r\nb\xff").text == "a\nb\ufffd"


def test_console_grows(tmp_path: Path) -> None:
    """Shown once, whole characters, the awaited text found across two pieces."""
    path, shown = tmp_path / "console", list[str]()
    console = Console(path, b"all done", shown.append)
    assert not console.poll()
    seen = []
    for piece in (b"a\r\n\xe2\x9c", b"\x94", b"", b"all d", b"one\r\n"):
        with path.open("ab") as file:
            file.write(piece)
        seen.append(console.poll())
    assert seen == [False, False, False, False, True]
    assert "".join(shown) == "a\n\u2714all done\n"
    assert bytes(console.data) == path.read_bytes()


def test_awaited_text_in_two_pieces(tmp_path: Path) -> None:
    """The first one shorter than the text."""
    path = tmp_path / "console"
    path.write_bytes(b"don")
    console = Console(path, b"done", None)
    assert not console.poll()
    path.write_bytes(b"done")
    assert console.poll() and console.poll()
