/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation list against a tree that says of each capability who its parent is: random
 * creation, Copy, Mint, Move, Rotate, Delete and Revoke (abi 5.2, 5.3). After each step every
 * capability must have exactly the model's descendants, and be final when the model says so.
 */
#include "host_kernel.h"
#include "random.h"

#include <string.h>

#define SLOTS 40u
#define NOBODY SLOTS
#define SEEDS 150u
#define STEPS 300u
#define ROOTS 3u /* slots 0..2: two untypeds and IRQ control; never deleted */

static struct cte slots[SLOTS];

static struct node {
    bool full;
    unsigned parent;   /* a slot, or NOBODY */
    bool is_original;  /* made, not copied: its copies are its children */
    bool is_exhausted; /* an untyped that was copied: nothing is made of it while it has children */
    enum cap_type type;
    word_t address, bits; /* irq handlers: number, 0 */
    word_t badge;
} model[SLOTS];

static const struct kind {
    enum cap_type type;
    word_t field, bits;
} kinds[] = {
    { CAP_ENDPOINT, RIGHTS_ALL, ENDPOINT_BITS },
    { CAP_NOTIFICATION, 3, NOTIFICATION_BITS },
    { CAP_REPLY, 1, REPLY_BITS },
    { CAP_SCHED_CONTEXT, 8, 8 },
    { CAP_FRAME, VM_READ_WRITE << 1, PAGE_BITS },
    { CAP_UNTYPED, 14 << 1, 14 },
    { CAP_ENDPOINT, RIGHTS_ALL, ENDPOINT_BITS }, /* more often: they have badges */
};

/* ---- the model ------------------------------------------------------------------------------ */

static bool has_children(unsigned slot)
{
    bool found = false;

    for (unsigned i = 0; i < SLOTS; i++) {
        found = found || (model[i].full && model[i].parent == slot);
    }
    return found;
}

static bool is_descendant(unsigned slot, unsigned ancestor)
{
    while (model[slot].parent != NOBODY && model[slot].parent != ancestor) {
        slot = model[slot].parent;
    }
    return model[slot].parent == ancestor;
}

static bool is_last_cap(unsigned slot)
{
    bool other = false;

    for (unsigned i = 0; i < SLOTS; i++) {
        other = other || (i != slot && model[i].full && model[i].type == model[slot].type &&
                          model[i].address == model[slot].address);
    }
    return !other || model[slot].type == CAP_UNTYPED; /* untypeds are never "the same object" */
}

static void model_insert(unsigned source, unsigned slot, struct node node)
{
    node.full = true;
    node.parent = model[source].is_original ? source : model[source].parent;
    model[slot] = node;
}

static void model_move(unsigned from, unsigned to)
{
    model[to] = model[from];
    model[from] = (struct node){ .full = false };
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && model[i].parent == from) {
            model[i].parent = to;
        }
    }
}

/* Children become those of the parent. */
static void model_delete(unsigned slot)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && model[i].parent == slot) {
            model[i].parent = model[slot].parent;
        }
    }
    model[slot] = (struct node){ .full = false };
}

/* ---- both must say the same ----------------------------------------------------------------- */

static void check(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        bool in_run[SLOTS] = { false };
        const struct cte *at;

        assert_int_equal(cap_type(slots[i].cap) != CAP_NULL, model[i].full);
        if (!model[i].full) {
            continue;
        }
        assert_int_equal(cap_type(slots[i].cap), model[i].type);
        for (at = cte_next(&slots[i]); at != NULL && cte_is_parent_of(&slots[i], at);
             at = cte_next(at)) {
            in_run[at - slots] = true;
        }
        for (unsigned j = 0; j < SLOTS; j++) {
            assert_int_equal(in_run[j], model[j].full && is_descendant(j, i));
        }
        assert_int_equal(cte_has_children(&slots[i]), has_children(i));
        assert_int_equal(cte_is_final(&slots[i]), is_last_cap(i));
    }
}

/* ---- steps ---------------------------------------------------------------------------------- */

static bool is_free(word_t address, word_t bits, unsigned untyped)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        bool apart = address + ((word_t)1 << bits) <= model[i].address ||
                     model[i].address + ((word_t)1 << model[i].bits) <= address;
        bool above = i == untyped || (model[i].full && is_descendant(untyped, i));

        if (model[i].full && model[i].type != CAP_IRQ_CONTROL && model[i].type != CAP_IRQ_HANDLER &&
            !apart && !above) {
            return false;
        }
    }
    return true;
}

static void step_create(unsigned untyped, unsigned slot)
{
    const struct kind *kind = &kinds[random_below(COUNT(kinds))];
    word_t room = model[untyped].bits - kind->bits;
    struct node node = { true, untyped, true, false, kind->type, 0, kind->bits, 0 };

    if (model[untyped].bits <= kind->bits || model[slot].full) {
        return;
    }
    node.address = model[untyped].address + ((random_word() & MASK(room)) << kind->bits);
    if ((model[untyped].is_exhausted && has_children(untyped)) ||
        !is_free(node.address, kind->bits, untyped)) {
        return;
    }
    model[untyped].is_exhausted = false;
    cte_insert_child(cap_make(kind->type, kind->field, (void *)node.address, 0), &slots[untyped],
                     &slots[slot]);
    model[slot] = node;
}

