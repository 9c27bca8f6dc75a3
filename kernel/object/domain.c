/* SPDX-License-Identifier: BSD-2-Clause */
/* The Domain capability (abi 3.8). Work is in sched/domain.c. */
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/sched.h>

#define DURATION_MAX MASK(56)

static enum exception decode_set(struct invocation *inv)
{
    /* Check: may refuse, writes nothing. */
    if (inv->length == 0) {
        return error_truncated();
    }
    if (invocation_mr(inv, 0) >= DOMAINS) {
        return error_argument(0);
    }
    if (inv->extras == 0) {
        return error_truncated();
    }
    if (cap_type(inv->extra[0]->cap) != CAP_THREAD) {
        return error_argument(1);
    }

    /* Commit: writes, cannot refuse. */
    domain_set(cap_object(inv->extra[0]->cap), invocation_mr(inv, 0));
    return EXCEPTION_NONE;
}

static enum exception decode_configure(struct invocation *inv)
{
    word_t index = invocation_mr(inv, 0);
    word_t domain = invocation_mr(inv, 1);
    word_t duration = invocation_mr(inv, 2);

    /* Check: may refuse, writes nothing. */
    if (inv->length < 3) {
        return error_truncated();
    }
    if (index >= DOMAIN_SCHEDULES - 1) {
        return error_range(0, DOMAIN_SCHEDULES - 2);
    }
    if (domain >= DOMAINS) {
        return error_range(0, DOMAINS - 1);
    }
    if (duration > DURATION_MAX) {
        return error_argument(2);
    }
    if (duration == 0 && domain != 0) {
        return error_argument(1);
    }
    if (duration == 0 && index == state.domain_start) {
        return error_argument(2);
    }

    /* Commit: writes, cannot refuse. */
    state.domain_schedule[index] = (struct domain_entry){ domain, duration };
    rcoe_changed(&state.domain_schedule[index], sizeof(state.domain_schedule[index]));
    return EXCEPTION_NONE;
}

static enum exception decode_set_start(struct invocation *inv)
{
    word_t index = invocation_mr(inv, 0);

    /* Check: may refuse, writes nothing. */
    if (inv->length < 1) {
        return error_truncated();
    }
    if (index >= DOMAIN_SCHEDULES) {
        return error_range(0, DOMAIN_SCHEDULES - 1);
    }
    if (state.domain_schedule[index].duration == 0) {
        return error_argument(0);
    }

    /* Commit: writes, cannot refuse. */
    domain_restart(index);
    return EXCEPTION_NONE;
}

enum exception decode_domain(struct invocation *inv)
{
    switch (inv->label) {
    case LABEL_DOMAIN_SET:
        return decode_set(inv);
    case LABEL_DOMAIN_SCHEDULE_CONFIGURE:
        return decode_configure(inv);
    case LABEL_DOMAIN_SCHEDULE_SET_START:
        return decode_set_start(inv);
    default:
        return error_illegal();
    }
}
