# SPDX-License-Identifier: BSD-2-Clause
"""Self-contained HTML pages, one look for all reports."""

from __future__ import annotations

from html import escape
from pathlib import Path

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
td small { color: var(--faint); font-size: 11.5px; white-space: nowrap; }
th.n { white-space: normal; }
td:first-child code { white-space: nowrap; }
h3 { margin: 14px 0 4px; font-size: 14px; }
table + table { margin-top: 18px; }
pre { font: 12px "DejaVu Sans Mono", Menlo, monospace; }
code { font: 12.5px "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px;
  margin: 0 0 18px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 14px 18px; }
.card b { display: block; font-size: 25px; font-weight: 600; line-height: 1.2; }
.card span { color: var(--faint); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 13px; margin: 0 0 8px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px;
  margin-right: 6px; vertical-align: -1px; outline: 1px solid var(--line); }
svg { max-width: 100%; height: auto; }
"""


def row(cells: list[str], head: bool = False, numbers: bool = True) -> str:
    """Cells hold HTML; all but the first are numbers, aligned to the right."""
    tag = "th" if head else "td"
    parts = [f'<{tag}{" class=n" if numbers and index else ""}>{cell}</{tag}>'
             for index, cell in enumerate(cells)]
    return "<tr>" + "".join(parts) + "</tr>"


def table(head: list[str], rows: list[list[str]], numbers: bool = True) -> str:
    """Head and rows."""
    body = "".join(row(cells, numbers=numbers) for cells in rows)
    return f"<table>{row(head, True, numbers)}{body}</table>"


def section(title: str, body: str, note: str = "") -> str:
    """A framed part of the page. `note` is plain text."""
    remark = f"<p class=note>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(title)}</h2>{remark}{body}</section>"


def cards(items: list[tuple[str, str]]) -> str:
    """The page's main figures: a large text and what it is."""
    inner = "".join(f"<div class=card><b>{big}</b><span>{small}</span></div>"
                    for big, small in items)
    return f"<div class=cards>{inner}</div>"


def page(title: str, subtitle: str, parts: list[str]) -> str:
    """The whole file. It needs nothing else."""
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
            f"<header><div><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></div></header>"
            f"<main>{''.join(parts)}</main></body></html>\n")


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
