/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_memory.h"

#include <string.h>

#define SHOWN 20u /* differences that are printed */

struct field {
    const char *name;
    size_t offset, size;
};
#define FIELD(object, member)                                                                      \
    {                                                                                              \
#member, offsetof(struct object, member), sizeof(((struct object *)0)->member)             \
    }

static const struct field state_fields[] = {
    FIELD(kernel_state, current),
    FIELD(kernel_state, current_sc),
    FIELD(kernel_state, idle),
    FIELD(kernel_state, action),
    FIELD(kernel_state, candidate),
    FIELD(kernel_state, now),
    FIELD(kernel_state, consumed),
    FIELD(kernel_state, fpu_owner),
    FIELD(kernel_state, ready),
    FIELD(kernel_state, ready_words),
    FIELD(kernel_state, ready_bits),
    FIELD(kernel_state, release),
    FIELD(kernel_state, domain),
    FIELD(kernel_state, domain_index),
    FIELD(kernel_state, domain_start),
    FIELD(kernel_state, domain_time),
    FIELD(kernel_state, domain_schedule),
    FIELD(kernel_state, work_units),
    FIELD(kernel_state, irq),
};
static const struct field thread_fields[] = {
    FIELD(tcb, context.x),
    FIELD(tcb, context.sp),
    FIELD(tcb, context.pc),
    FIELD(tcb, context.spsr),
    FIELD(tcb, context.tpidr_el0),
    FIELD(tcb, context.tpidrro_el0),
    FIELD(tcb, fpu),
    FIELD(tcb, slot),
    FIELD(tcb, fault_pc),
    FIELD(tcb, status),
    FIELD(tcb, in_ready_queue),
    FIELD(tcb, in_release_queue),
    FIELD(tcb, blocking_is_call),
    FIELD(tcb, blocking_can_grant),
    FIELD(tcb, blocking_can_grant_reply),
    FIELD(tcb, priority),
    FIELD(tcb, mcp),
    FIELD(tcb, domain),
    FIELD(tcb, flags),
    FIELD(tcb, blocking_badge),
    FIELD(tcb, blocking_object),
    FIELD(tcb, reply),
    FIELD(tcb, bound_notification),
    FIELD(tcb, sched_context),
    FIELD(tcb, yield_to),
    FIELD(tcb, buffer_vaddr),
    FIELD(tcb, fault),
    FIELD(tcb, queue_next),
    FIELD(tcb, queue_prev),
    FIELD(tcb, ep_next),
    FIELD(tcb, ep_prev),
    FIELD(tcb, name),
};
static const struct field context_fields[] = {
    FIELD(host_sc, sc.period),       FIELD(host_sc, sc.budget),       FIELD(host_sc, sc.consumed),
    FIELD(host_sc, sc.badge),        FIELD(host_sc, sc.tcb),          FIELD(host_sc, sc.reply),
    FIELD(host_sc, sc.notification), FIELD(host_sc, sc.yield_from),   FIELD(host_sc, sc.refill_max),
    FIELD(host_sc, sc.refill_head),  FIELD(host_sc, sc.refill_count), FIELD(host_sc, sc.flags),
    FIELD(host_sc, refills),
};
static const struct field reply_fields[] = { FIELD(reply, tcb), FIELD(reply, prev),
                                             FIELD(reply, next) };
static const struct field endpoint_fields[] = { FIELD(endpoint, head_kind), FIELD(endpoint, tail) };
static const struct field notification_fields[] = {
    FIELD(notification, state), FIELD(notification, head),      FIELD(notification, tail),
    FIELD(notification, badge), FIELD(notification, bound_tcb), FIELD(notification, sched_context),
};
static const struct field slot_fields[] = { FIELD(cte, cap.w0), FIELD(cte, cap.w1),
                                            FIELD(cte, prev), FIELD(cte, next) };
static const struct field processor_fields[] = {
    FIELD(host_processor, fpu),
    FIELD(host_processor, fpu_allowed),
    FIELD(host_processor, address_space),
};

