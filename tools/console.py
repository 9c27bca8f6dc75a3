# SPDX-License-Identifier: BSD-2-Clause
"""How the command talks: one look for all of it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.theme import Theme

THEME = Theme({"good": "bold green", "bad": "bold red", "note": "dim", "key": "cyan",
               "title": "bold"})
console = Console(theme=THEME, highlight=False, soft_wrap=True, emoji=False)


def heading(text: str) -> None:
    """Starts a part of the output."""
    console.print()
    console.rule(f"[title]{escape(text)}[/]", align="left", style="cyan")


def command(line: str) -> None:
    """Shows a command line that is about to run."""
    console.print("[note]$[/] " + escape(line), style="note")


def good(text: str) -> None:
    """Something is as it should be."""
    console.print(f"[good]✔[/] {escape(text)}")


def bad(text: str) -> None:
    """Something is not."""
    console.print(f"[bad]✘[/] {escape(text)}")


def note(text: str) -> None:
    """A remark."""
    console.print(f"[note]  {escape(text)}[/]")


def verdict(right: bool, text: str) -> None:
    """good() or bad()."""
    (good if right else bad)(text)


def table(*columns: str, title: str | None = None, right: tuple[str, ...] = ()) -> Table:
    """An empty table; columns named in `right` hold numbers."""
    result = Table(title=title, title_justify="left", header_style="bold cyan", box=None,
                   pad_edge=False, padding=(0, 2))
    for column in columns:
        result.add_column(column, justify="right" if column in right else "left")
    return result


def panel(text: str, title: str) -> None:
    """A framed text."""
    console.print(Panel(escape(text), title=escape(title), title_align="left", border_style="cyan",
                        expand=False))


def size(count: int) -> str:
    """Bytes for people."""
    if count < 10 * 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 10 << 20 else f"{count / (1 << 20):.1f} MiB"
