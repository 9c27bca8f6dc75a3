/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hand-over needs of the two forms of rcoe/: voting.c and single.c. */
#pragma once

#include <stddef.h>

#include <rcoe/dma.h>
#include <rcoe/rcoe.h>
#include <shim/board.h>
#include <shim/shim.h>

/* The shim refused it, or no slot has what came from the device; detail: address. */
#define RCOE_PANIC_DMA 0x2010

/* All that came before is agreed on, and this request. */
void dma_commit(uint64_t address, uint64_t value);

/* Slot i of those that have a result of the newest request, or NULL. */
const struct board_slot *dma_slot(uint32_t i);