static const struct region {
    const char *name;
    void *live;
    size_t offset; /* in struct host_image */
    size_t size;   /* of one object */
    unsigned count;
    const struct field *fields;
    unsigned field_count;
} regions[] = {
#define REGION(name, live, member, count, fields)                                                  \
    {                                                                                              \
        name, live, offsetof(struct host_image, member),                                           \
            sizeof(((struct host_image *)0)->member) / (count), count, fields, COUNT(fields)       \
    }
    REGION("state", &state, state, 1, state_fields),
    REGION("thread", host_threads, thread, THREADS, thread_fields),
    REGION("idle thread", &host_idle, idle, 1, thread_fields),
    REGION("scheduling context", host_contexts, context, THREADS, context_fields),
    REGION("reply", reply, reply, THREADS, reply_fields),
    REGION("endpoint", endpoint, endpoint, OBJECTS, endpoint_fields),
    REGION("notification", notification, notification, OBJECTS, notification_fields),
    REGION("slot", slots, slot, HOST_SLOTS, slot_fields),
    REGION("outer slot", host_outer, outer, HOST_OUTER, slot_fields),
    REGION("processor", &host_processor, processor, 1, processor_fields),
    { "buffer", host_buffer, offsetof(struct host_image, buffer), sizeof(host_buffer[0]), THREADS,
      NULL, 0 },
    { "console", host_console, offsetof(struct host_image, console), HOST_CONSOLE, 1, NULL, 0 },
};

void host_image_save(struct host_image *image)
{
    for (unsigned i = 0; i < COUNT(regions); i++) {
        memcpy((char *)image + regions[i].offset, regions[i].live,
               regions[i].size * regions[i].count);
    }
}

void host_image_load(const struct host_image *image)
{
    for (unsigned i = 0; i < COUNT(regions); i++) {
        memcpy(regions[i].live, (const char *)image + regions[i].offset,
               regions[i].size * regions[i].count);
    }
}

static word_t bytes_at(const char *bytes, size_t size)
{
    word_t value = 0;

    memcpy(&value, bytes, size < sizeof(value) ? size : sizeof(value));
    return value;
}

/* Differences of one object; bytes that no field names are shown by their offset. */
static unsigned compare_object(const struct region *region, unsigned number, const char *slow,
                               const char *hot, unsigned found)
{
    size_t at = 0;

    while (at < region->size) {
        struct field field = { "+", 0, region->size };
        size_t step;

        for (unsigned i = 0; i < region->field_count; i++) {
            const struct field *candidate = &region->fields[i];

            if (at >= candidate->offset && at < candidate->offset + candidate->size) {
                field = *candidate;
            }
        }
        step = field.offset + field.size - at < 8 ? field.offset + field.size - at : 8;
        step = field.name[0] == '+' ? 1 : step;
        if (memcmp(slow + at, hot + at, step) != 0 && found++ < SHOWN) {
            print_error("%s %u, %s word %zu: slow %#llx, hot %#llx\n", region->name, number,
                        field.name, (at - field.offset) / 8,
                        (unsigned long long)bytes_at(slow + at, step),
                        (unsigned long long)bytes_at(hot + at, step));
        }
        at += step;
    }
    return found;
}

static void clear_scratch(struct kernel_state *image)
{
    memset(&image->fault, 0, sizeof(image->fault));
    memset(&image->lookup_fault, 0, sizeof(image->lookup_fault));
    memset(&image->error, 0, sizeof(image->error));
}

unsigned host_image_compare(struct host_image *slow, struct host_image *hot)
{
    unsigned found = 0;

    clear_scratch(&slow->state);
    clear_scratch(&hot->state);
    for (unsigned i = 0; i < COUNT(regions); i++) {
        const struct region *region = &regions[i];
        const char *a = (const char *)slow + region->offset;
        const char *b = (const char *)hot + region->offset;

        if (memcmp(a, b, region->size * region->count) == 0) {
            continue;
        }
        for (unsigned n = 0; n < region->count; n++) {
            found = compare_object(region, n, a + n * region->size, b + n * region->size, found);
        }
    }
    return found;
}

void host_image_revert(struct host_image *image, const struct host_image *before, const void *live,
                       size_t bytes)
{
    for (unsigned i = 0; i < COUNT(regions); i++) {
        size_t at = (size_t)((const char *)live - (const char *)regions[i].live);

        if ((const char *)live >= (const char *)regions[i].live &&
            at + bytes <= regions[i].size * regions[i].count) {
            memcpy((char *)image + regions[i].offset + at,
                   (const char *)before + regions[i].offset + at, bytes);
        }
    }
}
