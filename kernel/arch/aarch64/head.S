/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel entry. Next in the flow: boot/boot.c, boot_main().
 * In:  EL1h, MMU off, exceptions masked; image at KERNEL_PHYS_BASE, its bss zero;
 *      x0..x5 as the seL4 loader convention has them (abi 8.1), x6 = bytes of RAM.
 * Out: boot_main(x0..x6) at its linked address, MMU and caches on, on the kernel stack.
 */
#define KERNEL_ELF_BASE 0xffffffffc0000000
#define KERNEL_PHYS_BASE 0x40000000

/* Attributes 0 Device-nGnRnE, 1 nGnRE, 2 GRE, 3 Normal-NC, 4 Normal-WB. */
#define MAIR 0xff440c0400
/*
 * T0SZ = T1SZ = 16; walks inner and outer write-back, inner shareable; TG0 = TG1 = 4 KiB;
 * IPS 40 bits; 16-bit ASIDs, from TTBR0.
 */
#define TCR 0x00000012b5103510
/*
 * M, C, I; SA; UCT, UCI, DZE: EL0 may maintain caches, zero lines and read CTR; nTWI, nTWE: EL0 may
 * wait; the rest is RES1. A, SA0, EE, E0E clear.
 */
#define SCTLR (0x30d00800 | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 16 | \
               1 << 18 | 1 << 26)

    .section .head.text, "ax"
    .global _start
_start:
    msr     daifset, #15
    msr     spsel, #1
    ldr     x8, =MAIR
    msr     mair_el1, x8
    ldr     x8, =TCR
    msr     tcr_el1, x8
    adrp    x8, boot_root
    msr     ttbr0_el1, x8
    msr     ttbr1_el1, x8
    msr     cntkctl_el1, xzr        /* EL0 reads of the counter trap: time is an input */
    msr     contextidr_el1, xzr
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    ldr     x8, =SCTLR
    msr     sctlr_el1, x8
    isb
    ldr     x8, =high
    br      x8
high:
    ldr     x8, =kernel_stack_top
    mov     sp, x8
    ldr     x8, =arch_vectors       /* trap_entry.S */
    msr     vbar_el1, x8
    isb
    mov     x29, xzr
    mov     x30, xzr
    b       boot_main
    .ltorg

/*
 * Tables until mmu_init(): the first GiB of RAM, as one block, at its physical address (level 1
 * entry 1 of TTBR0), in the kernel window (the same entry of TTBR1), and at KERNEL_ELF_BASE.
 */
#define TABLE(symbol) (symbol - KERNEL_ELF_BASE + KERNEL_PHYS_BASE + 3)
#define BLOCK (KERNEL_PHYS_BASE + 0x711) /* accessed, inner shareable, attribute 4 */
    .section .boot.tables, "a"
    .balign 4096
boot_root:
    .quad   TABLE(boot_gibs)
    .fill   510, 8, 0
    .quad   TABLE(boot_gibs)
boot_gibs:
    .quad   0
    .quad   BLOCK
    .fill   509, 8, 0
    .quad   BLOCK

/* Grows down from its top; the page below it is not mapped (arch/mmu.c). */
    .section .bss.stack, "aw", @nobits
    .balign 4096
    .global kernel_stack_guard, kernel_stack
kernel_stack_guard:
    .skip   4096
kernel_stack:
    .skip   8192
    .global kernel_stack_top
kernel_stack_top:
