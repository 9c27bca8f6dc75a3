# SPDX-License-Identifier: BSD-2-Clause
"""What the numbers of tests/data are called here: C expressions of the kernel and the library, and
names of the builder. A number without any is listed with the reason."""

from __future__ import annotations

import re

Key = tuple[str, str]  # section, name

_LABELS = {
    "InvalidInvocation": "LABEL_INVALID", "IRQIssueIRQHandler": "LABEL_IRQ_ISSUE_HANDLER",
    "IRQAckIRQ": "LABEL_IRQ_ACK", "IRQSetIRQHandler": "LABEL_IRQ_SET_HANDLER",
    "IRQClearIRQHandler": "LABEL_IRQ_CLEAR_HANDLER", "DomainSetSet": "LABEL_DOMAIN_SET",
    "ARMIRQIssueIRQHandlerTrigger": "LABEL_IRQ_ISSUE_HANDLER_TRIGGER",
    "nInvocationLabels": "LABEL_VSPACE_CLEAN_DATA",
    "nSeL4ArchInvocationLabels": "LABEL_PAGE_TABLE_MAP", "nArchInvocationLabels": "LABELS"}
_OBJECTS = {
    "seL4_UntypedObject": "UNTYPED", "seL4_TCBObject": "TCB", "seL4_EndpointObject": "ENDPOINT",
    "seL4_NotificationObject": "NOTIFICATION", "seL4_CapTableObject": "CAP_TABLE",
    "seL4_SchedContextObject": "SCHED_CONTEXT", "seL4_ReplyObject": "REPLY",
    "seL4_ARM_HugePageObject": "HUGE_PAGE", "seL4_ARM_VSpaceObject": "VSPACE",
    "seL4_ARM_SmallPageObject": "SMALL_PAGE", "seL4_ARM_LargePageObject": "LARGE_PAGE",
    "seL4_ARM_PageTableObject": "PAGE_TABLE", "seL4_ObjectTypeCount": "TYPES"}
_BITS = {
    "seL4_TCBBits": "TCB_BITS", "seL4_EndpointBits": "ENDPOINT_BITS",
    "seL4_NotificationBits": "NOTIFICATION_BITS", "seL4_ReplyBits": "REPLY_BITS",
    "seL4_SlotBits": "SLOT_BITS", "seL4_MinSchedContextBits": "SCHED_CONTEXT_MIN_BITS",
    "seL4_PageBits": "PAGE_BITS", "seL4_LargePageBits": "LARGE_PAGE_BITS",
    "seL4_HugePageBits": "HUGE_PAGE_BITS", "seL4_PageTableBits": "TABLE_BITS",
    "seL4_PageTableIndexBits": "TABLE_INDEX_BITS", "seL4_VSpaceBits": "VSPACE_BITS",
    "seL4_VSpaceIndexBits": "TABLE_INDEX_BITS", "seL4_ASIDPoolBits": "ASID_POOL_BITS",
    "seL4_ASIDPoolIndexBits": "ASID_POOL_INDEX_BITS", "seL4_NumASIDPoolsBits": "ASID_POOLS_BITS",
    "seL4_MinUntypedBits": "UNTYPED_MIN_BITS", "seL4_MaxUntypedBits": "UNTYPED_MAX_BITS",
    "seL4_IPCBufferSizeBits": "IPC_BUFFER_BITS", "seL4_WordBits": "WORD_BITS"}
_ERRORS = {"NoError": "ERROR_NONE", "RangeError": "ERROR_RANGE",
           "AlignmentError": "ERROR_ALIGNMENT", "NumErrors": "ERROR_NOT_ENOUGH_MEMORY + 1"}
_LOOKUPS = {"NoFailure": "NONE", "InvalidRoot": "INVALID_ROOT", "MissingCapability": "MISSING",
            "DepthMismatch": "DEPTH", "GuardMismatch": "GUARD"}
_FAULTS = {"NullFault": "NONE", "CapFault": "CAP", "UnknownSyscall": "UNKNOWN_SYSCALL",
           "UserException": "USER_EXCEPTION", "Timeout": "TIMEOUT", "VMFault": "VM",
           "DebugException": "DEBUG"}
