/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of scheduling contexts (abi 3.5). */
#include <kernel/changed.h>
#include <kernel/invocation.h>
#include <kernel/sched.h>

struct parameters {
    ticks_t budget;
    ticks_t period; /* 0: round robin */
    word_t refills;
    word_t badge;
    word_t flags;
};

/* A larger object holds more, but going through them would be one long step: later ones merge. */
#define REFILLS_MAX UINT64_C(256)

static word_t refill_limit(struct cap cap) /* extra refills that the object holds */
{
    word_t bytes = BIT(cap_field(cap) & MASK(6));

    return (bytes - sizeof(struct sched_context)) / sizeof(struct refill) - REFILLS_MIN;
}

static void configure(struct sched_context *sc, const struct parameters *parameters)
{
    struct tcb *tcb = sc->tcb;
    bool in_use = sc->refill_max > 0 && tcb != NULL && tcb_is_runnable(tcb);

    sc->badge = parameters->badge;
    sc->flags = (uint16_t)(parameters->flags & SCHED_CONTEXT_SPORADIC);
    changed_context(sc);
    if (tcb != NULL) {
        sched_forget(tcb);
        if (state.current_sc == sc) {
            sched_commit_time(); /* the caller's entry check left it enough */
        }
    }
    if (in_use) {
        refill_update(sc, parameters->refills, parameters->budget, parameters->period, state.now);
    } else {
        refill_new(sc, parameters->refills, parameters->budget, parameters->period, state.now);
    }
    if (tcb == NULL) {
        return;
    }
    if (tcb == state.current) {
        sched_context_resume(sc);
        sched_reschedule();
    } else {
        sched_wake(tcb);
    }
}

enum exception decode_sched_control(struct invocation *inv)
{
    word_t budget = invocation_mr(inv, 0);
    word_t period = invocation_mr(inv, 1);
    word_t extra = invocation_mr(inv, 2);
    struct parameters parameters;
    struct cap cap;

    /* Check: may refuse, writes nothing. */
    if (inv->label != LABEL_SCHED_CONTROL_CONFIGURE_FLAGS) {
        return error_illegal();
    }
    if (inv->extras == 0 || inv->length < 5) {
        return error_truncated();
    }
    if (budget > MAX_BUDGET_US || period > MAX_BUDGET_US || budget < MIN_BUDGET_US ||
        period < MIN_BUDGET_US) {
        return error_range(MIN_BUDGET_US, MAX_BUDGET_US);
    }
    if (budget > period) {
        return error_range(MIN_BUDGET_US, period);
    }
    cap = inv->extra[0]->cap;
    if (cap_type(cap) != CAP_SCHED_CONTEXT) {
        return error_capability(1);
    }
    if (extra > refill_limit(cap)) {
        return error_range(0, refill_limit(cap));
    }

    /* Commit: writes, cannot refuse. */
    extra = extra < REFILLS_MAX - REFILLS_MIN ? extra : REFILLS_MAX - REFILLS_MIN;
    parameters = (struct parameters){
        .budget = us_to_ticks(budget),
        .period = budget == period ? 0 : us_to_ticks(period),
        .refills = budget == period ? REFILLS_MIN : REFILLS_MIN + extra,
        .badge = invocation_mr(inv, 3),
        .flags = invocation_mr(inv, 4),
    };
    configure(cap_object(cap), &parameters);
    return EXCEPTION_NONE;
}
