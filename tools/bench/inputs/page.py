# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts and time, on the terminal and as one HTML page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from tools import web_page
from tools.bench.distribution import distribution, us
from tools.bench.inputs.fly import Flown, PhaseResult, Schedule
from tools.bench.inputs.plan import RATE_NS, ROOM, Source
from tools.bench.inputs.result import LIMIT_NS, TIME_LIMIT_NS, Result, limit_ns
from tools.console import bad, console, note, table, verdict
from tools.svg import FAINT, STYLE, Figure, rc_context, svg
from tools.web_page import section
from tools.web_page import table as grid

GOOD, BAD = "#2a9d62", "#c8342c"
COLOURS = {1: "#8a949e", 2: "#2a9d62", 3: "#0b5394", 4: "#7a3e9d"}  # by replicas
LISTED = 40
INTERRUPTS = ("count", "first p50", "all p50", "p99", "min", "max", "I/O core p50", "p99",
              "any core p50", "p99")
SHOWN = (0, 4, 2, 3, 5, 6, 7)  # of these on the terminal
TAKEN = ("characters", "p50", "p99", "max", "lost")
TIME = ("events", "p50", "p99", "max")
MEASURED = ("from the moment when the device raises its interrupt, or the timer's deadline, until "
            "the handler's first instruction at EL0: in the first replica and in all of them, us "
            "of guest time (1 ns for each instruction of any core); and instructions of the I/O "
            "core and of whichever core executes most")
ORDERS = ("side by side: each core executes 1,000 instructions, then the next one, so that none is "
          "ahead for long, as on hardware. The emulator's own order: a core that computes goes on "
          "until any core's next timer, up to a millisecond, and the others stand still meanwhile")


def _plain(number: int) -> str:
    return f"{number:,}"


def _cells(values: Iterable[int], text: Callable[[int], str] = _plain) -> list[str]:
    found = distribution(values)
    if found is None:
        return ["0", "-", "-", "-"]
    return [f"{found.count:,}", text(found.median), text(found.p99), text(found.most)]


def _interrupts(result: PhaseResult) -> list[str]:
    first = distribution(one.first_ns for one in result.handled)
    last = distribution(one.last_ns for one in result.handled)
    own = distribution(one.io_core for one in result.handled)
    most = distribution(one.most for one in result.handled)
    if first is None or last is None or own is None or most is None:
        return ["0", *["-"] * (len(INTERRUPTS) - 1)]
    return [f"{last.count:,}", us(first.median), us(last.median), us(last.p99), us(last.least),
            us(last.most), f"{own.median:,}", f"{own.p99:,}", f"{most.median:,}", f"{most.p99:,}"]


def _interrupt_rows(flown: list[Flown]) -> list[list[str]]:
    rows = []
    for index in range(max((len(one.phases) for one in flown), default=0)):
        for one in flown:
            result = one.phases[index]
            rows.append([f"{result.phase.source.value}, {result.phase.load}", one.mode,
                         *_interrupts(result)])
    return rows


def _taken_rows(flown: list[Flown]) -> list[list[str]]:
    return [[f"{result.phase.source.value}, {result.phase.load}", one.mode,
             *_cells(result.taken_ns, us), str(result.lost)]
            for one in flown for result in one.phases if result.phase.speaks]


def _time_rows(flown: list[Flown]) -> list[list[str]]:
    rows = []
    for one in flown:
        times = one.times
        if times.error_ns:
            rows += [["published by the leader", one.mode, *_cells(times.error_ns)],
                     ["  where EL2 took an interrupt", one.mode, *_cells(times.ticked_ns)],
                     ["in the leader's program", one.mode, *_cells(times.age_ns)],
                     ["taken by a follower", one.mode, *_cells(times.lag_ns)]]
        rows.append(["cost of a look, instructions", one.mode, *_cells(times.cost)])
    return rows


def _of(result: Result, schedule: Schedule) -> list[Flown]:
    return [one for one in result.flown if one.schedule is schedule and one.phases]


def verdict_lines(result: Result) -> list[tuple[bool, str]]:
    """The bounds in words."""
    side = _of(result, Schedule.SIDE_BY_SIDE)
    most = max((one.last_ns for flown in side for phase in flown.phases for one in phase.handled),
               default=0)
    error = max((ns for flown in side for ns in flown.times.error_ns), default=0)
    characters = sum(len(phase.taken_ns) for flown in result.flown for phase in flown.phases)
    lost = sum(phase.lost for flown in result.flown for phase in flown.phases)
    return [(most <= LIMIT_NS, f"all replicas have every interrupt within {us(most)} us; bound "
                               f"{us(LIMIT_NS)}"),
            (error <= TIME_LIMIT_NS, f"agreed time within {error:,} ns of the counter; bound "
                                     f"{TIME_LIMIT_NS:,}"),
            (result.good and not lost, f"{characters:,} characters, each came once and in order; "
                                       f"{lost} found no room")]


