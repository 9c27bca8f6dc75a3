# SPDX-License-Identifier: BSD-2-Clause
"""What voting costs, as one HTML page."""

from __future__ import annotations

from html import escape
from typing import Any

from tools import web_page
from tools.bench.voting.clock import Clock
from tools.bench.voting.exchange import Cost
from tools.bench.voting.measure import TITLES, Measurement
from tools.bench.voting.modes import BASE, LEVEL
from tools.bench.voting.result import Check, Result
from tools.bench.voting.table import COUNTED, EXCHANGE, EXPLAINED, SYNCHRONISATIONS, number
from tools.svg import FAINT, INK, STYLE, Figure, rc_context, svg
from tools.web_page import section
from tools.web_page import table as grid

WORK, VOTING, WAITING = "#b8c4d0", "#0b5394", "#e9b949"
GOOD, BAD = "#2a9d62", "#c8342c"
COLOURS = ("#0b5394", "#2a9d62", "#e9b949", "#7b3fa0", "#c8342c")


def _modes_of(result: Result, name: str) -> list[Measurement]:
    return [m for m in result.measured if m.mode.name == name or m.mode == BASE]


def _panel(axes: Any, result: Result, shown: list[Measurement], workload: str) -> None:
    base = result.base[workload].busiest.busy
    for row, measured in enumerate(shown):
        split = measured.samples[workload].busiest
        left = 0.0
        for count, colour in ((split.work, WORK), (split.voting, VOTING),
                              (split.waiting, WAITING)):
            axes.barh(row, count / base, left=left, color=colour, height=0.74, edgecolor="white",
                      linewidth=0.5)
            left += count / base
        axes.text(left, row, f" {split.busy / base:.2f}", va="center", fontsize=7, color=INK)
    axes.axvline(1, color=FAINT, linewidth=0.8, linestyle=":")
    axes.set_title(TITLES[workload], fontsize=9, fontweight="bold", color=INK)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.16)


def split_plot(result: Result, name: str) -> str:
    """A panel for each workload, a bar for each mode; base is 1."""
    shown = _modes_of(result, name)
    columns = 3
    lines = -(-len(TITLES) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(10.4, lines * (0.75 + 0.2 * len(shown))))
        panels = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for index, workload in enumerate(TITLES):
            axes = panels[index // columns][index % columns]
            _panel(axes, result, shown, workload)
            axes.set_yticks(range(len(shown)),
                            [m.mode.text.removeprefix(f"{name} ") for m in shown])
        for index in range(len(TITLES), lines * columns):
            panels[index // columns][index % columns].set_visible(False)
        figure.tight_layout(h_pad=1.6, w_pad=1.4)
        return svg(figure)


def window_plot(result: Result, name: str) -> str | None:
    """Ratios over the window at the usual level; None with one window only."""
    modes = [m.mode for m in result.measured if m.mode.name == name and m.mode.level == LEVEL]
    if len(modes) < 2:
        return None
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.2, 3.0))
        axes = figure.subplots()
        for index, workload in enumerate(TITLES):
            values = [result.ratio(mode, workload) for mode in modes]
            axes.plot(range(len(modes)), values, marker="o", label=TITLES[workload], markersize=4,
                      color=COLOURS[index % len(COLOURS)],
                      linestyle="-" if index < len(COLOURS) else "--")
        axes.set_xticks(range(len(modes)), [f"W = {mode.window}" for mode in modes])
        axes.set_ylabel("instructions per core, base = 1")
        axes.set_ylim(bottom=0.9)
        axes.grid(axis="y", color="#e3e7eb", linewidth=0.7)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
        return svg(figure)


def clock_plot(clock: Clock) -> str:
    """A point for each pair."""
    with rc_context({**STYLE, "axes.spines.left": True}):
        figure = Figure(figsize=(9.2, 0.7 + 0.32 * len(clock.ratios)))
        axes = figure.subplots()
        for row, ratio in enumerate(clock.ratios):
            axes.plot(ratio.pairs, [row] * len(ratio.pairs), "|", color=VOTING, markersize=12,
                      alpha=0.5)
            axes.plot((ratio.low, ratio.high), (row, row), color=VOTING, linewidth=2.4)
            axes.plot(ratio.median, row, "D", color=INK, markersize=4)
        axes.set_yticks(range(len(clock.ratios)), [TITLES[r.workload] for r in clock.ratios])
        axes.set_ylim(len(clock.ratios) - 0.4, -0.6)
        axes.axvline(1, color=FAINT, linewidth=0.8, linestyle=":")
        axes.set_xlabel("time of DMR, base = 1; line: quartiles, diamond: median")
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.7)
        return svg(figure)


