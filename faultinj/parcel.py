# SPDX-License-Identifier: BSD-2-Clause
"""What another machine needs to fly a campaign's arms: files, and what is known of golden runs."""

from __future__ import annotations

import hashlib
import os
import pickle
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from faultinj.golden import Arm

FAST = 1  # zlib: most of it are zeros and symbols


@dataclass(frozen=True)
class Parcel:
    """The arms, and the contents of their files by the paths that they have at the sender."""

    arms: tuple[Arm, ...]
    files: dict[Path, bytes]

    def packed(self) -> bytes:
        """For the wire. Only for trees of the same version: see versions.here()."""
        return zlib.compress(pickle.dumps(self), FAST)


def _image(arm: Arm) -> Path:
    """The copy that no build replaces."""
    assert arm.flight.image is not None
    return arm.flight.image


def _files(arm: Arm) -> list[Path]:
    return [_image(arm), arm.ranges, arm.mission.frames_path, arm.mission.mission_path,
            *arm.system.elves.values()]


def make(arms: list[Arm]) -> Parcel:
    """Reads the files."""
    paths = dict.fromkeys(path for arm in arms for path in _files(arm))
    return Parcel(tuple(arms), {path: path.read_bytes() for path in paths})


def _keep(content: bytes, name: str, place: Path) -> Path:
    """Writes the file, unless it is there: its name says what is in it."""
    path = place / f"{hashlib.sha256(content).hexdigest()[:16]}-{name}"
    if not path.exists():
        partial = path.with_name(f"{path.name}.partial{os.getpid()}")
        partial.write_bytes(content)
        partial.replace(path)
    return path


def _moved(arm: Arm, to: dict[Path, Path]) -> Arm:
    """The arm with the files of this machine."""
    frames, mission = to[arm.mission.frames_path], to[arm.mission.mission_path]
    image, ranges = to[_image(arm)], to[arm.ranges]
    system = replace(arm.system, image=image,
                     elves={name: to[path] for name, path in arm.system.elves.items()})
    return replace(
        arm, system=system, ranges=ranges, probes=replace(arm.probes, ranges=ranges),
        mission=replace(arm.mission, frames_path=frames, mission_path=mission),
        flight=replace(arm.flight, system=system, image=image, frames=frames, mission=mission))


def unpack(packed: bytes, place: Path) -> list[Arm]:
    """Keeps the files below the directory."""
    parcel = pickle.loads(zlib.decompress(packed))
    assert isinstance(parcel, Parcel)
    place.mkdir(parents=True, exist_ok=True)
    to = {path: _keep(content, path.name, place) for path, content in parcel.files.items()}
    return [_moved(arm, to) for arm in parcel.arms]
