/* SPDX-License-Identifier: BSD-2-Clause */
/* Puppets: see puppet.h. */
#include "puppet.h"

#define STACK_BYTES 4096u
#define BUFFER_BYTES 1024u
#define TIME_SLICE_US 10000000u /* longer than any run: no slice ends by accident */
#define TICKS_PER_US_X2 125u    /* 62.5 MHz */

#define TALLY_MAX 32u
#define SAID_MAX 32u
#define SAY ((seL4_Syscall_ID)0)

static struct puppet puppets[PUPPETS_MAX];
static unsigned char stack[PUPPETS_MAX][STACK_BYTES] __attribute__((aligned(16)));
static unsigned used;
static seL4_Word said[SAID_MAX];
static volatile unsigned said_count;
static seL4_CPtr buffer_frame, parking;
static seL4_CPtr tally, tally_caps;
static seL4_Word tally_bits;
static unsigned tally_next; /* of the puppet that counts */
bool detour;
static unsigned char *buffer_page;

static void must(seL4_Word error, const char *what)
{
    if (error != seL4_NoError)
        give_up(what, error);
}

void puppets_prepare(void)
{
    used = 0;
    detour = false;
    said_count = 0;
    parking = endpoint_new();
}

seL4_CPtr with_rights(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge)
{
    seL4_CPtr slot = slot_new();

    must(seL4_CNode_Mint(ROOT, slot, DEPTH, ROOT, cap, DEPTH, rights, badge), "mint");
    return slot;
}

seL4_CPtr badged(seL4_CPtr cap, seL4_Word badge)
{
    return with_rights(cap, seL4_AllRights, badge);
}

seL4_Error set_time(seL4_CPtr sched_context, seL4_Word budget_us, seL4_Word period_us)
{
    return seL4_SchedControl_Configure(boot->schedcontrol.start, sched_context, budget_us,
                                       period_us, 0, 0);
}

/* Four buffers share a page. */
static void give_buffer(struct puppet *p)
{
    unsigned part = (unsigned)(p - puppets) % (4096u / BUFFER_BYTES);

    if (part == 0)
        buffer_page = page_new(&buffer_frame);
    p->frame = buffer_frame;
    p->buffer = (seL4_IPCBuffer *)(void *)(buffer_page + part * BUFFER_BYTES);
}

struct puppet *puppet_new(seL4_Word priority)
{
    struct puppet *p = &puppets[used];

    if (used == PUPPETS_MAX)
        give_up("too many puppets", seL4_RangeError);
    *p = (struct puppet){ .priority = priority };
    p->stack = (seL4_Word)stack[used++] + STACK_BYTES;
    give_buffer(p);
    p->tcb = object_new(seL4_TCBObject, 0);
    p->sched_context = sched_context_new();
    must(seL4_TCB_Configure(p->tcb, ROOT, 0, VSPACE, 0, (seL4_Word)p->buffer, p->frame),
         "configure puppet");
    must(set_time(p->sched_context, TIME_SLICE_US, TIME_SLICE_US), "configure its time");
    must(seL4_TCB_SetSchedParams(p->tcb, SELF, priority, priority, p->sched_context,
                                 badged(parking, 1u + (unsigned)(p - puppets))),
         "set its scheduling parameters");
    return p;
}

void puppet_handler(struct puppet *p, seL4_CPtr fault_endpoint)
{
    must(seL4_TCB_SetSpace(p->tcb, fault_endpoint, ROOT, 0, VSPACE, 0), "set its fault handler");
}

void puppet_drop_buffer(struct puppet *p)
{
    must(seL4_TCB_SetIPCBuffer(p->tcb, 0, 0), "take its buffer");
}

void puppet_set_time(struct puppet *p, seL4_Word budget_us, seL4_Word period_us)
{
    must(set_time(p->sched_context, budget_us, period_us), "configure its time");
}

/* An empty slot as an extra capability is sent, but never arrives. */
static seL4_Word detoured(seL4_Syscall_ID number, seL4_Word info)
{
    bool sends = number == seL4_SysCall || number == seL4_SysReplyRecv || number == seL4_SysSend;

    return detour && sends && !(info & INFO(0, 3, 0)) ? info | INFO(0, 1, 0) : info;
}

void signal_to(seL4_CPtr notification)
{
    if (detour) {
        seL4_SetCap(0, 0);
        seL4_Send(notification, seL4_MessageInfo_new(0, 0, 1, 0));
    } else {
        seL4_Signal(notification);
    }
}

struct step *then(struct puppet *p, seL4_Syscall_ID number, seL4_CPtr x0, seL4_Word info,
                  seL4_CPtr x6)
{
    struct step *step = &p->step[p->steps++];

    if (p->steps > STEPS_MAX)
        give_up("too many steps", seL4_RangeError);
    *step = (struct step){ .number = number, .x6 = x6 };
    step->r = (struct sel4_syscall_registers){ x0,
                                               detoured(number, info),
                                               { STEP_MR(0), STEP_MR(1), STEP_MR(2), STEP_MR(3) } };
    return step;
}

void then_say(struct puppet *p, seL4_Word word)
{
    (void)then(p, SAY, word, 0, 0);
}

struct step *then_invoke(struct puppet *p, seL4_CPtr cap, seL4_Word label, seL4_CPtr extra,
                         seL4_Word length, seL4_Word mr0)
{
    struct step *step = then(p, seL4_SysCall, cap, INFO(label, extra ? 1 : 0, length), 0);

    if (extra)
        p->buffer->caps_or_badges[0] = extra;
    step->r.mr[0] = mr0;
    return step;
}

