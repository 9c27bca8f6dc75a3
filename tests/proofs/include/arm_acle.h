/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler's CRC instruction. */
#pragma once

#include <stdint.h>

/*@ axiomatic Instruction { logic integer crc(integer before, integer word); } */

/*@ assigns \result \from before, word; ensures \result == crc(before, word); */
uint32_t __crc32cd(uint32_t before, uint64_t word);
