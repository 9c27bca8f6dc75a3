# SPDX-License-Identifier: BSD-2-Clause
"""Frames are real, repeatable, and come back from their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import synthetic
from tools import frames
from tools.errors import UserError


def test_file_comes_back() -> None:
    """Header and pixels."""
    source = synthetic.source()
    data = source.encode()
    assert data[:24] == b"TRNFRM01" + bytes.fromhex("02000000400000002000000000000000")
    assert frames.decode(data) == source


def test_bad_files() -> None:
    """Each with its own words."""
    data = synthetic.source().encode()
    with pytest.raises(UserError) as error:
        frames.decode(data[:-1], "x.frames")
    assert error.value.message == "x.frames has 4119 bytes, its header says 4120"
    with pytest.raises(UserError) as error:
        frames.decode(b"P5 128 128", "x.pgm")
    assert error.value.message == "x.pgm is not a frames file (no TRNFRM01 at its start)"


def test_cut_is_repeatable_and_has_content() -> None:
    """The camera sees land and sea, not one grey."""
    first, second = frames.cut(4), frames.cut(4)
    assert first == second and len(set(first.images)) == 4
    assert all(len(image) == 128 * 128 for image in first.images)
    assert all(len(set(image)) > 32 for image in first.images)


def test_ground_track_stays_on_the_map() -> None:
    """Also over many orbits."""
    for x, y in frames.ground_track(100, 2048, 1024):
        assert 0 <= x <= 2048 - frames.WIDTH and 0 <= y <= 1024 - frames.HEIGHT


@pytest.mark.parametrize("count", [0, -1, 4097])
def test_count_is_checked(count: int) -> None:
    """The message names the bounds."""
    with pytest.raises(UserError, match=f"a flight has 1 to 4096 frames, not {count}"):
        frames.cut(count)


def test_mission_files(tmp_path: Path) -> None:
    """Both files; a shorter flight is the beginning of a longer one."""
    short = frames.write_mission(tmp_path, 2)
    long = frames.write_mission(tmp_path, 3, halt_at_end=False)
    assert short.mission_path.read_bytes() == bytes.fromhex("01000000")
    assert long.mission_path.read_bytes() == bytes(4)
    assert long.frames.images[:2] == short.frames.images
    assert frames.write_mission(tmp_path, 2).frames == short.frames
