# SPDX-License-Identifier: BSD-2-Clause
"""A campaign for other tools: one CSV line for each injection, or all of it as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from faultinj.statistics import COUNTED, analyse
from faultinj.store import WIDE, Result, Store

OF_FAULT = ("stratum", "layer", "kind", "model", "replica", "event", "target")


def _row(result: Result, fault: dict[str, Any]) -> dict[str, Any]:
    """Numbers of 64 bits as hexadecimal text, which no spreadsheet rounds."""
    values = asdict(result)
    values["outcome"] = result.outcome.value
    values["excluded"] = " ".join(map(str, result.excluded))
    for name in WIDE:
        values[name] = "" if values[name] is None else f"{values[name]:#x}"
    detected = values.pop("event")
    return {"id": result.id, **{f"fault_{name}": fault[name] for name in OF_FAULT},
            **values, "detected_event": detected}


def rows(store: Store) -> list[dict[str, Any]]:
    """Every injection, null injections too, in the order of the plan."""
    faults = {number: {**fault.encoded(), "stratum": fault.stratum}
              for number, fault in store.faults().items()}
    return [_row(result, faults[result.fault]) for result in store.results()]


def as_csv(store: Store) -> str:
    """With a head line."""
    found = rows(store)
    text = io.StringIO()
    if found:
        writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    return text.getvalue()


def as_json(store: Store) -> str:
    """Provenance, outcomes of each arm with intervals, every injection."""
    analysis = analyse(store.results(), store.faults())
    arms = {name: {"injected": tally.injected, "outcomes": {
        outcome.value: {"count": part.count, "low": part.low, "high": part.high}
        for outcome in COUNTED for part in (tally.of(outcome),)}}
        for name, tally in analysis.by_arm().items()}
    return json.dumps({"campaign": store.facts(), "arms": store.arms(), "results": arms,
                       "injections": rows(store)}, indent=1)
