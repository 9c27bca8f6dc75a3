/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the injection plugin watches, from the start or, with a trigger, from the trigger on: blocks
 * that begin at an address, and 64-bit words of RAM that change. A word is looked at before each
 * block of its vCPU, so the sight comes right after the block that wrote it. And strikes: faults
 * that wait for the system, one after the other, instead of an instruction count. Reader:
 * faultinj/watch.py.
 */
#pragma once

#include <ternion_plugin.h>

#define VCPUS 8u
#define WATCHES 32u
#define SIGHTS 262144u
#define STRIKES 64u
#define STRUCK UINT32_MAX /* id of a strike's sight */

enum watch_kind { WATCH_BLOCK, WATCH_WORD, WATCH_RING };
struct watch {
    enum watch_kind kind;
    uint32_t id;
    uint32_t vcpu;    /* VCPUS: any */
    uint64_t address; /* of the block, or offset of the word in RAM */
    uint64_t ring;    /* WATCH_RING: offset of its words; the watched word counts them */
    uint64_t entries; /* of the ring */
    uint64_t stride;  /* bytes from one word to the next: 4 for 32-bit words, else 64-bit ones */
    uint64_t first;   /* value of the watched word that stands for the first word of the ring */
    uint64_t every;   /* of a ring: only values that this divides are noted; 0: all */
    uint64_t last;    /* value of the word */
};
struct sight {
    uint32_t id;
    uint32_t vcpu;
    uint64_t value;        /* of the word */
    uint64_t entry;        /* WATCH_RING: the newest in the ring */
    uint64_t since;        /* instructions of this vCPU since its turn began */
    uint64_t away;         /* instructions of the others since its turn before that one */
    uint64_t total[VCPUS]; /* before the block */
};
struct sights {
    uint64_t written; /* more than SIGHTS: the rest did not fit */
    struct sight sight[SIGHTS];
};

/* A bit flips when a vCPU's ring has a new entry, and all have taken part again for a while. */
struct strike {
    uint32_t vcpu;
    uint64_t address; /* offset of a 32-bit word in RAM */
    uint32_t bit;
    uint64_t gap; /* instructions of all vCPUs since all take part */
};

/* Turns of the vCPUs, which one thread runs one after the other. */
static struct {
    unsigned int vcpu;        /* whose turn it is */
    uint64_t began[VCPUS];    /* its count then */
    uint64_t away[VCPUS];     /* instructions of the others since its turn before that one */
    uint64_t left_sum[VCPUS]; /* instructions of all when its latest turn was over */
} turn;

static struct {
    struct sights *sights;
    uint8_t *ram;
    size_t watches;
    struct watch watch[WATCHES];
    uint64_t members_at; /* offset of the 32-bit set of those that take part */
    uint32_t members;    /* all */
    uint64_t whole; /* instructions of all vCPUs when all took part first again, 0: they do not */
    size_t strikes;
    size_t struck;
    bool pending; /* nobody has noticed the last strike: one fault at a time */
    uint64_t pending_at;
    struct strike strike[STRIKES];
} watched;

static uint64_t total_sum(const uint64_t *total)
{
    uint64_t sum = 0;

    for (unsigned int vcpu = 0; vcpu < VCPUS; vcpu++) {
        sum += total[vcpu];
    }
    return sum;
}

/* Before a block of a vCPU that did not execute the one before it. */
static void turn_begin(unsigned int vcpu, const uint64_t *total)
{
    uint64_t now = total_sum(total);

    turn.left_sum[turn.vcpu] = now;
    turn.vcpu = vcpu;
    turn.began[vcpu] = total[vcpu];
    turn.away[vcpu] = now - turn.left_sum[vcpu];
}

static void watch_see(uint32_t id, unsigned int vcpu, const uint64_t *total, uint64_t value,
                      uint64_t entry)
{
    struct sights *sights = watched.sights;

    if (sights->written < SIGHTS) {
        struct sight *sight = &sights->sight[sights->written];

        *sight = (struct sight){ .id = id, .vcpu = vcpu, .value = value, .entry = entry };
        sight->since = total[vcpu] - turn.began[vcpu];
        sight->away = turn.away[vcpu];
        memcpy(sight->total, total, sizeof(sight->total));
    }
    sights->written++;
}

static void strike_now(const struct watch *ring, unsigned int vcpu, const uint64_t *total,
                       const struct strike *strike)
{
    uint64_t at = strike->address + strike->bit / 8;

    watched.ram[at] = (uint8_t)(watched.ram[at] ^ (1u << strike->bit % 8));
    watched.struck++;
    watched.pending = true;
    watched.pending_at = ring->last;
    watch_see(STRUCK, vcpu, total, ring->last, strike->bit);
}

