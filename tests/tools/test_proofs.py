# SPDX-License-Identifier: BSD-2-Clause
"""The proofs' own tool: a name that it does not know, and a proof of nothing, are errors."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs import mutations, prove
from tests.proofs.places import PLACES
from tools.errors import UserError


def test_unknown_file() -> None:
    """Not taken for nothing to prove."""
    done = subprocess.run([sys.executable, prove.__file__, "rcoe/nothing.c"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "proofs: no proofs of rcoe/nothing.c: tests/proofs/places.py does not name it\n"
        "    next: ask for one that it names, as rcoe/verdict.c\n")


def test_nothing_proved_is_not_good() -> None:
    """No goals at all, or one that is missing."""
    assert not prove.Result(0, 0, "").is_good()
    assert not prove.Result(3, 4, "").is_good()
    assert prove.Result(4, 4, "").is_good()


def test_each_file_has_functions() -> None:
    """And what is left out exists."""
    for place in PLACES:
        assert prove.proved_functions(prove.TREE, place)


def test_a_file_that_nobody_named(tmp_path: Path) -> None:
    """New code is proved, or said not to be."""
    prove.check_all_named(prove.TREE)
    new = tmp_path / "shim" / "new.c"
    new.parent.mkdir()
    new.write_text("void new_one(void)\n{\n}\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        prove.check_all_named(tmp_path)
    assert caught.value.message == "shim/new.c has functions that nothing proves"
    assert caught.value.next_step == "name it in tests/proofs/places.py"


def test_left_out_by_a_wrong_name() -> None:
    """A function that was renamed is not left out silently."""
    place = dataclasses.replace(PLACES[0], left_out={"nobody": "no reason"})
    with pytest.raises(UserError) as caught:
        prove.proved_functions(prove.TREE, place)
    assert caught.value.message == (
        "rcoe/verdict.c has no function nobody that could be left out")
    assert caught.value.next_step == "mend tests/proofs/places.py"


def test_mutations_fit_the_sources(tmp_path: Path) -> None:
    """Each changes what it says, in a file that is proved."""
    paths = {place.path for place in PLACES}
    for number, mutation in enumerate(mutations.MUTATIONS):
        to = tmp_path / str(number)
        mutation.apply(prove.TREE, to)
        changed = (to / mutation.path).read_text(encoding="utf-8")
        assert mutation.path in paths and mutation.after in changed
