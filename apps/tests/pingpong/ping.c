/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls `pong` and rings `bell`, as often as ROUNDS says; each answer must be right. */
#include <microkit.h>

#include <power.h>

#define PONG 1
#define BELL 2
#define ROUNDS 200u

static unsigned calls, rings, wrong;

static void call_pong(seL4_Word value)
{
    microkit_msginfo answer;

    microkit_mr_set(0, value);
    microkit_mr_set(1, ~value);
    answer = microkit_ppcall(PONG, microkit_msginfo_new(7, 2));
    calls++;
    if (microkit_msginfo_get_label(answer) != 8 || microkit_msginfo_get_count(answer) != 5 ||
        microkit_mr_get(0) != value + 1 || microkit_mr_get(4) != (value ^ 0x5555))
        wrong++;
}

static void finish(void)
{
    microkit_dbg_puts("pingpong: ");
    microkit_dbg_put32(calls);
    microkit_dbg_puts(" calls, ");
    microkit_dbg_put32(rings);
    microkit_dbg_puts(" notifications, ");
    microkit_dbg_put32(wrong);
    microkit_dbg_puts(" wrong\n");
    power_off();
}

void init(void)
{
    for (seL4_Word i = 0; i < ROUNDS; i++)
        call_pong(i * 0x100000001);
    microkit_notify(BELL);
}

void notified(microkit_channel ch)
{
    if (ch != BELL)
        wrong++;
    if (++rings == ROUNDS)
        finish();
    call_pong(rings);
    microkit_deferred_notify(BELL);
}
