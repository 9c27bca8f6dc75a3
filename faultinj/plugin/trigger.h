/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a fault comes, and what the plugin does by itself: flip bits of a byte of the RAM file, for
 * good or for a time, or hold the vCPU until the gdb stub has stopped the machine.
 */
#pragma once

#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "page.h"

/* Not of the plugin interface, but exported for the emulator's own modules: see hold_vcpu(). */
union work_data {
    void *pointer;
    uint64_t number;
};
extern bool runstate_is_running(void) __attribute__((weak));
extern void *qemu_get_cpu(int number) __attribute__((weak));
extern void async_run_on_cpu(void *cpu, void (*work)(void *cpu, union work_data data),
                             union work_data data) __attribute__((weak));
extern unsigned int g_idle_add_full(int priority, int (*callback)(void *), void *data,
                                    void (*done)(void *)) __attribute__((weak));
extern void qemu_mutex_lock_iothread_impl(const char *file, int line) __attribute__((weak));
extern void qemu_mutex_unlock_iothread(void) __attribute__((weak));

#define HOLD_SECONDS 30
#define PRIORITY_HIGH (-100)

enum action { ACTION_HOLD, ACTION_FLIP };
struct trigger {
    enum action action;
    bool armed;
    uint32_t vcpu;
    uint32_t class; /* CLASS_MARK and more: a mark */
    uint64_t count; /* the block that contains this instruction of the class, from 0 */
    uint64_t after; /* of a mark: so many instructions of the vCPU later */
    uint64_t flip_offset;
    uint64_t flip_mask;
    uint64_t length; /* 0: the flip stays; else instructions of the vCPU that the bits are stuck */
    uint64_t stuck_until;
    uint8_t stuck_value;
};

static struct {
    struct shared_page *page;
    uint8_t *ram;
    size_t ram_size;
    size_t triggers;
    unsigned int armed[VCPUS]; /* triggers of the vCPU that wait */
    unsigned int stuck;        /* triggers whose bits are stuck */
    unsigned int waiting;      /* triggers that wait, of all vCPUs */
    struct trigger trigger[TRIGGERS];
    bool has_events;
    bool has_records;
    uint64_t events[VCPUS];  /* offset of a vCPU's event number */
    uint64_t records[VCPUS]; /* ... of the number of records that it has written */
    uint64_t record_last[VCPUS];
} inject;

static void sleep_us(long us)
{
    struct timespec pause = { .tv_sec = 0, .tv_nsec = us * 1000 };

    nanosleep(&pause, NULL);
}

static uint64_t word_at(uint64_t offset)
{
    uint64_t value;

    memcpy(&value, &inject.ram[offset], sizeof(value));
    return value;
}

/* In the main thread. */
static int main_is_back(void *stopped)
{
    sem_post(stopped);
    return 0; /* not again */
}

/*
 * In this thread, when the last vCPU has been marked as stopped. The main thread waits for that and
 * then ends all turns once more, which may come before or after this thread has gone on to the next
 * vCPU. It shall be before, so that the turns after a stop do not depend on the host.
 */
static void wait_for_main(void *cpu, union work_data data)
{
    sem_t stopped;

    (void)cpu;
    (void)data;
    sem_init(&stopped, 0, 0);
    g_idle_add_full(PRIORITY_HIGH, main_is_back, &stopped, NULL);
    qemu_mutex_unlock_iothread();
    while (sem_wait(&stopped) != 0) {
    }
    qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
    sem_destroy(&stopped);
}

/*
 * Waits until the main thread has stopped the machine. It takes the big lock before it does so, and
 * gives it up only after every vCPU was told to stop: so whoever holds that lock and finds the
 * machine not running knows that this vCPU ends with the present block. No timing is involved.
 */
static void hold_vcpu(uint32_t which)
{
    struct timespec start;
    struct timespec now;

    async_run_on_cpu(qemu_get_cpu((int)inject.page->vcpus - 1), wait_for_main,
                     (union work_data){ .number = 0 });
    inject.page->held = which;
    atomic_store_explicit(&inject.page->state, STATE_HOLDING, memory_order_release);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
        bool running = runstate_is_running();
        qemu_mutex_unlock_iothread();
        if (!running) {
            atomic_store_explicit(&inject.page->state, STATE_RELEASED, memory_order_release);
            return;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec > HOLD_SECONDS) {
            atomic_store_explicit(&inject.page->state, STATE_FAILED, memory_order_release);
            return;
        }
        sleep_us(50);
    }
}

static void flip_ram(struct trigger *trigger, struct fired *fired)
{
    volatile uint8_t *byte = &inject.ram[trigger->flip_offset]; /* shared with the guest */

    fired->flip_before = *byte;
    *byte = (uint8_t)(*byte ^ trigger->flip_mask);
    fired->flip_after = *byte;
    if (trigger->length != 0) {
        trigger->stuck_value = *byte;
        trigger->stuck_until = inject.page->total[trigger->vcpu] + trigger->length;
        inject.stuck++;
    }
    fired->fired = 1;
    atomic_store_explicit(&inject.page->state, STATE_FLIPPED, memory_order_release);
}

