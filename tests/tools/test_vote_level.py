# SPDX-License-Identifier: BSD-2-Clause
"""What CMake asks before it picks the form of rcoe/."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import vote_level
from tools.paths import ROOT
from tools.system_model import VOTE_LEVELS


@pytest.mark.parametrize("text,given,level", [
    ("<system/>", [], "entry-exit"),
    ("<system><redundancy vote='io'/></system>", [], "io"),
    ("<system><!-- <redundancy vote='io'/> --></system>", [], "entry-exit"),
    ("<system><redundancy vote='io'/></system>", ["none"], "none"),
])
def test_level(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, given: list[str],
               level: str) -> None:
    path = tmp_path / "t.system"
    path.write_text(text, encoding="utf-8")
    assert vote_level.main([str(path), *given]) == 0
    assert capsys.readouterr().out == f"{level}\n"


@pytest.mark.parametrize("arguments,message", [
    ([], "give a system description, and a vote level to override its own\n"
         "    next: python3 -m tools.vote_level configs/flight.system"),
    (["configs/flight.system", "all"], "--vote-level level 'all' is unknown\n"
     "    next: choose one of: " + ", ".join(VOTE_LEVELS)),
])
def test_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
                 arguments: list[str], message: str) -> None:
    monkeypatch.chdir(ROOT)
    assert vote_level.main(arguments) == 2
    assert capsys.readouterr().err == f"ternion: {message}\n"


def test_every_level_has_a_form() -> None:
    """What a description may ask for can be built."""
    for name in VOTE_LEVELS:
        place = ROOT / "rcoe" / "levels" / name
        assert (place / "level.h").is_file() and (place / "level.c").is_file()