_CONSTANTS = {
    "seL4_FastMessageRegisters": "MESSAGE_REGISTERS", "seL4_MsgMaxLength": "MESSAGE_MAX",
    "seL4_MsgMaxExtraCaps": "EXTRA_CAPS_MAX", "seL4_UserTop": "USER_TOP",
    "seL4_MaxPrio": "PRIORITIES - 1", "seL4_RefillSizeBytes": "sizeof(struct refill)",
    "seL4_CoreSchedContextBytes": "sizeof(struct sched_context) + 2 * sizeof(struct refill)",
    "seL4_SchedContext_Sporadic": "SCHED_CONTEXT_SPORADIC",
    "seL4_TCBFlag_fpuDisabled": "TCB_FLAG_FPU_DISABLED",
    "seL4_ARM_PageCacheable": "VM_ATTRIBUTE_CACHEABLE",
    "seL4_ARM_ExecuteNever": "VM_ATTRIBUTE_EXECUTE_NEVER",
    "seL4_UntypedRetypeMaxObjects": "RETYPE_FAN_OUT",
    "SEL4_BOOTINFO_HEADER_FDT": "EXTRA_INFO_DEVICE_TREE",
    "CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS": "BOOT_INFO_UNTYPEDS",
    "seL4_DataBreakpoint": "BREAK_DATA", "seL4_InstructionBreakpoint": "BREAK_INSTRUCTION",
    "seL4_SingleStep": "BREAK_STEP", "seL4_SoftwareBreakRequest": "BREAK_REQUEST",
    "seL4_BreakOnRead": "BREAK_ON_READ", "seL4_BreakOnWrite": "BREAK_ON_WRITE",
    "seL4_BreakOnReadWrite": "BREAK_ON_READ_WRITE", "seL4_NumHWBreakpoints": "BREAKPOINTS",
    "seL4_NumExclusiveBreakpoints": "FIRST_WATCHPOINT",
    "seL4_NumExclusiveWatchpoints": "BREAKPOINTS - FIRST_WATCHPOINT",
    "seL4_FirstWatchpoint": "FIRST_WATCHPOINT"}
_BOOT_INFO = {
    "extraLen": "extra_length", "nodeID": "node", "numNodes": "nodes",
    "numIOPTLevels": "io_page_table_levels", "ipcBuffer": "ipc_buffer", "empty": "empty",
    "sharedFrames": "shared_frames", "userImageFrames": "user_image_frames",
    "userImagePaging": "user_image_paging", "ioSpaceCaps": "io_spaces",
    "extraBIPages": "extra_pages", "initThreadCNodeSizeBits": "cnode_bits",
    "initThreadDomain": "domain", "schedcontrol": "sched_control", "untyped": "untyped",
    "untypedList": "untyped_list"}
_INITIAL = {
    "CapNull": "NULL", "CapInitThreadTCB": "ROOT_TCB", "CapInitThreadCNode": "ROOT_CNODE",
    "CapInitThreadVSpace": "ROOT_VSPACE", "CapIRQControl": "IRQ_CONTROL",
    "CapASIDControl": "ASID_CONTROL", "CapInitThreadASIDPool": "ROOT_ASID_POOL",
    "CapBootInfoFrame": "BOOT_INFO", "CapInitThreadIPCBuffer": "ROOT_IPC_BUFFER",
    "CapDomain": "DOMAIN", "CapInitThreadSC": "ROOT_SCHED_CONTEXT", "CapSMC": "SMC",
    "NumInitialCaps": "DYNAMIC"}
