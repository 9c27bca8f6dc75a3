/* SPDX-License-Identifier: BSD-2-Clause */
/* The scenarios: who does what in which loop of loops.S. */
#include "kernelbench.h"

#define LOW 100u
#define HIGH 150u
#define FOR_EVER (~0ul)
#define RTC 0x9010000u
#define RTC_IRQ 34u
#define RTC_MASK 4 /* word of the interrupt mask register */

#define LOOP(name) extern void loop_##name(void)
LOOP(poll);
LOOP(counter);
LOOP(null_cap);
LOOP(yield);
LOOP(signal_waiter);
LOOP(waiter);
LOOP(signal);
LOOP(signal_wait);
LOOP(copy_delete);
LOOP(retype_delete);
LOOP(retype_delete_used);
LOOP(unmap_map);
LOOP(call);
LOOP(reply);
LOOP(call_4);
LOOP(reply_4);
LOOP(call_active);
LOOP(reply_active);
LOOP(call_fp);
LOOP(reply_fp);
LOOP(fault);
LOOP(fault_fp);
LOOP(fault_handler);
LOOP(fault_handler_fp);
LOOP(irq);

static seL4_CPtr done, quiet;
static seL4_Word labels;

static struct step step(seL4_Syscall_ID number, seL4_CPtr cap)
{
    return (struct step){ .x0 = cap, .x7 = (seL4_Word)(seL4_Int64)number };
}

/* A call of a kernel object; what does not fit in registers is in the thread's IPC buffer. */
static struct step invocation(seL4_CPtr cap, seL4_Word label, seL4_Word caps, seL4_Word length,
                              const seL4_Word mr[4])
{
    struct step s = step(seL4_SysCall, cap);

    s.info = seL4_MessageInfo_new(label, 0, caps, length).words[0];
    for (int i = 0; i < 4; i++)
        s.mr[i] = mr[i];
    return s;
}

static struct loop loop_of(const struct step *first, const struct step *second)
{
    return (struct loop){ .first = first,
                          .second = second,
                          .repetitions = REPETITIONS,
                          .done = done,
                          .quiet = quiet,
                          .labels = &labels };
}

/* Waits for the end of the thread that signals `done`; its answers must have had `label`. */
static void finish(const struct thread *t, seL4_Word label, const char *what)
{
    (void)seL4_Wait(done, NULL);
    must(labels == label ? seL4_NoError : seL4_InvalidArgument, what);
    thread_stop(t);
}

static void run(void (*entry)(void), const struct step *first, const struct step *second,
                seL4_Word label, const char *what)
{
    struct loop loop = loop_of(first, second);
    struct thread t = thread_new(entry, &loop, (struct thread_options){ .priority = LOW });

    finish(&t, label, what);
}

void run_single_threads(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct step signal = step(seL4_SysSend, notification);
    struct step poll = step(seL4_SysNBWait, notification);
    struct step wait = step(seL4_SysWait, notification);
    struct step null_cap = step(seL4_SysCall, slot_new());
    struct step yield = step(seL4_SysYield, 0);

    done = object_new(seL4_NotificationObject, 0);
    quiet = object_new(seL4_NotificationObject, 0);
    run(loop_poll, &poll, NULL, 0, "poll");
    run(loop_counter, NULL, NULL, 0, "counter");
    run(loop_signal, &signal, &poll, 0, "signal");
    run(loop_signal_wait, &signal, &wait, 0, "signal and wait");
    run(loop_null_cap, &null_cap, NULL, seL4_InvalidCapability, "null capability");
    run(loop_yield, &yield, NULL, 0, "yield");
}

struct service {
    void (*client)(void);
    void (*server)(void);
    seL4_Word words;
    bool passive, fp;
    const char *name;
};

static const struct service services[] = {
    { loop_call, loop_reply, 0, true, false, "call" },
    { loop_call_4, loop_reply_4, 4, true, false, "call with four words" },
    { loop_call_active, loop_reply_active, 0, false, false, "call of an active server" },
    { loop_call_fp, loop_reply_fp, 0, true, true, "call with FP registers" },
};

/* Starts a server and returns when it waits at the endpoint. */
static struct thread serve(void (*entry)(void), const struct loop *loop, bool passive, bool fp)
{
    struct thread t =
        thread_new(entry, loop, (struct thread_options){ .priority = HIGH, .fp = fp });

    (void)seL4_Wait(done, NULL);
    if (passive)
        must(seL4_SchedContext_Unbind(t.sched_context), "make passive");
    return t;
}

static void run_service(const struct service *s)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    struct step receive = step(seL4_SysNBSendRecv, endpoint);
    struct step answer = step(seL4_SysReplyRecv, endpoint);
    struct step call = step(seL4_SysCall, endpoint);
    struct loop client = loop_of(&call, NULL), server = loop_of(&receive, &answer);
    struct thread server_thread, client_thread;

    receive.x6 = answer.x6 = object_new(seL4_ReplyObject, 0);
    answer.info = call.info = seL4_MessageInfo_new(0, 0, 0, s->words).words[0];
    server.repetitions = FOR_EVER;
    server_thread = serve(s->server, &server, s->passive, s->fp);
    client_thread =
        thread_new(s->client, &client, (struct thread_options){ .priority = LOW, .fp = s->fp });
    finish(&client_thread, 0, s->name);
    thread_stop(&server_thread);
}

