/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects: answers, and time that is lent for a call (abi sections 3.6, 7.4). */
#include "puppet.h"

static seL4_CPtr endpoint, reply;

static void prepare(void)
{
    puppets_prepare();
    endpoint = endpoint_new();
    reply = reply_new();
}

static struct puppet *client_of(seL4_CPtr cap, seL4_Word priority)
{
    struct puppet *p = puppet_new(priority);

    then(p, seL4_SysCall, cap, INFO(1, 0, 2), 0);
    return p;
}

/* Receives without time of its own, and does nothing until the case says what. */
static struct puppet *passive_server(seL4_Word priority, seL4_CPtr at, seL4_CPtr with)
{
    struct puppet *p = puppet_new(priority);

    then(p, seL4_SysRecv, at, 0, with);
    puppet_make_passive(p);
    return p;
}

static void case_lent_and_returned(void)
{
    struct puppet *server = passive_server(20, endpoint, reply), *client = client_of(endpoint, 10);
    seL4_CPtr sc = client->sched_context;

    then(server, seL4_SysWait, notification_new(), 0, 0); /* stays with the client's time */
    puppet_play(client);
    settle();
    CHECK_EQUAL(server->done, 1);
    CHECK(holds(server, sc));
    answer(reply, 7, 0);
    CHECK_EQUAL(client->done, 1);
    CHECK_EQUAL(client->step[0].r.info, INFO(7, 0, 0));
    CHECK(holds(client, sc));
}

static void case_reply_recv(void)
{
    struct puppet *server = passive_server(20, endpoint, reply), *client = client_of(endpoint, 10);
    struct step *step;

    then(client, seL4_SysCall, badged(endpoint, 4), INFO(2, 0, 1), 0);
    step = then(server, seL4_SysReplyRecv, endpoint, INFO(0x77, 0, 1), reply);
    then(server, seL4_SysReplyRecv, endpoint, INFO(0x78, 0, 1), reply);
    puppet_play(client);
    settle();
    CHECK(client->done == 2 && server->done == 2);
    CHECK_EQUAL(client->step[0].r.info, INFO(0x77, 0, 1));
    CHECK_EQUAL(client->step[1].r.info, INFO(0x78, 0, 1));
    CHECK_EQUAL(step->r.x0, 4);
    CHECK(holds(client, client->sched_context));
}

/* A queued caller lends its time to a server that comes later. */
static void case_queued_caller(void)
{
    struct puppet *client = client_of(endpoint, 10), *server = puppet_new(20);
    seL4_CPtr ready = notification_new();

    puppet_play(client);
    settle();
    then(server, seL4_SysRecv, endpoint, 0, reply);
    then(server, seL4_SysWait, notification_new(), 0, 0);
    CHECK_OK(seL4_SchedContext_Bind(server->sched_context, ready));
    CHECK_OK(seL4_TCB_BindNotification(server->tcb, ready));
    puppet_play(server); /* gives its time to `ready` when it receives */
    settle();
    CHECK_EQUAL(server->done, 1);
    CHECK(holds(server, client->sched_context));
    answer(reply, 1, 0);
    CHECK(client->done == 1 && holds(client, client->sched_context));
}

