# SPDX-License-Identifier: BSD-2-Clause
"""Plots as SVG text for self-contained pages, one look for all of them."""

from __future__ import annotations

import io
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import rc_context  # noqa: E402  the backend comes first
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

INK, FAINT = "#1d2733", "#8a96a3"
STYLE: dict[str, Any] = {
    "font.family": "sans-serif", "font.size": 9, "text.color": INK, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "svg.fonttype": "none",
    "svg.hashsalt": "ternion", "axes.spines.top": False, "axes.spines.right": False,
    "axes.spines.left": False,
}


def svg(figure: Figure) -> str:
    """The figure, the same bytes each time."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", transparent=True,
                   metadata={"Date": None, "Creator": "Ternion"})
    return text.getvalue()[text.getvalue().index("<svg"):]


__all__ = ["FAINT", "INK", "STYLE", "Figure", "Rectangle", "rc_context", "svg"]
