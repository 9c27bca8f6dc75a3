# SPDX-License-Identifier: BSD-2-Clause
"""The speed table from a page as the plugin writes it; rules from ELF files; what users see."""

from __future__ import annotations

import json
import re
import subprocess
from ctypes import sizeof
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import presets
from tools.bench import interrupts_off, page, table
from tools.bench.interrupts_off import BOUND, Longest
from tools.bench.kernel import Measurement
from tools.bench.operations import (BOOT_KEY, OPERATIONS, WARM_UP, Figure, Operation, boot_figure,
                                    figure)
from tools.bench.page import Class, RawPage
from tools.bench.rules import function_entries
from tools.paths import ROOT
from tools.symbols import Program

KEYS = ", ".join(op.key for op in OPERATIONS)
ERRORS = [
    ((), "ternion: the following arguments are required: KIND\n    next: ./ternion bench --help\n"),
    (("speed",), "ternion: argument KIND: invalid choice: 'speed' (choose from 'kernel', "
                 "'interrupts-off', 'voting', 'downgrade', "
                 "'readmit', 'inject', 'inputs')\n    next: ./ternion bench --help\n"),
    (("kernel", "--preset", "sparc"),
     f"ternion: unknown preset 'sparc'; the presets are: {', '.join(presets.known())}\n"
     "    next: ./ternion build --preset qemu-virt-tmr\n"),
    (("kernel", "--preset", "host"), "ternion: the preset 'host' makes no image\n"
                                     "    next: ./ternion bench kernel --preset base\n"),
    (("kernel", "--trace", "reboot"),
     f"ternion: no operation 'reboot' to trace; the operations are: {KEYS}\n"
     "    next: ./ternion bench kernel --trace call\n"),
    (("interrupts-off", "--program", "nothing"),
     "ternion: there is no program 'nothing': configs/nothing.system is not there\n"
     "    next: ./ternion bench interrupts-off --program apitest\n"),
    (("interrupts-off", "--limit", "soon"),
     "ternion: argument --limit: invalid float value: 'soon'\n"
     "    next: ./ternion bench interrupts-off --help\n"),
]


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2."""
    done = subprocess.run([str(ROOT / "ternion"), "bench", *arguments], capture_output=True,
                          text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (2, text)


@dataclass(frozen=True)
class Step:
    """A marker that core `core` reaches after executing so many more instructions."""

    marker: int
    kernel: int = 0
    wait: int = 0
    shim: int = 0
    user: int = 0
    core: int = 0
    enters: bool = False  # user was left right before these instructions


def _page(steps: list[Step], cores: int = 1) -> page.Page:
    raw = RawPage()
    raw.magic, raw.version, raw.vcpus = page.MAGIC, page.VERSION, cores
    entry = [[0] * page.CLASSES for _ in range(cores)]
    for index, step in enumerate(steps):
        now = raw.counts[step.core].of
        if step.enters:
            entry[step.core] = list(now)
        for which, count in ((Class.KERNEL, step.kernel), (Class.KERNEL_WAIT, step.wait),
                             (Class.SHIM, step.shim), (Class.USER, step.user)):
            now[which] += count
            raw.total[step.core] += count
        raw.record[index].marker, raw.record[index].vcpu = step.marker, step.core
        for which in Class:
            raw.record[index].now.of[which] = now[which]
            raw.record[index].entry.of[which] = entry[step.core][which]
    raw.records = len(steps)
    return page.decode(bytes(raw))


NAMES = ["bench_x_begin", "bench_x_end"]
EL1_AND_EL2 = Operation("x", "X", "x_begin", "x_end", 300)
FROM_USER = Operation("x", "X", "x_begin", "x_end", user=True)
REPEATED = Operation("x", "X", "x_begin", "x_begin")
FROM_ENTRY = Operation("x", "X", "entry", "x_end")


def _rounds(work: list[int], **more: int) -> list[Step]:
    """Warm-up rounds that cost much more, then these."""
    steps = []
    for kernel in [9000] * WARM_UP + work:
        steps += [Step(0, user=7), Step(1, kernel, more.get("wait", 0), more.get("shim", 0), 1)]
    return steps


def test_figure_is_the_median_of_warm_repetitions() -> None:
    """EL0 apart, waiting apart, EL1 and EL2 together; the outlier is told."""
    found = figure(EL1_AND_EL2, _page(_rounds([200, 200, 650, 200, 199], wait=11, shim=50)), 0,
                   NAMES)
    assert found is not None
    assert (found.work, found.wait, found.repetitions, found.equal) == (250, 11, 5, 3)
    assert (found.least, found.most) == (249, 700)
    assert found.parts["kernel"] == 200 and found.parts["shim"] == 50 and found.parts["user"] == 1


@pytest.mark.parametrize(("operation", "steps", "work"), [
    (FROM_USER, _rounds([200] * 3), 201),
    (REPEATED, [Step(0, 100, user=5)] * (WARM_UP + 3), 100),
    (FROM_ENTRY, [Step(0, 70, user=1), Step(1, 40, enters=True)] * (WARM_UP + 2), 40),
    # A begin whose end never came does not count: the next one begins anew.
    (EL1_AND_EL2, [Step(0), Step(0, 5000), Step(1, 30)] * (WARM_UP + 2), 30),
], ids=["user to user", "marker to itself", "from the entry", "begin without end"])
def test_figure_of(operation: Operation, steps: list[Step], work: int) -> None:
    """What lies between the right markers, and nothing else."""
    found = figure(operation, _page(steps), 0, NAMES)
    assert found is not None and found.work == work == found.least == found.most


def test_cores_are_apart() -> None:
    """Another core's markers in between change nothing; a core that did nothing has no figure."""
    steps = [step for round_ in _rounds([200] * 3) for step in (round_, Step(1, 999, core=1))]
    shared = _page(steps, 3)
    found = figure(EL1_AND_EL2, shared, 0, NAMES)
    assert found is not None and found.work == 200
    assert figure(EL1_AND_EL2, shared, 2, NAMES) is None


