# SPDX-License-Identifier: BSD-2-Clause
"""The builder's numbers against the headers that define them: the C compiler compares."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import image, sel4_abi, system_spec
from tools.board import Range, boards, load_board
from tools.paths import ROOT
from tools.system_model import Console, SafeState, VoteLevel

INCLUDES = ["shim/include", "apps/init", "kernel/include", "apps/libsel4/include"]
DRIVER_DEVICES = {  # whose registers the shim uses, and what board.h calls them
    "qemu-virt": [("GICD", "gic_distributor"), ("GICR", "gic_redistributor"), ("UART", "pl011")],
    "xlnx-zcu102": [("GICD", "gic_distributor"), ("GICC", "gic_interface"),
                    ("CORE_DEVICE", "gic_interface"), ("UART", "uart0")]}
every_board = pytest.mark.parametrize("name", boards())
VARIANTS = {"no_hardware_debug": False, "hardware_debug": True}


def compile_claims(directory: Path, headers: list[str], claims: list[tuple[str, int]],
                   variant: str = "no_hardware_debug", board: str = "qemu-virt") -> str:
    """The compiler's complaints about claims that a C expression has a value."""
    lines = [f"#include <{header}>" for header in ["stddef.h", "stdint.h", *headers]]
    lines += [f'_Static_assert((uint64_t)({expression}) == UINT64_C({value}), "{number}");'
              for number, (expression, value) in enumerate(claims)]
    source = directory / "claims.c"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(["gcc", "-std=gnu11", "-fsyntax-only",
                           *[f"-I{ROOT / place}" for place in [*INCLUDES, f"boards/{board}"]],
                           *[f"-I{ROOT / room}/variant/{variant}"
                             for room in ("kernel", "apps/libsel4")], str(source)],
                          capture_output=True, text=True, check=False)
    return done.stderr


def test_a_wrong_claim_is_noticed(tmp_path: Path) -> None:
    assert "static assertion failed" in compile_claims(tmp_path, [], [("1 + 1", 3)])


def abi_claims() -> Iterator[tuple[str, int]]:
    names = {"IRQ_ISSUE_HANDLER_TRIGGER": "LABEL_IRQ_ISSUE_HANDLER_TRIGGER"}
    for label in sel4_abi.Label:
        yield names.get(label.name, f"LABEL_{label.name}"), label.value
    for kind in sel4_abi.ObjectType:
        yield f"OBJECT_{kind.name}", kind.value
    for right in (sel4_abi.Rights.READ, sel4_abi.Rights.WRITE, sel4_abi.Rights.GRANT,
                  sel4_abi.Rights.GRANT_REPLY):
        yield f"RIGHT_{right.name}", right.value
    bits = {"TCB": "TCB_BITS", "ENDPOINT": "ENDPOINT_BITS", "NOTIFICATION": "NOTIFICATION_BITS",
            "REPLY": "REPLY_BITS", "VSPACE": "VSPACE_BITS", "SMALL_PAGE": "PAGE_BITS",
            "LARGE_PAGE": "LARGE_PAGE_BITS", "PAGE_TABLE": "TABLE_BITS"}
    for name, expression in bits.items():
        yield expression, sel4_abi.OBJECT_BITS[sel4_abi.ObjectType[name]]
    slots = {"TCB": "SLOT_ROOT_TCB", "CNODE": "SLOT_ROOT_CNODE", "VSPACE": "SLOT_ROOT_VSPACE",
             "IRQ_CONTROL": "SLOT_IRQ_CONTROL", "ASID_CONTROL": "SLOT_ASID_CONTROL",
             "ASID_POOL": "SLOT_ROOT_ASID_POOL", "SMC": "SLOT_SMC"}
    for name, expression in slots.items():
        yield expression, sel4_abi.InitialSlot[name]
    yield "SLOT_DYNAMIC", sel4_abi.INITIAL_SLOTS
    yield "SLOT_BITS", sel4_abi.SLOT_BITS
    yield "ROOT_CNODE_BITS", sel4_abi.ROOT_CNODE_BITS
    yield "BOOT_INFO_UNTYPEDS", sel4_abi.BOOT_INFO_UNTYPEDS
    yield "RETYPE_FAN_OUT", sel4_abi.RETYPE_FAN_OUT
    yield "IRQS", sel4_abi.IRQ_LIMIT
    yield "MIN_BUDGET_US", sel4_abi.MIN_BUDGET_US
    yield "MAX_BUDGET_US", sel4_abi.MAX_BUDGET_US
    yield "VM_ATTRIBUTE_CACHEABLE", sel4_abi.VM_DEFAULT & 1
    yield "VM_ATTRIBUTE_EXECUTE_NEVER", sel4_abi.VM_EXECUTE_NEVER


def test_kernel_abi(tmp_path: Path) -> None:
    assert compile_claims(tmp_path, ["kernel/abi.h"], list(abi_claims())) == ""


LIBRARY_LABELS = {
    "TCBConfigure": "TCB_CONFIGURE", "TCBBindNotification": "TCB_BIND_NOTIFICATION",
    "TCBSetFlags": "TCB_SET_FLAGS", "CNodeCopy": "CNODE_COPY", "CNodeMint": "CNODE_MINT",
    "IRQSetIRQHandler": "IRQ_SET_HANDLER", "ARMPageMap": "PAGE_MAP",
    "SchedControlConfigureFlags": "SCHED_CONTROL_CONFIGURE_FLAGS",
    "ARMPageTableMap": "PAGE_TABLE_MAP", "ARMASIDPoolAssign": "ASID_POOL_ASSIGN",
    "ARMIRQIssueIRQHandlerTrigger": "IRQ_ISSUE_HANDLER_TRIGGER"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_labels_and_sizes_of_a_variant(tmp_path: Path, variant: str) -> None:
    """Kernel, library and builder agree about what depends on the hardware debug API."""
    numbers = {label.name: sel4_abi.label_number(label, VARIANTS[variant])
               for label in sel4_abi.Label}
    tcb_bits = sel4_abi.object_bits(sel4_abi.ObjectType.TCB, VARIANTS[variant])
    kernel = [(f"LABEL_{name}", number) for name, number in numbers.items()]
    library = [(name, numbers[ours]) for name, ours in LIBRARY_LABELS.items()]
    assert compile_claims(tmp_path, ["kernel/abi.h"], [*kernel, ("TCB_BITS", tcb_bits)],
                          variant) == ""
    assert compile_claims(tmp_path, ["sel4/invocation.h"], [*library, ("seL4_TCBBits", tcb_bits)],
                          variant) == ""


def test_a_variant_has_its_own_numbers(tmp_path: Path) -> None:
    assert sel4_abi.label_number(sel4_abi.Label.TCB_BIND_NOTIFICATION, True) == 14
    assert sel4_abi.label_number(sel4_abi.Label.TCB_SET_FLAGS, True) == 21
    assert sel4_abi.label_number(sel4_abi.Label.IRQ_ISSUE_HANDLER_TRIGGER, True) == 59
    assert "static assertion failed" in compile_claims(
        tmp_path, ["kernel/abi.h"], [("LABEL_TCB_SET_FLAGS", 17)], "hardware_debug")
    debug = [("TCBSetBreakpoint", 16), ("TCBGetBreakpoint", 17), ("TCBUnsetBreakpoint", 18),
             ("TCBConfigureSingleStepping", 19), ("seL4_FirstWatchpoint", 6),
             ("seL4_NumHWBreakpoints", 10), ("seL4_SoftwareBreakRequest", 3),
             ("seL4_BreakOnReadWrite", 2), ("seL4_DebugException_Length", 4)]
    assert compile_claims(tmp_path, ["sel4/invocation.h"], debug, "hardware_debug") == ""


MANIFEST_FIELDS = """magic version replicas image_size digest_crc32 digest_crc32c
    constant_digest vote_level window barrier_timeout_us simplex_ok partition_size console
    safe_state readmit_per_hour reset_limit kernel_offset kernel_size kernel_ipa user_offset
    user_size user_ipa
    kernel_entry_ipa user_p_start user_p_end user_pv_offset user_v_entry dtb_ipa dtb_size
    page_interval_us device_count device scrub_bytes_per_ms constant_count constant""".split()
HEADER_FIELDS = """magic version operation_count operations_offset slot_count image_base_vaddr
    monitor_endpoint monitor_reply domains_offset""".split()
DOMAIN_FIELDS = "name tcb sched_context notification flags".split()
OPERATION_FIELDS = "kind label target length cap_count caps mrs mr_is_slot source".split()


def offsets(layout: struct.Struct, members: list[int]) -> list[int]:
    """Offset of each field; members: how many values each one has."""
    codes = [code for count, code in _codes(layout.format) for _ in range(count)]
    result, position = [], 0
    for count in members:
        result.append(struct.calcsize("<" + "".join(codes[:position])))
        position += count
    return result


def _codes(text: str) -> Iterator[tuple[int, str]]:
    digits = ""
    for letter in text.lstrip("<"):
        if letter.isdigit():
            digits += letter
        else:
            yield (1, digits + letter) if letter == "s" else (int(digits or 1), letter)
            digits = ""


@pytest.mark.parametrize("header, name, layout, fields, arrays", [
    ("shim/manifest.h", "manifest", image.MANIFEST, MANIFEST_FIELDS,
     {"constant_digest": 8, "device": 64, "constant": 24}),
    ("system_spec.h", "spec_header", system_spec.HEADER, HEADER_FIELDS, {}),
    ("system_spec.h", "spec_domain", system_spec.DOMAIN, DOMAIN_FIELDS, {}),
    ("system_spec.h", "spec_operation", system_spec.OPERATION, OPERATION_FIELDS,
     {"caps": 3, "mrs": 8}),
], ids=["manifest", "spec_header", "spec_domain", "spec_operation"])
def test_layout(tmp_path: Path, header: str, name: str, layout: struct.Struct, fields: list[str],
                arrays: dict[str, int]) -> None:
    places = offsets(layout, [arrays.get(field, 1) for field in fields])
    claims = [(f"offsetof(struct {name}, {field})", place)
              for field, place in zip(fields, places, strict=True)]
    claims.append((f"sizeof(struct {name})", layout.size))
    assert compile_claims(tmp_path, [header], claims) == ""


def test_constants(tmp_path: Path) -> None:
    claims = [("MANIFEST_OFFSET", image.MANIFEST_OFFSET),
              ("MANIFEST_MAGIC", image.MANIFEST_MAGIC),
              ("MANIFEST_VERSION", image.MANIFEST_VERSION),
              ("MANIFEST_DEVICES", image.MANIFEST_DEVICES),
              ("MANIFEST_CONSTANTS", image.MANIFEST_CONSTANTS),
              ("MANIFEST_OFFSET + offsetof(struct manifest, digest_crc32)", image.DIGEST_OFFSET),
              ("MANIFEST_OFFSET + offsetof(struct manifest, constant_digest)",
               image.CONSTANT_DIGESTS),
              ("MANIFEST_OFFSET + offsetof(struct manifest, scrub_bytes_per_ms)",
               image.SCRUB_OFFSET),
              ("SPEC_MAGIC", system_spec.SPEC_MAGIC), ("SPEC_VERSION", system_spec.SPEC_VERSION),
              ("SPEC_DOMAIN_PASSIVE", system_spec.DOMAIN_PASSIVE)]
    claims += [(f"SPEC_{kind.name}", kind.value) for kind in system_spec.Kind]
    claims += [(f"SPEC_BASE_{base.name}", base.value) for base in system_spec.Base
               if base != system_spec.Base.CONTENT]
    claims += [(f"VOTE_{level.name}", level.value) for level in VoteLevel]
    claims += [(f"CONSOLE_{where.name}", where.value) for where in Console]
    claims += [(f"SAFE_{state.name}", state.value) for state in SafeState]
    headers = ["shim/manifest.h", "shim/board.h", "system_spec.h"]
    text = compile_claims(tmp_path, headers, claims)
    assert text == ""


@every_board
def test_board_facts(tmp_path: Path, name: str) -> None:
    board = load_board(name)
    devices = {device.name: device.range.base for device in board.devices}
    claims = [("BOARD_CORES", board.cores), ("BOARD_RAM_BASE", board.ram.base),
              ("BOARD_IMAGE_BASE", board.image.base), ("BOARD_IMAGE_SIZE", board.image.size),
              ("BOARD_SHIM_BASE", board.shim[0].base), ("BOARD_SHIM_SIZE", board.shim[0].size),
              ("BOARD_BOARD_BASE", board.board.base),
              ("BOARD_RECORDER_BASE", board.recorder[0].base),
              ("BOARD_RECORDER_SIZE", board.recorder[0].size),
              ("BOARD_PARTITION_BASE", board.partitions.base),
              ("BOARD_PARTITION_TOTAL", board.partitions.size),
              ("BOARD_PARTITION_IPA", board.ram_ipa)]
    if board.dma:
        claims += [("BOARD_DMA_BASE", board.dma.base), ("BOARD_DMA_SIZE", board.dma.size)]
    claims += [(f"BOARD_{macro}_BASE", devices[device]) for macro, device in DRIVER_DEVICES[name]]
    assert compile_claims(tmp_path, ["board.h"], claims, board=name) == ""


def device_windows(name: str) -> list[Range]:
    """What EL2 of the I/O core maps beside memory."""
    text = (ROOT / "boards" / name / "board.h").read_text("utf-8").replace("\\\n", " ")
    found = re.search(r"^#define BOARD_DEVICE_WINDOWS +([^\n]+)$", text, re.MULTILINE)
    assert found
    numbers = [int(number, 0) for number in found[1].split(",")]
    return [Range(base, size) for base, size in zip(numbers[::2], numbers[1::2])]


@every_board
def test_the_io_core_reaches_all_devices_and_nothing_of_the_shim(name: str) -> None:
    board, windows = load_board(name), device_windows(name)
    for device in board.system_devices():
        assert (device.name == "housekeeping"
                or any(window.holds(device.range) for window in windows)), device.name
    memory = [board.image, *board.shim, board.board, *board.recorder, board.partitions]
    assert not [(window, area) for window in windows for area in memory if window.overlaps(area)]
    assert all(window.base % 4096 == window.size % 4096 == 0 for window in windows)


@every_board
def test_housekeeping_page(tmp_path: Path, name: str) -> None:
    board = load_board(name)
    place = next(device.range for device in board.devices if device.name == "housekeeping")
    assert compile_claims(tmp_path, ["shim/board.h"], [("HOUSEKEEPING_IPA", place.base)]) == ""


@every_board
def test_areas_do_not_overlap(name: str) -> None:
    board = load_board(name)
    areas = [board.image, *board.shim, board.board, *board.recorder, board.partitions]
    areas += [device.range for device in board.devices if board.ram.holds(device.range)]
    areas += [board.dma] if board.dma else []
    areas.sort(key=lambda area: area.base)
    assert all(first.end <= second.base for first, second in zip(areas, areas[1:]))
    assert all(board.ram.holds(area) for area in areas)


@every_board
def test_dma_memory_is_mapped_by_blocks(name: str) -> None:
    """A core maps its replica's part of it into a partition that it maps by blocks."""
    dma = load_board(name).dma
    assert dma is None or dma.base % (2 << 20) == dma.size % (2 << 20) == 0


@every_board
def test_flight_is_the_same_system(name: str) -> None:
    """Boards differ in where devices are and which interrupts they have, and in nothing else."""
    own = ROOT / "configs" / name / "flight.system"
    plain, other = (re.sub(r'<memory_region name="(\w+)"[^>]*phys_addr[^>]*>', r"<\1>",
                           re.sub(r'irq="\d+"', "irq", path.read_text("utf-8")))
                    for path in (ROOT / "configs/flight.system",
                                 own if own.exists() else ROOT / "configs/flight.system"))
    assert plain == other
