/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel tells the root task (abi sections 8.4 and 8.5). */
#pragma once

#include <sel4/types.h>

enum seL4_RootCNodeCapSlots {
    seL4_CapNull,
    seL4_CapInitThreadTCB,
    seL4_CapInitThreadCNode,
    seL4_CapInitThreadVSpace,
    seL4_CapIRQControl,
    seL4_CapASIDControl,
    seL4_CapInitThreadASIDPool,
    seL4_CapIOPortControl, /* null here */
    seL4_CapIOSpace,       /* null here */
    seL4_CapBootInfoFrame,
    seL4_CapInitThreadIPCBuffer,
    seL4_CapDomain,
    seL4_CapSMMUSIDControl, /* null here */
    seL4_CapSMMUCBControl,  /* null here */
    seL4_CapInitThreadSC,
    seL4_CapSMC,
    seL4_NumInitialCaps,
};

typedef seL4_Word seL4_SlotPos;
typedef struct seL4_SlotRegion {
    seL4_SlotPos start; /* first */
    seL4_SlotPos end;   /* after the last */
} seL4_SlotRegion;

typedef struct seL4_UntypedDesc {
    seL4_Word paddr;
    seL4_Uint8 sizeBits;
    seL4_Uint8 isDevice;
    seL4_Uint8 padding[sizeof(seL4_Word) - 2];
} seL4_UntypedDesc;

#define CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS 230

typedef struct seL4_BootInfo {
    seL4_Word extraLen; /* bytes of extra boot information, in the pages after this one */
    seL4_NodeId nodeID;
    seL4_Word numNodes;
    seL4_Word numIOPTLevels;
    seL4_IPCBuffer *ipcBuffer;
    seL4_SlotRegion empty;
    seL4_SlotRegion sharedFrames;
    seL4_SlotRegion userImageFrames;
    seL4_SlotRegion userImagePaging;
    seL4_SlotRegion ioSpaceCaps;
    seL4_SlotRegion extraBIPages;
    seL4_Word initThreadCNodeSizeBits;
    seL4_Domain initThreadDomain;
    seL4_SlotRegion schedcontrol;
    seL4_SlotRegion untyped;
    seL4_UntypedDesc untypedList[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];
} seL4_BootInfo;
_Static_assert(offsetof(seL4_BootInfo, schedcontrol) == 152, "abi section 8.5");
_Static_assert(offsetof(seL4_BootInfo, untypedList) == 184, "abi section 8.5");
_Static_assert(sizeof(seL4_BootInfo) == 3864, "abi section 8.5");

typedef struct {
    seL4_Word id;
    seL4_Word len; /* bytes, this header included */
} seL4_BootInfoHeader;
#define SEL4_BOOTINFO_HEADER_PADDING 0
#define SEL4_BOOTINFO_HEADER_FDT 6
#define SEL4_BOOTINFO_HEADER_NUM 7
