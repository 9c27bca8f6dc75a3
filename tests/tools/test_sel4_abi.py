# SPDX-License-Identifier: BSD-2-Clause
"""Every number of tests/data against the kernel's headers, the library's and the builder's.

The target's compiler compares constants; what only functions know is run on this machine.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

from tests.tools import sel4_names
from tools import sel4_abi
from tools.paths import ROOT

NUMBERS = json.loads((ROOT / "tests/data/sel4-mcs-aarch64.json").read_text(encoding="utf-8"))
VARIANTS = ("no_hardware_debug", "hardware_debug")
KERNEL_PLACES = ["kernel/include", "kernel/arch/aarch64/include", "kernel/boot", "rcoe/include",
                 "rcoe/voting/include", "shim/include"]
LIBRARY_PLACES = ["apps/libsel4/include", "apps/libmicrokit/include"]
KERNEL_HEADERS = ["kernel/abi.h", "kernel/cap.h", "kernel/object.h", "kernel/sched.h",
                  "arch/trap.h", "boot_info.h", "root_server.h"]
LIBRARY_HEADERS = ["sel4/sel4.h", "microkit.h"]
BY_FUNCTIONS = ("message_info_bits", "cnode_capdata_bits", "encoded_examples", "pstate_user")
WORD = (1 << 64) - 1


def numbers(variant: str) -> dict[tuple[str, str], int]:
    """Section and name -> value; a variant moves some labels and adds numbers."""
    result = {}
    sections = {name: dict(section) for name, section in NUMBERS.items()
                if isinstance(section, dict) and name not in ("hardware_debug", *BY_FUNCTIONS)}
    order = sections["user_context"].pop("order")
    sections["user_context"].update({name: index for index, name in enumerate(order)})
    sections["microkit"].update(sections["microkit"].pop("slots"))
    if variant == "hardware_debug":
        for name, section in NUMBERS["hardware_debug"].items():
            sections[name].update(section)
    for section, values in sections.items():
        for name, value in values.items():
            result[section, name] = value
    return result


def includes(places: list[str], variant: str) -> list[str]:
    """Options for the compiler."""
    rooms = [place for place in ("kernel", "apps/libsel4") if places[0].startswith(place)]
    return [f"-I{ROOT / place}" for place in
            [*places, *[f"{room}/variant/{variant}" for room in rooms]]]


def static_claims(place: Path, headers: list[str], options: list[str],
                  claims: dict[str, int]) -> str:
    """The target compiler's complaints about expressions that have not their value."""
    lines = [f"#include <{header}>" for header in ["stddef.h", "stdint.h", *headers]]
    lines += [f'_Static_assert((uint64_t)({expression}) == UINT64_C({value & WORD}), "{value}");'
              for expression, value in claims.items()]
    source = place / "claims.c"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(["aarch64-linux-gnu-gcc", "-std=gnu11", "-fsyntax-only",
                           "-ffreestanding", "-mgeneral-regs-only", *options, str(source)],
                          capture_output=True, text=True, check=False)
    return done.stderr


def run_claims(place: Path, headers: list[str], options: list[str],
               claims: dict[str, int]) -> str:
    """Expressions that have not their value when they are evaluated here."""
    lines = [f"#include <{header}>" for header in ["stdint.h", "stdio.h", *headers]]
    lines += ["char arch_idle[4];", "int main(void)", "{"]
    lines += [f"    if ((uint64_t)({expression}) != UINT64_C({value & WORD}))\n"
              f'        puts("{expression} is not {value}");'
              for expression, value in claims.items()]
    source, program = place / "run.c", place / "run"
    source.write_text("\n".join([*lines, "    return 0;", "}"]) + "\n", encoding="utf-8")
    subprocess.run(["gcc", "-std=gnu11", "-w", "-fsanitize=undefined", *options, str(source), "-o",
                    str(program)], check=True)
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_number_is_compared(variant: str) -> None:
    """Each has a name here, or a reason why it has none; no name is of nothing."""
    known = numbers(variant)
    for section, name in known:
        named = (sel4_names.kernel_name(section, name) or sel4_names.library_name(section, name)
                 or (section, name) in sel4_names.BUILDER)
        assert bool(named) != ((section, name) in sel4_names.UNNAMED), (section, name)
    assert set(sel4_names.UNNAMED) | set(sel4_names.BUILDER) <= set(known)
    assert len(known) > 350


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("whose", ("kernel", "library"))
def test_constants(tmp_path: Path, whose: str, variant: str) -> None:
    """Of the kernel and of the library, in both forms of the build."""
    name_of = sel4_names.kernel_name if whose == "kernel" else sel4_names.library_name
    claims = {}
    for (section, name), value in numbers(variant).items():
        expression = name_of(section, name)
        if expression:
            claims[expression] = value
    assert len(claims) > 200
    headers, places = ((KERNEL_HEADERS, KERNEL_PLACES) if whose == "kernel"
                       else (LIBRARY_HEADERS, LIBRARY_PLACES))
    assert static_claims(tmp_path, headers, includes(places, variant), claims) == ""


@pytest.mark.parametrize("whose", ("kernel", "library"))
def test_a_wrong_number_is_noticed(tmp_path: Path, whose: str) -> None:
    """Each header is really read."""
    headers, places, name = ((KERNEL_HEADERS, KERNEL_PLACES, "ERROR_RANGE") if whose == "kernel"
                             else (LIBRARY_HEADERS, LIBRARY_PLACES, "seL4_RangeError"))
    options = includes(places, VARIANTS[0])
    assert "static assertion failed" in static_claims(tmp_path, headers, options, {name: 5})
    assert static_claims(tmp_path, headers, options, {name: 4}) == ""


@pytest.mark.parametrize("variant", VARIANTS)
def test_builder(variant: str) -> None:
    """The tables of the builder, and its rules for the hardware debug API."""
    known = numbers(variant)
    for key, name in sel4_names.BUILDER.items():
        assert reduce(getattr, name.split("."), sel4_abi) == known[key], key
    hardware_debug = variant == "hardware_debug"
    labels = {sel4_names.kernel_name(section, name): value
              for (section, name), value in known.items() if section == "labels"}
    for label in sel4_abi.Label:
        assert sel4_abi.label_number(label, hardware_debug) == labels[f"LABEL_{label.name}"]
    bits = {"TCB": "TCB", "ENDPOINT": "Endpoint", "NOTIFICATION": "Notification",
            "REPLY": "Reply", "VSPACE": "VSpace", "SMALL_PAGE": "Page", "LARGE_PAGE": "LargePage",
            "PAGE_TABLE": "PageTable"}
    assert {kind.name for kind in sel4_abi.OBJECT_BITS} == set(bits)
    for kind in sel4_abi.OBJECT_BITS:
        assert (sel4_abi.object_bits(kind, hardware_debug)
                == known["object_size_bits", f"seL4_{bits[kind.name]}Bits"])
    for name, bit in NUMBERS["cap_rights_bits"].items():
        assert sel4_abi.Rights[sel4_names.snake(name[0].upper() + name[1:])] == 1 << bit
    assert sel4_abi.BADGE_CHILD_FAULT == 1 << known["microkit", "badge_fault_bit"]
    assert sel4_abi.BADGE_ENDPOINT == 1 << known["microkit", "badge_endpoint_bit"]
    assert sel4_abi.IRQ_LIMIT == known["platform", "max_irq"] + 1


PATTERNS = (0x0123456789ABCDEF, 0xFEDCBA9876543210, WORD, 0x5555555555555555)
LIBRARY_ENCODED = {
    "mi.length_ones": "seL4_MessageInfo_new(0, 0, 0, -1ul).words[0]",
    "mi.extra_ones": "seL4_MessageInfo_new(0, 0, -1ul, 0).words[0]",
    "mi.unwrapped_ones": "seL4_MessageInfo_new(0, -1ul, 0, 0).words[0]",
    "mi.label_one": "seL4_MessageInfo_new(1, 0, 0, 0).words[0]",
    "cr.grantreply": "seL4_CapRights_new(1, 0, 0, 0).words[0]",
    "cr.grant": "seL4_CapRights_new(0, 1, 0, 0).words[0]",
    "cr.read": "seL4_CapRights_new(0, 0, 1, 0).words[0]",
    "cr.write": "seL4_CapRights_new(0, 0, 0, 1).words[0]",
    "cr.all": "seL4_AllRights.words[0]",
    "cd.guard_one": "seL4_CNode_CapData_new(1, 0).words[0]",
    "cd.guardsize_ones": "seL4_CNode_CapData_new(0, -1ul).words[0]",
}
KERNEL_ENCODED = {
    "mi.length_ones": "info_make(0, 0, 0, 127)", "mi.extra_ones": "info_make(0, 0, 3, 0)",
    "mi.unwrapped_ones": "info_make(0, 7, 0, 0)", "mi.label_one": "info_make(1, 0, 0, 0)",
    "cr.grantreply": "RIGHT_GRANT_REPLY", "cr.grant": "RIGHT_GRANT", "cr.read": "RIGHT_READ",
    "cr.write": "RIGHT_WRITE", "cr.all": "RIGHTS_ALL",
}


