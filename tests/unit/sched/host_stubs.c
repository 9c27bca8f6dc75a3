/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies below and beside the half under test: address spaces, FP registers, rcoe/. */
#include "host_system.h"

#include <string.h>

#include <arch/mmu.h>
#include <arch/trap.h>
#include <rcoe/rcoe.h>

char arch_idle[4];
char host_console[HOST_CONSOLE];
word_t host_firmware_call;

struct host_processor host_processor;

/* As arch/aarch64/fpu.c does it with the registers. */
void arch_fpu_prepare(struct tcb *next)
{
    bool uses = next->status != THREAD_IDLE && (next->flags & TCB_FLAG_FPU_DISABLED) == 0;

    host_processor.fpu_allowed = uses;
    if (uses && state.fpu_owner != next) {
        if (state.fpu_owner != NULL) {
            state.fpu_owner->fpu = host_processor.fpu;
        }
        host_processor.fpu = next->fpu;
        state.fpu_owner = next;
    }
}
void arch_fpu_release(struct tcb *tcb, bool save)
{
    if (state.fpu_owner == tcb) {
        if (save) {
            tcb->fpu = host_processor.fpu;
        }
        state.fpu_owner = NULL;
    }
}

ARCH_REPLICA_STATE uint32_t rcoe_fingerprint;
void rcoe_putc(char c)
{
    size_t length = strlen(host_console);

    if (length + 1 < sizeof(host_console)) {
        host_console[length] = c;
        host_console[length + 1] = '\0';
    }
}
void rcoe_irq(uint32_t irq, uint32_t operation)
{
    (void)irq;
    (void)operation;
}
void rcoe_smc(uint64_t args[8])
{
    host_firmware_call = args[0];
}

_Noreturn void panic(enum panic_code code, word_t detail)
{
    fail_msg("panic %#x, %llu", code, (unsigned long long)detail);
    abort();
}

void memzero(void *destination, size_t size)
{
    memset(destination, 0, size);
}
void cache_clean_invalidate(const void *start, word_t size)
{
    (void)start;
    (void)size;
}

/* vspace/: no invocation here names one of its objects. */

void vspace_switch(struct tcb *tcb)
{
    host_processor.address_space = tcb;
}
bool vspace_is_valid_root(struct cap cap)
{
    return cap_type(cap) == CAP_VSPACE;
}
enum exception frame_check_ipc_buffer(vaddr_t vaddr, struct cap cap)
{
    (void)vaddr;
    return cap_type(cap) == CAP_FRAME ? EXCEPTION_NONE : error_illegal();
}
void frame_finalise(struct cap cap)
{
    (void)cap;
}
void page_table_finalise(struct cap cap)
{
    (void)cap;
}
void vspace_finalise(struct cap cap)
{
    (void)cap;
}
void asid_pool_finalise(struct cap cap)
{
    (void)cap;
}
enum exception decode_frame(struct invocation *inv)
{
    (void)inv;
    return error_illegal();
}
enum exception decode_page_table(struct invocation *inv)
{
    (void)inv;
    return error_illegal();
}
enum exception decode_vspace(struct invocation *inv)
{
    (void)inv;
    return error_illegal();
}
enum exception decode_asid_control(struct invocation *inv)
{
    (void)inv;
    return error_illegal();
}
enum exception decode_asid_pool(struct invocation *inv)
{
    (void)inv;
    return error_illegal();
}
