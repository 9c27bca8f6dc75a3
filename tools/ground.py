# SPDX-License-Identifier: BSD-2-Clause
"""
The ground segment: downlink bytes -> space packets -> compressed frames -> frames, decompressed by
the distribution's `aec` and compared with the source bit by bit.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import frames as camera
from tools import packets
from tools.errors import UserError
from tools.housekeeping import Counters, decode_housekeeping
from tools.packets import Apid, Packet

# What apps/compressor produces: CCSDS 121.0, unit-delay preprocessor, 8-bit samples.
AEC_BITS = 8
AEC_BLOCK = 16
AEC_REFERENCE_INTERVAL = 64
AEC_FLAGS = ["-n", str(AEC_BITS), "-j", str(AEC_BLOCK), "-r", str(AEC_REFERENCE_INTERVAL)]

FRAME_HEADER = struct.Struct(">HHHHHI")  # frame, segment, segments, width, height, compressed bytes
END = struct.Struct(">II")               # frames, packets sent before


@dataclass(frozen=True)
class GroundResult:
    """What the ground knows about a flight. `good` is the whole verdict."""

    good: bool
    problems: list[str]
    bytes: int
    sha256: str
    packets: int
    crc_errors: int
    sequence_errors: int
    stray_bytes: int
    stray_text: str
    frames_expected: int
    frames_received: int
    frames_exact: int
    ended: bool
    compressed_bytes: int
    source_bytes: int
    pings: list[str] = dataclasses.field(default_factory=list)
    housekeeping: list[Counters] = dataclasses.field(default_factory=list)

    def line(self) -> str:
        """One line for a terminal."""
        ratio = self.source_bytes / self.compressed_bytes if self.compressed_bytes else 0.0
        text = (f"{self.frames_received} frames, {self.packets} packets, "
                f"CRC errors {self.crc_errors}, sequence errors {self.sequence_errors}, "
                f"{self.frames_exact} of {self.frames_expected} frames bit-exact")
        return f"{text}, compressed {ratio:.2f}:1" if ratio else text

    def to_json(self) -> str:
        """The same, for machines."""
        return json.dumps(dataclasses.asdict(self), indent=2)


def decompress(compressed: bytes, pixels: int) -> bytes:
    """The samples, by the distribution's decoder; as many as it could find."""
    with tempfile.TemporaryDirectory(prefix="ternion-") as place:
        source, target = Path(place, "in"), Path(place, "out")
        source.write_bytes(compressed)
        try:
            subprocess.run(["aec", "-d", *AEC_FLAGS, str(source), str(target)],
                           capture_output=True, check=False, timeout=30)
        except FileNotFoundError as error:
            raise UserError("the decoder 'aec' (package libaec-tools) is not on this machine",
                            next_step="./ternion doctor") from error
        except subprocess.TimeoutExpired:
            return b""
        return target.read_bytes()[:pixels] if target.exists() else b""


class _Assembler:
    """Puts the segments of frames together again."""

    def __init__(self) -> None:
        self.segments: dict[int, dict[int, bytes]] = {}
        self.shape: dict[int, tuple[int, int, int, int]] = {}  # segments, width, height, bytes
        self.problems: list[str] = []

    def take(self, payload: bytes) -> None:
        """One packet of APID FRAME."""
        if len(payload) <= FRAME_HEADER.size:
            self.problems.append("a frame packet is too short for its header")
            return
        number, segment, *shape = FRAME_HEADER.unpack_from(payload)
        key = (shape[0], shape[1], shape[2], shape[3])
        parts = self.segments.setdefault(number, {})
        if self.shape.setdefault(number, key) != key:
            self.problems.append(f"frame {number}: its segments disagree about its shape")
        elif segment in parts:
            self.problems.append(f"frame {number}: segment {segment} came twice")
        elif segment >= key[0]:
            self.problems.append(f"frame {number}: segment {segment} of {key[0]}")
        else:
            parts[segment] = payload[FRAME_HEADER.size:]

    def compressed(self, number: int) -> bytes | None:
        """The compressed frame, when all of it is here."""
        parts = self.segments[number]
        body = b"".join(parts[segment] for segment in sorted(parts))
        count, _, _, length = self.shape[number]
        return body if len(parts) == count and len(body) == length else None