def test_boot_figure() -> None:
    """Shim and kernel; the firmware before the image is not ours."""
    raw = RawPage()
    raw.magic, raw.version, raw.vcpus = page.MAGIC, page.VERSION, 1
    for which, count in ((Class.OTHER, 6), (Class.SHIM, 1000), (Class.KERNEL, 90), (Class.RCOE, 5),
                         (Class.SHIM_WAIT, 3)):
        raw.first_user[0].of[which] = count
    found = boot_figure(page.decode(bytes(raw)), 0)
    assert (found.work, found.wait) == (1095, 3)


def test_strange_pages_are_refused() -> None:
    """A plugin that never ran, and one of another version."""
    with pytest.raises(ValueError, match="the plugin's page is empty or of another version"):
        page.decode(bytes(sizeof(RawPage)))


def _measurement(preset: str, replicas: int, work: int) -> Measurement:
    parts = {"kernel": work, "rcoe": 0, "shim": 0, "shim_vote": 0, "user": 1}
    one = Figure(work, 3, parts, 64, 60, work - 1, work + 1)
    return Measurement(preset, replicas, "ab" * 32, "qemu ...", 1.5,
                       {key: one for key in (BOOT_KEY, *(op.key for op in OPERATIONS))},
                       "QEMU emulator version 7.2.22", "-M virt -cpu cortex-a53")


@pytest.mark.parametrize(("work", "over"), [
    (209, []), (210, ["call"]), (262, ["call", "call_fp"]),
])
def test_table_against_stock(work: int, over: list[str], tmp_path: Path,
                             capsys: pytest.CaptureFixture[str]) -> None:
    """Base alone is compared, equal is good enough, and the file says the same as the screen."""
    result = table.make_result([_measurement("qemu-virt-base", 1, work),
                                _measurement("qemu-virt-tmr", 3, 5000)])
    assert [row.key for row in result.over()] == over and result.good is not bool(over)
    table.show(result)
    text = capsys.readouterr().out
    assert re.search(rf"^Call +209 +{work} +{work / 209:.2f} +0 +5,000 +3$", text, re.MULTILINE)
    assert ("above stock seL4: Call" if over else "every figure of base is at or below") in text
    table.write(result, tmp_path / "deep" / "kernel.json")
    told = json.loads((tmp_path / "deep" / "kernel.json").read_text(encoding="utf-8"))
    assert (told["good"], told["over"]) == (not over, over)
    call = told["operations"][0]
    assert (call["key"], call["stock"]) == ("call", 209)
    assert call["figures"]["qemu-virt-base"]["work"] == work
    assert call["figures"]["qemu-virt-tmr"]["wait"] == 3


def test_a_missing_figure_is_not_good() -> None:
    """What was not measured is not at or below anything."""
    base = _measurement("qemu-virt-base", 1, 100)
    del base.figures["yield"]
    result = table.make_result([base])
    assert [row.key for row in result.over()] == ["yield"]


@pytest.mark.parametrize(("work", "good"), [(BOUND, True), (BOUND + 1, False)])
def test_interrupts_off(work: int, good: bool, tmp_path: Path,
                        capsys: pytest.CaptureFixture[str]) -> None:
    """The number, where it was, and the bound."""
    longest = Longest(0, work, 0, 70, "init:a+0x4", "init:b", [("kernel:cte_delete", 900)])
    measured = [interrupts_off.Measurement("qemu-virt-base", "apitest", "cd" * 32, "qemu ...", 17,
                                           512, [longest], work + 70)]
    assert interrupts_off.show(measured) is good
    text = capsys.readouterr().out
    assert f"off {work:,} instructions at EL1 (bound {BOUND:,})" in text
    assert "left at init:a+0x4, back at init:b" in text and "cte_delete 900" in text
    interrupts_off.write(measured, tmp_path / "off.json")
    told = json.loads((tmp_path / "off.json").read_text(encoding="utf-8"))
    assert told["flights"][0]["longest"][0]["work"] == work and told["bound"] == BOUND


INLINED = """
extern volatile int word;
static inline __attribute__((always_inline)) void wait_turn(void) { while (word) { } word = 2; }
__attribute__((noinline)) void wait_end(void) { word = 1; }
void one(void) { wait_turn(); wait_end(); }
void two(void) { word = 3; wait_turn(); wait_end(); }
volatile int word;
int main(void) { one(); two(); return 0; }
"""


def test_functions_are_found_where_they_were_inlined(tmp_path: Path) -> None:
    """Each copy has its entry; a function that is not there has none."""
    source, linked = tmp_path / "a.c", tmp_path / "a.elf"
    source.write_text(INLINED, encoding="ascii")
    subprocess.run(["cc", "-O2", "-g", "-fno-inline-functions", "-fno-ipa-icf", "-o", str(linked),
                    str(source)], check=True)
    program = Program("a", linked)
    found = function_entries(program, {"wait_turn", "wait_end", "wait_more"})
    inside = {symbol.name for at in found["wait_turn"] if (symbol := program.at(at)) is not None}
    assert {"one", "two"} <= inside
    end = program.find("wait_end")
    assert end is not None and found["wait_end"] == [end.address]
    assert found["wait_more"] == []
