# SPDX-License-Identifier: BSD-2-Clause
"""The JSON Schema of a campaign file. Every key says what it is for and gives an example."""

from __future__ import annotations

from enum import Enum
from typing import Any

from faultinj.layers import Layer
from faultinj.spec import DEF_USE
from faultinj.strata import SAMPLED, Event, Model

Schema = dict[str, Any]


def _whole(what: str, example: int, least: int = 1, most: int | None = None) -> Schema:
    found: Schema = {"type": "integer", "minimum": least, "description": what,
                     "examples": [example]}
    return found if most is None else {**found, "maximum": most}


def _number(what: str, example: float, above: float = 0, most: float | None = None) -> Schema:
    found: Schema = {"type": "number", "exclusiveMinimum": above, "description": what,
                     "examples": [example]}
    return found if most is None else {**found, "maximum": most}


def _one_of(what: str, values: tuple[Enum, ...]) -> Schema:
    names = [value.value for value in values]
    return {"enum": names, "description": what, "examples": [names[0]]}


def _truth(what: str) -> Schema:
    return {"type": "boolean", "description": what, "examples": [True]}


def _text(what: str, example: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": what, "examples": [example]}


def _table(what: str, keys: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "description": what, "properties": keys,
            "required": list(required), "additionalProperties": False}


STRATUM = _table("a part of the fault space", {
    "layer": _one_of("whose code runs, or whose memory it is", tuple(Layer)),
    "hits": _one_of("what is hit", SAMPLED),
    "fault": _one_of("what goes wrong there", tuple(Model)),
    "at": _one_of("instead of a random instruction: behind a random one of these events",
                  tuple(Event)),
    "length": _whole("instructions that a bit is stuck, or that the core is held", 64,
                     most=1_000_000_000),
    "replicas": _whole("that get the same fault, at the same time of theirs", 2, most=4),
    "weight": _whole("share of the sample", 2, least=1, most=1000),
}, required=("layer", "hits"))

CAMPAIGN = _table("a campaign", {
    "about": _text("one sentence: what the campaign is to show", "Single bits everywhere."),
    "system": _table("what is flown", {
        "board": _text("board of the arms", "qemu-virt"),
        "arms": {"type": "array", "minItems": 1, "uniqueItems": True,
                 "items": _text("a preset", "tmr"), "examples": [["base", "dmr", "tmr"]],
                 "description": "systems that get the same faults"},
        "shift": _whole("an instruction takes 2^shift ns of virtual time", 0, least=0, most=6),
    }, required=("arms",)),
    "workload": _table("what it does meanwhile", {
        "program": {"enum": ["payload"], "description": "the system's own programs",
                    "examples": ["payload"]},
        "golden": {"enum": ["bit-exact"], "examples": ["bit-exact"],
                   "description": "the check of the golden run: the ground decodes the downlink "
                                  "and finds every frame bit-exact"},
        "frames": _whole("photographs", 2, most=64),
        "side": _whole("pixels of a frame's side, a multiple of 8", 64, least=8, most=128),
    }),
    "sample": _table("how many faults", {
        "count": _whole("faults, each in every arm", 300, most=10_000_000),
        "seed": _whole("same seed, same faults", 1, least=0),
        "nulls": _whole("one null injection for so many faults", 40),
        "prune": {"enum": [DEF_USE], "examples": [DEF_USE],
                  "description": "do not run what is known to have no effect"},
    }, required=("count", "seed")),
    "join": _table("a replica is out, and comes back while the faults hit", {
        "replica": _whole("that a first fault excludes, the same in every run", 2, least=0, most=3),
        "at": _number("share of its programs' instructions before that fault", 0.2, most=0.9),
        "readmit_per_hour": _whole("attribute of <redundancy>", 8, most=255),
        "simplex_ok": _truth("attribute of <redundancy>"),
    }, required=("replica",)),
    "stop": _table("when enough is known before that", {
        "width": _number("of the 95 % interval of wrong outputs and hangs, in every arm", 0.02,
                         most=1),
        "errors": _whole("effective faults in the arm with the fewest replicas", 1000),
        "minutes": _number("time of the host; the same command goes on later", 30),
    }),
    "limits": _table("when a run counts as endless", {
        "longer": _number("times the golden run's instructions", 1.5, above=1, most=100),
        "slack": _whole("instructions on top", 10_000_000, least=0),
        "processor": _number("times the golden run's processor time", 8, above=1, most=1000),
    }),
    "run": _table("how it is run", {
        "workers": _whole("QEMUs at a time", 2, most=1024),
    }),
    "stratum": {"type": "array", "minItems": 1, "items": STRATUM, "examples": [],
                "description": "the parts of the fault space"},
}, required=("system", "sample", "stratum"))
