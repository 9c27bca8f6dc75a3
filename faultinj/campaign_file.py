# SPDX-License-Identifier: BSD-2-Clause
"""Reads a campaign file (TOML), checks all of it, and says of a bad one where it is bad, what is
wrong and what to write instead."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from faultinj.layers import Layer
from faultinj.schema import CAMPAIGN
from faultinj.spec import Bounds, Campaign, Join, StopRule, Workload
from faultinj.strata import (JOIN_STAGES, LENGTHS, MODELS, UNASKED, Event, Kind, Model,
                             Stratum)
from tools import presets
from tools.board import boards
from tools.errors import UserError
from tools.paths import relative

STANDARD = Path(__file__).resolve().parent / "campaigns"
HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
KEY = re.compile(r"\s*([\w\-]+)\s*=")
TYPES = {"integer": "a whole number", "number": "a number", "string": "a text",
         "array": "a list", "object": "a table", "boolean": "true or false"}
PIXELS = 8  # the compressor's block
Keys = tuple[str | int, ...]


def standard() -> list[str]:
    """Names of the campaigns that come with the project."""
    return sorted(path.stem for path in STANDARD.glob("*.toml"))


def lines_of(text: str) -> dict[Keys, int]:
    """Where every table and key stands."""
    places: dict[Keys, int] = {}
    table: Keys = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = HEADER.match(line), KEY.match(line)
        if header:
            name = header[2]
            table = (name,)
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                table = (name, seen[name])
            places[table] = number
        elif key:
            places.setdefault((*table, key[1]), number)
    return places


def _toml(value: Any) -> str:
    """As one writes it in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _near(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word, known, n=1)
    return found[0] if found else ""


@dataclass(frozen=True)
class _Text:
    """The file, for messages."""

    path: Path
    places: dict[Keys, int]

    def error(self, keys: Keys, what: str, next_step: str) -> UserError:
        """FILE:LINE: [table] what."""
        at = keys
        while at and at not in self.places:
            at = at[:-1]
        line = f":{self.places[at]}" if at else ""
        tables = [entry for entry in keys if isinstance(entry, str)][:1]
        where = ""
        if tables and len(keys) > 1:
            where = f"[{tables[0]}] "
            if isinstance(keys[1], int):
                where = f"[[{tables[0]}]] {keys[1] + 1}: "
        return UserError(f"{relative(self.path)}{line}: {where}{what}", next_step=next_step)


def _unknown_key(text: _Text, error: ValidationError, keys: Keys) -> UserError:
    known = list(error.schema["properties"])
    wrong = next(name for name in error.instance if name not in known)
    near = _near(wrong, known)
    step = f"write '{near}' instead" if near else f"the keys here are: {', '.join(known)}"
    return text.error((*keys, wrong), f"unknown key '{wrong}'", step)


def _missing_key(text: _Text, error: ValidationError, keys: Keys) -> UserError:
    wrong = next(name for name in error.schema["required"] if name not in error.instance)
    entry = error.schema["properties"][wrong]
    step = f"add the table [{wrong}]"
    if entry.get("examples"):
        step = f"add, for example: {wrong} = {_toml(entry['examples'][0])}"
    elif entry.get("type") == "array":
        step = f"add a [[{wrong}]]"
    return text.error((*keys, wrong), f"'{wrong}' is missing", step)


def _bad_value(text: _Text, error: ValidationError, keys: Keys) -> UserError:
    name, value, rule = keys[-1], error.instance, error.validator_value
    if isinstance(name, int):
        name = f"{keys[-2]} {name + 1}"
    example = next(iter(error.schema.get("examples", [])), None)
    step = f"write, for example: {name} = {_toml(example)}"
    what = {
        "type": lambda: f"must be {TYPES[str(rule)]}, not {_toml(value)}",
        "minimum": lambda: f"must be at least {rule}, not {value}",
        "maximum": lambda: f"must be at most {rule}, not {value}",
        "exclusiveMinimum": lambda: f"must be more than {rule}, not {value}",
        "minItems": lambda: "must not be empty",
        "minLength": lambda: "must not be empty",
        "uniqueItems": lambda: f"names something twice: {_toml(value)}",
        "enum": lambda: f"must be one of {', '.join(rule)}, not {_toml(value)}",
    }[str(error.validator)]()
    if error.validator == "enum" and _near(str(value), rule):
        step = f"write: {name} = {_toml(_near(str(value), rule))}"
    if error.validator in ("type", "minItems") and error.schema.get("type") in ("object", "array") \
            and example is None:
        brackets = "[{}]" if error.schema["type"] == "object" else "[[{}]]"
        step = f"write a table: {brackets.format(name)}"
    if error.validator == "uniqueItems":
        step = "name each once"
    return text.error(keys, f"'{name}' {what}", step)


def _check_schema(text: _Text, data: dict[str, Any]) -> None:
    """Raises for the first mistake in the order of the file."""
    def place(error: ValidationError) -> tuple[int, str]:
        keys: Keys = tuple(error.absolute_path)
        while keys and keys not in text.places:
            keys = keys[:-1]
        return text.places.get(keys, 0), str(error.validator)

    errors = sorted(Draft202012Validator(CAMPAIGN).iter_errors(data), key=place)
    if not errors:
        return
    error = errors[0]
    keys: Keys = tuple(error.absolute_path)
    make = {"additionalProperties": _unknown_key, "required": _missing_key}
    raise make.get(str(error.validator), _bad_value)(text, error, keys)


