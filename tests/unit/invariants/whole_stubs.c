/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies below the kernel: the processor's tables, caches and FP registers, rcoe/. */
#include "whole_system.h"

#include <stdlib.h>
#include <string.h>

#include <arch/mmu.h>
#include <arch/trap.h>
#include <rcoe/rcoe.h>

char arch_idle[4];
word_t whole_loaded_asid;
paddr_t whole_loaded_root;
jmp_buf whole_panic;
word_t whole_panic_detail;

_Noreturn void panic(enum panic_code code, word_t detail)
{
    whole_panic_detail = detail;
    longjmp(whole_panic, (int)code);
}

void arch_fpu_prepare(struct tcb *next)
{
    state.fpu_owner = next->status != THREAD_IDLE ? next : state.fpu_owner;
}
void arch_fpu_release(struct tcb *tcb, bool save)
{
    (void)save;
    state.fpu_owner = state.fpu_owner == tcb ? NULL : state.fpu_owner;
}

void mmu_load(paddr_t root, word_t asid)
{
    whole_loaded_root = root;
    whole_loaded_asid = asid;
}
paddr_t mmu_loaded_root(word_t *asid)
{
    *asid = whole_loaded_asid;
    return whole_loaded_root;
}
paddr_t mmu_no_user_root(void)
{
    return 0x1000;
}
void mmu_publish(void) {}
void mmu_flush_page(word_t asid, vaddr_t vaddr)
{
    (void)asid;
    (void)vaddr;
}
void mmu_flush_asid(word_t asid)
{
    (void)asid;
}
bool mmu_is_ram(paddr_t start, word_t size)
{
    (void)start;
    (void)size;
    return false;
}

void cache_clean(const void *start, word_t size)
{
    (void)start;
    (void)size;
}
void cache_invalidate(const void *start, word_t size)
{
    cache_clean(start, size);
}
void cache_clean_invalidate(const void *start, word_t size)
{
    cache_clean(start, size);
}
void cache_clean_for_instructions(const void *start, word_t size)
{
    cache_clean(start, size);
}
void cache_invalidate_instructions(void) {}
void mmu_flush_all(void) {}
void memzero(void *destination, size_t size)
{
    memset(destination, 0, size);
}

ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;
void rcoe_putc(char c)
{
    (void)c;
}
void rcoe_irq(uint32_t irq, uint32_t operation)
{
    (void)irq;
    (void)operation;
}
void rcoe_smc(uint64_t args[8])
{
    (void)args;
}
