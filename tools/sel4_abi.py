# SPDX-License-Identifier: BSD-2-Clause
"""Numbers of the seL4 MCS API on AArch64, as far as the builder uses them.

The kernel's own table is kernel/include/kernel/abi.h; tests/tools compares the two.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

PAGE_BITS = 12
PAGE_SIZE = 1 << PAGE_BITS
LARGE_PAGE_BITS = 21
LARGE_PAGE_SIZE = 1 << LARGE_PAGE_BITS
SLOT_BITS = 5
ROOT_CNODE_BITS = 13
INITIAL_SLOTS = 16
BOOT_INFO_UNTYPEDS = 230
RETYPE_FAN_OUT = 256
WORD_BITS = 64
USER_TOP = 0x7FFF_FFFF_FFFF
IRQ_LIMIT = 160


class Label(IntEnum):
    """Invocation labels (EL1, one node), without hardware debug API: see label_number()."""

    UNTYPED_RETYPE = 1
    TCB_CONFIGURE = 5
    TCB_SET_SCHED_PARAMS = 8
    TCB_RESUME = 13
    TCB_BIND_NOTIFICATION = 14
    TCB_SET_FLAGS = 17
    CNODE_COPY = 21
    CNODE_MINT = 22
    IRQ_SET_HANDLER = 28
    SCHED_CONTROL_CONFIGURE_FLAGS = 33
    PAGE_TABLE_MAP = 44
    PAGE_MAP = 46
    ASID_POOL_ASSIGN = 54
    IRQ_ISSUE_HANDLER_TRIGGER = 55


class ObjectType(IntEnum):
    """Types of Untyped_Retype."""

    UNTYPED = 0
    TCB = 1
    ENDPOINT = 2
    NOTIFICATION = 3
    CAP_TABLE = 4
    SCHED_CONTEXT = 5
    REPLY = 6
    VSPACE = 8
    SMALL_PAGE = 9
    LARGE_PAGE = 10
    PAGE_TABLE = 11


# Bytes of an object are 1 << bits; the other types take the bits from the size argument.
OBJECT_BITS = {
    ObjectType.TCB: 11,
    ObjectType.ENDPOINT: 4,
    ObjectType.NOTIFICATION: 6,
    ObjectType.REPLY: 5,
    ObjectType.VSPACE: 12,
    ObjectType.SMALL_PAGE: PAGE_BITS,
    ObjectType.LARGE_PAGE: LARGE_PAGE_BITS,
    ObjectType.PAGE_TABLE: 12,
}


FIRST_LABEL_BEHIND_DEBUG = 16
DEBUG_LABELS = 4
HARDWARE_DEBUG_SYMBOL = "ki_hardware_debug"  # of a kernel with the hardware debug API


def label_number(label: Label, hardware_debug: bool) -> int:
    """The label as this kernel has it."""
    moved = hardware_debug and label >= FIRST_LABEL_BEHIND_DEBUG
    return int(label) + (DEBUG_LABELS if moved else 0)


def object_bits(kind: ObjectType, hardware_debug: bool, size_bits: int = 0) -> int:
    """Bits of an object as this kernel has it; size_bits for the types that take them."""
    if kind == ObjectType.TCB and hardware_debug:
        return 12
    return OBJECT_BITS.get(kind, size_bits)


class Rights(IntFlag):
    """Capability rights word."""

    WRITE = 1
    READ = 2
    GRANT = 4
    GRANT_REPLY = 8


RIGHTS_RW = Rights.READ | Rights.WRITE
RIGHTS_RWG = RIGHTS_RW | Rights.GRANT
RIGHTS_ALL = RIGHTS_RWG | Rights.GRANT_REPLY

VM_DEFAULT = 3  # cacheable, parity
VM_DEVICE = 0
VM_EXECUTE_NEVER = 4


class InitialSlot(IntEnum):
    """Slots of the root task's CNode that the kernel fills."""

    TCB = 1
    CNODE = 2
    VSPACE = 3
    IRQ_CONTROL = 4
    ASID_CONTROL = 5
    ASID_POOL = 6
    SMC = 15


class PdSlot(IntEnum):
    """Slots of a protection domain's CNode (libmicrokit's view)."""

    INPUT = 1
    FAULT_ENDPOINT = 2
    VSPACE = 3
    REPLY = 4
    MONITOR_ENDPOINT = 5
    TCB = 6
    SMC = 7
    OUTPUT_NOTIFICATION = 10
    ENDPOINT = 74
    IRQ = 138
    CHILD_TCB = 202


PD_ROOT_BITS = 6
PD_CNODE_BITS = 9
PD_CNODE_GUARD_BITS = WORD_BITS - PD_ROOT_BITS - PD_CNODE_BITS
PD_USER_SLOTS = 1 << PD_ROOT_BITS  # user caps in root slots 1..63
MAX_CHANNELS = 62
MAX_PDS = 63
PD_NAME_LENGTH = 64
SCHED_CONTEXT_BITS = 8
SCHED_CONTEXT_BADGE = 0x100
BADGE_ENDPOINT = 1 << 63
BADGE_CHILD_FAULT = 1 << 62
IPC_BUFFER = 0x7FFF_FFFF_F000
STACK_TOP = IPC_BUFFER - PAGE_SIZE  # one guard page between
MIN_BUDGET_US = 20
MAX_BUDGET_US = 36_893_488_147_419