def taken_apart(call: str, shift: int, width: int) -> Iterator[tuple[str, int]]:
    """What a getter makes of each pattern; `call` has the word as {}."""
    for word in PATTERNS:
        yield call.replace("{}", f"UINT64_C({word})"), word >> shift & ((1 << width) - 1)


def test_packed_words_of_the_library(tmp_path: Path) -> None:
    """Message information, rights and guards: packed and taken apart."""
    claims = {LIBRARY_ENCODED[name]: value for name, value in NUMBERS["encoded_examples"].items()}
    rights = {f"capAllow{name[0].upper()}{name[1:]}": (bit, 1)
              for name, bit in NUMBERS["cap_rights_bits"].items()}
    for structure, fields in (("seL4_MessageInfo", NUMBERS["message_info_bits"]),
                              ("seL4_CapRights", rights),
                              ("seL4_CNode_CapData", NUMBERS["cnode_capdata_bits"])):
        for name, (shift, width) in fields.items():
            claims.update(taken_apart(f"{structure}_get_{name}(({structure}_t){{{{{{}}}}}})",
                                      shift, width))
    options = includes(LIBRARY_PLACES, VARIANTS[0])
    assert run_claims(tmp_path, ["sel4/types.h"], options, claims) == ""


def kernel_options(*sources: str) -> list[str]:
    """For a program with files of the kernel in it."""
    return [*includes([*KERNEL_PLACES, "rcoe/arch/host"], VARIANTS[0]), "-ffreestanding",
            *[str(ROOT / "kernel" / source) for source in sources]]


def test_packed_words_of_the_kernel(tmp_path: Path) -> None:
    """The same words as the kernel reads them; lengths are cut to the largest one."""
    claims = {expression: NUMBERS["encoded_examples"][name]
              for name, expression in KERNEL_ENCODED.items()}
    info, guard = NUMBERS["message_info_bits"], NUMBERS["cnode_capdata_bits"]
    for call, (shift, width) in (("info_label({})", info["label"]),
                                 ("info_extra_caps({})", info["extraCaps"]),
                                 ("cnode_guard((struct cap){0, {}})", guard["guard"]),
                                 ("cnode_guard_size((struct cap){0, {}})", guard["guardSize"])):
        claims.update(taken_apart(call, shift, width))
    most = NUMBERS["constants"]["seL4_MsgMaxLength"]
    claims.update({f"info_length({length})": min(length & 127, most) for length in range(256)})
    assert run_claims(tmp_path, ["kernel/ipc.h"], kernel_options(), claims) == ""


@pytest.mark.parametrize(("source", "build"), [("pstate.c", "release"),
                                               ("pstate_debug.c", "debug")])
def test_pstate_of_users(tmp_path: Path, source: str, build: str) -> None:
    """A constant of each build, in a file of its own."""
    claims = {"arch_pstate_user": NUMBERS["pstate_user"][build]}
    options = kernel_options(f"arch/aarch64/{source}")
    assert run_claims(tmp_path, ["arch/trap.h"], options, claims) == ""


def test_user_context_of_the_kernel(tmp_path: Path) -> None:
    """Register i of the API is the one that the kernel reads; of the flags users set theirs."""
    fields = {"pc": "fault_pc", "sp": "context.sp", "spsr": "context.spsr",
              "tpidr_el0": "context.tpidr_el0", "tpidrro_el0": "context.tpidrro_el0"}
    claims: dict[str, int] = {}
    for index, name in enumerate(NUMBERS["user_context"]["order"]):
        place = fields.get(name) or f"context.x[{name[1:]}]"
        value = (index << 28) + 1
        claims[f"(thread.{place} = {value}, arch_user_register_read(&thread, {index}))"] = value
    mask, users = NUMBERS["spsr_user_mask"], NUMBERS["pstate_user"]["release"]
    claims["(arch_user_register_write(&thread, 2, ~UINT64_C(0)), thread.context.spsr)"] = (
        mask | users)
    options = kernel_options("arch/aarch64/registers.c", "arch/aarch64/pstate.c")
    header = tmp_path / "thread.h"
    header.write_text("#include <arch/trap.h>\n#include <kernel/object.h>\n"
                      "static struct tcb thread;\n", encoding="utf-8")
    assert run_claims(tmp_path, [str(header)], options, claims) == ""
