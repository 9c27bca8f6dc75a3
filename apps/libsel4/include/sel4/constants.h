/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes and limits (abi sections 1.2, 1.5 and 4). Bits are the log2 of bytes if not named other. */
#pragma once

#include <sel4/hardware_debug.h>

#define seL4_WordBits 64
#define seL4_WordSizeBits 3
#define seL4_SlotBits 5
#define seL4_MinUntypedBits 4
#define seL4_MaxUntypedBits 47
#define seL4_EndpointBits 4
#define seL4_NotificationBits 6
#define seL4_ReplyBits 5
#define seL4_MinSchedContextBits 7
#define seL4_CoreSchedContextBytes 128
#define seL4_RefillSizeBytes 16
#define seL4_PageBits 12
#define seL4_LargePageBits 21
#define seL4_HugePageBits 30
#define seL4_PageTableBits 12
#define seL4_PageTableEntryBits 3
#define seL4_PageTableIndexBits 9
#define seL4_VSpaceBits 12
#define seL4_VSpaceEntryBits 3
#define seL4_VSpaceIndexBits 9
#define seL4_ASIDPoolBits 12
#define seL4_ASIDPoolIndexBits 9
#define seL4_NumASIDPoolsBits 7
#define seL4_IPCBufferSizeBits 10
#define seL4_BootInfoFrameBits 12
#define seL4_BootInfoFrameSize (1ul << seL4_BootInfoFrameBits)

#define seL4_UserTop 0x00007ffffffffffful
#define seL4_UserVSpaceTop seL4_UserTop

#define seL4_InvalidPrio (-1)
#define seL4_MinPrio 0
#define seL4_MaxPrio 255

#define seL4_MsgLengthBits 7
#define seL4_MsgExtraCapBits 2
enum seL4_MsgLimits { seL4_MsgMaxLength = 120, seL4_MsgMaxExtraCaps = 3 };
#define seL4_FastMessageRegisters 4
#define seL4_CapRightsBits 4
#define seL4_GuardSizeBits 6
#define seL4_GuardBits 58
#define seL4_UntypedRetypeMaxObjects 256 /* in one call */

/* PrefetchFault of a memory fault. */
#define seL4_DataFault 0
#define seL4_InstructionFault 1

/* Extra refills that a scheduling context of 2^size_bits bytes can have. */
#define seL4_MaxExtraRefills(size_bits)                                                            \
    (((1ul << (size_bits)) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes)

typedef enum {
    seL4_SchedContext_NoFlag = 0,
    seL4_SchedContext_Sporadic = 1,
} seL4_SchedContextFlag;

typedef enum {
    seL4_TCBFlag_NoFlag = 0,
    seL4_TCBFlag_fpuDisabled = 1,
    seL4_TCBFlag_MASK = 1,
} seL4_TCBFlag;

typedef enum {
    seL4_ARM_PageCacheable = 1,
    seL4_ARM_ParityEnabled = 2, /* no effect */
    seL4_ARM_Default_VMAttributes = 3,
    seL4_ARM_ExecuteNever = 4,
} seL4_ARM_VMAttributes;

typedef enum {
    seL4_UntypedObject,
    seL4_TCBObject,
    seL4_EndpointObject,
    seL4_NotificationObject,
    seL4_CapTableObject,
    seL4_SchedContextObject,
    seL4_ReplyObject,
    seL4_NonArchObjectTypeCount,
    seL4_ARM_HugePageObject = seL4_NonArchObjectTypeCount,
    seL4_ARM_VSpaceObject,
    seL4_ModeObjectTypeCount,
    seL4_ARM_SmallPageObject = seL4_ModeObjectTypeCount,
    seL4_ARM_LargePageObject,
    seL4_ARM_PageTableObject,
    seL4_ObjectTypeCount,
} seL4_ObjectType;
_Static_assert(seL4_ObjectTypeCount == 12, "abi section 4");

typedef seL4_ObjectType seL4_ArchObjectType;