_KERNEL: dict[Key, str] = {
    ("ipc_buffer", "caps_or_badges"): "IPC_BUFFER_CAPS_WORD * 8",
    ("ipc_buffer", "receiveCNode"): "IPC_BUFFER_RECEIVE_CNODE * 8",
    ("ipc_buffer", "size"): "1 << IPC_BUFFER_BITS",
    ("bootinfo", "size"): "sizeof(struct boot_info)",
    ("untyped_desc", "paddr"): "offsetof(struct untyped_info, paddr)",
    ("untyped_desc", "sizeBits"): "offsetof(struct untyped_info, size_bits)",
    ("untyped_desc", "isDevice"): "offsetof(struct untyped_info, is_device)",
    ("untyped_desc", "size"): "sizeof(struct untyped_info)",
    ("bootinfo_header", "id"): "offsetof(struct extra_info, id)",
    ("bootinfo_header", "len"): "offsetof(struct extra_info, length)",
    ("bootinfo_header", "size"): "sizeof(struct extra_info)",
    ("user_context", "words"): "USER_CONTEXT_WORDS",
    ("user_context", "frame_registers"): "USER_CONTEXT_FRAME_WORDS",
    ("user_context", "size"): "USER_CONTEXT_WORDS * 8",
    ("user_context", "pc"): "USER_CONTEXT_PC", ("user_context", "spsr"): "USER_CONTEXT_SPSR",
    ("registers", "cap_and_badge"): "REGISTER_CAP", ("registers", "msginfo"): "REGISTER_INFO",
    ("registers", "mr0"): "REGISTER_MESSAGE", ("registers", "reply"): "REGISTER_REPLY",
    ("registers", "syscall"): "REGISTER_SYSCALL",
    ("registers", "nbsendrecv_dest"): "REGISTER_DESTINATION",
    ("tcb_cap_slots", "CTable"): "TCB_CSPACE", ("tcb_cap_slots", "VTable"): "TCB_VSPACE",
    ("tcb_cap_slots", "Buffer"): "TCB_BUFFER",
    ("tcb_cap_slots", "FaultHandler"): "TCB_FAULT_HANDLER",
    ("tcb_cap_slots", "TimeoutHandler"): "TCB_TIMEOUT_HANDLER",
    ("cap_rights_bits", "write"): "__builtin_ctz(RIGHT_WRITE)",
    ("cap_rights_bits", "read"): "__builtin_ctz(RIGHT_READ)",
    ("cap_rights_bits", "grant"): "__builtin_ctz(RIGHT_GRANT)",
    ("cap_rights_bits", "grantReply"): "__builtin_ctz(RIGHT_GRANT_REPLY)",
    ("fault_reply_register_count", "UnknownSyscall"): "SYSCALL_FAULT_WORDS",
    ("fault_reply_register_count", "UserException"): "EXCEPTION_FAULT_WORDS",
    ("fault_reply_register_count", "Timeout"): "TIMEOUT_REPLY_WORDS",
    ("fault_message_index", "UnknownSyscall_SPSR"): "SYSCALL_FAULT_SPSR",
    ("timing", "timer_frequency"): "TICKS_PER_SECOND", ("timing", "min_budget_us"): "MIN_BUDGET_US",
    ("timing", "min_budget_ticks"): "MIN_BUDGET_TICKS",
    ("timing", "max_period_us"): "MAX_BUDGET_US",
    ("timing", "boot_time_slice_us"): "BOOT_TIME_SLICE_US",
    ("timing", "sched_context_header_bytes"): "sizeof(struct sched_context)",
    ("timing", "refill_bytes"): "sizeof(struct refill)", ("timing", "min_refills"): "REFILLS_MIN",
    ("platform", "phys_base"): "KERNEL_PHYS_BASE", ("platform", "pptr_base"): "PPTR_BASE",
    ("platform", "kernel_elf_base"): "KERNEL_ELF_BASE", ("platform", "user_top"): "USER_TOP",
    ("platform", "max_irq"): "IRQS - 1", ("platform", "timer_irq_el1"): "IRQ_VIRTUAL_TIMER",
    ("platform", "asid_pools"): "BIT(ASID_POOLS_BITS)",
    ("platform", "asids_per_pool"): "BIT(ASID_POOL_INDEX_BITS)",
    ("platform", "root_asid"): "ROOT_ASID",
}
_LIBRARY: dict[Key, str] = {
    ("ipc_buffer", "size"): "sizeof(seL4_IPCBuffer)",
    ("ipc_buffer", "align"): "_Alignof(seL4_IPCBuffer)",
    ("bootinfo", "size"): "sizeof(seL4_BootInfo)",
    ("untyped_desc", "size"): "sizeof(seL4_UntypedDesc)",
    ("bootinfo_header", "size"): "sizeof(seL4_BootInfoHeader)",
    ("user_context", "words"): "seL4_UserContextWords",
    ("user_context", "size"): "sizeof(seL4_UserContext)",
    ("platform", "user_top"): "seL4_UserTop",
    ("microkit", "ARM_SMC"): "ARM_SMC_CAP", ("microkit", "TCB"): "TCB_CAP",
    ("microkit", "MONITOR_EP"): "MONITOR_EP", ("microkit", "BASE_USER_CAPS"): "BASE_USER_CAPS",
    ("microkit", "root_cnode_radix"): "PD_ROOT_CAP_BITS",
    ("microkit", "max_channels"): "MICROKIT_MAX_CHANNELS",
    ("microkit", "max_user_caps"): "MICROKIT_MAX_USER_CAPS",
    ("microkit", "name_length"): "MICROKIT_PD_NAME_LENGTH",
}
# Members of a structure that the library has under the same name.
_STRUCTURES = {"ipc_buffer": "seL4_IPCBuffer", "bootinfo": "seL4_BootInfo",
               "untyped_desc": "seL4_UntypedDesc", "bootinfo_header": "seL4_BootInfoHeader",
               "user_context": "seL4_UserContext"}
