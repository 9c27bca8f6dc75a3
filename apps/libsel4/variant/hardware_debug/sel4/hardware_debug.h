/* SPDX-License-Identifier: BSD-2-Clause */
/* What depends on the hardware debug API, with it (abi sections 0 and 3.1, column D). */
#pragma once

#define CONFIG_HARDWARE_DEBUG_API 1

#define SEL4_DEBUG_LABELS 4
#define seL4_TCBBits 12
enum debug_invocation_label {
    TCBSetBreakpoint = 16,
    TCBGetBreakpoint,
    TCBUnsetBreakpoint,
    TCBConfigureSingleStepping,
};

/* Kinds of a breakpoint, and reasons of a DebugException. */
typedef enum {
    seL4_DataBreakpoint,
    seL4_InstructionBreakpoint,
    seL4_SingleStep,
    seL4_SoftwareBreakRequest,
} seL4_BreakpointType;
typedef enum {
    seL4_BreakOnRead,
    seL4_BreakOnWrite,
    seL4_BreakOnReadWrite,
} seL4_BreakpointAccess;

#define seL4_NumHWBreakpoints 10
#define seL4_NumExclusiveBreakpoints 6
#define seL4_NumExclusiveWatchpoints 4
#define seL4_NumDualFunctionMonitors 0
#define seL4_FirstBreakpoint 0
#define seL4_FirstWatchpoint 6
#define seL4_FirstDualFunctionMonitor (-1)

typedef enum {
    seL4_DebugException_FaultIP,
    seL4_DebugException_ExceptionReason,
    seL4_DebugException_TriggerAddress,
    seL4_DebugException_BreakpointNumber,
    seL4_DebugException_Length,
} seL4_DebugException_Msg;
