# SPDX-License-Identifier: BSD-2-Clause
"""A campaign for other tools: one CSV line for each injection, or all of it as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from faultinj import pruned
from faultinj.durations import Span, distributions
from faultinj.heat_map import flights_of, heat_maps
from faultinj.hot_spots import Ground, hot_spots
from faultinj.statistics import COUNTED, Analysis, Share, Tally, analyse
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


def _share(part: Share) -> dict[str, float]:
    return {"count": part.count, "low": part.low, "high": part.high}


def _tally(found: Tally) -> dict[str, Any]:
    return {"injected": found.injected,
            "outcomes": {outcome.value: _share(found.of(outcome)) for outcome in COUNTED},
            "with effect": _share(found.effective), "uncontrolled": _share(found.uncontrolled)}


def _two_shares(found: Tally) -> dict[str, Any]:
    whole = _tally(found)
    return {name: whole[name] for name in ("injected", "with effect", "uncontrolled")}


def _heat(analysis: Analysis, arms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"arm": one.arm, "layer": cell.layer.value, "column": cell.column,
             "columns": one.columns, **_two_shares(cell.found)}
            for one in heat_maps(analysis, flights_of(arms)) for cell in one.cells]


def _spots(analysis: Analysis) -> list[dict[str, Any]]:
    return [{"arm": arm, "list": ground.value, "place": spot.name, **_two_shares(spot.found)}
            for arm in analysis.by_arm() for ground in Ground
            for spot in hot_spots(analysis, arm, ground)]


def _durations(analysis: Analysis) -> list[dict[str, Any]]:
    return [{"span": span.value, "arm": one.arm, "group": one.group, "values": one.values}
            for span in Span for one in distributions(analysis, span)]


def as_json(store: Store) -> str:
    """All that the page shows, and every injection."""
    analysis, arms = analyse(store.results(), store.faults()), store.arms()
    return json.dumps({
        "campaign": store.facts(), "arms": arms,
        "results": {arm: _tally(found) for arm, found in analysis.by_arm().items()},
        "strata": {name: {arm: _tally(found) for arm, found in row.items()}
                   for name, row in analysis.by_stratum().items()},
        "heat_map": _heat(analysis, arms), "hot_spots": _spots(analysis),
        "durations": _durations(analysis),
        "pruned": pruned.exported(pruned.rows_of(analysis, arms)),
        "injections": rows(store)}, indent=1)
