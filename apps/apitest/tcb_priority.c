/* SPDX-License-Identifier: BSD-2-Clause */
/* SetPriority, SetMCPriority, SetSchedParams: who may give what to whom (abi section 3.3). */
#include "apitest.h"

static seL4_CPtr tcb, limited; /* `limited` has the MCP 20 */

static void prepare(void)
{
    tcb = object_new(seL4_TCBObject, 0);
    limited = object_new(seL4_TCBObject, 0);
    CHECK_OK(seL4_TCB_SetMCPriority(limited, SELF, 20));
}

static seL4_CPtr sched_context_new(seL4_Word budget_us, seL4_Word period_us)
{
    seL4_CPtr sc = object_new(seL4_SchedContextObject, 8);

    CHECK_OK(seL4_SchedControl_Configure(boot->schedcontrol.start, sc, budget_us, period_us, 0, 0));
    return sc;
}

static void case_truncated(void)
{
    seL4_SetCap(0, SELF);
    seL4_SetCap(1, 0);
    seL4_SetCap(2, 0);
    for (seL4_Word label = TCBSetPriority; label <= TCBSetMCPriority; label++) {
        CHECK_ERROR(sel4_invoke(tcb, label, 1, 0, 999, 0, 0, 0), seL4_TruncatedMessage);
        CHECK_ERROR(sel4_invoke(tcb, label, 0, 1, 999, 0, 0, 0), seL4_TruncatedMessage);
        CHECK_OK(sel4_invoke(tcb, label, 1, 1, 9, 0, 0, 0));
    }
    for (seL4_Word length = 0; length < 3; length++) {
        for (seL4_Word caps = 0; caps < 4; caps++)
            CHECK_ERROR(sel4_invoke(tcb, TCBSetSchedParams, caps, length, 9, 9, 0, 0),
                        length == 2 && caps == 3 ? seL4_NoError : seL4_TruncatedMessage);
    }
}

/* A cap position with nothing in it is there: no authority is not an authority too few. */
static void case_authority(void)
{
    const seL4_CPtr wrong[] = { 0, slot_new(), ROOT, VSPACE, seL4_CapInitThreadSC };

    for (unsigned i = 0; i < API_COUNT(wrong); i++) {
        CHECK_FAILS(seL4_TCB_SetPriority(tcb, wrong[i], 256), bad_cap(1));
        CHECK_FAILS(seL4_TCB_SetMCPriority(tcb, wrong[i], 256), bad_cap(1));
        CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, wrong[i], 256, 256, ROOT, ROOT), bad_cap(1));
    }
}

static void case_range(void)
{
    static const seL4_Word wrong[] = { 256, 257, 511, 1ul << 32, 1ul << 63, ~0ul };

    for (unsigned i = 0; i < API_COUNT(wrong); i++) {
        CHECK_FAILS(seL4_TCB_SetPriority(tcb, SELF, wrong[i]), range(0, 255));
        CHECK_FAILS(seL4_TCB_SetMCPriority(tcb, SELF, wrong[i]), range(0, 255));
        CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, wrong[i], 0, 0, 0), range(0, 255));
        CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, 0, wrong[i], 0, 0), range(0, 255));
    }
    CHECK_OK(seL4_TCB_SetPriority(tcb, SELF, 255));
    CHECK_OK(seL4_TCB_SetMCPriority(tcb, SELF, 255));
}

/* It is the authority's limit that counts: not the caller's, not the target's. */
static void case_limit_of_authority(void)
{
    CHECK_FAILS(seL4_TCB_SetPriority(tcb, limited, 21), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetMCPriority(tcb, limited, 21), range(0, 20));
    CHECK_OK(seL4_TCB_SetPriority(tcb, limited, 20));
    CHECK_OK(seL4_TCB_SetMCPriority(tcb, limited, 20));
    CHECK_FAILS(seL4_TCB_SetPriority(limited, limited, 21), range(0, 20));
    CHECK_OK(seL4_TCB_SetPriority(limited, SELF, 200));
    CHECK_FAILS(seL4_TCB_SetPriority(tcb, limited, 21), range(0, 20));
}

static void case_fresh_limit(void)
{
    CHECK_FAILS(seL4_TCB_SetPriority(tcb, tcb, 1), range(0, 0));
    CHECK_OK(seL4_TCB_SetPriority(tcb, tcb, 0));
    CHECK_FAILS(seL4_TCB_SetMCPriority(limited, tcb, 1), range(0, 0));
}

/* A limit may be lowered below the priority, by oneself too. */
static void case_limit_below_priority(void)
{
    CHECK_OK(seL4_TCB_SetPriority(limited, SELF, 100));
    CHECK_OK(seL4_TCB_SetMCPriority(limited, limited, 3));
    CHECK_FAILS(seL4_TCB_SetMCPriority(limited, limited, 4), range(0, 3));
    CHECK_FAILS(seL4_TCB_SetPriority(limited, limited, 100), range(0, 3));
}

/* The new limit is looked at before the new priority; both against the same authority. */
static void case_params_range(void)
{
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 21, 21, ROOT, ROOT), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 20, 21, ROOT, ROOT), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 21, 20, ROOT, ROOT), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 20, 20, ROOT, ROOT), bad_cap(2));
}

