/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A serial line that speaks at set moments of virtual time, for measurements: characters that a
 * host feeds come when the host gets to it, and no two runs are the same. The plugin asks the
 * emulator for a timer of virtual time; when that ends, between two blocks of code, it hands a
 * character to the UART as its line would. Each is a sight: the counts of all vCPUs, the virtual
 * time, and whether the UART had room for it. Reader: faultinj/line.py.
 */
#pragma once

#include <stdlib.h>

#include "watch.h"

/* Not of the plugin interface, but exported for the emulator's own modules. */
struct emulator_timer;
struct emulator_device;
typedef void (*timer_fn)(void *context);
extern void timer_init_full(struct emulator_timer *timer, void *group, int clock, int scale,
                            int attributes, timer_fn callback, void *context) __attribute__((weak));
extern void timer_mod_ns(struct emulator_timer *timer, int64_t ns) __attribute__((weak));
extern int64_t qemu_clock_get_ns(int clock) __attribute__((weak));
extern struct emulator_device *qemu_chr_find(const char *name) __attribute__((weak));
extern int qemu_chr_be_can_write(struct emulator_device *device) __attribute__((weak));
extern void qemu_chr_be_write(struct emulator_device *device, const uint8_t *bytes, int count)
    __attribute__((weak));

/* Not of the line, but of the same measurements: ends the turn of the vCPU that runs now. */
extern void qemu_cpu_kick(void *cpu) __attribute__((weak));

#define LINE_PHASES 16u
#define LINE_CHARACTERS 65536u
#define LINE_SPOKE (UINT32_MAX - 1) /* id of the sights: value is the time, entry as below */
#define LINE_LOST 0x100u            /* with the character: the UART had no room */
#define LINE_CLOCK 1                /* virtual time */
#define LINE_DEVICE "uart"          /* its id on the command line: tools/qemu.py */
#define LINE_TIMER_SIZE 256u        /* at least the emulator's own */

struct line_character {
    uint32_t gap_ns; /* after the one before it, or after the phase began */
    uint8_t character;
};
struct line_phase {
    uint64_t address; /* it begins when `cores` vCPUs have executed the block there */
    size_t first;
    size_t end;
    uint32_t seen;
};

static struct {
    uint32_t cores;
    size_t phases;
    size_t characters;
    struct line_phase phase[LINE_PHASES];
    struct line_character character[LINE_CHARACTERS];
    const uint64_t *total; /* of the vCPUs */
    struct emulator_timer *timer;
    bool begins; /* the timer was set only to learn the time */
    size_t next;
    size_t end;
} serial;

static void line_turn(void *context)
{
    int64_t now = qemu_clock_get_ns(LINE_CLOCK);

    (void)context;
    if (!serial.begins) {
        struct emulator_device *device = qemu_chr_find(LINE_DEVICE);
        uint8_t character = serial.character[serial.next].character;
        uint64_t entry = character;

        if (device != NULL && qemu_chr_be_can_write(device) > 0) {
            qemu_chr_be_write(device, &character, 1);
        } else {
            entry |= LINE_LOST;
        }
        watch_see(LINE_SPOKE, 0, serial.total, (uint64_t)now, entry);
        serial.next++;
    }
    serial.begins = false;
    if (serial.next < serial.end) {
        timer_mod_ns(serial.timer, now + serial.character[serial.next].gap_ns);
    }
}

/* Before the block where a phase begins: once on each vCPU. */
static void line_begin(struct line_phase *phase)
{
    if (++phase->seen != serial.cores) {
        return;
    }
    if (serial.timer == NULL) {
        serial.timer = calloc(1, LINE_TIMER_SIZE);
        if (serial.timer == NULL) {
            abort();
        }
        timer_init_full(serial.timer, NULL, LINE_CLOCK, 1, 0, line_turn, NULL);
    }
    serial.next = phase->first;
    serial.end = phase->end;
    serial.begins = true;
    timer_mod_ns(serial.timer, 0);
}

static struct line_phase *line_phase_of_block(uint64_t address)
{
    for (size_t i = 0; i < serial.phases; i++) {
        if (serial.phase[i].address == address) {
            return &serial.phase[i];
        }
    }
    return NULL;
}

static bool line_phase_read(FILE *file)
{
    struct line_phase *phase = &serial.phase[serial.phases];
    size_t count;

    if (serial.phases == LINE_PHASES || fscanf(file, "%lu %zu", &phase->address, &count) != 2 ||
        count == 0 || count > LINE_CHARACTERS - serial.characters) {
        return false;
    }
    phase->first = serial.characters;
    phase->end = serial.characters + count;
    while (serial.characters < phase->end) {
        struct line_character *c = &serial.character[serial.characters++];

        if (fscanf(file, "%u %hhu", &c->gap_ns, &c->character) != 2) {
            return false;
        }
    }
    serial.phases++;
    return true;
}

/*
 * A line "cores phases", then for each phase a line "address characters" and one "gap character"
 * for each of them; decimal.
 */
static bool line_read(const char *path)
{
    size_t phases = 0;
    FILE *file = fopen(path, "re");
    bool good = file != NULL && fscanf(file, "%u %zu", &serial.cores, &phases) == 2 &&
                timer_init_full && timer_mod_ns && qemu_clock_get_ns && qemu_chr_find &&
                qemu_chr_be_can_write && qemu_chr_be_write;

    while (good && serial.phases < phases) {
        good = line_phase_read(file);
    }
    if (file != NULL) {
        fclose(file);
    }
    return good;
}