/* Who has time keeps it, and so does its caller. */
static void case_active_server(void)
{
    struct puppet *server = puppet_new(20), *client = client_of(endpoint, 10);

    then(server, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(server);
    settle();
    puppet_play(client);
    settle();
    CHECK(holds(server, server->sched_context));
    CHECK(holds(client, client->sched_context));
    answer(reply, 0, 0);
    CHECK_EQUAL(client->done, 1);
}

/* Send never lends: the passive receiver has its message and waits for time. */
static void check_send_lends_nothing(seL4_Syscall_ID number)
{
    seL4_CPtr here = endpoint_new();
    struct puppet *server = passive_server(20, here, reply_new()), *client = puppet_new(10);

    then(client, number, badged(here, 3), INFO(1, 0, 2), 0);
    puppet_play(client);
    settle();
    CHECK(client->done == 1 && server->done == 0);
    CHECK(holds(client, client->sched_context));
    CHECK_OK(seL4_SchedContext_Bind(server->sched_context, server->tcb));
    settle();
    CHECK_EQUAL(server->done, 1);
    CHECK_EQUAL(server->step[0].r.x0, 3);
}

static void case_send(void)
{
    check_send_lends_nothing(seL4_SysSend);
    check_send_lends_nothing(seL4_SysNBSend);
}

/* Without an answer to come nothing is lent. */
static void case_no_grant(void)
{
    struct puppet *server = passive_server(20, endpoint, reply);
    struct puppet *client = client_of(with_rights(endpoint, seL4_CanWrite, 0), 10);

    puppet_play(client);
    settle();
    CHECK(client->done == 0 && server->done == 0);
    CHECK(holds(client, client->sched_context));
}

/* Who may not send is refused, although a server waits. */
static void case_no_write(void)
{
    struct puppet *server = passive_server(20, endpoint, reply);
    struct puppet *client = client_of(with_rights(endpoint, seL4_CapRights_new(1, 1, 1, 0), 0), 10);

    puppet_play(client);
    settle();
    CHECK(client->done == 1 && server->done == 0);
    CHECK_EQUAL(client->step[0].r.info, INFO(seL4_InvalidCapability, 0, 1));
    CHECK(holds(client, client->sched_context));
}

/* A server that waits again comes before receivers of lower priority, behind its equals. */
static void check_place(seL4_Word other, bool first)
{
    struct puppet *server = passive_server(20, endpoint, reply), *client = client_of(endpoint, 10);
    struct puppet *receiver = puppet_new(other);
    seL4_CPtr shared = endpoint_new();

    then(server, seL4_SysReplyRecv, shared, INFO(2, 0, 0), reply);
    then(receiver, seL4_SysRecv, shared, 0, reply_new());
    puppet_play(receiver);
    settle();
    puppet_play(client);
    settle();
    CHECK_EQUAL(client->step[0].r.info, INFO(2, 0, 0));
    seL4_NBSend(shared, seL4_MessageInfo_new(0, 0, 0, 0));
    CHECK_OK(seL4_SchedContext_Bind(server->sched_context, server->tcb));
    settle();
    CHECK_EQUAL(server->done, first ? 2 : 1);
    CHECK_EQUAL(receiver->done, first ? 0 : 1);
    CHECK_OK(cap_delete(shared));
    reply = reply_new();
}

static void case_reply_recv_place(void)
{
    check_place(19, true);
    check_place(20, false);
    check_place(21, false);
}

static void case_wait(void)
{
    struct puppet *server = puppet_new(20), *client = client_of(endpoint, 10);

    then(server, seL4_SysWait, endpoint, 0, 0);
    puppet_make_passive(server);
    puppet_play(client);
    settle();
    CHECK(client->done == 0 && server->done == 0);
    CHECK(holds(client, client->sched_context));
}

/* The first phases of NBSendRecv and NBSendWait give time away for good. */
static void check_nbsend(seL4_Syscall_ID number)
{
    seL4_CPtr there = endpoint_new(), back = endpoint_new();
    struct puppet *server = passive_server(20, there, reply_new()), *client = puppet_new(10);
    struct step *step = then(client, number, back, INFO(6, 0, 1), 0);
    seL4_CPtr sc = client->sched_context;

    step->x6 = number == seL4_SysNBSendRecv ? reply_new() : there;
    step->x8 = there;
    then(server, number, there, INFO(8, 0, 1), number == seL4_SysNBSendRecv ? reply_new() : back)
        ->x8 = back;
    puppet_play(client);
    settle();
    CHECK_EQUAL(server->done, 1);
    CHECK_EQUAL(server->step[0].r.info, INFO(6, 0, 1));
    CHECK_EQUAL(client->done, 1); /* the server gave it back in the same way */
    CHECK_EQUAL(step->r.info, INFO(8, 0, 1));
    CHECK(holds(client, sc));
}

static void case_nbsend(void)
{
    check_nbsend(seL4_SysNBSendRecv);
    check_nbsend(seL4_SysNBSendWait);
}

static void case_caller_suspended(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);
    seL4_CPtr stay = notification_new(), sc = c->sched_context;

    then(s, seL4_SysWait, stay, 0, 0);
    then(s, seL4_SysReplyRecv, endpoint, 0, reply);
    puppet_play(c);
    settle();
    CHECK_OK(seL4_TCB_Suspend(c->tcb));
    CHECK(holds(s, sc));
    signal_to(stay);
    settle();
    CHECK_EQUAL(s->done, 2);
    CHECK_EQUAL(c->done, 0);
    CHECK(holds(s, sc));
    /* With other time it calls again. */
    CHECK_OK(seL4_SchedContext_Bind(s->sched_context, c->tcb));
    CHECK_OK(seL4_TCB_Resume(c->tcb));
    settle();
    CHECK_EQUAL(s->done, 3);
}

