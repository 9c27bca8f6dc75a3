# SPDX-License-Identifier: BSD-2-Clause
"""The engine on a small guest: determinism, landing, read-back, endings, no orphans."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from faultinj import engine
from faultinj.engine import STAGE_TAIL, Ending, HarnessError, Limits, Probes, run
from faultinj.fault import (Delay, DeviceRead, Flip, Landing, Lost, MemoryFlip, NoFlip,
                            RegisterFlip, Skip, Spurious, SystemFlip, Trigger, WordFlip)
from faultinj.interrupt import ENABLE_SET, Interrupt
from faultinj.plugin_page import CLASS_ANY, CLASS_MARK, State
from faultinj.rsp import CPSR, PC, V0, Stub
from faultinj.system_registers import REGISTERS, SystemRegister
from tests.faultinj import guest_system
from tools.qemu import Flight

LIMITS = Limits(instructions=100_000_000, cpu_s=4, wall_s=60)
AT = Trigger(core=1, count=1_000_000, steps=3)
LINE, OWN = Interrupt(33, 0x8000000), Interrupt(26, 0x80A0000 + 0x30000)  # of core 1
SUMS = b"d22ea79959b7a001\nb42e099909e48001\n962d6b98ba116001\n"


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    return guest_system.flight(guest_system.build(tmp_path_factory.mktemp("guest")))


def symbol(guest: Flight, name: str) -> int:
    names = subprocess.run(["aarch64-linux-gnu-nm", str(guest.system.elves["kernel"])],
                           capture_output=True, text=True, check=True).stdout
    found = re.search(rf"^(\w+) \w {name}$", names, re.MULTILINE)
    assert found
    return int(found[1], 16)


@pytest.fixture(scope="module")
def table(guest: Flight) -> int:
    return symbol(guest, "table")


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


def test_a_burst_changes_adjacent_bits(guest: Flight, table: int) -> None:
    done, _ = run(guest, LIMITS, AT, MemoryFlip(table + 8 * 1024 + 8, 1, width=3))
    assert (done.evidence.before, done.evidence.after) == (4, 4 ^ 0b1110)
    register, _ = run(guest, LIMITS, AT, RegisterFlip(0, 61, width=3))
    assert register.evidence.before is not None
    assert register.evidence.after == register.evidence.before ^ 7 << 61


def test_a_stuck_byte_survives_the_guests_store(guest: Flight) -> None:
    """Core 1 stores its sum once, at its end: a flip before that is gone, a stuck bit is not."""
    sums = symbol(guest, "sum")
    golden = SUMS.splitlines()[1]
    for length, low in ((0, b"01"), (200, b"01"), (50_000_000, b"03")):
        done, _ = run(guest, LIMITS, AT, MemoryFlip(sums + 8, 1, length=length))
        assert done.evidence.after == 2
        assert done.downlink.splitlines()[1] == golden[:-2] + low


def test_a_stuck_register_bit_survives_the_next_load(guest: Flight) -> None:
    """Three steps on, x2 is dead until it is loaded again."""
    flip = RegisterFlip(2, 5)
    assert run(guest, LIMITS, AT, flip)[0].downlink == SUMS
    first, _ = run(guest, LIMITS, AT, replace(flip, length=24))
    second, _ = run(guest, LIMITS, AT, replace(flip, length=24))
    assert first.downlink == second.downlink != SUMS
    assert first.page.total == second.page.total


def test_a_skipped_instruction(guest: Flight) -> None:
    done, _ = run(guest, LIMITS, AT, Skip())
    assert done.evidence.before is not None
    assert done.evidence.after == done.evidence.before + 4
    assert done.evidence.pc == done.evidence.before


def test_a_word_is_wrong_for_one_fetch_only(guest: Flight) -> None:
    words: list[bytes] = []

    def look(stub: Stub, _: Path) -> None:
        words.append(stub.read_physical(at, 4))

    plain, _ = run(guest, LIMITS, AT, NoFlip())
    assert plain.evidence.pc is not None
    at = plain.evidence.pc
    done, _ = run(guest, LIMITS, AT, WordFlip(31), at_fault=look)
    assert done.evidence.landing is Landing.LANDED
    assert done.evidence.before is not None
    assert done.evidence.after == done.evidence.before ^ 1 << 31
    assert words == [plain.evidence.code[:4]]


@pytest.mark.parametrize("flip, bit", [
    (RegisterFlip(V0 + 3, 127), 1 << 127),
    (RegisterFlip(CPSR, 30), 1 << 30),
    (SystemFlip(REGISTERS["tpidr_el2"], 12), 1 << 12),
    (SystemFlip(REGISTERS["vbar_el2"], 20, width=2), 3 << 20),
])
def test_other_registers(guest: Flight, flip: Flip, bit: int) -> None:
    done, _ = run(guest, LIMITS, AT, flip)
    assert done.evidence.landing is Landing.LANDED
    assert done.evidence.before is not None
    assert done.evidence.after == done.evidence.before ^ bit


def test_every_system_register_is_known_and_written(guest: Flight) -> None:
    """Of each one bit that is not reserved; those whose change ends everything are flipped last."""
    bits = {"hcr_el2": 1, "sctlr_el2": 3, "sctlr_el1": 3, "cpacr_el1": 20, "cptr_el2": 10,
            "cnthctl_el2": 0, "cnthp_ctl_el2": 1, "mdcr_el2": 9, "hpfar_el2": 8}
    refused = []
    for name, register in REGISTERS.items():
        flip = SystemFlip(register, bits.get(name, 5))
        done, _ = run(guest, LIMITS, AT, flip)
        if done.evidence.landing is not Landing.LANDED:
            refused.append(name)
    assert refused == []


def test_a_register_of_a_higher_level_is_refused(guest: Flight) -> None:
    higher = SystemRegister("vbar_el2", 3, REGISTERS["vbar_el2"].encoding)
    done, _ = run(guest, LIMITS, AT, SystemFlip(higher, 20))
    assert done.evidence.landing is Landing.REFUSED
    assert done.downlink == SUMS


def test_a_core_that_is_held_is_late_and_nothing_else(guest: Flight) -> None:
    plain, _ = run(guest, LIMITS, AT, NoFlip())
    first, _ = run(guest, LIMITS, AT, Delay(300_000))
    second, _ = run(guest, LIMITS, AT, Delay(300_000))
    assert first.downlink == SUMS
    assert first.page.total == second.page.total != plain.page.total
    assert first.page.state is State.RELEASED


def test_two_faults_in_one_run(guest: Flight, table: int) -> None:
    other = Trigger(core=2, count=500_000, steps=1)
    done, _ = run(guest, LIMITS, AT, RegisterFlip(0, 5), also=[
        (other, RegisterFlip(0, 5)), (Trigger(0, 900_000), MemoryFlip(table + 8, 1))])
    assert [done.evidence.landing, *(e.landing for e in done.also)] == [Landing.LANDED] * 3
    lines, golden = done.downlink.splitlines(), SUMS.splitlines()
    assert all(line != right for line, right in zip(lines, golden))


def test_marks_count_and_trigger(guest: Flight) -> None:
    fold = symbol(guest, "fold")
    golden, _ = run(guest, LIMITS, probes=Probes(marks=(1, fold)))
    assert [row[1] for row in golden.page.marks] == [1, 1, 1, 0]
    at = Trigger(2, 0, CLASS_MARK + 1, after=0)
    done, _ = run(guest, LIMITS, at, MemoryFlip(fold, 0), probes=Probes(marks=(1, fold)))
    assert done.evidence.pc == fold
    late, _ = run(guest, LIMITS, Trigger(2, 1, CLASS_MARK + 1), MemoryFlip(fold, 0),
                  probes=Probes(marks=(1, fold)))
    assert late.evidence.landing is Landing.NOT_REACHED


def test_what_a_core_records_is_noticed(guest: Flight) -> None:
    """`done` stands for a recorder: the first core that is ready changes it."""
    place = symbol(guest, "done") - guest.system.ram.base
    probes = Probes(events=(place,), records=(place,))
    done, _ = run(guest, LIMITS, AT, NoFlip(), probes=probes)
    assert done.page.noticed is not None
    assert sum(done.page.noticed) > sum(done.evidence.counts)
    assert done.evidence.event == 0


def test_stages_keep_all_counts(guest: Flight, tmp_path: Path) -> None:
    """The block of `fold`, then the end a million instructions later."""
    fold = symbol(guest, "fold")
    (tmp_path / "ranges").write_text(f"2 {fold:#x} {fold + 4:#x}\n1 0 0x8000000000000000\n")
    done, _ = run(guest, LIMITS, ranges=tmp_path / "ranges", probes=Probes(stages=(fold,)))
    begin, end = done.page.stages
    for early, late, total in zip(begin, end, done.page.total):
        assert early[CLASS_ANY] <= late[CLASS_ANY] <= total
        assert sum(early[:CLASS_ANY]) == early[CLASS_ANY]
    assert sum(row[2] for row in begin) == 0 < sum(row[2] for row in end)
    passed = sum(row[CLASS_ANY] for row in end) - sum(row[CLASS_ANY] for row in begin)
    assert STAGE_TAIL <= passed < STAGE_TAIL + 1000
    other, _ = run(guest, LIMITS, probes=Probes(stages=(fold, 1, fold)))
    assert len(other.page.stages) == 1


def test_an_earlier_fault_is_not_what_is_observed(guest: Flight, table: int) -> None:
    first = Trigger(1, 500_000), MemoryFlip(table + 8 * 1024 + 8, 2)
    alone, _ = run(guest, LIMITS, before=[first])
    assert alone.evidence.landing is Landing.NULL
    done, _ = run(guest, LIMITS, AT, NoFlip(), before=[first])
    assert done.evidence.landing is Landing.NULL and not done.also
    assert done.downlink == alone.downlink != SUMS
    with pytest.raises(HarnessError) as error:
        run(guest, LIMITS, before=[(Trigger(1, 10 ** 9), MemoryFlip(table, 0))])
    assert str(error.value) == f"the first fault, byte {table:#x} bit 0, is not in the machine"


def later(count: int) -> Trigger:
    return replace(AT, count=AT.count + count)


def test_an_interrupt_that_is_pending_cannot_come_unasked(guest: Flight) -> None:
    for interrupt in (LINE, OWN):
        done, _ = run(guest, LIMITS, AT, Spurious(interrupt),
                      also=[(later(100_000), Spurious(interrupt))])
        found = (done.evidence, *done.also)
        assert [(seen.landing, seen.before, seen.after) for seen in found] == [
            (Landing.LANDED, 0, interrupt.mask),
            (Landing.REFUSED, interrupt.mask, interrupt.mask)]
        assert done.downlink == SUMS


def test_an_interrupt_is_lost_for_a_time(guest: Flight) -> None:
    """It must be enabled to get lost, and is so again afterwards."""
    stops: list[int] = []

    def enable(stub: Stub, _: Path) -> None:
        if not stops:
            stub.write_physical(LINE.address(ENABLE_SET), LINE.mask.to_bytes(4, "little"))
        stops.append(1)

    none, _ = run(guest, LIMITS, AT, Lost(LINE, 1000))
    assert none.evidence.landing is Landing.REFUSED and none.downlink == SUMS
    done, _ = run(guest, LIMITS, AT, NoFlip(), at_fault=enable, also=[
        (later(10_000), Lost(LINE, 20_000)), (later(100_000), Lost(LINE, 10 ** 9))])
    assert len(stops) == 3 and done.downlink == SUMS
    assert [(seen.landing, seen.before, seen.after) for seen in done.also] == [
        (Landing.LANDED, LINE.mask, 0)] * 2


def test_no_value_of_a_device_where_none_is_read(guest: Flight) -> None:
    done, _ = run(guest, LIMITS, AT, DeviceRead(3))
    assert done.evidence.landing is Landing.REFUSED
    assert done.evidence.before == done.evidence.after and done.downlink == SUMS


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


def test_exception_storm_ends_when_nothing_is_executed(guest: Flight) -> None:
    done, _ = run(guest, Limits(100_000_000, 600, 600, 0.5), AT,
                  SystemFlip(REGISTERS["vbar_el2"], 40), also=[(later(1000), RegisterFlip(PC, 40))])
    assert done.ending is Ending.CPU
    assert done.wall_s < 300  # of 600 that it had


def test_a_qemu_that_refuses_is_a_harness_error(guest: Flight) -> None:
    broken = guest_system.flight(guest.system)
    broken.extra.append("-no-such-option")
    with pytest.raises(engine.HarnessError, match="QEMU ended with status 1: .*no-such-option"):
        run(broken, LIMITS)


def test_nothing_is_left_behind(guest: Flight) -> None:
    seen: list[Path] = []
    run(guest, LIMITS, inspect=lambda ram: seen.append(ram))
    assert seen and not seen[0].parent.exists()
