# SPDX-License-Identifier: BSD-2-Clause
"""What a user sees who types something wrong, and how counts are read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.tools.reports import report_dict
from tools import presets, system_report, tcb, test_steps
from tools.board import boards
from tools.errors import UserError
from tools.packets import crc16
from tools.paths import ROOT
from tools.telecommand import Uplink


def _ternion(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([str(ROOT / "ternion"), *arguments], capture_output=True, text=True,
                          check=False, cwd=ROOT)
    return done.returncode, done.stdout, done.stderr


ERRORS = [
    (("nonsense",), "ternion: unknown command 'nonsense'; the commands are: demo, test, build, "
                    "image, run, events, replicas, diff, debug, inject, replay, report, compare, "
                    "bench, fuzz, doctor\n"
                    "    next: ./ternion --help\n"),
    (("build", "--preset", "qemu-virt-tmrr"),
     f"ternion: unknown preset 'qemu-virt-tmrr'; the presets are: {', '.join(presets.known())}\n"
     "    next: ./ternion build --preset qemu-virt-tmr\n"),
    (("run", "--preset", "sparc"),
     f"ternion: unknown preset 'sparc'; the presets are: {', '.join(presets.known())}\n"
     "    next: ./ternion build --preset qemu-virt-tmr\n"),
    (("run", "--preset", "host"), "ternion: the preset 'host' makes no image\n"
                                  "    next: ./ternion run --preset qemu-virt-tmr\n"),
    (("fuzz", "--preset", "base"),
     "ternion: qemu-virt-base checks no invariants: fuzzing needs a debug build\n"
     "    next: ./ternion fuzz --preset qemu-virt-base-debug\n"),
    (("fuzz", "--calls", "0"), "ternion: --calls 0 is no number of calls\n"
                               "    next: ./ternion fuzz --help\n"),
    (("run", "--frames", "many"), "ternion: argument --frames: invalid int value: 'many'\n"
                                  "    next: ./ternion run --help\n"),
    (("test", "everything"), "ternion: unknown test step 'everything'; the steps are: "),
]


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2, no traceback."""
    status, out, error = _ternion(*arguments)
    assert status == 2 and error.startswith(text) and error.count("\n") == 2, error + out