void check_said(const seL4_Word *words, unsigned count, int line)
{
    check_equal(said_count, count, __FILE_NAME__, line, "words said");
    for (unsigned i = 0; i < count && i < said_count; i++)
        check_equal(said[i], words[i], __FILE_NAME__, line, "the next word");
    said_count = 0;
}

static void play(seL4_Word argument)
{
    struct puppet *p = (struct puppet *)argument;

    for (; p->done < p->steps; p->done++) {
        struct step *step = &p->step[p->done];

        if (step->number != SAY)
            sel4_trap(step->number, &step->r, step->x6, step->x8);
        else if (said_count < SAID_MAX)
            said[said_count++] = step->r.x0;
    }
}

void puppet_play(struct puppet *p)
{
    puppet_call(p, play, (seL4_Word)p);
}

void puppet_call(struct puppet *p, void (*function)(seL4_Word), seL4_Word argument)
{
    seL4_UserContext registers = { .x0 = argument };

    registers.sp = p->stack;
    registers.x30 = (seL4_Word)puppet_park;
    puppet_run(p, (const void *)function, &registers);
}

void puppet_run(struct puppet *p, const void *code, seL4_UserContext *registers)
{
    p->ended = false;
    registers->pc = (seL4_Word)code;
    must(seL4_TCB_WriteRegisters(p->tcb, seL4_True, 0, seL4_UserContextWords, registers),
         "start a puppet");
}

seL4_UserContext puppet_registers(struct puppet *p)
{
    seL4_UserContext registers = { 0 };

    must(seL4_TCB_ReadRegisters(p->tcb, seL4_False, 0, seL4_UserContextWords, &registers),
         "read a puppet");
    return registers;
}

bool puppet_parked(struct puppet *p)
{
    return puppet_registers(p).pc == (seL4_Word)puppet_park;
}

/* Who has parked is taken from the queue, and stays where it is. */
bool puppet_ended(struct puppet *p)
{
    seL4_Word badge = 0;

    do {
        seL4_MessageInfo_t info = seL4_NBWait(parking, &badge);

        if (badge > 0 && badge <= used &&
            seL4_MessageInfo_get_label(info) == seL4_Fault_UserException)
            puppets[badge - 1].ended = true;
    } while (badge != 0);
    return p->ended;
}

void tally_open(void)
{
    tally = notification_new();
    tally_caps = slots_new(TALLY_MAX);
    tally_bits = tally_next = 0;
    for (unsigned i = 0; i < TALLY_MAX; i++)
        must(cap_mint(tally_caps + i, tally, 1ul << i), "mint");
}

void tally_add(void)
{
    struct sel4_syscall_registers r = { .x0 = tally_caps + tally_next++ % TALLY_MAX };

    sel4_trap(seL4_SysSend, &r, 0, 0);
}

unsigned tally_count(void)
{
    seL4_Word badge = 0;

    (void)seL4_Poll(tally, &badge);
    tally_bits |= badge;
    return (unsigned)__builtin_popcountl(tally_bits);
}

void puppet_make_passive(struct puppet *p)
{
    puppet_play(p);
    settle();
    must(seL4_SchedContext_Unbind(p->sched_context), "take its time");
}

void settle(void)
{
    must(seL4_TCB_SetPriority(SELF, SELF, PRIORITY_SETTLED), "lower the root");
    must(seL4_TCB_SetPriority(SELF, SELF, seL4_MaxPrio), "raise the root");
}

seL4_Word now_us(void)
{
    seL4_Word ticks;

    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks * 2 / TICKS_PER_US_X2;
}

/* With a budget per period, Yield lasts until the next period. */
void rest_us(seL4_Word us)
{
    must(set_time(seL4_CapInitThreadSC, us / 2, us), "take time off");
    seL4_Yield();
    must(set_time(seL4_CapInitThreadSC, 5000, 5000), "come back");
}

struct message take(seL4_CPtr endpoint, seL4_CPtr reply)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_NBRecv(endpoint, &badge, reply);

    return (struct message){ badge, seL4_MessageInfo_get_label(info),
                             seL4_MessageInfo_get_length(info),
                             seL4_MessageInfo_get_extraCaps(info),
                             seL4_MessageInfo_get_capsUnwrapped(info) };
}

void take_fault(seL4_CPtr endpoint, seL4_CPtr reply, seL4_Word label, seL4_Word length)
{
    struct message m;

    settle();
    m = take(endpoint, reply);
    CHECK_EQUAL(m.label, label);
    CHECK_EQUAL(m.length, length);
}

void answer(seL4_CPtr reply, seL4_Word label, seL4_Word length)
{
    seL4_Send(reply, seL4_MessageInfo_new(label, 0, 0, length));
    settle();
}

bool holds(const struct puppet *p, seL4_CPtr sched_context)
{
    bool others = false;

    for (unsigned i = 0; i < used; i++) {
        if (&puppets[i] != p)
            others = others || seL4_SchedContext_UnbindObject(sched_context, puppets[i].tcb) !=
                                   seL4_IllegalOperation;
    }
    if (!p)
        return !others;
    /* It has a thread, and that is none of the others. */
    return !others && seL4_SchedContext_Bind(sched_context, object_new(seL4_TCBObject, 0)) ==
                          seL4_IllegalOperation;
}
