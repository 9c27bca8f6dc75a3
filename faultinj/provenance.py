# SPDX-License-Identifier: BSD-2-Clause
"""Where a campaign's results come from: all that is needed to fly it again, as a table."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from tools.paths import relative
from tools.web_page import table

UNKNOWN = "not noted: the campaign is older"


def _code(text: str) -> str:
    return f"<code>{text}</code>"


def _campaign_rows(facts: dict[str, Any], db: Path) -> list[list[str]]:
    tools = ", ".join(f"{name} {version}" for name, version in facts["tools"].items())
    rows = [["campaign", f"{facts['name']}: seed {facts['seed']}, {facts['count']} faults, arms "
             + ", ".join(facts["arms"])],
            ["restricted to", f"core {'any' if facts['core'] is None else facts['core']}"],
            ["plan", f"sha256 {facts['plan_sha256']}" if "plan_sha256" in facts else UNKNOWN],
            ["workload", facts["workload"]], ["emulator", f"{facts['qemu']}, {facts['icount']}"],
            ["sources", facts.get("sources", UNKNOWN)],
            ["compiler", facts.get("compiler", UNKNOWN)],
            ["tools", tools], ["host", facts["host"]], ["started", facts["started"]],
            ["ended", facts.get("ended", "not yet")],
            ["duration", f"{facts.get('seconds', 0):.0f} s"], ["database", relative(db)]]
    return [[escape(name), _code(escape(value))] for name, value in rows]


def _arm_rows(arm: dict[str, Any]) -> list[list[str]]:
    golden, name = arm["golden"], escape(arm["name"])
    counts = ", ".join(f"{count:,}" for count in golden["total"])
    return [[f"{name}: image", _code(f"{escape(arm['preset'])}, sha256 {arm['image_sha256']}")],
            [f"{name}: golden run",
             _code(f"downlink {golden['downlink_bytes']} bytes, sha256 {golden['downlink_sha256']}"
                   f"<br>event log digest {golden['log_digest']}"
                   f"<br>instructions per core {counts}")]]


def provenance(facts: dict[str, Any], arms: list[dict[str, Any]], db: Path) -> str:
    """HTML."""
    rows = _campaign_rows(facts, db)
    for arm in arms:
        rows += _arm_rows(arm)
    whole = ""
    if "campaign" in facts:
        text = escape(json.dumps(facts["campaign"], indent=1))
        whole = f"<details><summary>The whole campaign</summary><pre>{text}</pre></details>"
    return table(["", ""], rows, numbers=False) + whole