/* A ring has a new entry. */
static void watch_strike(const struct watch *ring, unsigned int vcpu, const uint64_t *total)
{
    const struct strike *strike = &watched.strike[watched.struck];
    uint64_t now;
    uint32_t members;

    if (watched.struck == watched.strikes) {
        return;
    }
    now = total_sum(total);
    memcpy(&members, &watched.ram[watched.members_at], sizeof(members));
    if (members != watched.members) {
        watched.pending = false;
        watched.whole = 0;
    } else if (watched.pending) {
        /* Rings turn together but for a window: twice round, and no trace of it is left. */
        if (ring->last >= watched.pending_at + 2 * ring->entries) {
            watched.pending = false;
            watched.whole = now;
        }
    } else if (watched.whole == 0) {
        watched.whole = now;
    } else if (strike->vcpu == vcpu && now - watched.whole >= strike->gap) {
        strike_now(ring, vcpu, total, strike);
    }
}

/* Hot: before each block. */
static void watch_look(unsigned int vcpu, const uint64_t *total, bool see)
{
    for (size_t i = 0; i < watched.watches; i++) {
        struct watch *watch = &watched.watch[i];
        uint64_t value;

        if (watch->kind == WATCH_BLOCK || (watch->vcpu != vcpu && watch->vcpu != VCPUS)) {
            continue;
        }
        memcpy(&value, &watched.ram[watch->address], sizeof(value));
        if (value == watch->last) {
            continue;
        }
        watch->last = value;
        if (watch->kind == WATCH_RING) {
            uint64_t entry = 0;

            memcpy(
                &entry,
                &watched.ram[watch->ring + (value - watch->first) % watch->entries * watch->stride],
                watch->stride == 4 ? 4 : 8);
            if (see && watch->id != 0 && (watch->every == 0 || value % watch->every == 0)) {
                watch_see(watch->id, vcpu, total, value, entry);
            }
            watch_strike(watch, vcpu, total);
        } else if (see) {
            watch_see(watch->id, vcpu, total, value, 0);
        }
    }
}

static const struct watch *watch_of_block(uint64_t address)
{
    for (size_t i = 0; i < watched.watches; i++) {
        if (watched.watch[i].kind == WATCH_BLOCK && watched.watch[i].address == address) {
            return &watched.watch[i];
        }
    }
    return NULL;
}

/*
 * File of lines "kind id vcpu address ring entries stride first every", decimal; kind as in enum
 * watch_kind. A ring with id 0 is not noted, only struck.
 */
static bool watch_read(const char *path)
{
    struct watch watch = { 0 };
    unsigned int kind;
    FILE *file = fopen(path, "re");
    bool good = file != NULL;

    while (good && fscanf(file, "%u %u %u %lu %lu %lu %lu %lu %lu", &kind, &watch.id, &watch.vcpu,
                          &watch.address, &watch.ring, &watch.entries, &watch.stride, &watch.first,
                          &watch.every) == 9) {
        watch.kind = (enum watch_kind)kind;
        good = watched.watches < WATCHES && kind <= WATCH_RING && watch.vcpu <= VCPUS &&
               (watch.kind != WATCH_RING || (watch.entries != 0 && watch.stride >= 4));
        if (good) {
            watched.watch[watched.watches++] = watch;
        }
    }
    good = good && feof(file);
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

/* A line "offset-of-the-members all-members", then one "vcpu address bit gap" each strike. */
static bool strikes_read(const char *path)
{
    struct strike strike;
    FILE *file = fopen(path, "re");
    bool good = file != NULL && fscanf(file, "%lu %u", &watched.members_at, &watched.members) == 2;

    while (good && fscanf(file, "%u %lu %u %lu", &strike.vcpu, &strike.address, &strike.bit,
                          &strike.gap) == 4) {
        good = watched.strikes < STRIKES && strike.vcpu < VCPUS && strike.bit < 32;
        if (good) {
            watched.strike[watched.strikes++] = strike;
        }
    }
    good = good && feof(file);
    if (file != NULL) {
        fclose(file);
    }
    return good;
}

/* A word or a ring outside RAM is a mistake of the caller. */
static bool watch_fits(uint8_t *ram, size_t size)
{
    watched.ram = ram;
    for (size_t i = 0; i < watched.watches; i++) {
        const struct watch *watch = &watched.watch[i];

        if (watch->kind != WATCH_BLOCK &&
            (watch->address + 8 > size || watch->ring + watch->entries * watch->stride > size)) {
            return false;
        }
    }
    for (size_t i = 0; i < watched.strikes; i++) {
        if (watched.strike[i].address + 4 > size) {
            return false;
        }
    }
    if (watched.watches + watched.strikes == 0) {
        return true;
    }
    return watched.sights != NULL && (watched.strikes == 0 || watched.members_at + 4 <= size);
}