_NOT_MEMBERS = ("size", "align", "words", "frame_registers")
# The library's name is this and the number's.
_LIBRARY_PREFIXES = {"syscalls": "seL4_Sys", "labels": "", "object_types": "",
                     "object_size_bits": "", "errors": "seL4_", "lookup_failures": "seL4_",
                     "faults": "seL4_Fault_", "fault_message_index": "seL4_", "constants": "",
                     "initial_cap_slots": "seL4_"}
BUILDER: dict[Key, str] = {
    **{("object_types", name): f"ObjectType.{ours}" for name, ours in _OBJECTS.items()
       if ours not in ("HUGE_PAGE", "TYPES")},
    **{("initial_cap_slots", name): f"InitialSlot.{ours}" for name, ours in {
        "CapInitThreadTCB": "TCB", "CapInitThreadCNode": "CNODE", "CapInitThreadVSpace": "VSPACE",
        "CapIRQControl": "IRQ_CONTROL", "CapASIDControl": "ASID_CONTROL",
        "CapInitThreadASIDPool": "ASID_POOL", "CapSMC": "SMC"}.items()},
    ("initial_cap_slots", "NumInitialCaps"): "INITIAL_SLOTS",
    ("object_size_bits", "seL4_SlotBits"): "SLOT_BITS",
    ("object_size_bits", "seL4_PageBits"): "PAGE_BITS",
    ("object_size_bits", "seL4_LargePageBits"): "LARGE_PAGE_BITS",
    ("object_size_bits", "seL4_WordBits"): "WORD_BITS",
    ("constants", "seL4_UserTop"): "USER_TOP", ("platform", "user_top"): "USER_TOP",
    ("constants", "seL4_UntypedRetypeMaxObjects"): "RETYPE_FAN_OUT",
    ("constants", "CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS"): "BOOT_INFO_UNTYPEDS",
    ("constants", "seL4_ARM_Default_VMAttributes"): "VM_DEFAULT",
    ("constants", "seL4_ARM_ExecuteNever"): "VM_EXECUTE_NEVER",
    ("timing", "min_budget_us"): "MIN_BUDGET_US", ("timing", "max_period_us"): "MAX_BUDGET_US",
    **{("microkit", name): ours for name, ours in {
        "INPUT": "PdSlot.INPUT", "FAULT_EP": "PdSlot.FAULT_ENDPOINT", "VSPACE": "PdSlot.VSPACE",
        "REPLY": "PdSlot.REPLY", "MONITOR_EP": "PdSlot.MONITOR_ENDPOINT", "TCB": "PdSlot.TCB",
        "ARM_SMC": "PdSlot.SMC", "BASE_OUTPUT_NOTIFICATION": "PdSlot.OUTPUT_NOTIFICATION",
        "BASE_ENDPOINT": "PdSlot.ENDPOINT", "BASE_IRQ": "PdSlot.IRQ",
        "BASE_TCB": "PdSlot.CHILD_TCB", "root_cnode_radix": "PD_ROOT_BITS",
        "pd_cnode_radix": "PD_CNODE_BITS", "pd_cnode_guard_size": "PD_CNODE_GUARD_BITS",
        "max_channels": "MAX_CHANNELS", "max_pds": "MAX_PDS", "name_length": "PD_NAME_LENGTH",
        "sc_size_bits": "SCHED_CONTEXT_BITS", "sc_badge_base": "SCHED_CONTEXT_BADGE",
        "ipc_buffer_vaddr_el1": "IPC_BUFFER", "stack_top_el1": "STACK_TOP"}.items()},
}


