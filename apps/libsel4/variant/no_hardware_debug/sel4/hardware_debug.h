/* SPDX-License-Identifier: BSD-2-Clause */
/* What depends on the hardware debug API, without it (abi section 0). */
#pragma once

#define SEL4_DEBUG_LABELS 0
#define seL4_TCBBits 11