def _compare_frames(assembler: _Assembler, source: camera.Frames) -> tuple[int, int, int]:
    """Complete frames, bit-exact frames, compressed bytes; adds to the assembler's problems."""
    complete = exact = size = 0
    assembler.problems += [f"frame {number}: missing" for number in range(len(source.images))
                           if number not in assembler.segments]
    for number in sorted(assembler.segments):
        _, width, height, _ = assembler.shape[number]
        body = assembler.compressed(number)
        if body is None:
            assembler.problems.append(f"frame {number}: incomplete")
            continue
        complete += 1
        size += len(body)
        if number >= len(source.images) or (width, height) != (source.width, source.height):
            assembler.problems.append(f"frame {number} ({width}x{height}) was never photographed")
        elif decompress(body, width * height) != source.images[number]:
            assembler.problems.append(f"frame {number}: differs from its source")
        else:
            exact += 1
    return complete, exact, size


def _end_problems(found: list[Packet], frames: int) -> tuple[bool, list[str]]:
    """Whether the end-of-mission packet came, and what is wrong with it."""
    for index, packet in enumerate(found):
        if packet.apid != Apid.END:
            continue
        if len(packet.payload) != END.size:
            return True, ["the end packet has a wrong length"]
        sent_frames, sent_packets = END.unpack(packet.payload)
        problems = []
        if sent_frames != frames:
            problems.append(f"the end packet tells of {sent_frames} frames, not {frames}")
        if sent_packets != index:
            problems.append(f"the end packet tells of {sent_packets} packets, not {index}")
        return True, problems
    return False, ["no end packet"]


def check(downlink: bytes, source: camera.Frames) -> GroundResult:
    """The verdict about one flight that was to photograph all of the source."""
    stream = packets.decode(downlink)
    assembler = _Assembler()
    for packet in stream.packets:
        if packet.apid == Apid.FRAME:
            assembler.take(packet.payload)
    complete, exact, compressed = _compare_frames(assembler, source)
    ended, end_problems = _end_problems(stream.packets, len(source.images))
    gaps = packets.sequence_errors(stream.packets)
    problems = assembler.problems + end_problems
    for count, what in ((stream.crc_errors, "CRC error"), (gaps, "sequence error"),
                        (stream.stray_bytes, "stray byte")):
        if count:
            problems.append(f"{count} {what}{'s' if count > 1 else ''}")
    if exact != len(source.images):
        problems.append(f"{exact} of {len(source.images)} frames bit-exact")
    replies = [decode_housekeeping(p.payload) for p in stream.packets
               if p.apid == Apid.HOUSEKEEPING]
    return GroundResult(
        good=not problems, problems=problems, bytes=len(downlink),
        sha256=hashlib.sha256(downlink).hexdigest(), packets=len(stream.packets),
        crc_errors=stream.crc_errors, sequence_errors=gaps, stray_bytes=stream.stray_bytes,
        stray_text=stream.stray.decode("ascii", "replace"), frames_expected=len(source.images),
        frames_received=complete, frames_exact=exact, ended=ended, compressed_bytes=compressed,
        source_bytes=complete * source.width * source.height,
        pings=[p.payload.decode("utf-8", "replace") for p in stream.packets
               if p.apid == Apid.PING_ECHO],
        housekeeping=[reply for reply in replies if reply is not None])


def main() -> int:
    """Checks a downlink file against a frames file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("downlink", type=Path)
    parser.add_argument("frames", type=Path)
    parser.add_argument("--json", action="store_true", help="print all of the result")
    arguments = parser.parse_args()
    source = camera.decode(arguments.frames.read_bytes(), arguments.frames.name)
    result = check(arguments.downlink.read_bytes(), source)
    print(result.to_json() if arguments.json else result.line())
    for problem in result.problems:
        print(f"  {problem}", file=sys.stderr)
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