def _print(head: str, columns: tuple[str, ...], rows: list[list[str]]) -> None:
    shown = table(head, *columns, right=columns)
    shown.padding = (0, 1, 0, 0)
    shown.columns[0].no_wrap = True
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def show(result: Result) -> None:
    """The terminal's part."""
    for schedule in Schedule:
        flown = _of(result, schedule)
        if flown:
            _print(schedule.value, ("", *(INTERRUPTS[at] for at in SHOWN)),
                   [[name, mode, *(cells[at] for at in SHOWN)]
                    for name, mode, *cells in _interrupt_rows(flown)])
    note(MEASURED)
    note(ORDERS)
    side = _of(result, Schedule.SIDE_BY_SIDE)
    _print("taken by all drivers, us", ("", *TAKEN), _taken_rows(side))
    _print("agreed time, ns", ("", *TIME), _time_rows(side))
    for problem in result.problems[:LISTED]:
        bad(problem)
    for right, text in verdict_lines(result):
        verdict(right, text)


def _ranges(flown: list[Flown], limit: int) -> str:
    """A line from least to most, a tick at the 99th percentile, a dot at the median."""
    names = [f"{result.phase.source.value}, {result.phase.load}" for result in flown[0].phases]
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.6, 0.55 * len(names) + 1.2))
        axes = figure.subplots()
        for index, one in enumerate(flown):
            colour = COLOURS[one.system.replicas]
            for row, result in enumerate(one.phases):
                found = distribution(handled.last_ns for handled in result.handled)
                if found is None:
                    continue
                y = row + (index - (len(flown) - 1) / 2) * 0.24
                axes.plot([found.least / 1000, found.most / 1000], [y, y], color=colour,
                          linewidth=1.2, label=one.mode if row == 0 else None)
                axes.plot(found.median / 1000, y, "o", color=colour, markersize=4.5)
                axes.plot(found.p99 / 1000, y, "|", color=colour, markersize=9)
        axes.axvline(limit / 1000, color=BAD, linewidth=1.2, linestyle="--")
        axes.set_xscale("log")
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlabel("µs of guest time until all replicas have it: least to most, "
                        "• median, | 99th percentile, - - bound")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1),
                    labelcolor=FAINT)
        return svg(figure)


def _cards(result: Result) -> str:
    texts = {True: GOOD, False: BAD}
    side = _of(result, Schedule.SIDE_BY_SIDE)
    last = distribution(one.last_ns for flown in side for phase in flown.phases
                        for one in phase.handled)
    error = distribution(ns for flown in side for ns in flown.times.error_ns)
    full = [result for flown in side for result in flown.phases
            if result.phase.source is Source.FULL]
    return web_page.cards([
        (f'<span style="color:{texts[result.good]};font-size:25px">'
         f'{us(last.most) if last else "-"} µs</span>',
         f"longest time until all replicas have an interrupt; bound {us(LIMIT_NS)} µs"),
        (f"{error.p99 if error else '-'} ns", "agreed time against the counter, p99"),
        (f"{error.most if error else '-'} ns", f"the same, most; bound {TIME_LIMIT_NS:,} ns"),
        (f"{sum(one.lost for one in full)} of {sum(len(one.taken_ns) for one in full):,}",
         "characters lost at 115,200 bits a second")])


def html(result: Result) -> str:
    """The whole page."""
    parts = [_cards(result)]
    for schedule in Schedule:
        flown = _of(result, schedule)
        if flown:
            most = max(limit_ns(one) for one in flown)
            parts += [section(f"Until all replicas have it: {schedule.value}",
                              _ranges(flown, most), f"Measured {MEASURED}. {ORDERS}."),
                      section(f"In numbers: {schedule.value}",
                              grid(["", "", *INTERRUPTS], _interrupt_rows(flown)))]
    side = _of(result, Schedule.SIDE_BY_SIDE)
    parts += [
        section("Characters, until all drivers have them", grid(
            ["", "", *TAKEN], _taken_rows(side)),
            f"µs. The UART has room for {ROOM}, which take {us(ROOM * RATE_NS)} µs to come at full "
            "rate; one that finds no room is lost, and a failure."),
        section("Agreed time against the real counter", grid(
            ["ns", "", *TIME], _time_rows(side)),
            "Published by the leader: the counter when its ballot shows the time, less the time. "
            "In the leader's program: when a user's look at the counter returns. Both without "
            "what other cores execute in between. Taken by a follower: that replica is behind the "
            "leader by so much. With one replica the time is the counter.")]
    if result.problems:
        parts.append(section("Beyond the bounds", grid(
            ["what"], [[escape(problem)] for problem in result.problems[:LISTED]],
            numbers=False)))
    facts = [[escape(name), f"<code>{escape(text)}</code>"] for name, text in result.facts.items()]
    parts.append(section("Provenance", grid(["", ""], facts, numbers=False)))
    return web_page.page("From an interrupt to its handler", str(result.facts["started"]), parts)
