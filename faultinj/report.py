# SPDX-License-Identifier: BSD-2-Clause
"""A campaign's report: one HTML file that needs nothing else, and a table for the terminal."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from rich.table import Table

from faultinj import plots
from faultinj.classify import Outcome
from faultinj.plan import Kind, PlannedFault
from faultinj.statistics import COUNTED, Analysis, Share, analyse
from faultinj.store import Result, Store
from tools.console import table
from tools.paths import relative

TICKS_PER_US = 62.5
LISTED = 200
LEGEND = (
    (Outcome.MASKED, "output right, nobody excluded"),
    (Outcome.CORRECTED, "a replica was excluded, output complete and right"),
    (Outcome.DETECTED_STOP, "safe stop, what was sent is a right beginning"),
    (Outcome.WRONG_OUTPUT, "wrong, lost or repeated bytes"),
    (Outcome.HANG, "never ended, so output was lost; the rest is right"),
)
STYLE = """
:root { color-scheme: light; --ink: #1d2733; --faint: #66727f; --line: #dfe4e9; --paper: #fff;
  --accent: #0b5394; }
* { box-sizing: border-box; }
body { margin: 0; background: #eef1f4; color: var(--ink);
  font: 15px/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
header { background: linear-gradient(120deg, #0b2239, #0b5394); color: #fff; padding: 30px 20px; }
header div { max-width: 1080px; margin: 0 auto; }
h1 { margin: 0; font-size: 26px; font-weight: 600; } header p { margin: 4px 0 0; opacity: .85; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px 22px; margin: 0 0 18px; overflow-x: auto; }
h2 { margin: 0 0 10px; font-size: 17px; }
p.note, td.note { color: var(--faint); font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 600; border-bottom: 2px solid var(--line);
  padding: 5px 10px 5px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 5px 10px 5px 0; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { color: var(--faint); display: block; font-size: 11.5px; }
code { font: 12.5px "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px;
  margin: 0 0 18px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 14px 18px; }
.card b { display: block; font-size: 25px; font-weight: 600; line-height: 1.2; }
.card span { color: var(--faint); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 13px; margin: 0 0 8px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px;
  margin-right: 6px; vertical-align: -1px; }
svg { max-width: 100%; height: auto; }
"""


def _row(cells: list[str], head: bool = False, numbers: bool = True) -> str:
    tag = "th" if head else "td"
    parts = [f'<{tag}{" class=n" if numbers and index else ""}>{cell}</{tag}>'
             for index, cell in enumerate(cells)]
    return "<tr>" + "".join(parts) + "</tr>"


def _table(head: list[str], rows: list[list[str]], numbers: bool = True) -> str:
    body = "".join(_row(row, numbers=numbers) for row in rows)
    return f"<table>{_row(head, True, numbers)}{body}</table>"


def _section(title: str, body: str, note: str = "") -> str:
    remark = f"<p class=note>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(title)}</h2>{remark}{body}</section>"


def _share_cell(part: Share) -> str:
    if not part.total:
        return "-"
    return (f"{part.count}<small>{100 * part.part:.1f} % [{100 * part.low:.1f}-"
            f"{100 * part.high:.1f}]</small>")


def _outcome_rows(analysis: Analysis) -> list[list[str]]:
    rows = []
    for arm, found in analysis.by_arm().items():
        rows.append([escape(arm), str(found.injected)]
                    + [_share_cell(found.of(outcome)) for outcome in COUNTED]
                    + [str(found.counts[Outcome.NOT_INJECTED]),
                       str(found.counts[Outcome.HARNESS_ERROR])])
    return rows


def _stratum_rows(analysis: Analysis) -> list[list[str]]:
    rows = []
    for name, arms in analysis.by_stratum().items():
        for arm, found in arms.items():
            rows.append([escape(name), escape(arm), str(found.injected)]
                        + [str(found.counts[outcome]) for outcome in COUNTED]
                        + [str(found.counts[Outcome.NOT_INJECTED]),
                           _share_cell(found.uncontrolled)])
    return rows


def _mechanism_rows(analysis: Analysis) -> list[list[str]]:
    arms = list(analysis.by_arm())
    counts = {arm: analysis.by_mechanism(arm) for arm in arms}
    names = sorted({name for found in counts.values() for name in found})
    return [[escape(name)] + [str(counts[arm][name]) for arm in arms] for name in names]


def _case_rows(analysis: Analysis, outcomes: tuple[Outcome, ...]) -> list[list[str]]:
    rows = []
    for result in analysis.results:
        if result.outcome not in outcomes:
            continue
        fault = analysis.faults[result.fault]
        rows.append([f"<code>{escape(result.id)}</code>", escape(result.outcome.value),
                     escape(fault.stratum), escape(f"replica {fault.replica}: {result.what}"),
                     escape(_where(result, fault)), escape(result.note)])
    return rows[:LISTED]


def _where(result: Result, fault: PlannedFault) -> str:
    """A register flip hits the code that runs, a memory flip the byte's owner."""
    if fault.kind is Kind.MEMORY:
        return fault.target + (f", while in {result.place}" if result.place else "")
    return result.place


def _provenance(facts: dict[str, Any], arms: list[dict[str, Any]], db: Path) -> str:
    rows = [["campaign", f"seed {facts['seed']}, {facts['count']} faults, arms "
             + ", ".join(facts["arms"])],
            ["restricted to",
             f"core {facts['core']}, layer {facts['layer']}".replace("None", "any")],
            ["workload", facts["frames"]], ["emulator", f"{facts['qemu']}, {facts['icount']}"],
            ["host", facts["host"]], ["started", facts["started"]],
            ["duration", f"{facts.get('seconds', 0):.0f} s"], ["database", relative(db)]]
    rows = [[escape(name), f"<code>{escape(value)}</code>"] for name, value in rows]
    for arm in arms:
        golden = arm["golden"]
        counts = ", ".join(f"{count:,}" for count in golden["total"])
        rows.append([f"{escape(arm['name'])}: image", f"<code>sha256 {arm['image_sha256']}</code>"])
        rows.append([f"{escape(arm['name'])}: golden run",
                     f"<code>downlink {golden['downlink_bytes']} bytes, sha256 "
                     f"{golden['downlink_sha256']}<br>event log digest {golden['log_digest']}<br>"
                     f"instructions per core {counts}</code>"])
    return _table(["", ""], rows, numbers=False)


def _cards(analysis: Analysis) -> str:
    cards = []
    for arm, found in analysis.by_arm().items():
        wrong = found.uncontrolled
        cards.append(f"<div class=card><b>{wrong.count} of {found.injected}</b><span>wrong or lost "
                     f"outputs in <strong>{escape(arm)}</strong> (wrong output or hang), 95 % "
                     f"interval {100 * wrong.low:.1f} to {100 * wrong.high:.1f} %; "
                     f"{found.effective.count} faults had an effect</span></div>")
    return f"<div class=cards>{''.join(cards)}</div>"


def _legend() -> str:
    items = [f'<span><i style="background:{plots.COLOURS[outcome]}"></i><b>{outcome.value}</b>: '
             f"{escape(text)}</span>" for outcome, text in LEGEND]
    return f"<div class=legend>{''.join(items)}</div>"


def html(store: Store) -> str:
    """The whole page."""
    facts, arms = store.facts(), store.arms()
    analysis = analyse(store.results(), store.faults())
    columns = ["arm", "injected"] + [outcome.value for outcome in COUNTED] + [
        "not injected", "harness error"]
    parts = [_cards(analysis), _section("Outcomes", _legend() + plots.outcomes(analysis) + _table(
        columns, _outcome_rows(analysis)),
        "Shares of injected faults with 95 % intervals: Wilson, and Clopper-Pearson where the "
        "count is none or all. The same faults in every arm; a replica that an arm lacks becomes "
        "replica 0. The sample gives each stratum a fixed share, so totals describe this mixture.")]
    parts.append(_section("Wrong outputs and hangs", plots.uncontrolled(analysis),
                          "Point: share. Line: 95 % interval. Red: wrong output. Violet: hang."))
    parts.append(_section("By stratum", plots.strata(analysis),
                          "Layer / what was flipped. For registers the layer is that of the code "
                          "that was running, for memory that of the byte."))
    parts.append(_section("What noticed the effective faults first", _table(
        ["mechanism", *analysis.by_arm()], _mechanism_rows(analysis))))
    waits = plots.latency(analysis, TICKS_PER_US)
    if waits:
        parts.append(_section("From detection to exclusion", waits))
    cases = _case_rows(analysis, (Outcome.WRONG_OUTPUT, Outcome.HANG))
    if cases:
        parts.append(_section("Every wrong output and hang", _table(
            ["id", "outcome", "stratum", "fault", "where", "what was seen"], cases, numbers=False),
            "Run one again: ./ternion replay ID; under gdb: ./ternion replay ID --gdb."))
    parts.append(_section("Strata in numbers", _table(
        ["stratum", "arm", "injected"] + [outcome.value for outcome in COUNTED]
        + ["not injected", "wrong or hang"], _stratum_rows(analysis))))
    nulls = sum(r.outcome is Outcome.MASKED for r in analysis.nulls)
    parts.append(_section("Provenance", _provenance(facts, arms, store.path),
                          f"Null injections that changed nothing: {nulls} of "
                          f"{len(analysis.nulls)}. Every golden run was flown twice and was "
                          "identical."))
    title = f"Ternion fault injection: {', '.join(facts['arms'])}"
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
            f"<header><div><h1>{escape(title)}</h1><p>{escape(facts['started'])} · seed "
            f"{facts['seed']} · {len(analysis.results)} injections</p></div></header>"
            f"<main>{''.join(parts)}</main></body></html>\n")


def write_html(store: Store, path: Path) -> None:
    """Writes the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(html(store), encoding="utf-8")
    partial.replace(path)


def terminal_table(store: Store) -> Table:
    """Outcomes per arm with intervals."""
    analysis = analyse(store.results(), store.faults())
    tallies = analysis.by_arm()
    result = table("outcome", *tallies, right=tuple(tallies))
    for outcome in COUNTED:
        result.add_row(outcome.value, *(found.of(outcome).text() for found in tallies.values()))
    result.add_section()
    result.add_row("injected", *(str(found.injected) for found in tallies.values()))
    result.add_row("with effect", *(found.effective.text() for found in tallies.values()))
    for outcome in (Outcome.NOT_INJECTED, Outcome.HARNESS_ERROR):
        result.add_row(outcome.value, *(str(f.counts[outcome]) for f in tallies.values()))
    return result


def stratum_table(store: Store, arm: str) -> Table:
    """Outcomes per stratum of one arm."""
    analysis = analyse(store.results(), store.faults())
    names = [outcome.value for outcome in COUNTED]
    result = table(f"stratum ({arm})", "n", *names, right=("n", *names))
    for name, arms in analysis.by_stratum().items():
        if arm in arms:
            counts = [arms[arm].counts[outcome] for outcome in COUNTED]
            result.add_row(name, str(arms[arm].injected), *(str(n) if n else "·" for n in counts))
    return result
