/* SPDX-License-Identifier: BSD-2-Clause */
/* No breakpoints in this build: ../../hardware_debug/sel4/debug_interfaces.h has them. */
#pragma once