def snake(name: str) -> str:
    """TCBSetMCPriority -> TCB_SET_MC_PRIORITY."""
    name = name.replace("VSpace", "Vspace").replace("CNode", "Cnode").replace("_", "")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).upper()


def kernel_name(section: str, name: str) -> str | None:
    """The expression of the kernel's headers."""
    tables = {"object_types": ("OBJECT_", _OBJECTS), "object_size_bits": ("", _BITS),
              "lookup_failures": ("LOOKUP_", _LOOKUPS), "faults": ("FAULT_", _FAULTS),
              "constants": ("", _CONSTANTS), "initial_cap_slots": ("SLOT_", _INITIAL)}
    if section == "syscalls":
        return "SYS_" + snake(name)
    if section == "labels":
        return _LABELS.get(name) or "LABEL_" + snake(name.removeprefix("ARM"))
    if section == "errors":
        return _ERRORS.get(name) or "ERROR_" + snake(name)
    if section == "cap_tags":
        return "CAP_" + name.upper() if name != "vcpu" else None
    if section == "bootinfo" and name in _BOOT_INFO:
        return f"offsetof(struct boot_info, {_BOOT_INFO[name]})"
    if section in tables:
        prefix, table = tables[section]
        return prefix + table[name] if name in table else None
    return _KERNEL.get((section, name))


def library_name(section: str, name: str) -> str | None:
    """The expression of apps/libsel4 or apps/libmicrokit."""
    if (section, name) in UNNAMED or (section, name) in NOT_IN_LIBRARY:
        return None
    if section in _STRUCTURES and name not in _NOT_MEMBERS:
        divisor = " / 8" if section == "user_context" else ""
        return f"offsetof({_STRUCTURES[section]}, {name}){divisor}"
    if section in _LIBRARY_PREFIXES:
        return _LIBRARY_PREFIXES[section] + name
    if section == "microkit" and name.startswith("BASE_") and name != "BASE_USER_CAPS":
        return f"{name}_CAP" if name != "BASE_IOPORT" else None
    return _LIBRARY.get((section, name))


NOT_IN_LIBRARY: set[Key] = {("labels", "nSeL4ArchInvocationLabels")}  # the kernel has it
# No expression of ours has these; why.
UNNAMED: dict[Key, str] = {}


def _unnamed(section: str, names: str, reason: str) -> None:
    UNNAMED.update({(section, name): reason for name in names.split()})


_unnamed("object_size_bits", "seL4_VCPUBits", "virtual processors exist at EL2 only")
_unnamed("cap_tags", "vcpu", "virtual processors exist at EL2 only")
_unnamed("fault_message_index", "TimeoutReply_FaultIP TimeoutReply_SP TimeoutReply_SPSR_EL1 "
         "TimeoutReply_X0 TimeoutReply_X8 TimeoutReply_X16 TimeoutReply_X18 TimeoutReply_X29 "
         "TimeoutReply_X30 TimeoutReply_X9 TimeoutReply_X15 TimeoutReply_X19 TimeoutReply_X28 "
         "TimeoutReply_Length", "the order of the user context, which is compared")
_unnamed("fault_reply_register_count", "CapFault VMFault", "0: there is no such loop")
_unnamed("timing", "domain_max_duration_ticks", "private to kernel/sched/domain.c")
_unnamed("platform", "uart", "board.json; compared with board.h")
_unnamed("platform", "device_top num_sgis", "private to kernel/boot and kernel/object")
_unnamed("microkit", "badge_fault_bit badge_endpoint_bit pd_mask channel_mask BASE_IOPORT",
         "shifts in libmicrokit; bits of the builder below")
_unnamed("microkit", "default_budget_us default_stack min_stack max_stack max_priority "
         "monitor_priority program_base", "limits of system files: tests/errors has their texts")
