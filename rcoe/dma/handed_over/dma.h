/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hand-over needs of the two forms of rcoe/: voting.c and single.c. */
#pragma once

#include <rcoe/dma.h>
#include <rcoe/rcoe.h>
#include <shim/board.h>
#include <shim/shim.h>

/* The shim refused it, or no slot has what came from the device; detail: address. */
#define RCOE_PANIC_DMA 0x2010

/* All that came before is agreed on, and this request. */
void dma_commit(uint64_t address, uint64_t value);

/* The slots of all cores, the I/O core's first. */
const struct board_slot *dma_slot(uint32_t i);

/* This core has performed the newest request; who inherits a result has not. */
bool dma_has_read(const struct board_slot *slot);
