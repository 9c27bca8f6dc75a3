/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system without DMA regions; ../../handed_over/rcoe/dma.h has the contract. A macro, so that the
 * kernel is the same, bit by bit, as one that has never heard of it.
 */
#pragma once

#define rcoe_dma(address, memory, size, out) ((void)0)