void run_servers(void)
{
    for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        run_service(&services[i]);
}

/* A load from an address that is not mapped; the handler's answer repeats it. */
static void run_fault(void (*faulter)(void), void (*handler)(void), bool fp)
{
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    struct step receive = step(seL4_SysNBSendRecv, endpoint);
    struct step answer = step(seL4_SysReplyRecv, endpoint);
    struct loop faults = loop_of(NULL, NULL), handles = loop_of(&receive, &answer);
    struct thread handler_thread, fault_thread;

    receive.x6 = answer.x6 = object_new(seL4_ReplyObject, 0);
    faults.address = address_new();
    handler_thread = serve(handler, &handles, true, fp);
    fault_thread = thread_new(
        faulter, &faults,
        (struct thread_options){ .priority = LOW, .fp = fp, .fault_endpoint = endpoint });
    finish(&handler_thread, 0, "fault");
    thread_stop(&fault_thread);
}

static void run_signal_to_waiter(void)
{
    seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct step signal = step(seL4_SysSend, notification);
    struct step wait = step(seL4_SysWait, notification);
    struct loop waits = loop_of(&wait, NULL), signals = loop_of(&signal, NULL);
    struct thread waiter, signaller;

    waits.repetitions = FOR_EVER;
    waiter = thread_new(loop_waiter, &waits, (struct thread_options){ .priority = HIGH });
    signaller =
        thread_new(loop_signal_waiter, &signals, (struct thread_options){ .priority = LOW });
    finish(&signaller, 0, "signal to a waiter");
    thread_stop(&waiter);
}

static void run_irq(void)
{
    seL4_CPtr handler = slot_new(), notification = object_new(seL4_NotificationObject, 0);
    struct step wait = step(seL4_SysWait, notification);
    struct step acknowledge = invocation(handler, IRQAckIRQ, 0, 0, (seL4_Word[4]){ 0 });
    struct loop loop = loop_of(&wait, NULL);
    volatile seL4_Uint32 *rtc = page_new(device_new(RTC));
    struct thread t;

    rtc[RTC_MASK] = 1;
    loop.last = &acknowledge;
    loop.address = (seL4_Word)rtc;
    loop.repetitions = IRQ_REPETITIONS;
    must(seL4_IRQControl_Get(seL4_CapIRQControl, RTC_IRQ, ROOT, handler, DEPTH), "get interrupt");
    must(seL4_IRQHandler_SetNotification(handler, notification), "set notification");
    t = thread_new(loop_irq, &loop, (struct thread_options){ .priority = LOW });
    finish(&t, 0, "interrupt");
}

void run_wakeups(void)
{
    run_signal_to_waiter();
    run_fault(loop_fault, loop_fault_handler, false);
    run_fault(loop_fault_fp, loop_fault_handler_fp, true);
    run_irq();
}

/* Two invocations in turn; extra capability and message registers 4 and 5 of the first. */
static void run_pair(void (*entry)(void), struct step first, struct step second, seL4_CPtr cap,
                     const seL4_Word mr4[2], const char *what)
{
    struct loop loop = loop_of(&first, &second);
    struct thread t =
        thread_new(entry, &loop, (struct thread_options){ .priority = LOW, .suspended = true });

    t.buffer->caps_or_badges[0] = cap;
    t.buffer->msg[4] = mr4[0];
    t.buffer->msg[5] = mr4[1];
    thread_resume(&t);
    finish(&t, 0, what);
}

static void run_retype(void (*entry)(void), seL4_CPtr untyped, const char *what)
{
    seL4_CPtr slot = slot_new();

    run_pair(entry, invocation(untyped, UntypedRetype, 1, 6, (seL4_Word[4]){ seL4_EndpointObject }),
             invocation(ROOT, CNodeDelete, 0, 2, (seL4_Word[4]){ slot, DEPTH }), ROOT,
             (seL4_Word[2]){ slot, 1 }, what);
}

void run_objects(void)
{
    seL4_CPtr from = object_new(seL4_EndpointObject, 0), slot = slot_new();
    seL4_CPtr empty = object_new(seL4_UntypedObject, 12);
    seL4_CPtr used = object_new(seL4_UntypedObject, 12);
    seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
    seL4_Word address = (seL4_Word)page_new(frame);

    run_pair(loop_copy_delete,
             invocation(ROOT, CNodeCopy, 1, 5, (seL4_Word[4]){ slot, DEPTH, from, DEPTH }),
             invocation(ROOT, CNodeDelete, 0, 2, (seL4_Word[4]){ slot, DEPTH }), ROOT,
             (seL4_Word[2]){ seL4_AllRights.words[0], 0 }, "copy and delete");
    run_retype(loop_retype_delete, empty, "retype and delete");
    /* With another child alive no Retype starts the memory anew. */
    must(seL4_Untyped_Retype(used, seL4_EndpointObject, 0, ROOT, 0, 0, slot, 1), "retype");
    run_retype(loop_retype_delete_used, used, "retype and delete, memory in use");
    run_pair(loop_unmap_map, invocation(frame, ARMPageUnmap, 0, 0, (seL4_Word[4]){ 0 }),
             invocation(frame, ARMPageMap, 1, 3,
                        (seL4_Word[4]){ address, seL4_ReadWrite.words[0],
                                        seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever }),
             seL4_CapInitThreadVSpace, (seL4_Word[2]){ 0 }, "unmap and map");
}
