/* SPDX-License-Identifier: BSD-2-Clause */
/* What vectors.S saves of a replica on every entry to EL2. Assembly includes this too. */
#pragma once

#define FRAME_X(n) ((n)*8)
#define FRAME_ELR (31 * 8)
#define FRAME_SPSR (32 * 8)
#define FRAME_SIZE (34 * 8)

/* HCR_EL2: see start/start.c for the reason of each bit. */
#define HCR_VM (1 << 0)
#define HCR_VI (1 << 7)
