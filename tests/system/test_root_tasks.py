# SPDX-License-Identifier: BSD-2-Clause
"""Root tasks that were built elsewhere: `ternion image`, then `ternion run --image`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.system import programs, root_tasks
from tests.system.conftest import SYSTEMS
from tools import cli, presets, root_run, root_task, system_report
from tools.qemu import Ending, Timing
from tools.recorder import StopReason
from tools.root_run import LIMIT_STATUS, RootRun
from tools.root_task import report_path
from tools.system_report import SystemReport

LIMIT_S = 120.0
END = "all done\n"
# As the stock build links a root task: the first address, 4 KiB pages.
STOCK = ("-Wl,-Ttext-segment=0x400000", "-Wl,-z,max-page-size=0x1000")
# Far up, sections of other rights in segments of their own, a hole before the data.
FAR = ("-Wl,-Ttext-segment=0x7f1234560000", "-Wl,-z,max-page-size=0x10000",
       "-Wl,-z,separate-code", "-Wl,-Tdata=0x7f1234600040")
LAST_LINES = re.compile(r"foreign: (?P<checks>[0-9]+) checks, 0 failed\nall done\n\Z")


@pytest.fixture(name="stock", scope="module")
def _stock(board: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return root_tasks.build(tmp_path_factory.mktemp("stock"), board, *STOCK)


@pytest.fixture(name="far", scope="module")
def _far(board: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without a section table."""
    place = tmp_path_factory.mktemp("far")
    return root_tasks.without_sections(root_tasks.build(place, board, *FAR))


def _image(elf: Path, preset: str, place: Path, *, ram: int = root_task.RAM_DEFAULT,
           tree_file: Path | None = None, with_tree: bool = True) -> Path:
    """What `ternion image` does, without building the preset again."""
    output = place / f"{elf.stem}-{preset}.img"
    made = root_task.wrap(elf, presets.load(preset), output, ram=ram, tree_file=tree_file,
                          with_tree=with_tree)
    root_task.write(made, output)
    return output


def _run(image: Path, timing: Timing) -> RootRun:
    system = system_report.load(report_path(image))
    assert system.is_root_task
    return root_run.run_root_task(system, image, timing=timing, limit_s=LIMIT_S, until=END,
                                  announce=print)


@cache
def _reference(elf: Path, board: str) -> str:
    """What it prints in base."""
    result = _run(_image(elf, f"{board}-base", elf.parent), Timing.ICOUNT)
    assert LAST_LINES.search(result.text), result.text
    assert result.end.ending is Ending.KILLED and result.log.remarkable() == []
    return result.text


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@pytest.mark.parametrize("preset", [*SYSTEMS, "dmr-debug"])
def test_same_output_in_every_mode(board: str, stock: Path, preset: str, timing: Timing) -> None:
    """Byte for byte, boot information and addresses included; no replica disagrees."""
    reference = _reference(stock, board)
    result = _run(_image(stock, f"{board}-{preset}", stock.parent), timing)
    assert result.text == reference
    assert result.log.remarkable() == []


def test_far_away_and_bare(board: str, far: Path) -> None:
    """Another layout of the same program: high addresses, a hole, no sections."""
    text = _run(_image(far, f"{board}-tmr", far.parent), Timing.ICOUNT).text
    assert LAST_LINES.search(text), text
    assert "segment 0x7f1234600040 file offset 0x" in text
    assert len(re.findall("^segment ", text, re.MULTILINE)) == 5


def test_device_tree_is_optional(board: str, stock: Path, tmp_path: Path) -> None:
    """--no-dtb: no extra boot information, no frames for it. --dtb: this one."""
    text = _run(_image(stock, f"{board}-base", tmp_path, with_tree=False), Timing.ICOUNT).text
    assert "extraLen 0x0\n" in text and "extraBIPages 19..19\n" in text
    assert LAST_LINES.search(text), text
    own = root_tasks.tiny_tree(tmp_path / "own.dtb")
    text = _run(_image(stock, f"{board}-base", tmp_path, tree_file=own), Timing.ICOUNT).text
    assert f"extra boot information: id 6 length {16 + own.stat().st_size:#x}\n  /\n    tiny\n" \
        in text
    assert LAST_LINES.search(text), text


def test_more_memory(board: str, stock: Path, tmp_path: Path) -> None:
    """--ram: the untyped list covers it."""
    text = _run(_image(stock, f"{board}-tmr", tmp_path, ram=64 << 20), Timing.ICOUNT).text
    assert LAST_LINES.search(text), text
    assert "  memory 0x42000000 bits 24\n" in text and "  device 0x44000000 bits 26\n" in text


