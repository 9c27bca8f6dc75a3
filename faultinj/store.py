# SPDX-License-Identifier: BSD-2-Clause
"""Campaigns on disk: SQLite, one transaction per finished injection, so that none is ever lost."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

from faultinj.classify import Outcome
from faultinj.plan import PlannedFault
from tools.errors import UserError
from tools.paths import relative

FORMAT = 4
SCHEMA = """
CREATE TABLE IF NOT EXISTS campaign (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arm (
    name TEXT PRIMARY KEY, preset TEXT NOT NULL, replicas INTEGER NOT NULL,
    image_sha256 TEXT NOT NULL, golden TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (
    number INTEGER PRIMARY KEY, stratum TEXT NOT NULL, fault TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS result (
    arm TEXT NOT NULL REFERENCES arm(name), fault INTEGER NOT NULL REFERENCES fault(number),
    outcome TEXT NOT NULL, mechanism TEXT NOT NULL, excluded TEXT NOT NULL, event INTEGER,
    time INTEGER, exclude_time INTEGER, note TEXT NOT NULL, core INTEGER, trigger_count TEXT,
    code INTEGER, steps INTEGER, what TEXT NOT NULL, landing TEXT NOT NULL, pc TEXT, sp TEXT,
    level INTEGER, before_value TEXT, after_value TEXT, place TEXT NOT NULL, ending TEXT NOT NULL,
    downlink_sha256 TEXT NOT NULL, log_digest TEXT NOT NULL, wall_s REAL NOT NULL,
    latency INTEGER, latency_core INTEGER, latency_events INTEGER, way_back TEXT NOT NULL,
    PRIMARY KEY (arm, fault));
"""
YOUNGER = {  # columns that campaigns of this format may lack: they get them when they are opened
    "line": "TEXT NOT NULL DEFAULT ''", "moment": "INTEGER", "absence": "INTEGER",
    "standstill": "INTEGER"}


@dataclass(frozen=True)
class Result:
    """One finished injection. 64-bit values are hexadecimal text: SQLite's integers are signed."""

    arm: str
    fault: int
    outcome: Outcome
    mechanism: str
    excluded: tuple[int, ...]
    event: int | None
    time: int | None
    exclude_time: int | None
    note: str
    core: int | None
    trigger_count: int | None
    code: int | None
    steps: int | None
    what: str
    landing: str
    pc: int | None
    sp: int | None
    level: int | None
    before_value: int | None
    after_value: int | None
    place: str
    ending: str
    downlink_sha256: str
    log_digest: str
    wall_s: float
    latency: int | None = None         # instructions of all cores from the fault to its detection,
    latency_core: int | None = None    # ... of the core that was hit,
    latency_events: int | None = None  # ... and kernel entries
    way_back: str = ""                 # what became of the replica that was to come back
    line: str = ""                     # file:line of the code that was running
    moment: int | None = None          # instructions of all cores before the fault
    absence: int | None = None         # counter ticks from an exclusion to the first return
    standstill: int | None = None      # ... of which the others stood still for so many

    @property
    def id(self) -> str:
        """What `ternion replay` takes."""
        return f"{self.arm}-{self.fault}"


WIDE = ("trigger_count", "pc", "sp", "before_value", "after_value")
FROM_GUEST = ("event", "time", "exclude_time", "latency", "latency_core", "latency_events",
              "absence", "standstill")  # small, unless the fault hit the number itself
SQLITE_MAX = (1 << 63) - 1


def _row(result: Result) -> dict[str, Any]:
    row = asdict(result)
    row["outcome"] = result.outcome.value
    row["excluded"] = json.dumps(result.excluded)
    for name in WIDE:
        row[name] = None if row[name] is None else f"{row[name]:#x}"
    for name in FROM_GUEST:
        if row[name] is not None and abs(row[name]) > SQLITE_MAX:
            row[name] = f"{row[name]:#x}"
    return row


def _result(row: sqlite3.Row) -> Result:
    values = dict(row)
    values["outcome"] = Outcome(values["outcome"])
    values["excluded"] = tuple(json.loads(values["excluded"]))
    for name in WIDE:
        values[name] = None if values[name] is None else int(values[name], 0)
    for name in FROM_GUEST:
        if isinstance(values[name], str):
            values[name] = int(values[name], 0)
    return Result(**values)


LOCK_S = 5.0
LOCK_POLL_S = 0.05


class Store:
    """One campaign's database."""

    def __init__(self, path: Path, must_exist: bool = False) -> None:
        if must_exist and not path.is_file():
            raise UserError(f"there is no campaign {relative(path)}",
                            next_step="./ternion inject --db FILE")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock: int | None = None
        self._taken = False
        try:
            self._base = sqlite3.connect(path)
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA journal_mode=WAL")
            self._check_format()
            self._base.executescript(SCHEMA)
            self._add_younger()
        except sqlite3.DatabaseError as error:
            raise UserError(f"{relative(path)} is not a campaign database: {error}",
                            next_step="./ternion inject --db ANOTHER-FILE") from error

    def _check_format(self) -> None:
        tables = {row["name"] for row in self._base.execute("SELECT name FROM sqlite_master")}
        found = self.facts().get("format", FORMAT) if "campaign" in tables else FORMAT
        if found != FORMAT:
            raise UserError(f"{relative(self.path)} is of format {found}, this tool reads {FORMAT}",
                            next_step="./ternion inject   (a new campaign), or the older tool")

    def _add_younger(self) -> None:
        known = {row["name"] for row in self._base.execute("PRAGMA table_info(result)")}
        for name in YOUNGER.keys() - known:
            self._base.execute(f"ALTER TABLE result ADD COLUMN {name} {YOUNGER[name]}")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._base.close()
        if self._lock is not None:
            os.close(self._lock)  # not before: it would end the locks of the open database, too

    def _take(self) -> None:
        """Two runners of one campaign would do everything twice. Workers of a runner that was
        killed hold its lock until they are gone, which they are at once."""
        if self._taken:
            return
        if self._lock is None:
            self._lock = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        deadline = time.monotonic() + LOCK_S
        while True:
            try:
                flock(self._lock, LOCK_EX | LOCK_NB)
                self._taken = True
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise UserError(f"{relative(self.path)} is being filled by another run",
                                    next_step="wait for its end, or --db ANOTHER-FILE") from None
            time.sleep(LOCK_POLL_S)

    # The campaign

    def facts(self) -> dict[str, Any]:
        """What the campaign is; empty when the database is new."""
        rows = self._base.execute("SELECT name, value FROM campaign")
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def begin(self, facts: dict[str, Any], identity: tuple[str, ...],
              arms: list[tuple[str, str, int, str, dict[str, Any]]],
              faults: list[PlannedFault]) -> bool:
        """Writes the plan, or finds the same one and returns True: then the campaign goes on.
        Nobody else can begin or go on with it until this store is closed."""
        self._take()
        old = self.facts()
        if old:
            for name in identity:
                if old.get(name) != json.loads(json.dumps(facts[name])):
                    raise UserError(
                        f"{relative(self.path)} holds another campaign ({name} is "
                        f"{old.get(name)!r}, not {facts[name]!r})",
                        next_step="./ternion inject --db ANOTHER-FILE")
            return True
        with self._base:
            for name, value in {**facts, "format": FORMAT}.items():
                self._base.execute("INSERT INTO campaign VALUES (?, ?)", (name, json.dumps(value)))
            for arm in arms:
                self._base.execute("INSERT INTO arm VALUES (?, ?, ?, ?, ?)",
                                   (*arm[:4], json.dumps(arm[4])))
            for fault in faults:
                self._base.execute("INSERT INTO fault VALUES (?, ?, ?)",
                                   (fault.number, fault.stratum, json.dumps(fault.encoded())))
        return False

    def note_end(self, seconds: float, reason: str) -> None:
        """Adds the time that this part of the campaign took, and says why it ended."""
        before = self.facts().get("seconds", 0.0)
        with self._base:
            for name, value in (("seconds", before + seconds), ("ended", reason)):
                self._base.execute("INSERT OR REPLACE INTO campaign VALUES (?, ?)",
                                   (name, json.dumps(value)))

    def arms(self) -> list[dict[str, Any]]:
        """Name, preset, replicas, image_sha256 and golden facts of every arm."""
        rows = self._base.execute("SELECT * FROM arm ORDER BY rowid")
        return [{**dict(row), "golden": json.loads(row["golden"])} for row in rows]

    def faults(self) -> dict[int, PlannedFault]:
        """The plan, by number."""
        rows = self._base.execute("SELECT * FROM fault ORDER BY number")
        return {row["number"]: PlannedFault.decoded(json.loads(row["fault"])) for row in rows}

    # Results

    def add(self, result: Result) -> None:
        """Keeps a finished injection, for good. One that failed in the harness may be repeated."""
        row = _row(result)
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        with self._base:
            self._base.execute(f"INSERT OR REPLACE INTO result ({names}) VALUES ({marks})", row)

    def results(self) -> list[Result]:
        """All of them, in the order of the plan."""
        return [_result(row)
                for row in self._base.execute("SELECT * FROM result ORDER BY fault, arm")]

    def finished(self) -> set[tuple[str, int]]:
        """(arm, fault) of what need not be run again."""
        return {(result.arm, result.fault) for result in self.results()
                if result.outcome is not Outcome.HARNESS_ERROR}

    def result(self, name: str) -> Result:
        """By its id, arm-number."""
        arm, _, number = name.rpartition("-")
        rows = self._base.execute("SELECT * FROM result WHERE arm = ? AND fault = ?",
                                  (arm, number)).fetchall()
        if not rows:
            known = self._base.execute("SELECT arm, fault FROM result ORDER BY fault LIMIT 1")
            example = "".join(f"./ternion replay {row['arm']}-{row['fault']}" for row in known)
            raise UserError(f"no injection '{name}' in {relative(self.path)}",
                            next_step=example or "./ternion inject")
        return _result(rows[0])
