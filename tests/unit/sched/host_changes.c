/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_changes.h"

#include <string.h>

#include <kernel/changed.h>

#define RANGES 8192u

static struct range {
    const char *first;
    size_t bytes;
} ranges[RANGES];
static unsigned count;
static bool in_entry; /* tests also call single functions of the kernel */

void rcoe_changed(const void *first, size_t bytes)
{
    assert_true(((uintptr_t)first & 7u) == 0 && bytes % 8 == 0 && bytes > 0);
    if (in_entry) {
        assert_true(count < RANGES);
        ranges[count++] = (struct range){ first, bytes };
    }
}

void rcoe_changes_fold(const void *next)
{
    (void)next;
}

void rcoe_point(enum rcoe_point point, uint64_t progress)
{
    (void)point;
    (void)progress;
}

/* Vote level page counts the threads that stand where they were interrupted. */
static int interrupted;

void rcoe_pages_interrupted(void)
{
    interrupted++;
}

void rcoe_pages_abandoned(bool ended)
{
    interrupted -= ended ? 1 : 0;
}

void rcoe_pages_exit(uint64_t now, bool resumes)
{
    (void)now;
    interrupted -= resumes ? 1 : 0;
}

void rcoe_pages_give(uint64_t first, uint64_t bytes)
{
    (void)first;
    (void)bytes;
}

void rcoe_pages_take(uint64_t first, uint64_t bytes)
{
    (void)first;
    (void)bytes;
}

static int count_interrupted(void)
{
    int found = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        found += thread[i] != state.current && (thread[i]->context.spsr & FRAME_INTERRUPTED) != 0;
    }
    return found;
}

void host_changes_begin(void)
{
    interrupted = count_interrupted();
    count = 0;
    in_entry = true;
}

bool host_changes_named(const void *word)
{
    for (unsigned i = 0; i < count; i++) {
        if ((const char *)word >= ranges[i].first &&
            (const char *)word < ranges[i].first + ranges[i].bytes) {
            return true;
        }
    }
    return false;
}

/*
 * Left out on purpose: what debug builds have in a thread, and what may differ between healthy
 * replicas in one that an input interrupted.
 */
static void revert_threads(struct host_image *after, const struct host_image *before)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *tcb = thread[i];
        const char *debug = (const char *)tcb + offsetof(struct tcb, debug);

        host_image_revert(after, before, debug, sizeof(*tcb) - offsetof(struct tcb, debug));
        if ((tcb->context.spsr & FRAME_INTERRUPTED) != 0) {
            host_image_revert(after, before, &tcb->context, sizeof(tcb->context));
            host_image_revert(after, before, &tcb->fault_pc, sizeof(tcb->fault_pc));
            host_image_revert(after, before, &tcb->fpu, sizeof(tcb->fpu));
        }
    }
    after->state.debug_threads = before->state.debug_threads;
    after->idle.fault_pc = before->idle.fault_pc; /* nobody reads it */
}

void host_changes_check(const struct host_image *before)
{
    static struct host_image after, was;

    changed_end(state.current);
    in_entry = false;
    assert_int_equal(interrupted, count_interrupted());
    host_image_save(&after);
    was = *before;
    for (unsigned i = 0; i < count; i++) {
        host_image_revert(&after, before, ranges[i].first, ranges[i].bytes);
    }
    /* rcoe_leave() folds the frame that runs next; the rest is no memory of the kernel. */
    host_image_revert(&after, before, &state.current->context, sizeof(state.current->context));
    revert_threads(&after, before);
    memcpy(after.buffer, before->buffer, sizeof(after.buffer));
    memcpy(after.console, before->console, sizeof(after.console));
    after.processor = before->processor;
    if (host_image_compare(&was, &after) != 0) {
        fail_msg("written, but not named: the words above (\"slow\" before, \"hot\" after)");
    }
}
