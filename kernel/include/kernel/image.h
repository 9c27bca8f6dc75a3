/* SPDX-License-Identifier: BSD-2-Clause */
/* Borders of the kernel image, page aligned; the linker script defines them. */
#pragma once

extern char image_text_end[];      /* from KERNEL_ELF_BASE to here: executable, not writable */
extern char image_constants_end[]; /* from there to here: neither */
extern char ki_boot_end[];         /* from KERNEL_ELF_BASE to here: needed only during boot */
extern char ki_end[];              /* end of the image, bss and stacks included */
extern char kernel_stack_guard[];  /* page below the kernel stack; not mapped */

/* Code that runs once; its memory becomes untyped memory of the root task. */
#define BOOT_CODE __attribute__((section(".boot.text")))
