/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA memory: each replica has its own, and what devices see exists once. Bytes go from one to the
 * other only here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel maintains the caches for this memory, at most DMA_MOST bytes of one block of so many:
 * `address` is physical, `memory` the kernel's. If it is DMA memory, its bytes are handed over in
 * words of 8: to the device when all agree on them, or from the device, the same to all.
 */
void rcoe_dma(uint64_t address, void *memory, uint64_t size, bool out);