static void case_params_sched_context(void)
{
    const seL4_CPtr wrong[] = { ROOT, SELF, VSPACE, object_new(seL4_EndpointObject, 0) };
    seL4_CPtr sc = sched_context_new(1000, 1000), other = sched_context_new(1000, 1000);

    for (unsigned i = 0; i < API_COUNT(wrong); i++)
        CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, wrong[i], ROOT), bad_cap(2));
    CHECK_ERROR(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, seL4_CapInitThreadSC, ROOT),
                seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, sc, 0));
    CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, sc, 0)); /* the same again: nothing */
    CHECK_ERROR(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, other, ROOT), seL4_IllegalOperation);
    CHECK_ERROR(seL4_TCB_SetSchedParams(limited, SELF, 1, 1, sc, 0), seL4_IllegalOperation);
}

static void case_params_unbind(void)
{
    seL4_CPtr sc = sched_context_new(1000, 1000);

    CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, sc, 0));
    CHECK_ERROR(seL4_SchedContext_Bind(sc, limited), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, 0, 0));
    CHECK_OK(seL4_SchedContext_Bind(sc, limited));
    CHECK_ERROR(seL4_TCB_SetSchedParams(SELF, SELF, 255, 255, 0, 0), seL4_IllegalOperation);
}

static void blocked_waiter(seL4_Word cap)
{
    struct sel4_syscall_registers r = { .x0 = cap };

    sel4_trap(seL4_SysWait, &r, 0, 0);
    thread_wait_for_ever();
}

/* A blocked thread takes only a scheduling context that could run now. */
static void case_params_blocked(void)
{
    seL4_CPtr unconfigured = object_new(seL4_SchedContextObject, 8);
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct thread t =
        thread_start(blocked_waiter, notification, (struct thread_options){ .priority = 250 });

    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 249)); /* it waits now */
    CHECK_OK(seL4_TCB_SetPriority(SELF, SELF, 255));
    CHECK_OK(seL4_TCB_SetSchedParams(t.tcb, SELF, 1, 1, 0, 0));
    CHECK_ERROR(seL4_TCB_SetSchedParams(t.tcb, SELF, 1, 1, unconfigured, 0), seL4_IllegalOperation);
    CHECK_ERROR(seL4_SchedContext_Bind(unconfigured, t.tcb), seL4_IllegalOperation);
    CHECK_OK(seL4_TCB_SetSchedParams(t.tcb, SELF, 1, 1, sched_context_new(1000, 2000), 0));
    thread_stop(&t);
    CHECK_OK(seL4_TCB_SetSchedParams(t.tcb, SELF, 1, 1, 0, 0));
    CHECK_OK(seL4_TCB_SetSchedParams(t.tcb, SELF, 1, 1, unconfigured, 0)); /* not blocked */
}

static void case_params_fault_endpoint(void)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    for (seL4_Word rights = 0; rights < 16; rights++) {
        seL4_CPtr slot = slot_new();
        bool valid = (rights & 1) != 0 && (rights & 12) != 0;

        CHECK_OK(seL4_CNode_Copy(ROOT, slot, DEPTH, ROOT, endpoint, DEPTH,
                                 (seL4_CapRights_t){ { rights } }));
        if (valid)
            CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, 0, slot));
        else
            CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, 0, slot), bad_cap(3));
    }
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, 1, 1, 0, SELF), bad_cap(3));
}

/* Everything is wrong at once; each step repairs what was complained about. */
static void case_params_precedence(void)
{
    seL4_CPtr used = seL4_CapInitThreadSC;

    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, ROOT, 21, 21, ROOT, ROOT), bad_cap(1));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 21, 22, ROOT, ROOT), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 20, 22, ROOT, ROOT), range(0, 20));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 20, 20, ROOT, ROOT), bad_cap(2));
    CHECK_ERROR(seL4_TCB_SetSchedParams(tcb, limited, 20, 20, used, ROOT), seL4_IllegalOperation);
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, limited, 20, 20, 0, ROOT), bad_cap(3));
    CHECK_OK(seL4_TCB_SetSchedParams(tcb, limited, 20, 20, 0, 0));
}

/* What was refused for its last argument has not changed the first one. */
static void case_params_all_or_nothing(void)
{
    seL4_CPtr sc = sched_context_new(1000, 1000);

    CHECK_OK(seL4_TCB_SetSchedParams(tcb, SELF, 7, 7, 0, 0));
    CHECK_FAILS(seL4_TCB_SetSchedParams(tcb, SELF, 100, 100, sc, ROOT), bad_cap(3));
    CHECK_FAILS(seL4_TCB_SetPriority(tcb, tcb, 8), range(0, 7));
    CHECK_OK(seL4_SchedContext_Bind(sc, limited)); /* it was not bound */
}

static const struct api_case cases[] = {
    { "truncated", case_truncated },
    { "authority", case_authority },
    { "range", case_range },
    { "limit of authority", case_limit_of_authority },
    { "fresh limit", case_fresh_limit },
    { "limit below priority", case_limit_below_priority },
    { "params range", case_params_range },
    { "params sched context", case_params_sched_context },
    { "params unbind", case_params_unbind },
    { "params blocked", case_params_blocked },
    { "params fault endpoint", case_params_fault_endpoint },
    { "params precedence", case_params_precedence },
    { "params all or nothing", case_params_all_or_nothing },
};
const struct api_group tcb_priority_group = {
    .name = "tcb priority",
    .cases = cases,
    .count = API_COUNT(cases),
    .prepare = prepare,
};