@pytest.mark.parametrize("preset", SYSTEMS)
def test_command(board: str, stock: Path, tmp_path: Path, preset: str,
                 capfd: pytest.CaptureFixture[str]) -> None:
    """What a user types and sees: the text, how it ended, the status."""
    image = tmp_path / "task.img"
    assert cli.main(["image", "--rootserver", str(stock), "--preset",
                     f"{board}-{preset}", "-o", str(image)]) == 0
    assert image.read_bytes() == _image(stock, f"{board}-{preset}", tmp_path).read_bytes()
    assert cli.main(["run", "--image", str(image), "--until", "all done", "--icount"]) == 0
    shown = capfd.readouterr().out
    assert _reference(stock, board).rstrip("\n") in shown
    assert "✔ it printed 'all done', after " in shown


ENDING_S = 10  # host seconds: on a busy host it takes some to begin
ENDINGS = [
    ("off", 8, 0, "✔ power off, after ", StopReason.POWER_OFF),
    ("reset", 9, 0, "✔ reset, after ", StopReason.RESET),
    ("never", None, LIMIT_STATUS, "✘ time limit, after 1", None),
]


@pytest.mark.parametrize(("function", "status", "shown", "reason"),
                         [ending[1:] for ending in ENDINGS], ids=[ending[0] for ending in ENDINGS])
def test_endings(board: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
                 function: int | None, status: int, shown: str, reason: StopReason | None) -> None:
    """A root task of a few instructions that ends so; the status says how."""
    elf = root_tasks.assemble(tmp_path, root_tasks.firmware_call(function))
    image = _image(elf, f"{board}-dmr", tmp_path)
    assert cli.main(["run", "--image", str(image), "--limit", str(ENDING_S)]) == status
    out = capfd.readouterr().out
    assert "\nx\n" in out and shown in out, out
    system = system_report.load(report_path(image))
    result = root_run.run_root_task(system, image, limit_s=ENDING_S)
    assert (result.console, result.log.stop_reason()) == (b"x", reason)


def test_console_of_a_system(system: Callable[[str], SystemReport], tmp_path: Path,
                             capfd: pytest.CaptureFixture[str]) -> None:
    """--console: a system that is not the flight, by the report in its directory."""
    image = programs.pack("hello", system("base"), tmp_path).image
    assert cli.main(["run", "--image", str(image), "--console"]) == 0
    shown = capfd.readouterr().out
    assert "\nhello from hello\n" in shown and "✔ power off, after " in shown


def test_a_damaged_image_is_refused_by_the_shim_too(board: str, stock: Path,
                                                    tmp_path: Path) -> None:
    """Who starts it by other means reads it on the serial line, in the first line."""
    image = _image(stock, f"{board}-base", tmp_path)
    system = system_report.load(report_path(image))
    data = bytearray(image.read_bytes())
    data[-5000] ^= 1
    image.write_bytes(data)
    result = root_run.run_root_task(system, image, limit_s=LIMIT_S)
    assert result.text.startswith("ternion: image digest mismatch: expected ")
    assert result.how().startswith("stop: digest, after ") and result.outcome.value == 1


def test_foreign_program_is_foreign(stock: Path) -> None:
    """Nothing of this tree's headers or libraries went into it."""
    told = "".join(subprocess.run([*root_tasks.COMPILER, "-M", f"-I{stock.parent}", str(source)],
                                  check=True, capture_output=True, text=True).stdout
                   for source in root_tasks.SOURCES.glob("*.c"))
    files = {Path(word).resolve() for word in told.split() if word.endswith(".h")}
    ours = {path for path in files if path.is_relative_to(root_tasks.ROOT)}
    assert ours == {root_tasks.SOURCES / name for name in ("foreign.h", "uart.h")}


def test_debugger(board: str, stock: Path) -> None:
    """gdb stops in the root task, with its symbols."""
    image = _image(stock, f"{board}-dmr", stock.parent)
    words = ("domain init", "hbreak walk", "continue", "backtrace 2", "print untyped_count")
    options = [word for command in words for word in ("--command", command)]
    done = subprocess.run([str(root_tasks.ROOT / "ternion"), "debug", "--image", str(image),
                           *options], capture_output=True, text=True, check=False, timeout=LIMIT_S,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "#0  " in done.stdout and " walk ()" in done.stdout, done.stdout
    assert "foreign_start" in done.stdout and "<untyped_count>" in done.stdout, done.stdout