def _arms(text: _Text, system: dict[str, Any]) -> tuple[str, ...]:
    board = system.get("board", presets.BOARD)
    if board not in boards():
        near = _near(board, boards()) or presets.BOARD
        raise text.error(("system", "board"), f"there is no board '{board}' (there are: "
                         f"{', '.join(boards())})", f'write: board = "{near}"')
    names = []
    for name in system["arms"]:
        whole = presets.on_board(name, board)
        if whole not in presets.images():
            near = _near(name, [presets.mode_of(image) for image in presets.images()]) or "tmr"
            raise text.error(("system", "arms"), f"there is no system '{name}' for {board}",
                             f'write "{near}", or see ./ternion build --help')
        names.append(presets.mode_of(whole))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise text.error(("system", "arms"), f"'{twice}' is named twice", "name each once")
    return tuple(names)


def _join_problem(stratum: Stratum, join: bool) -> tuple[str, str, str] | None:
    """The same for a stratum of a campaign with or without a join."""
    event = stratum.event
    if not join and event in JOIN_STAGES:
        return ("at", f"nobody comes back in this campaign, so there is no '{event.value}'",
                "add the table [join], or remove it")
    if join and stratum.kind is Kind.DEVICE_READ:
        return ("hits", "reads of devices are not counted while a replica comes back",
                "remove this stratum, or the table [join]")
    if join and event and event not in JOIN_STAGES:
        return ("at", f"'{event.value}' is not counted while a replica comes back",
                'write: at = "join-copy", or remove it: then it is any time of the join')
    if join and stratum.replicas > 1:
        return ("replicas", "with [join] there is one fault beside the first one",
                "remove it, or the table [join]")
    return None


def _strata(text: _Text, entries: list[dict[str, Any]], join: bool) -> tuple[Stratum, ...]:
    strata: list[Stratum] = []
    for index, entry in enumerate(entries):
        kind = Kind(entry["hits"])
        model = Model(entry["fault"]) if "fault" in entry else MODELS[kind][0]
        event = Event(entry["at"]) if "at" in entry else UNASKED.get(kind)
        stratum = Stratum(Layer(entry["layer"]), kind, entry.get("weight", 1), model, event,
                          entry.get("length", LENGTHS.get(model, 0)), entry.get("replicas", 1))
        problem = stratum.problem() or _join_problem(stratum, join)
        if problem:
            raise text.error(("stratum", index, problem[0]), *problem[1:])
        first = next((number for number, other in enumerate(strata)
                      if other.name == stratum.name), None)
        if first is not None:
            raise text.error(("stratum", index, "layer"),
                             f"is the same as [[stratum]] {first + 1}: {stratum.name}",
                             "give the first one the weight of both")
        strata.append(stratum)
    return tuple(strata)


def _check_prune(text: _Text, strata: tuple[Stratum, ...], join: bool) -> None:
    """Raises where there is nothing that could be known without a run."""
    if join:
        raise text.error(("sample", "prune"), "what has no effect is not known while a replica "
                         "comes back", "remove it, or the table [join]")
    if not any(stratum.prunable for stratum in strata):
        raise text.error(("sample", "prune"), "no stratum has single bits of memory at random "
                         "instructions, so there is nothing to prune",
                         'remove it, or add a stratum with hits = "memory"')


def _campaign(text: _Text, data: dict[str, Any]) -> Campaign:
    system, sample = data["system"], data["sample"]
    workload, stop, limits = (data.get(name, {}) for name in ("workload", "stop", "limits"))
    side = workload.get("side", 64)
    if side % PIXELS:
        raise text.error(("workload", "side"), f"'side' must be a multiple of {PIXELS}, not {side}",
                         f"write: side = {max(side // PIXELS, 1) * PIXELS}")
    bounds, strata = Bounds(), _strata(text, data["stratum"], "join" in data)
    if "prune" in sample:
        _check_prune(text, strata, "join" in data)
    return Campaign(
        text.path.stem, data.get("about", ""), _arms(text, system),
        Workload(workload.get("frames", 2), side), strata,
        sample["count"], sample["seed"], sample.get("nulls", 40), system.get("shift", 0),
        StopRule(stop.get("width"), stop.get("errors"), stop.get("minutes")),
        replace(bounds, longer=limits.get("longer", bounds.longer),
                slack=limits.get("slack", bounds.slack),
                processor_factor=limits.get("processor", bounds.processor_factor)),
        data.get("run", {}).get("workers", 2),
        join=Join(**data["join"]) if "join" in data else None, prune=sample.get("prune"))


def read(path: Path) -> Campaign:
    """The campaign in a file."""
    try:
        content = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{relative(path)} cannot be read: {error.strerror}",
                        next_step=f"name one of: {', '.join(standard())}, or a file") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{relative(path)} is no text: byte {error.start} is not UTF-8",
                        next_step="save it as UTF-8") from error
    text = _Text(path, lines_of(content))
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{relative(path)} is not TOML: {error}",
                        next_step=f"see {relative(STANDARD / 'smoke.toml')}") from error
    _check_schema(text, data)
    return _campaign(text, data)


def find(name: str) -> Campaign:
    """A standard campaign by its name, or the campaign in a file."""
    if name in standard():
        return read(STANDARD / f"{name}.toml")
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        near = _near(name, standard()) or "smoke"
        raise UserError(f"there is no campaign '{name}' (there are: {', '.join(standard())})",
                        next_step=f"./ternion inject --campaign {near}")
    return read(path)
