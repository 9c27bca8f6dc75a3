/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puppets: threads that do exactly what a case tells them, and then stand still so that the case
 * can look at them. The root task has the highest priority and waits for nobody: puppets move
 * only in settle() and rest_us(). No case can hang, whatever the kernel does with its puppets.
 */
#pragma once

#include "apitest.h"

#define PUPPETS_MAX 12u
#define STEPS_MAX 8u
#define PRIORITY_SETTLED 1u /* puppets have higher ones */

/* One system call: registers before it, and after it once it is done. Number 0: says x0. */
struct step {
    seL4_Syscall_ID number;
    struct sel4_syscall_registers r;
    seL4_Word x6, x8;
};
struct puppet {
    seL4_CPtr tcb, sched_context;
    seL4_CPtr frame; /* of its IPC buffer */
    seL4_IPCBuffer *buffer;
    seL4_Word priority, stack;
    bool ended; /* puppet_ended() */
    unsigned steps;
    volatile unsigned done; /* steps that have returned */
    struct step step[STEPS_MAX];
};

/* The message registers that steps start with; a call that writes none leaves them. */
#define STEP_MR(i) (0xa0u + (unsigned)(i))

/* The `prepare` of groups with puppets. */
void puppets_prepare(void);

/* Made with a round-robin budget that does not end, and stopped. Its faults are parked. */
struct puppet *puppet_new(seL4_Word priority);
void puppet_handler(struct puppet *p, seL4_CPtr fault_endpoint);
/* Without a buffer of its own it has four message registers. */
void puppet_drop_buffer(struct puppet *p);
void puppet_set_time(struct puppet *p, seL4_Word budget_us, seL4_Word period_us);

/* Adds a system call to its list. */
struct step *then(struct puppet *p, seL4_Syscall_ID number, seL4_CPtr x0, seL4_Word info,
                  seL4_CPtr x6);
#define INFO(label, caps, length) (seL4_MessageInfo_new(label, 0, caps, length).words[0])
/*
 * The other way through the kernel: while this is set, calls, answers and signals name an extra
 * capability that does not exist. They mean the same, but are no cases for short ways (hot paths).
 * puppets_prepare() clears it.
 */
extern bool detour;
/* seL4_Signal(), on a detour if set. */
void signal_to(seL4_CPtr notification);
/* Adds a word to what is said in the case: shows the order in which puppets run. */
void then_say(struct puppet *p, seL4_Word word);
/* Adds an invocation by Call, with an extra capability or 0. */
struct step *then_invoke(struct puppet *p, seL4_CPtr cap, seL4_Word label, seL4_CPtr extra,
                         seL4_Word length, seL4_Word mr0);
/* This has been said since the last check. */
void check_said(const seL4_Word *words, unsigned count, int line);
#define CHECK_SAID(...)                                                                            \
    check_said((const seL4_Word[]){ __VA_ARGS__ },                                                 \
               API_COUNT(((const seL4_Word[]){ __VA_ARGS__ })), __LINE__)
/* Lets it go through its list; `play` means: when the case settles. */
void puppet_play(struct puppet *p);
/* It is to call a function, on its own stack, and then to park. */
void puppet_call(struct puppet *p, void (*function)(seL4_Word), seL4_Word argument);
/* It is to go on at an address, with these registers; parks at puppet_park. */
void puppet_run(struct puppet *p, const void *code, seL4_UserContext *registers);
seL4_UserContext puppet_registers(struct puppet *p);
/* It stands at puppet_park. Not to be asked about one that an interrupt may have stopped. */
bool puppet_parked(struct puppet *p);
/*
 * It has come to its end since it was started; its handler must be the one it was made with. Unlike
 * its memory and registers this may be asked at any time: replicas agree on what the kernel says,
 * not on which instruction an interrupt found.
 */
bool puppet_ended(struct puppet *p);
/* Counts, in the kernel, what a puppet does; up to 32. One puppet at a time, made by the root. */
void tally_open(void);
void tally_add(void);
unsigned tally_count(void);
/* A new puppet that has just begun to wait with these registers, and has no time of its own. */
void puppet_make_passive(struct puppet *p);

/* Everybody else runs until nobody can. */
void settle(void);
/* Everybody else may run for that long, at least. */
void rest_us(seL4_Word us);
seL4_Word now_us(void);

/* Code for puppet_run(): files puppet_code.S. All end at puppet_park. */
extern const char puppet_park[];
extern const char puppet_svc[];          /* one system call */
extern const char puppet_svc_strange[];  /* the same with an immediate of 0x77 */
extern const char puppet_undefined[];    /* an undefined instruction */
extern const char puppet_break[];        /* brk #0x123 */
extern const char puppet_system_write[]; /* msr ttbr0_el1, x0 */
extern const char puppet_load[];         /* x1 = [x0] */
extern const char puppet_store[];        /* [x0] = x1 */
extern const char puppet_exclusive[];    /* x1 = [x0], exclusive */
extern const char puppet_counter[];      /* x9 = CNTVCT_EL0 */
extern const char puppet_cache[];        /* cache maintenance of [x0], x1 = CTR_EL0 */
extern const char puppet_spin[];         /* x0 rounds of nothing */
extern const char puppet_fp_load[];      /* FP registers from struct fp_state at x0 */
extern const char puppet_fp_store[];     /* FP registers to struct fp_state at x0 */
extern const char puppet_fp_touch[];     /* d0 = x0 */

struct fp_state {
    seL4_Word v[64];
    seL4_Word fpcr, fpsr;
};

/* New objects and capabilities. */
static inline seL4_CPtr endpoint_new(void)
{
    return object_new(seL4_EndpointObject, 0);
}
static inline seL4_CPtr notification_new(void)
{
    return object_new(seL4_NotificationObject, 0);
}
static inline seL4_CPtr reply_new(void)
{
    return object_new(seL4_ReplyObject, 0);
}
static inline seL4_CPtr sched_context_new(void)
{
    return object_new(seL4_SchedContextObject, 8);
}
seL4_CPtr badged(seL4_CPtr cap, seL4_Word badge);
/* grantReply, grant, read, write */
seL4_CPtr with_rights(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge);
seL4_Error set_time(seL4_CPtr sched_context, seL4_Word budget_us, seL4_Word period_us);

/* What the root gets from an endpoint without waiting; registers are in its IPC buffer. */
struct message {
    seL4_Word badge, label, length, caps, unwrapped;
};
struct message take(seL4_CPtr endpoint, seL4_CPtr reply);
/* The same as a fault: checks its label and its length. */
void take_fault(seL4_CPtr endpoint, seL4_CPtr reply, seL4_Word label, seL4_Word length);
void answer(seL4_CPtr reply, seL4_Word label, seL4_Word length);
/* Whose the scheduling context is: nobody's if null. Asks without changing anything. */
bool holds(const struct puppet *p, seL4_CPtr sched_context);
