# SPDX-License-Identifier: BSD-2-Clause
"""What voting costs, from counters and words that are made up; the program on real cores."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench import page
from tools.bench.page import Class, RawPage
from tools.bench.units import code_of, runs
from tools.bench.voting import exchange
from tools.bench.voting.clock import Clock, idle_share, ratio_of
from tools.bench.voting.measure import (TITLES, Measurement, Sample, Split, Told, splits, told_by)
from tools.bench.voting.modes import BASE, Mode, chosen
from tools.bench.voting.page import html
from tools.bench.voting.result import Result, as_json
from tools.bench.voting.table import show_limits
from tools.paths import ROOT
from tools.system_model import VOTE_LEVELS

LEVELS = ", ".join(VOTE_LEVELS)
ERRORS = [
    (("--level", "total"), f"ternion: there is no vote level 'total'; the levels are: {LEVELS}\n"
                           "    next: ./ternion bench voting --level entry-exit\n"),
    (("--pairs", "-1"), "ternion: --pairs -1: it cannot be less than none\n"
                        "    next: ./ternion bench voting --pairs 10\n"),
    (("--mode", "qmr"), "ternion: argument --mode: invalid choice: 'qmr' (choose from 'dmr', "
                        "'tmr')\n    next: ./ternion bench voting --help\n"),
]
TMR = Mode("tmr", "entry-exit", 64)
MARKS = ["bench_storm_begin", "bench_storm_end"]


@pytest.mark.parametrize(("arguments", "text"), ERRORS)
def test_error(arguments: tuple[str, ...], text: str) -> None:
    """One line, the next step, status 2."""
    done = subprocess.run([str(ROOT / "ternion"), "bench", "voting", *arguments],
                          capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (2, text)


def _counted(marks: list[tuple[int, int, dict[Class, int]]], cores: int) -> page.Page:
    """Each mark: its number, the core, and what the core has executed since its last mark."""
    raw = RawPage()
    raw.magic, raw.version, raw.vcpus, raw.records = page.MAGIC, page.VERSION, cores, len(marks)
    now = [[0] * page.CLASSES for _ in range(cores)]
    for index, (marker, core, more) in enumerate(marks):
        for which, count in more.items():
            now[core][which] += count
        raw.record[index].marker, raw.record[index].vcpu = marker, core
        for which in Class:
            raw.record[index].now.of[which] = now[core][which]
    return page.decode(bytes(raw))


def test_split_of_each_core() -> None:
    """User, kernel and shim are work; idle is nothing; what lies before the mark does not count."""
    before = {Class.USER: 500, Class.RCOE: 70}
    inside = {Class.USER: 10, Class.KERNEL: 20, Class.SHIM: 30, Class.RCOE: 4, Class.SHIM_VOTE: 5,
              Class.KERNEL_WAIT: 6, Class.SHIM_WAIT: 7, Class.IDLE: 1000}
    found = splits(_counted([(0, 0, before), (0, 1, {}), (1, 1, {Class.USER: 3}),
                             (1, 0, inside)], 2), MARKS, 2)
    assert found == {"storm": (Split(60, 9, 13), Split(3, 0, 0))}


def test_split_misses_no_core() -> None:
    """A core that never came to the end is an error, not a figure."""
    counted = _counted([(0, 0, {}), (0, 1, {}), (1, 0, {})], 2)
    with pytest.raises(ValueError, match=r"storm: marks of cores \[0\], not of 2"):
        splits(counted, MARKS, 2)


def test_words_of_the_program() -> None:
    """62.5 ticks are a microsecond; other lines are no facts."""
    text = "hello\nvotebench: storm 62500 7 14 3 1\nvotebench: done\n"
    assert told_by(text) == {"storm": Told(0.001, 7, 14, 3, 1)}


def _sample(*cores: tuple[int, int, int]) -> Sample:
    return Sample(tuple(Split(*core) for core in cores), Told(0.5, 10, 20, 5, 0))


def test_ratio_is_of_the_busiest_core_without_waiting() -> None:
    """Work and voting; rates only where replicas meet."""
    base, tmr = _sample((100, 0, 0)), _sample((90, 5, 900), (100, 3, 0), (100, 1, 2))
    assert tmr.busiest == Split(100, 3, 0) and tmr.ratio(base) == 1.03
    assert (base.rate, tmr.rate) == (0.0, 50.0)


def _result(compute: int, storm: int, payload: int) -> Result:
    def measured(mode: Mode, values: dict[str, int]) -> Measurement:
        samples = {name: _sample(*[(1000, values.get(name, 0), 50)] * mode.replicas)
                   for name in TITLES}
        return Measurement(mode, samples, {"votebench": "ab" * 32}, "qemu ...")

    worse = {"floating": compute, "storm": storm, "payload": payload}
    clock = Clock([ratio_of("integer", [1.0, 1.0, 2.0], [2.0, 1.5, 2.0])], 0.99, 2, {})
    costs = exchange.parse("vote 10.5 9 80 1000 12\nevent 30 25 90 1000 12", 4)
    return Result([measured(BASE, {}), measured(replace(TMR, window=0), worse),
                   measured(TMR, worse)], costs, "", clock,
                  {"started": "today", "processor": "a <processor>"})


@pytest.mark.parametrize(("values", "bad"), [
    ((20, 500, 150), []), ((21, 500, 150), ["compute"]), ((20, 501, 150), ["storm"]),
    ((20, 500, 151), ["payload"])])
def test_limits(values: tuple[int, int, int], bad: list[str]) -> None:
    """At the limit is good, above is not; the workload that is worst is named."""
    result = _result(*values)
    assert [check.what for check in result.checks() if not check.good] == bad
    assert result.good is not bool(bad)
    assert result.checks()[0].where == "floating, tmr entry-exit W=0"


def _without(result: Result, workload: str) -> Result:
    return replace(result, measured=[
        replace(m, samples={name: sample for name, sample in m.samples.items()
                            if name != workload}) for m in result.measured])


def test_no_limit_is_kept_unmeasured(capsys: pytest.CaptureFixture[str]) -> None:
    """Without its mode, its window or its workload a limit is not kept, and this is said."""
    good = _result(20, 500, 150)
    nothing = replace(good, measured=good.measured[:1])
    lockstep = replace(good, measured=good.measured[:2])
    for result, missing in ((good, []), (nothing, ["compute", "storm", "payload"]),
                            (lockstep, ["storm"]), (_without(good, "stream"), ["compute"]),
                            (_without(good, "payload"), ["payload"])):
        assert result.unchecked == missing == json.loads(as_json(result))["unchecked"]
        assert result.good is not bool(missing)
    show_limits(lockstep)
    assert ("system-call storm in TMR at W=64: not measured; it needs --mode tmr --level entry-exit"
            " --window 64") in " ".join(capsys.readouterr().out.split())


def test_json_and_page() -> None:
    """Both hold the figures; the page asks for nothing from elsewhere."""
    result = _result(20, 501, 150)
    facts = json.loads(as_json(result))
    storm = facts["modes"][2]["workloads"]["storm"]
    assert (facts["good"], storm["ratio"], storm["cores"][2]["voting"]) == (False, 1.501, 501)
    text = html(result)
    assert "1.501" in text and "a &lt;processor&gt;" in text and text.count("<svg") == 3
    assert "http://" not in text.replace("http://www.w3.org/", "").replace(
        "http://purl.org/", "").replace("http://creativecommons.org/", "")


def test_pairs() -> None:
    """Each pair by itself; an interval needs three."""
    found = ratio_of("integer", [1.0, 2.0, 4.0, 1.0], [2.0, 3.0, 4.0, 1.2])
    assert found.pairs == (2.0, 1.5, 1.0, 1.2)
    assert found.median == pytest.approx(1.35) and found.interval is not None
    assert found.interval[0] <= found.median <= found.interval[1]
    assert ratio_of("integer", [1.0, 1.0], [2.0, 2.0]).interval is None


def test_idle_share(tmp_path: Path) -> None:
    """Nothing passed between two looks at the same numbers: not idle."""
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 0 20 70 5 0 0 0 0 0\ncpu0 1 1 1 1\n", encoding="ascii")
    assert idle_share(0.0, stat) == 0.0
    assert Clock([], 0.5, 2, {}).disturbed and not Clock([], 0.9, 2, {}).disturbed


def test_modes() -> None:
    """base once, then every combination."""
    found = chosen(["tmr"], ["io", "entry-exit"], [0, 4])
    assert [mode.key for mode in found] == ["base", "tmr-io-w0", "tmr-io-w4", "tmr-entry-exit-w0",
                                            "tmr-entry-exit-w4"]


def test_processor() -> None:
    """From what Linux says of it."""
    text = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu sse4_2 avx\n"
    assert exchange.processor(text) == "Some CPU @ 2 GHz" and exchange.processor("") == "unknown"
    assert exchange.missing(text, 2) is None
    assert exchange.missing(text, 1) == "one core only: two replicas need two"
    assert "SSE 4.2" in str(exchange.missing("Features : crc32", 4))


@pytest.mark.parametrize("window", [0, 64])
def test_exchange_on_real_cores(window: int) -> None:
    """rcoe's C votes on this machine, and every vote took time. How much says nothing here: other
    work goes on beside the tests."""
    reason = exchange.missing(exchange.cpuinfo(), len(os.sched_getaffinity(0)))
    if reason is not None:
        pytest.skip(reason)
    vote, event = exchange.measure((window,), 2000)
    assert (vote.what, event.what, vote.window, vote.count) == ("vote", "event", window, 2000)
    assert (event.window, event.count) == (window, 2000)
    assert all(0 < cost.median <= cost.p99 for cost in (vote, event))


def test_runs() -> None:
    """Neighbours become one range."""
    assert runs({8, 4, 20, 24, 40}) == [(4, 12), (20, 28), (40, 44)]


def test_code_of_inlined_copies(tmp_path: Path) -> None:
    """A function keeps its file when link-time optimisation puts it into another one."""
    (tmp_path / "outer.c").write_text(
        "int inner(int x);\nint outer(int x) { return inner(x) * 3 + 1; }\n"
        "int main(int c, char **v) { (void)v; return outer(c); }\n", encoding="ascii")
    (tmp_path / "inner.c").write_text(
        "int inner(int x) { for (int i = 0; i < 9; i++) x = x * x + i; return x; }\n",
        encoding="ascii")
    program = tmp_path / "program.elf"
    subprocess.run(["aarch64-linux-gnu-gcc", "-g", "-O2", "-flto", "-nostdlib", "-static",
                    "-Wl,-e,main", "-o", str(program), "outer.c", "inner.c"], check=True,
                   cwd=tmp_path)

    def addresses(*names: str) -> set[int]:
        found = code_of(program, lambda file: file.name in names)
        return {address for low, high in found for address in range(low, high, 4)}

    inner, outer = addresses("inner.c"), addresses("outer.c")
    assert len(inner) >= 3 and len(outer) >= 2 and not inner & outer
    assert inner | outer == addresses("inner.c", "outer.c")
