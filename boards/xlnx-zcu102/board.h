/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ZCU102 (Zynq UltraScale+, Xilinx UG1085) with its Cortex-A53 cores: where everything lies. All
 * code is in the lowest 768 MiB of DDR, but above what user programs are linked to, so that a tool
 * can tell from a program counter alone whose code runs; DMA memory has to be higher. Assembly
 * includes this too. The tools read the same facts from board.json; tests/tools/test_headers.py
 * compares them.
 */
#pragma once

#define BOARD_CORES 4
#define BOARD_CORE_MPIDR(core) (core) /* affinity of a core, for PSCI; also its GIC interface */

#define BOARD_RAM_BASE 0x00000000
#define BOARD_IMAGE_BASE 0x20200000 /* where the loader puts the image */
#define BOARD_IMAGE_SIZE 0x01800000
#define BOARD_SHIM_BASE 0x22000000 /* core c's copy: + c * BOARD_SHIM_SIZE */
#define BOARD_SHIM_SIZE 0x00200000
#define BOARD_BOARD_BASE 0x22800000
#define BOARD_RECORDER_BASE 0x22a00000 /* core c's recorder: + c * BOARD_RECORDER_SIZE */
#define BOARD_RECORDER_SIZE 0x00010000
#define BOARD_PARTITION_BASE 0x24000000 /* replica r's memory: + r * manifest.partition_size */
#define BOARD_PARTITION_TOTAL 0x0c000000
#define BOARD_PARTITION_IPA 0x40000000 /* where every replica sees its memory */
#define BOARD_DMA_BASE 0x41a00000      /* what devices see, at the IPA of each replica's own copy */
#define BOARD_DMA_SIZE 0x00600000

/*
 * Base, size and so on of what EL2 of the I/O core maps as devices: the camera's frame store in
 * DDR, the interrupt distributor, the registers of the low-power domain.
 */
#define BOARD_DEVICE_WINDOWS 0x10000000, 0x08000000, 0xf9010000, 0x00001000, 0xff000000, 0x00c00000
/* EL2 of every core: its own interrupt interface, which all see at the same address. */
#define BOARD_CORE_DEVICE_BASE 0xf9020000
#define BOARD_CORE_DEVICE_SIZE 0x00001000

#define BOARD_GICD_BASE 0xf9010000
#define BOARD_GICC_BASE 0xf9020000
#define BOARD_UART_BASE 0xff000000
#define BOARD_SAFE_UART_BASE 0xff010000 /* says so when the system has stopped safely */
#define BOARD_TICK_IRQ 26               /* PPI of the EL2 physical timer */