static void step_issue_handler(unsigned slot)
{
    word_t irq = 40 + random_below(4);
    struct node node = { true, 2, true, false, CAP_IRQ_HANDLER, irq, 0, 0 };

    if (model[slot].full || state.irq[irq].active) {
        return;
    }
    state.irq[irq].active = true;
    cte_insert(cap_make(CAP_IRQ_HANDLER, irq, NULL, 0), &slots[2], &slots[slot]);
    model[slot] = node;
}

/* Copy; Mint with a badge when `badge` is not 0. */
static void step_copy(unsigned source, unsigned slot, word_t badge)
{
    struct node node = model[source];
    struct cap cap = cap_update_data(slots[source].cap, badge, false);
    struct derived derived;

    if (model[slot].full || !model[source].full || source < ROOTS) {
        return;
    }
    cap = badge == 0 ? slots[source].cap : cap;
    if (cap_type(cap) == CAP_NULL) {
        assert_int_not_equal(model[source].badge, 0); /* badges are given once */
        return;
    }
    derived = cap_derive(&slots[source], cap);
    if (derived.status != EXCEPTION_NONE) {
        assert_true(node.type == CAP_UNTYPED && has_children(source));
        return;
    }
    if (node.type == CAP_ENDPOINT || node.type == CAP_NOTIFICATION) {
        node.badge = badge != 0 ? badge : node.badge;
    }
    node.is_original = node.badge != model[source].badge || node.type == CAP_UNTYPED;
    node.is_exhausted = false;
    cte_insert(derived.cap, &slots[source], &slots[slot]);
    model[source].is_exhausted = node.type == CAP_UNTYPED;
    model_insert(source, slot, node);
}

static void step_swap(unsigned a, unsigned b)
{
    unsigned spare = SLOTS - 1; /* never used otherwise */

    if (a == b || a < ROOTS || b < ROOTS || !model[a].full || !model[b].full) {
        return;
    }
    cte_swap(slots[a].cap, &slots[a], slots[b].cap, &slots[b]);
    model_move(a, spare);
    model_move(b, a);
    model_move(spare, b);
}

static void step_move(unsigned from, unsigned to)
{
    if (from >= ROOTS && model[from].full && !model[to].full) {
        cte_move(slots[from].cap, &slots[from], &slots[to]);
        model_move(from, to);
    }
}

static unsigned finalised(void)
{
    return host_calls.endpoint + host_calls.notification + host_calls.reply +
           host_calls.sched_context + host_calls.irq_operations + host_calls.frame;
}

static void step_delete(unsigned slot)
{
    unsigned before = finalised();
    bool ends = is_last_cap(slot) || model[slot].type == CAP_FRAME; /* each stands for a mapping */

    if (slot < ROOTS || !model[slot].full) {
        return;
    }
    while (cte_delete(&slots[slot]) == EXCEPTION_PREEMPTED) {
    }
    assert_int_equal(finalised() - before, ends && model[slot].type != CAP_UNTYPED);
    model_delete(slot);
}

static void step_revoke(unsigned slot)
{
    if (!model[slot].full) {
        return;
    }
    state.work_units = random_below(WORK_UNITS_PER_PREEMPTION);
    while (cte_revoke(&slots[slot]) == EXCEPTION_PREEMPTED) {
        state.work_units = random_below(WORK_UNITS_PER_PREEMPTION);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && is_descendant(i, slot)) {
            model[i].type = CAP_NULL; /* first marked: the way up must stay */
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (model[i].full && model[i].type == CAP_NULL) {
            model[i] = (struct node){ .full = false };
        }
    }
}

static void start(void)
{
    const struct cap roots[ROOTS] = {
        cap_make(CAP_UNTYPED, 20 << 1, (void *)0x100000, 0),
        cap_make(CAP_UNTYPED, 18 << 1, (void *)0x200000, 0),
        cap_make(CAP_IRQ_CONTROL, 0, NULL, 0),
    };

    host_reset();
    memset(slots, 0, sizeof(slots));
    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < ROOTS; i++) {
        cte_insert_root(roots[i], &slots[i]);
    }
    model[0] = (struct node){ true, NOBODY, true, false, CAP_UNTYPED, 0x100000, 20, 0 };
    model[1] = (struct node){ true, NOBODY, true, false, CAP_UNTYPED, 0x200000, 18, 0 };
    model[2] = (struct node){ true, NOBODY, true, false, CAP_IRQ_CONTROL, 0, 0, 0 };
}

static void random_step(void)
{
    unsigned a = random_below(SLOTS - 1), b = random_below(SLOTS - 1), what = random_below(100);

    if (what < 20) {
        if (model[a].full && model[a].type == CAP_UNTYPED) {
            step_create(a, b);
        } else {
            step_create(random_below(2), b);
        }
    } else if (what < 23) {
        step_issue_handler(b);
    } else if (what < 45) {
        step_copy(a, b, 0);
    } else if (what < 65) {
        step_copy(a, b, 1 + random_below(3));
    } else if (what < 75) {
        step_move(a, b);
    } else if (what < 82) {
        step_swap(a, b);
    } else if (what < 95) {
        step_delete(a);
    } else if (!random_one_in(3) || a >= ROOTS) {
        step_revoke(a);
    }
}

static void test_random_steps(void **context)
{
    unsigned most = 0;

    (void)context;
    random_announce("derivations", 1, SEEDS);
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        random_seed(seed);
        start();
        for (unsigned i = 0; i < STEPS; i++) {
            unsigned full = 0;

            random_step();
            check();
            for (unsigned s = 0; s < SLOTS; s++) {
                full += model[s].full;
            }
            most = full > most ? full : most;
        }
    }
    assert_true(most > SLOTS / 2); /* the trees were not all small */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_steps) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
