/* SPDX-License-Identifier: BSD-2-Clause */
/* Packed words that travel between a program and the kernel (abi sections 1.1 to 1.3). */
#pragma once

#include <sel4/constants.h>
#include <sel4/simple_types.h>

typedef seL4_Word seL4_CPtr;
typedef seL4_Word seL4_NodeId;
typedef seL4_Word seL4_PAddr;
typedef seL4_Word seL4_Domain;
typedef seL4_Uint64 seL4_Time; /* microseconds */

typedef seL4_CPtr seL4_CNode;
typedef seL4_CPtr seL4_IRQHandler;
typedef seL4_CPtr seL4_IRQControl;
typedef seL4_CPtr seL4_TCB;
typedef seL4_CPtr seL4_Untyped;
typedef seL4_CPtr seL4_DomainSet;
typedef seL4_CPtr seL4_SchedContext;
typedef seL4_CPtr seL4_SchedControl;
typedef seL4_CPtr seL4_Reply;
typedef seL4_CPtr seL4_ARM_Page;
typedef seL4_CPtr seL4_ARM_PageTable;
typedef seL4_CPtr seL4_ARM_VSpace;
typedef seL4_CPtr seL4_ARM_ASIDControl;
typedef seL4_CPtr seL4_ARM_ASIDPool;
typedef seL4_CPtr seL4_ARM_SMC;

#define seL4_NilData 0
#define seL4_CapInitThreadNull 0

