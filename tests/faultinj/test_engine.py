# SPDX-License-Identifier: BSD-2-Clause
"""The engine on a small guest: determinism, landing, read-back, endings, no orphans."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from faultinj import engine
from faultinj.engine import Ending, Limits, run
from faultinj.fault import Flip, Landing, MemoryFlip, NoFlip, RegisterFlip, Trigger
from faultinj.rsp import PC
from tests.faultinj import guest_system
from tools.qemu import Flight

LIMITS = Limits(instructions=100_000_000, cpu_s=4, wall_s=60)
AT = Trigger(core=1, count=1_000_000, steps=3)
SUMS = b"d22ea79959b7a001\nb42e099909e48001\n962d6b98ba116001\n"


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    return guest_system.flight(guest_system.build(tmp_path_factory.mktemp("guest")))


@pytest.fixture(scope="module")
def table(guest: Flight) -> int:
    names = subprocess.run(["aarch64-linux-gnu-nm", str(guest.system.elves["kernel"])],
                           capture_output=True, text=True, check=True).stdout
    found = re.search(r"^(\w+) \w table$", names, re.MULTILINE)
    assert found
    return int(found[1], 16)


def test_two_runs_are_identical(guest: Flight) -> None:
    first, second = run(guest, LIMITS)[0], run(guest, LIMITS)[0]
    assert first.downlink == second.downlink == SUMS
    assert first.ending is Ending.OFF
    assert first.page.total == second.page.total
    assert first.page.total[3] == 0 < first.page.total[2]


@pytest.mark.parametrize("flip", [RegisterFlip(0, 5), NoFlip(), RegisterFlip(PC, 2)])
def test_an_injection_repeats(guest: Flight, flip: Flip) -> None:
    first, second = run(guest, LIMITS, AT, flip)[0], run(guest, LIMITS, AT, flip)[0]
    assert (first.downlink, first.evidence) == (second.downlink, second.evidence)
    assert first.ending is second.ending
    assert first.evidence.counts[1] >= AT.count


def test_null_injection_changes_nothing(guest: Flight) -> None:
    done, _ = run(guest, LIMITS, AT, NoFlip())
    assert done.downlink == SUMS
    assert done.evidence.landing is Landing.NULL


def test_register_flip_changes_one_core_only(guest: Flight) -> None:
    done, _ = run(guest, LIMITS, AT, RegisterFlip(0, 5))
    assert done.evidence.landing is Landing.LANDED
    assert done.evidence.before is not None
    assert done.evidence.after == done.evidence.before ^ 32
    lines, golden = done.downlink.splitlines(), SUMS.splitlines()
    assert lines[0] == golden[0] and lines[1] != golden[1] and lines[2] == golden[2]


def test_both_ways_into_memory_agree(guest: Flight, table: int) -> None:
    address = table + 8 * 1024 + 8
    by_file, _ = run(guest, LIMITS, AT, MemoryFlip(address, 2))
    by_stub, _ = run(guest, LIMITS, AT, MemoryFlip(address, 2, code=True))
    assert by_file.evidence.landing is by_stub.evidence.landing is Landing.LANDED
    assert (by_file.evidence.before, by_file.evidence.after) == (4, 0)
    assert (by_stub.evidence.before, by_stub.evidence.after) == (4, 0)
    assert by_file.downlink == by_stub.downlink != SUMS


def test_a_code_flip_takes_effect_in_translated_code(guest: Flight) -> None:
    where: list[int] = []
    run(guest, LIMITS, AT, NoFlip(), at_fault=lambda stub, _: where.append(
        stub.read_register(1, PC)))
    done, _ = run(guest, LIMITS, AT, MemoryFlip(where[0] + 3, 0, code=True))
    assert done.evidence.landing is Landing.LANDED
    assert done.ending is not Ending.OFF or done.downlink != SUMS


def test_trigger_beyond_the_end_is_not_reached(guest: Flight, table: int) -> None:
    late = Trigger(core=1, count=10 ** 9)
    flips: list[Flip] = [MemoryFlip(table, 0), RegisterFlip(0, 0)]
    for flip in flips:
        done, _ = run(guest, LIMITS, late, flip)
        assert done.evidence.landing is Landing.NOT_REACHED
        assert done.downlink == SUMS


def test_classes_count_apart(guest: Flight, tmp_path: Path) -> None:
    ranges = tmp_path / "ranges"
    ranges.write_text("2 0x40200040 0x40200080\n3 0x40200080 0x40300000\n")
    done, _ = run(guest, LIMITS, ranges=ranges)
    classes = done.page.by_class[1]
    assert sum(classes) == done.page.total[1]
    assert classes[3] > classes[2] > 0


def test_endless_loop_ends_at_the_limit(guest: Flight) -> None:
    done, _ = run(guest, Limits(1_000_000, 4, 60))
    assert done.ending is Ending.LIMIT
    assert sum(done.page.total) >= 1_000_000


def test_exception_storm_ends_at_the_processor_limit(guest: Flight) -> None:
    done, _ = run(guest, Limits(100_000_000, 0.5, 60), AT, RegisterFlip(PC, 40))
    assert done.ending is Ending.CPU


def test_a_qemu_that_refuses_is_a_harness_error(guest: Flight) -> None:
    broken = guest_system.flight(guest.system)
    broken.extra.append("-no-such-option")
    with pytest.raises(engine.HarnessError, match="QEMU ended with status 1: .*no-such-option"):
        run(broken, LIMITS)


def test_nothing_is_left_behind(guest: Flight) -> None:
    seen: list[Path] = []
    run(guest, LIMITS, inspect=lambda ram: seen.append(ram))
    assert seen and not seen[0].parent.exists()
