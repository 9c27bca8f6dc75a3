/* SPDX-License-Identifier: BSD-2-Clause */
/* Time that travels along a chain of calls, and what cuts the chain (abi sections 3.6, 7.4). */
#include "puppet.h"

#define CHAIN 5u /* servers behind one another */

/* Receives without time of its own; its next steps are added by the caller. */
static struct puppet *passive_server(seL4_Word priority, seL4_CPtr at, seL4_CPtr with)
{
    struct puppet *p = puppet_new(priority);

    then(p, seL4_SysRecv, at, 0, with);
    puppet_make_passive(p);
    return p;
}

/* The chain: client -> server[0] -> server[1] ... The last one waits for `stop`. */
static struct puppet *server[CHAIN], *client;
static seL4_CPtr place[CHAIN], replies[CHAIN], stop;

static void make_chain(void)
{
    for (unsigned i = 0; i < CHAIN; i++) {
        place[i] = endpoint_new();
        replies[i] = reply_new();
    }
    stop = notification_new();
    for (unsigned i = 0; i < CHAIN; i++) {
        server[i] = passive_server(20 + i % 2 * 10, place[i], replies[i]);
        if (i + 1 < CHAIN)
            then(server[i], seL4_SysCall, place[i + 1], INFO(i, 0, 1), 0);
        else
            then(server[i], seL4_SysWait, stop, 0, 0);
        then(server[i], seL4_SysReplyRecv, place[i], INFO(0x10 + i, 0, 0), replies[i]);
    }
    client = puppet_new(15);
    then(client, seL4_SysCall, place[0], INFO(1, 0, 2), 0);
    puppet_play(client);
    settle();
}

static void case_chain(void)
{
    make_chain();
    CHECK(holds(server[CHAIN - 1], client->sched_context));
    CHECK_EQUAL(client->done, 0);
    for (unsigned i = 0; i < CHAIN; i++)
        CHECK_EQUAL(server[i]->done, 1);
    signal_to(stop);
    settle();
    CHECK_EQUAL(client->done, 1);
    CHECK_EQUAL(client->step[0].r.info, INFO(0x10, 0, 0));
    for (unsigned i = 0; i < CHAIN; i++)
        CHECK_EQUAL(server[i]->done, 2);
    CHECK(holds(client, client->sched_context));
}

/* The newest reply object goes: the time returns to its caller, who stays stopped. */
static void case_head_deleted(void)
{
    make_chain();
    CHECK_OK(cap_delete(replies[CHAIN - 1]));
    CHECK(holds(server[CHAIN - 2], client->sched_context));
    settle();
    CHECK_EQUAL(server[CHAIN - 2]->done, 1);
    CHECK_EQUAL(client->done, 0);
    /* The rest of the chain holds. */
    answer(replies[CHAIN - 2], 0, 0);
    CHECK_EQUAL(server[CHAIN - 3]->done, 3 - 1);
    CHECK_EQUAL(client->done, 1);
    CHECK(holds(client, client->sched_context));
}

/* One in the middle goes: time returns only as far as there. */
static void case_middle_deleted(void)
{
    seL4_CPtr sc;

    make_chain();
    sc = client->sched_context;
    CHECK_OK(cap_delete(replies[2]));
    CHECK(holds(server[CHAIN - 1], sc));
    signal_to(stop);
    settle();
    CHECK_EQUAL(server[3]->done, 2);
    CHECK_EQUAL(server[2]->done, 2); /* answered, and its own answer reached nobody */
    CHECK_EQUAL(server[1]->done, 1);
    CHECK_EQUAL(client->done, 0);
    CHECK(holds(server[2], sc));
    CHECK(!puppet_parked(server[1]));
}

/* A caller in the middle stops: it cannot be answered, the time stays where it is. */
static void case_middle_suspended(void)
{
    make_chain();
    CHECK_OK(seL4_TCB_Suspend(server[2]->tcb));
    CHECK(holds(server[CHAIN - 1], client->sched_context));
    signal_to(stop);
    settle();
    CHECK_EQUAL(server[3]->done, 2);
    CHECK_EQUAL(server[2]->done, 1);
    CHECK(holds(server[3], client->sched_context));
}

/* The last server goes with the time in it; the answer to its caller returns it. */
static void case_last_deleted(void)
{
    make_chain();
    CHECK_OK(cap_delete(server[CHAIN - 1]->tcb));
    server[CHAIN - 1]->tcb = object_new(seL4_TCBObject, 0);
    CHECK(holds(NULL, client->sched_context));
    answer(replies[CHAIN - 1], 0, 0);
    CHECK_EQUAL(server[CHAIN - 2]->done, 2);
    CHECK_EQUAL(client->done, 1);
}

static const struct api_case cases[] = {
    { "there and back", case_chain },
    { "the newest reply object is deleted", case_head_deleted },
    { "one in the middle is deleted", case_middle_deleted },
    { "a caller in the middle is suspended", case_middle_suspended },
    { "the last server is deleted", case_last_deleted },
};
const struct api_group call_chain_group = { "call chain", cases, API_COUNT(cases),
                                            puppets_prepare };

static void prepare_detour(void)
{
    puppets_prepare();
    detour = true;
}
const struct api_group call_chain_detour_group = { "call chain by detour", cases, API_COUNT(cases),
                                                   prepare_detour };
