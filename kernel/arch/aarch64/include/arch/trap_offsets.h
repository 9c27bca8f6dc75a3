/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte offsets into struct trap_frame, for trap_entry.S; asserted in kernel/trap_frame.h. */
#pragma once

#define TF_X(n) ((n)*8)
#define TF_SP 248
#define TF_PC 256
#define TF_SPSR 264
#define TF_TPIDR_EL0 272
#define TF_TPIDRRO_EL0 280
#define TF_SIZE 288
