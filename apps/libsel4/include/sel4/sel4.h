/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole user interface of the kernel. Header-compatible with libsel4 (MCS, AArch64). */
#pragma once

#include <sel4/simple_types.h>
#include <sel4/constants.h>
#include <sel4/errors.h>
#include <sel4/types.h>
#include <sel4/invocation.h>
#include <sel4/bootinfo.h>
#include <sel4/functions.h>
#include <sel4/arch/syscalls.h>
#include <sel4/syscalls.h>
#include <sel4/interfaces.h>
#include <sel4/arch/interfaces.h>
#include <sel4/debug_interfaces.h>
#include <sel4/faults.h>
