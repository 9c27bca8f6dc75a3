/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU `virt` with GICv3 and 256 MiB: where everything lies. Assembly includes this too.
 * The tools read the same facts from board.json; tools/build_image checks what it packs against it.
 */
#pragma once

#define BOARD_CORES 4
#define BOARD_CORE_MPIDR(core) (core) /* affinity of a core, for PSCI and GICD_IROUTER */

#define BOARD_RAM_BASE 0x40000000
#define BOARD_IMAGE_BASE 0x40200000 /* where the loader puts the image */
#define BOARD_IMAGE_SIZE 0x01800000
#define BOARD_DMA_BASE 0x41a00000 /* what devices see, at the IPA of each replica's own copy */
#define BOARD_DMA_SIZE 0x00600000
#define BOARD_SHIM_BASE 0x42000000 /* core c's copy: + c * BOARD_SHIM_SIZE */
#define BOARD_SHIM_SIZE 0x00200000
#define BOARD_BOARD_BASE 0x42800000
#define BOARD_RECORDER_BASE 0x42a00000 /* core c's recorder: + c * BOARD_RECORDER_SIZE */
#define BOARD_RECORDER_SIZE 0x00010000
#define BOARD_PARTITION_BASE 0x44000000 /* replica r's memory: + r * manifest.partition_size */
#define BOARD_PARTITION_TOTAL 0x0c000000
#define BOARD_PARTITION_IPA 0x40000000 /* where every replica sees its memory */

/* Device registers: base, size and so on of what EL2 of the I/O core maps ... */
#define BOARD_DEVICE_WINDOWS 0x08000000, 0x08000000
/* ... and EL2 of every core: nothing, its interrupt interface are system registers. */
#define BOARD_CORE_DEVICE_BASE 0
#define BOARD_CORE_DEVICE_SIZE 0

#define BOARD_GICD_BASE 0x08000000
#define BOARD_GICR_BASE 0x080a0000 /* core c's redistributor: + c * BOARD_GICR_SIZE */
#define BOARD_GICR_SIZE 0x00020000
#define BOARD_UART_BASE 0x09000000
#define BOARD_GPIO_BASE 0x09030000
#define BOARD_SAFE_PIN 7  /* of the GPIO: high from a safe stop on */
#define BOARD_TICK_IRQ 26 /* PPI of the EL2 physical timer */