static void case_caller_deleted(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);
    seL4_CPtr sc = c->sched_context;

    then(s, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(c);
    settle();
    CHECK_OK(cap_delete(c->tcb));
    c->tcb = c->sched_context; /* for holds(): no thread */
    CHECK_ERROR(seL4_SchedContext_UnbindObject(sc, s->tcb), seL4_NoError);
    answer(reply, 0, 0);
}

/* The server goes with the time in it: the context is free, its owner stays blocked. */
static void case_server_deleted(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);

    then(s, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(c);
    settle();
    CHECK_OK(cap_delete(s->tcb));
    settle();
    CHECK_EQUAL(c->done, 0);
    CHECK_ERROR(seL4_SchedContext_UnbindObject(c->sched_context, c->tcb), seL4_IllegalOperation);
    /* The answer can still be given by anybody; the time was the reply's to return. */
    answer(reply, 3, 0);
    CHECK_EQUAL(c->done, 1);
}

static void case_answered_once(void)
{
    struct puppet *c = client_of(endpoint, 10);

    then(c, seL4_SysCall, endpoint, INFO(2, 0, 0), 0);
    puppet_play(c);
    settle();
    (void)take(endpoint, reply);
    answer(reply, 5, 0);
    answer(reply, 6, 0);
    CHECK_EQUAL(c->done, 1);
    CHECK_EQUAL(c->step[0].r.info, INFO(5, 0, 0));
    (void)take(endpoint, reply);
    answer(reply, 7, 0);
    CHECK_EQUAL(c->step[1].r.info, INFO(7, 0, 0));
}

/* Any copy answers; only the last one takes the object with it. */
static void case_copies(void)
{
    struct puppet *c = client_of(endpoint, 10);
    seL4_CPtr copy = slot_new(), none = with_rights(reply, seL4_NoRights, 0);

    CHECK_OK(cap_copy(copy, reply));
    puppet_play(c);
    settle();
    (void)take(endpoint, reply);
    CHECK_OK(cap_delete(reply));
    CHECK_OK(cap_delete(copy));
    answer(none, 5, 0);
    CHECK_EQUAL(c->done, 1);
}

static void case_revoked(void)
{
    struct puppet *c = client_of(endpoint, 10);

    puppet_play(c);
    settle();
    (void)take(endpoint, reply);
    CHECK_OK(cap_delete(reply));
    settle();
    CHECK_EQUAL(c->done, 0);
    CHECK_OK(seL4_TCB_Resume(c->tcb)); /* it was stopped: it calls again */
    settle();
    CHECK_EQUAL(take(endpoint, reply_new()).label, 1);
}

/* Another receive with it takes it away from a caller, who stops. */
static void case_reused(void)
{
    struct puppet *c = client_of(endpoint, 10);

    puppet_play(c);
    settle();
    (void)take(endpoint, reply);
    (void)take(endpoint_new(), reply);
    answer(reply, 5, 0);
    CHECK_EQUAL(c->done, 0);
    CHECK_OK(seL4_TCB_Resume(c->tcb));
    settle();
    CHECK_EQUAL(take(endpoint, reply).label, 1);
}

