/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A moment in which this kernel's memory is the same in all replicas: no thread that could run was
 * interrupted by an input, which replicas are at different instructions. A thread that cannot run
 * has trapped, or was suspended in the middle: the few words in which such threads differ are found
 * by whoever compares.
 */
#include <arch/trap.h>
#include <kernel/changed.h>
#include <kernel/sched.h>
#include <rcoe/rcoe.h>

#define THREADS_MOST 64u /* looked at; interrupts are off */

static bool interrupted(const struct tcb *tcb)
{
    return (tcb->context.spsr & FRAME_INTERRUPTED) != 0;
}

static bool queue_is_quiet(const struct tcb_queue *queue, uint32_t *threads)
{
    for (const struct tcb *tcb = queue->head; tcb != NULL; tcb = tcb->queue_next) {
        if (interrupted(tcb) || ++*threads > THREADS_MOST) {
            return false;
        }
    }
    return true;
}

static bool domain_is_quiet(word_t domain, uint32_t *threads)
{
    for (word_t word = 0; word < PRIORITIES / WORD_BITS; word++) {
        for (word_t rest = state.ready_bits[domain][word]; rest != 0; rest &= rest - 1) {
            word_t priority = word * WORD_BITS + (word_t)__builtin_ctzll(rest);

            if (!queue_is_quiet(&state.ready[domain][priority], threads)) {
                return false;
            }
        }
    }
    return true;
}

bool kernel_quiet(void)
{
    uint32_t threads = 0;

    if (interrupted(state.current) || !queue_is_quiet(&state.release, &threads)) {
        return false;
    }
    for (word_t domain = 0; domain < DOMAINS; domain++) {
        if (!domain_is_quiet(domain, &threads)) {
            return false;
        }
    }
    arch_fpu_keep();
    return true;
}
