/* SPDX-License-Identifier: BSD-2-Clause */
/* One replica: what rcoe/single/include/rcoe/variant.h does not do inline. */
#include <rcoe/trap.h>
#include <shim/shim.h>

/* The image was packed for more replicas than its kernel was built for; detail: replicas. */
#define RCOE_PANIC_CONFIG 0x2003

struct rcoe_single rcoe_single;

void rcoe_init(uintptr_t board)
{
    const struct board_control *control =
        (const struct board_control *)(board + (BOARD_CONTROL_IPA - BOARD_IPA));

    if (control->magic != BOARD_MAGIC || control->version != BOARD_VERSION ||
        control->replicas != 1) {
        shim_panic(RCOE_PANIC_CONFIG, control->replicas);
    }
    rcoe_single.own = (struct ballot *)(board + arch_own_ballot());
    rcoe_single.event = &rcoe_single.own->event;
    rcoe_single.log = (const struct board_log *)(board + (BOARD_LOG_IPA - BOARD_IPA));
    rcoe_single.slot = (const struct board_slot *)(board + (BOARD_SLOT_IPA(0) - BOARD_IPA));
    rcoe_single.deadline = ~UINT64_C(0);
    atomic_store_explicit(&rcoe_single.own->deadline, rcoe_single.deadline, memory_order_relaxed);
    atomic_store_explicit(&rcoe_single.own->event, 1, memory_order_relaxed); /* boot */
}

void rcoe_single_deadline(bool timer, uint64_t deadline)
{
    rcoe_single.deadline = deadline;
    atomic_store_explicit(&rcoe_single.own->deadline, deadline, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* EL2 reads it at its next tick, or is told now */
    if (timer || deadline < atomic_load_explicit(&rcoe_single.slot->armed, memory_order_relaxed)) {
        shim_timer(deadline);
    }
}

void rcoe_irq(uint32_t irq, uint32_t operation)
{
    shim_irq(irq, operation);
}

void rcoe_putc(char c)
{
    shim_putc(c);
}

void rcoe_smc(uint64_t args[8])
{
    shim_smc(args);
}

_Noreturn void rcoe_panic(uint64_t code, uint64_t detail)
{
    shim_panic(code, detail);
}