/* One field of a packed word. */
LIBSEL4_INLINE_FUNC seL4_Word seL4_Field(seL4_Word word, unsigned shift, unsigned bits)
{
    return (word >> shift) & ((1ul << bits) - 1);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_PutField(seL4_Word word, unsigned shift, unsigned bits,
                                            seL4_Word value)
{
    seL4_Word mask = ((1ul << bits) - 1) << shift;

    return (word & ~mask) | ((value << shift) & mask);
}

/* Message information: label [63:12], capsUnwrapped [11:9], extraCaps [8:7], length [6:0]. */
typedef struct {
    seL4_Word words[1];
} seL4_MessageInfo_t;

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word unwrapped,
                                                            seL4_Word extra_caps, seL4_Word length)
{
    return (seL4_MessageInfo_t){ { label << 12 | (unwrapped & 7) << 9 | (extra_caps & 3) << 7 |
                                   (length & 0x7f) } };
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_MessageInfo_get_label(seL4_MessageInfo_t info)
{
    return info.words[0] >> 12;
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_MessageInfo_get_capsUnwrapped(seL4_MessageInfo_t info)
{
    return seL4_Field(info.words[0], 9, 3);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_MessageInfo_get_extraCaps(seL4_MessageInfo_t info)
{
    return seL4_Field(info.words[0], 7, 2);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_MessageInfo_get_length(seL4_MessageInfo_t info)
{
    return seL4_Field(info.words[0], 0, 7);
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_MessageInfo_set_label(seL4_MessageInfo_t info,
                                                                  seL4_Word label)
{
    return (seL4_MessageInfo_t){ { seL4_PutField(info.words[0], 12, 52, label) } };
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_MessageInfo_set_capsUnwrapped(seL4_MessageInfo_t info,
                                                                          seL4_Word unwrapped)
{
    return (seL4_MessageInfo_t){ { seL4_PutField(info.words[0], 9, 3, unwrapped) } };
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_MessageInfo_set_extraCaps(seL4_MessageInfo_t info,
                                                                      seL4_Word extra_caps)
{
    return (seL4_MessageInfo_t){ { seL4_PutField(info.words[0], 7, 2, extra_caps) } };
}
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_MessageInfo_set_length(seL4_MessageInfo_t info,
                                                                   seL4_Word length)
{
    return (seL4_MessageInfo_t){ { seL4_PutField(info.words[0], 0, 7, length) } };
}

/* Capability rights: grantReply [3], grant [2], read [1], write [0]. */
typedef struct {
    seL4_Word words[1];
} seL4_CapRights_t;

LIBSEL4_INLINE_FUNC seL4_CapRights_t seL4_CapRights_new(seL4_Word grant_reply, seL4_Word grant,
                                                        seL4_Word read, seL4_Word write)
{
    return (seL4_CapRights_t){ { (grant_reply & 1) << 3 | (grant & 1) << 2 | (read & 1) << 1 |
                                 (write & 1) } };
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CapRights_get_capAllowGrantReply(seL4_CapRights_t rights)
{
    return seL4_Field(rights.words[0], 3, 1);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CapRights_get_capAllowGrant(seL4_CapRights_t rights)
{
    return seL4_Field(rights.words[0], 2, 1);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CapRights_get_capAllowRead(seL4_CapRights_t rights)
{
    return seL4_Field(rights.words[0], 1, 1);
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CapRights_get_capAllowWrite(seL4_CapRights_t rights)
{
    return seL4_Field(rights.words[0], 0, 1);
}
#define seL4_NoRights seL4_CapRights_new(0, 0, 0, 0)
#define seL4_CanWrite seL4_CapRights_new(0, 0, 0, 1)
#define seL4_CanRead seL4_CapRights_new(0, 0, 1, 0)
#define seL4_ReadWrite seL4_CapRights_new(0, 0, 1, 1)
#define seL4_CanGrant seL4_CapRights_new(0, 1, 0, 0)
#define seL4_CanGrantReply seL4_CapRights_new(1, 0, 0, 0)
#define seL4_AllRights seL4_CapRights_new(1, 1, 1, 1)

/* CNode guard word: guard [63:6], guardSize [5:0]. */
typedef struct {
    seL4_Word words[1];
} seL4_CNode_CapData_t;

LIBSEL4_INLINE_FUNC seL4_CNode_CapData_t seL4_CNode_CapData_new(seL4_Word guard, seL4_Word size)
{
    return (seL4_CNode_CapData_t){ { guard << 6 | (size & 0x3f) } };
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CNode_CapData_get_guard(seL4_CNode_CapData_t data)
{
    return data.words[0] >> 6;
}
LIBSEL4_INLINE_FUNC seL4_Word seL4_CNode_CapData_get_guardSize(seL4_CNode_CapData_t data)
{
    return data.words[0] & 0x3f;
}

typedef struct seL4_IPCBuffer_ {
    seL4_MessageInfo_t tag;
    seL4_Word msg[seL4_MsgMaxLength];
    seL4_Word userData;
    seL4_Word caps_or_badges[seL4_MsgMaxExtraCaps];
    seL4_CPtr receiveCNode;
    seL4_CPtr receiveIndex;
    seL4_Word receiveDepth;
} __attribute__((aligned(1ul << seL4_IPCBufferSizeBits))) seL4_IPCBuffer;
_Static_assert(offsetof(seL4_IPCBuffer, caps_or_badges) == 976, "abi section 1.2");
_Static_assert(offsetof(seL4_IPCBuffer, receiveDepth) == 1016, "abi section 1.2");
_Static_assert(sizeof(seL4_IPCBuffer) == 1024, "abi section 1.2");

/* Registers of a thread, in the order of TCB_ReadRegisters and TCB_WriteRegisters. */
typedef struct seL4_UserContext_ {
    seL4_Word pc, sp, spsr, x0, x1, x2, x3, x4, x5, x6, x7, x8, x16, x17, x18, x29, x30;
    seL4_Word x9, x10, x11, x12, x13, x14, x15, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
    seL4_Word tpidr_el0, tpidrro_el0;
} seL4_UserContext;
#define seL4_UserContextWords (sizeof(seL4_UserContext) / sizeof(seL4_Word))
_Static_assert(sizeof(seL4_UserContext) == 36 * 8, "abi section 1.3");

typedef struct {
    seL4_Word x0, x1, x2, x3, x4, x5, x6, x7;
} seL4_ARM_SMCContext;