def test_works_from_another_directory_and_python(tmp_path: Path) -> None:
    """The tree finds itself; the interpreter is the distribution's."""
    command = ["/usr/bin/env", "python3", str(ROOT / "ternion"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "doctor" in done.stdout


def test_short_preset_names() -> None:
    """`tmr` is enough."""
    assert presets.check("tmr") == "qemu-virt-tmr" and presets.check("host") == "host"


def test_presets_are_read_with_what_they_include(tmp_path: Path) -> None:
    """The included ones first; a file that is missing is told."""
    top = tmp_path / "CMakePresets.json"
    top.write_text('{"include": ["b/presets.json"], "workflowPresets": [{"name": "host"}]}',
                   encoding="utf-8")
    with pytest.raises(UserError) as told:
        presets.known(top)
    assert told.value.message == (
        f"CMakePresets.json cannot be read: [Errno 2] No such file or directory: "
        f"'{tmp_path}/b/presets.json'")
    assert told.value.next_step == "git checkout CMakePresets.json boards"
    (tmp_path / "b").mkdir()
    (tmp_path / "b/presets.json").write_text('{"workflowPresets": [{"name": "b-base"}]}',
                                             encoding="utf-8")
    assert presets.known(top) == ["b-base", "host"]


def test_report_errors(tmp_path: Path) -> None:
    """No image, an old one, a broken one."""
    path = tmp_path / "p" / "report.json"
    path.parent.mkdir()
    (path.parent / "ternion.img").write_bytes(b"")
    with pytest.raises(UserError, match="report.json is not there"):
        system_report.load(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="is not JSON"):
        system_report.load(path)
    path.write_text(json.dumps({**report_dict(), "format": 9}), encoding="utf-8")
    with pytest.raises(UserError, match="has format 9, not 1"):
        system_report.load(path)
    broken = report_dict()
    del broken["memory_map"]["board"]
    path.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(UserError, match="lacks or garbles an entry: 'board'"):
        system_report.load(path)
    path.write_text(json.dumps(report_dict()), encoding="utf-8")
    system = system_report.load(path)
    assert system.board_page.base == 0x42800000 and len(system.partitions) == 3


def test_counts_are_read(tmp_path: Path) -> None:
    """ctest, JUnit and scripts; a failure without a count is a failure."""
    assert test_steps.read_ctest("90% tests passed, 1 tests failed out of 10\n") == (9, 1)
    assert test_steps.read_ctest("no build") is None
    junit = tmp_path / "j.xml"
    junit.write_text('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/>'
                     '</testsuites>', encoding="utf-8")
    assert test_steps.read_junit(junit) == (5, 2, 2)
    assert test_steps.read_counts(0, "x\n7 passed, 2 failed\n") == (7, 2)
    assert test_steps.read_counts(1, "7 passed\n") == (7, 1)
    assert test_steps.read_counts(1, "a: 80 of 81 goals proved\nb: 4 of 4 goals proved") == (84, 1)
    assert test_steps.read_counts(0, "quiet") == (1, 0)
    assert test_steps.read_counts(3, "quiet") == (0, 1)


def test_not_replicated_list(tmp_path: Path) -> None:
    """Items over several lines; a missing list is an error."""
    design = tmp_path / "DESIGN.md"
    design.write_text("# X\n\n## Not replicated\n\nText.\n- **board**: one\n  page\n- devices\n\n"
                      "## Other\n- no\n", encoding="utf-8")
    assert tcb.not_replicated(design) == ["board: one page", "devices"]
    with pytest.raises(UserError, match="DESIGN.md has no list"):
        tcb.not_replicated(tmp_path / "none" / "DESIGN.md")


def test_size_of_the_shim_counts_one_board() -> None:
    """Its own drivers, those that all have, and no other board's."""
    files = {board: set(tcb.count_lines(board)) for board in boards()}
    both = files["qemu-virt"] & files["xlnx-zcu102"]
    assert {"shim/board.c", "shim/drivers/psci.c"} <= both
    for board, controller, other in (("qemu-virt", "gicv3", "gicv2"),
                                     ("xlnx-zcu102", "gicv2", "gicv3")):
        names = {f"shim/drivers/{place}{controller}.{ending}"
                 for place, ending in (("", "c"), ("", "h"), ("start/", "c"))}
        assert names <= files[board] - both
        assert not any(other in name for name in files[board])


def test_uplink() -> None:
    """Numbered per APID; the payload has bounds."""
    uplink = Uplink()
    assert uplink.ping(b"a")[:4] == bytes.fromhex("1020c000")
    assert uplink.ping(b"a")[:4] == bytes.fromhex("1020c001")
    request = bytes.fromhex("1021c0000001")
    assert uplink.send_housekeeping() == request + crc16(request).to_bytes(2, "big")
    with pytest.raises(UserError, match="a ping carries 1 to 64 bytes, not 65"):
        uplink.ping(bytes(65))


@pytest.mark.parametrize(("output", "excerpt"), [
    ("[1/2] Building error.c.obj\nFAILED: a.o\na.c:1: error: no\n",
     "FAILED: a.o\na.c:1: error: no"),
    ("CMake Error at CMakeLists.txt:3\n  unknown option\n", "CMake Error at CMakeLists.txt:3\n"
                                                            "  unknown option"),
    ("[1/1] Packing\nternion: a.system:3: no\n", "ternion: a.system:3: no"),
    ("line\n" * 40 + "strange end\n", "line\n" * 29 + "strange end"),
])
def test_build_error_shows_the_culprit(tmp_path: Path, output: str, excerpt: str) -> None:
    """Not the names of files that were compiled before."""
    assert presets.BuildError("p", output, tmp_path / "build.log").excerpt == excerpt