def _legend() -> str:
    items = "".join(f'<span><i style="background:{colour}"></i><b>{name}</b>: {what}</span>'
                    for name, colour, what in (
                        ("work", WORK, "user programs, kernel, the shim's own work"),
                        ("voting", VOTING, "rcoe, and rendezvous and comparison in the shim"),
                        ("waiting", WAITING, "for another replica; not in the ratio")))
    return f"<div class=legend>{items}</div>"


def _card(check: Check) -> tuple[str, str]:
    colour, word = (GOOD, "kept") if check.good else (BAD, "not kept")
    return (f'<span style="color:{colour};font-size:25px">{check.found:.3f}</span>',
            f"{escape(EXPLAINED[check.what])}; limit {check.limit:g}, {word} "
            f"({escape(check.where)})")


def _rows(result: Result) -> list[list[str]]:
    rows = []
    for workload, title in TITLES.items():
        for measured in result.measured:
            sample = measured.samples[workload]
            cores = "".join(f"<small>core {core}: {split.work:,} + {split.voting:,} + "
                            f"{split.waiting:,}</small>"
                            for core, split in enumerate(sample.cores))
            told = sample.told
            rows.append([title, measured.mode.text,
                         f"{result.ratio(measured.mode, workload):.4f}", cores,
                         f"{told.events:,}", f"{told.votes:,}", f"{told.rendezvous:,}",
                         f"{told.seconds * 1e3:.2f}", number(sample.rate) if sample.rate else "-"])
    return rows


def _exchange(costs: list[Cost], reason: str, processor: str) -> str:
    if not costs:
        return section("A ballot exchange on real cores", "", f"Not measured: {reason}.")
    rows = [[cost.what, str(cost.window), f"{cost.median:.0f}", f"{cost.p99:.0f}",
             f"{cost.mean:.0f}", f"{cost.count:,}", f"{cost.measuring:.0f}"] for cost in costs]
    return section("A ballot exchange on real cores",
                   grid(["what", "W", "median ns", "p99 ns", "mean ns", "count",
                         "of it measuring, ns"], rows),
                   f"{processor}. Vote: publish a fingerprint, compare, wait until the peer is "
                   f"within the window. Event: a system call with two votes and all registers "
                   f"hashed twice. {EXCHANGE[0].upper()}{EXCHANGE[1:]}.")


def _clock(clock: Clock) -> str:
    rows = [[TITLES[r.workload], f"{r.median:.3f}", f"{r.low:.3f}-{r.high:.3f}",
             f"{r.interval[0]:.3f}-{r.interval[1]:.3f}" if r.interval else "-",
             str(len(r.pairs))] for r in clock.ratios]
    warning = " The host was busy: do not quote these times." if clock.disturbed else ""
    return section("DMR by the wall clock", clock_plot(clock) + grid(
        ["workload", "median", "quartiles", "95 % of the median", "pairs"], rows),
        f"Free running in the emulator, a core of the host for each replica, entry-exit, W = 64; "
        f"base and DMR in turn. {clock.cores} cores, {100 * clock.idle:.0f} % idle before."
        f"{warning} In an emulator a call into the shim costs more than on hardware, so "
        "instructions are the better measure.")


def _provenance(result: Result) -> str:
    rows = [[escape(name), f"<code>{escape(text)}</code>"] for name, text in result.facts.items()]
    for measured in result.measured:
        for program, digest in measured.sha256.items():
            rows.append([f"{measured.mode.text}: {program}", f"<code>sha256 {digest}</code>"])
    return grid(["", ""], rows, numbers=False)


def html(result: Result) -> str:
    """The whole page."""
    parts = [web_page.cards([_card(check) for check in result.checks()])]
    names = dict.fromkeys(m.mode.name for m in result.measured if m.mode != BASE)
    for name in reversed(list(names)):
        parts.append(section(f"{name.upper()}: instructions per core, base = 1",
                             _legend() + split_plot(result, name),
                             f"{COUNTED}. The number behind a bar is the ratio."))
    for name in names:
        plot = window_plot(result, name)
        if plot is not None:
            parts.append(section(f"{name.upper()} at {LEVEL}, over the window", plot))
    parts.append(_exchange(result.costs, result.no_costs, result.facts["processor"]))
    if result.clock:
        parts.append(_clock(result.clock))
    parts.append(section("In numbers", grid(
        ["workload", "mode", "ratio", "work + voting + waiting", "events", "votes", "accesses",
         "guest ms", "sync/s"], _rows(result)), SYNCHRONISATIONS))
    parts.append(section("Provenance", _provenance(result)))
    return web_page.page("What voting costs", f"{result.facts['started']} · "
                         f"{len(result.measured)} systems, {len(TITLES)} workloads", parts)
