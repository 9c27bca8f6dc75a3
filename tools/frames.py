# SPDX-License-Identifier: BSD-2-Clause
"""
Cuts the camera's frames out of the Earth map of xplanet-images, along the ground track of a low
orbit, and writes the two files that the board reads through fw_cfg: frames and mission.
"""

from __future__ import annotations

import argparse
import math
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UserError

MAGIC = b"TRNFRM01"
HEADER = struct.Struct("<8sIIII")
WIDTH = HEIGHT = 128
COUNT = 8
COUNT_MAX = 4096
INCLINATION_DEGREES = 51.6
FRAMES_PER_ORBIT = 23  # about four minutes between frames


@dataclass(frozen=True)
class Frames:
    """Source images: what the camera gives and what the ground must find again."""

    width: int
    height: int
    images: list[bytes]

    def encode(self) -> bytes:
        """The fw_cfg file opt/ternion/frames."""
        head = HEADER.pack(MAGIC, len(self.images), self.width, self.height, 0)
        return head + b"".join(self.images)


def decode(data: bytes, name: str = "frames file") -> Frames:
    """Reads such a file back."""
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise UserError(f"{name} is not a frames file (no {MAGIC.decode()} at its start)",
                        next_step="make one: /usr/bin/python3 -m tools.frames --output FILE")
    _, count, width, height, _ = HEADER.unpack_from(data)
    size = width * height
    total = HEADER.size + count * size
    if len(data) != total:
        raise UserError(f"{name} has {len(data)} bytes, its header says {total}",
                        next_step="make it again: /usr/bin/python3 -m tools.frames --output FILE")
    body = [data[HEADER.size + i * size:HEADER.size + (i + 1) * size] for i in range(count)]
    return Frames(width, height, body)


def mission(halt_at_end: bool) -> bytes:
    """The fw_cfg file opt/ternion/mission."""
    return struct.pack("<I", int(halt_at_end))


def earth_map() -> Path:
    """Where the package put the map."""
    answer = subprocess.run(["dpkg", "-L", "xplanet-images"], capture_output=True, text=True,
                            check=False)
    for line in answer.stdout.splitlines():
        if line.endswith("/earth.jpg"):
            return Path(line)
    raise UserError("the Earth map (earth.jpg of package xplanet-images) is not on this machine",
                    next_step="sudo apt-get install --yes --no-install-recommends xplanet-images")


def ground_track(count: int, map_width: int, map_height: int) -> list[tuple[int, int]]:
    """Top left corners of the frames on an equirectangular map, under a circular orbit."""
    inclination = math.radians(INCLINATION_DEGREES)
    corners: list[tuple[int, int]] = []
    for index in range(count):
        phase = 2 * math.pi * index / FRAMES_PER_ORBIT
        latitude = math.asin(math.sin(inclination) * math.sin(phase))
        longitude = math.atan2(math.cos(inclination) * math.sin(phase), math.cos(phase))
        x = round((longitude / (2 * math.pi) + 0.5) * map_width) % map_width
        y = round((0.5 - latitude / math.pi) * map_height) - HEIGHT // 2
        corners.append((min(x, map_width - WIDTH), min(max(y, 0), map_height - HEIGHT)))
    return corners


def cut(count: int) -> Frames:
    """Photographs `count` frames."""
    if not 1 <= count <= COUNT_MAX:
        raise UserError(f"a flight has 1 to {COUNT_MAX} frames, not {count}",
                        next_step="./ternion run --frames 8")
    from PIL import Image  # only here: the rest of this file needs no package

    with Image.open(earth_map()) as source:
        grey = source.convert("L")
    corners = ground_track(count, *grey.size)
    return Frames(WIDTH, HEIGHT,
                  [grey.crop((x, y, x + WIDTH, y + HEIGHT)).tobytes() for x, y in corners])


@dataclass(frozen=True)
class MissionFiles:
    """The two fw_cfg files of one flight, on disk, and what the first contains."""

    frames_path: Path
    mission_path: Path
    frames: Frames


def write_mission(directory: Path, count: int, halt_at_end: bool = True) -> MissionFiles:
    """Writes (or finds, when unchanged) the fw_cfg files of a flight in the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    frames_path = directory / f"earth-{count}.frames"
    mission_path = directory / ("mission-halt" if halt_at_end else "mission-stay")
    if frames_path.exists():
        frames = decode(frames_path.read_bytes(), frames_path.name)
    else:
        frames = cut(count)
        partial = frames_path.with_suffix(".partial")
        partial.write_bytes(frames.encode())
        partial.replace(frames_path)
    if not mission_path.exists():
        mission_path.write_bytes(mission(halt_at_end))
    return MissionFiles(frames_path, mission_path, frames)


def main() -> None:
    """Writes a frames file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=COUNT)
    arguments = parser.parse_args()
    arguments.output.write_bytes(cut(arguments.count).encode())


if __name__ == "__main__":
    main()