static void trigger_fire(uint32_t which, uint64_t address, uint64_t length)
{
    struct trigger *trigger = &inject.trigger[which];
    struct fired *fired = &inject.page->fired[which];

    trigger->armed = false;
    inject.armed[trigger->vcpu]--;
    inject.waiting--;
    fired->address = address;
    fired->length = length;
    memcpy(fired->total, inject.page->total, sizeof(fired->total));
    fired->total[trigger->vcpu] -= length;
    if (inject.has_events) {
        fired->event = word_at(inject.events[trigger->vcpu]);
    }
    for (unsigned int vcpu = 0; inject.has_records && vcpu < VCPUS; vcpu++) {
        inject.record_last[vcpu] = word_at(inject.records[vcpu]);
    }
    if (trigger->action == ACTION_FLIP) {
        flip_ram(trigger, fired);
    } else {
        fired->fired = 1;
        hold_vcpu(which);
    }
}

/* Whether this block of the vCPU is the one that a trigger waits for. */
static bool trigger_reached(struct trigger *trigger, unsigned int vcpu, unsigned int class,
                            uint64_t length)
{
    const struct shared_page *page = inject.page;
    uint64_t count = 0;

    if (!trigger->armed || trigger->vcpu != vcpu) {
        return false;
    }
    if (trigger->class >= CLASS_MARK) {
        if (page->marks[vcpu][trigger->class - CLASS_MARK] <= trigger->count) {
            return false;
        }
        trigger->class = CLASS_ANY; /* it was reached: now by instructions */
        trigger->count = page->total[vcpu] - length + trigger->after;
    }
    if (trigger->class == CLASS_ANY) {
        count = page->total[vcpu];
    } else if (trigger->class == class) {
        count = page->by_class[vcpu][class];
    }
    return count > trigger->count;
}

/* Before a block of a vCPU for which a trigger waits. */
static void triggers_look(unsigned int vcpu, unsigned int class, uint64_t address, uint64_t length)
{
    for (uint32_t i = 0; i < inject.triggers; i++) {
        if (trigger_reached(&inject.trigger[i], vcpu, class, length)) {
            trigger_fire(i, address, length);
        }
    }
}

/* Before each block while bits are stuck, whoever executes it. */
static void triggers_stick(void)
{
    for (size_t i = 0; i < inject.triggers; i++) {
        struct trigger *trigger = &inject.trigger[i];
        uint8_t *byte = &inject.ram[trigger->flip_offset];

        if (trigger->stuck_until == 0) {
            continue;
        }
        if (inject.page->total[trigger->vcpu] > trigger->stuck_until) {
            trigger->stuck_until = 0;
            inject.stuck--;
            continue;
        }
        *byte =
            (uint8_t)((*byte & ~trigger->flip_mask) | (trigger->stuck_value & trigger->flip_mask));
    }
}

/* Before each block of a vCPU, once a fault is in: has it recorded anything since? */
static void records_look(unsigned int vcpu)
{
    if (word_at(inject.records[vcpu]) != inject.record_last[vcpu]) {
        memcpy(inject.page->noticed_total, inject.page->total, sizeof(inject.page->total));
        inject.page->noticed = 1;
    }
}

/* Numbers between colons; false when there are not exactly so many. */
static bool read_numbers(const char *text, uint64_t *number, unsigned int wanted)
{
    for (unsigned int i = 0; i < wanted; i++) {
        char *end;

        number[i] = strtoull(text, &end, 0);
        if (end == text || *end != (i + 1 < wanted ? ':' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

/* "vcpu:class:count:after" and, for a flip, ":offset:mask:length". */
static bool trigger_read(const char *text, enum action action, struct trigger *trigger)
{
    uint64_t number[7] = { 0 };

    if (!read_numbers(text, number, action == ACTION_FLIP ? 7 : 4) || number[0] >= VCPUS ||
        (number[1] > CLASS_ANY && number[1] < CLASS_MARK) || number[1] >= CLASS_MARK + MARKS ||
        number[5] > 0xff) {
        return false;
    }
    *trigger = (struct trigger){
        .action = action,
        .armed = true,
        .vcpu = (uint32_t)number[0],
        .class = (uint32_t)number[1],
        .count = number[2],
        .after = number[3],
        .flip_offset = number[4],
        .flip_mask = number[5],
        .length = number[6],
    };
    return true;
}

/* An option of this run. */
static bool trigger_add(const char *text, enum action action)
{
    struct trigger *trigger = &inject.trigger[inject.triggers];

    if (inject.triggers == TRIGGERS || !trigger_read(text, action, trigger)) {
        return false;
    }
    inject.triggers++;
    inject.armed[trigger->vcpu]++;
    inject.waiting++;
    return true;
}

static bool trigger_fits(const struct trigger *trigger)
{
    if (trigger->action == ACTION_FLIP && trigger->flip_offset >= inject.ram_size) {
        fprintf(stderr, "ternion_inject: flip needs ram=FILE that contains the offset\n");
        return false;
    }
    if (trigger->action == ACTION_HOLD &&
        (!runstate_is_running || !qemu_mutex_lock_iothread_impl || !qemu_mutex_unlock_iothread ||
         !qemu_get_cpu || !async_run_on_cpu || !g_idle_add_full)) {
        fprintf(stderr, "ternion_inject: this emulator does not export its run state\n");
        return false;
    }
    return true;
}

/* All that is read or written in RAM must lie there, and holding needs the emulator's help. */
static bool triggers_fit(void)
{
    for (size_t i = 0; i < inject.triggers; i++) {
        if (!trigger_fits(&inject.trigger[i])) {
            return false;
        }
    }
    for (unsigned int vcpu = 0; vcpu < VCPUS; vcpu++) {
        if ((inject.has_events && inject.events[vcpu] + 8 > inject.ram_size) ||
            (inject.has_records && inject.records[vcpu] + 8 > inject.ram_size)) {
            fprintf(stderr, "ternion_inject: events and records need ram=FILE that holds them\n");
            return false;
        }
    }
    return true;
}