static void case_receiver_loses_it(void)
{
    struct puppet *r = puppet_new(10);

    then(r, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(r);
    settle();
    (void)take(endpoint_new(), reply);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK_EQUAL(r->done, 0);
    CHECK_OK(seL4_TCB_Resume(r->tcb));
    settle();
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK_EQUAL(r->done, 1);
}

static void case_receiver_reply_deleted(void)
{
    struct puppet *r = puppet_new(10);

    then(r, seL4_SysRecv, endpoint, 0, reply);
    puppet_play(r);
    settle();
    CHECK_OK(cap_delete(reply));
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    settle();
    CHECK_EQUAL(r->done, 0);
}

/* Two calls to a server at once: one reply object each, answered in the other order. */
static void case_two_callers(void)
{
    struct puppet *a = client_of(badged(endpoint, 1), 12), *b = client_of(badged(endpoint, 2), 11);
    seL4_CPtr second = reply_new();

    puppet_play(a);
    puppet_play(b);
    settle();
    CHECK_EQUAL(take(endpoint, reply).badge, 1);
    CHECK_EQUAL(take(endpoint, second).badge, 2);
    answer(second, 0x22, 0);
    CHECK(a->done == 0 && b->done == 1);
    answer(reply, 0x11, 0);
    CHECK_EQUAL(a->step[0].r.info, INFO(0x11, 0, 0));
    CHECK_EQUAL(b->step[0].r.info, INFO(0x22, 0, 0));
}

/* Server and client while its context is taken away: answers come, time does not. */
static void case_context_deleted(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);

    then(s, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(c);
    settle();
    CHECK_OK(cap_delete(c->sched_context));
    answer(reply, 5, 0);
    CHECK_EQUAL(c->done, 0);
    CHECK_OK(seL4_SchedContext_Bind(s->sched_context, c->tcb));
    settle();
    CHECK_EQUAL(c->done, 1);
    CHECK_EQUAL(c->step[0].r.info, INFO(5, 0, 0));
}

static void case_context_unbound(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);
    seL4_CPtr sc = c->sched_context;

    then(s, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(c);
    settle();
    CHECK_OK(seL4_SchedContext_Unbind(sc));
    CHECK(holds(NULL, sc));
    answer(reply, 5, 0);
    CHECK_EQUAL(c->done, 0);
    CHECK(holds(NULL, sc));
    CHECK_OK(seL4_SchedContext_Bind(sc, c->tcb));
    settle();
    CHECK_EQUAL(c->done, 1);
}

/* A caller that got other time meanwhile does not get its first one back. */
static void case_caller_has_other_time(void)
{
    struct puppet *s = passive_server(20, endpoint, reply), *c = client_of(endpoint, 10);
    seL4_CPtr first = c->sched_context;

    then(s, seL4_SysWait, notification_new(), 0, 0);
    puppet_play(c);
    settle();
    CHECK_OK(seL4_SchedContext_Bind(s->sched_context, c->tcb));
    answer(reply, 5, 0);
    CHECK_EQUAL(c->done, 1);
    CHECK(holds(c, s->sched_context));
    CHECK(holds(s, first));
}

static const struct api_case cases[] = {
    { "time is lent, and comes back with the answer", case_lent_and_returned },
    { "ReplyRecv of a passive server", case_reply_recv },
    { "a caller that waits lends its time later", case_queued_caller },
    { "a server with time borrows none", case_active_server },
    { "Send and NBSend lend nothing", case_send },
    { "a Call that cannot be answered lends nothing", case_no_grant },
    { "a Call without the write right", case_no_write },
    { "ReplyRecv among other receivers", case_reply_recv_place },
    { "a Call received by Wait lends nothing", case_wait },
    { "NBSendRecv and NBSendWait give time away", case_nbsend },
    { "the caller is suspended", case_caller_suspended },
    { "the caller is deleted", case_caller_deleted },
    { "the server is deleted", case_server_deleted },
    { "an answer is given once", case_answered_once },
    { "any copy answers, without rights too", case_copies },
    { "deleted: the caller stops", case_revoked },
    { "used again: the caller stops", case_reused },
    { "used by another: the receiver stops", case_receiver_loses_it },
    { "deleted: the receiver stops", case_receiver_reply_deleted },
    { "two callers, answered in the other order", case_two_callers },
    { "the lent context is deleted", case_context_deleted },
    { "the lent context is unbound", case_context_unbound },
    { "the caller has other time", case_caller_has_other_time },
};
const struct api_group reply_group = { "reply", cases, API_COUNT(cases), prepare };

static void prepare_detour(void)
{
    prepare();
    detour = true;
}
const struct api_group reply_detour_group = { "reply by detour", cases, API_COUNT(cases),
                                              prepare_detour };
