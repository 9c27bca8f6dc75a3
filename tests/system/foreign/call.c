/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls: the number in x7, messages in x0..x5 and in the IPC buffer. */
#include "foreign.h"

__thread char *ipc_buffer;

struct trap {
    word x0, x1, mr[4], reply;
};

static void trap(struct trap *t, long number)
{
    register word x0 __asm__("x0") = t->x0;
    register word x1 __asm__("x1") = t->x1;
    register word x2 __asm__("x2") = t->mr[0];
    register word x3 __asm__("x3") = t->mr[1];
    register word x4 __asm__("x4") = t->mr[2];
    register word x5 __asm__("x5") = t->mr[3];
    register word x6 __asm__("x6") = t->reply;
    register long x7 __asm__("x7") = number;

    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5)
                     : "r"(x6), "r"(x7)
                     : "memory");
    *t = (struct trap){ x0, x1, { x2, x3, x4, x5 }, x6 };
}

word buffer_load(word offset)
{
    return *(word *)(void *)(ipc_buffer + offset);
}

void buffer_store(word offset, word value)
{
    *(word *)(void *)(ipc_buffer + offset) = value;
}

word ipc_word(unsigned index)
{
    return buffer_load(IPC_msg + 8 * (word)index);
}

void ipc_set_word(unsigned index, word value)
{
    buffer_store(IPC_msg + 8 * (word)index, value);
}

static word tag(word label, word caps, word length)
{
    return label << MI_label | caps << MI_extraCaps | length << MI_length;
}

static struct message message_of(const struct trap *t)
{
    struct message m = { t->x1 >> MI_label, t->x1 & 127, t->x0, { 0 } };

    for (unsigned i = 0; i < 4; i++)
        m.mr[i] = t->mr[i];
    return m;
}

word invoke(word object, word label, unsigned caps, const word *cap, unsigned length,
            const word *words, struct message *answer)
{
    struct trap t = { .x0 = object, .x1 = tag(label, caps, length) };
    struct message m;

    for (unsigned i = 0; i < caps; i++)
        buffer_store(IPC_caps_or_badges + 8 * (word)i, cap[i]);
    for (unsigned i = 0; i < length; i++) {
        if (i < 4)
            t.mr[i] = words[i];
        else
            ipc_set_word(i, words[i]);
    }
    trap(&t, SYS_Call);
    m = message_of(&t);
    if (answer != NULL)
        *answer = m;
    return m.label;
}

word call(word endpoint, struct message *message)
{
    struct trap t = { .x0 = endpoint, .x1 = tag(message->label, 0, message->length) };

    for (unsigned i = 0; i < 4; i++)
        t.mr[i] = message->mr[i];
    trap(&t, SYS_Call);
    *message = message_of(&t);
    return message->label;
}

struct message receive(word endpoint, word reply)
{
    struct trap t = { .x0 = endpoint, .reply = reply };

    trap(&t, SYS_Recv);
    return message_of(&t);
}

struct message reply_receive(word endpoint, word reply, struct message answer)
{
    struct trap t = { .x0 = endpoint, .x1 = tag(answer.label, 0, answer.length), .reply = reply };

    for (unsigned i = 0; i < 4; i++)
        t.mr[i] = answer.mr[i];
    trap(&t, SYS_ReplyRecv);
    return message_of(&t);
}

void reply_send(word reply, struct message answer)
{
    struct trap t = { .x0 = reply, .x1 = tag(answer.label, 0, answer.length) };

    for (unsigned i = 0; i < 4; i++)
        t.mr[i] = answer.mr[i];
    trap(&t, SYS_Send);
}

void signal(word notification)
{
    struct trap t = { .x0 = notification };

    trap(&t, SYS_Send);
}

word wait(word notification)
{
    struct trap t = { .x0 = notification };

    trap(&t, SYS_Wait);
    return t.x0;
}

word poll(word notification)
{
    struct trap t = { .x0 = notification };

    trap(&t, SYS_NBWait);
    return t.x0;
}

void put_char(char c)
{
    struct trap t = { .x0 = (unsigned char)c };

    trap(&t, SYS_DebugPutChar);
}

void yield(void)
{
    struct trap t = { 0 };

    trap(&t, SYS_Yield);
}

uint64_t counter_us(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks * 1000 / (TIME_timer_frequency / 1000);
}
