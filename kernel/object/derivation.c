/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree: a doubly linked list in preorder. Depth is not stored; a cap's children are
 * the run of caps after it that it is a parent of. The one place where slots get caps. All caps are
 * in one list, behind state.caps: so debug builds can look at each (trap/invariants/).
 */
#include <kernel/changed.h>
#include <kernel/object_ops.h>
#include <kernel/retype.h>
#include <kernel/state.h>
#include <rcoe/rcoe.h>

/* Each commit enters the fingerprint with what was written and where. */
static void note_slot(const struct cte *slot)
{
    rcoe_note(slot->cap.w0 ^ (slot->cap.w1 << 1) ^ (slot->cap.w1 >> 63) ^ (word_t)slot);
    changed_slot(slot);
}

static void set_prev(struct cte *slot, const struct cte *prev)
{
    slot->prev = (slot->prev & CTE_FLAGS) | (word_t)prev;
    changed_slot(slot);
}

static void set_next(struct cte *slot, const struct cte *next)
{
    slot->next = (word_t)next;
    changed_slot(slot);
}

/* The neighbours of `slot` now point to it. */
static void relink(struct cte *slot)
{
    if (cte_prev(slot) != NULL)
        set_next(cte_prev(slot), slot);
    if (cte_next(slot) != NULL)
        set_prev(cte_next(slot), slot);
}

static void insert_after(struct cte *parent, struct cte *slot, struct cap cap, word_t flags)
{
    slot->cap = cap;
    slot->prev = (word_t)parent | flags;
    slot->next = parent->next;
    relink(slot);
    note_slot(slot);
}

/* The new cap can have children of its own: it is not a mere copy. */
static bool is_revocable(struct cap derived, struct cap source)
{
    switch (cap_type(derived)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_SMC:
        return cap_badge(derived) != cap_badge(source);
    case CAP_IRQ_HANDLER:
    case CAP_SGI_SIGNAL:
        return cap_type(source) == CAP_IRQ_CONTROL;
    case CAP_UNTYPED:
        return true;
    default:
        return false;
    }
}

void cte_insert(struct cap cap, struct cte *source, struct cte *destination)
{
    bool revocable = is_revocable(cap, source->cap);

    /* Two caps to one untyped may not hand out the same memory: the source is full from now on. */
    if (cap_type(source->cap) == CAP_UNTYPED && cap_type(cap) == CAP_UNTYPED &&
        cap_object(source->cap) == cap_object(cap) &&
        untyped_size_bits(source->cap) == untyped_size_bits(cap))
        cte_update(source, untyped_with_used(source->cap, BIT(untyped_size_bits(cap))));
    insert_after(source, destination, cap, revocable ? CTE_REVOCABLE | CTE_FIRST_BADGED : 0);
}

void cte_insert_child(struct cap cap, struct cte *parent, struct cte *slot)
{
    insert_after(parent, slot, cap, CTE_REVOCABLE | CTE_FIRST_BADGED);
}

void cte_insert_root(struct cap cap, struct cte *slot)
{
    insert_after(&state.caps, slot, cap, CTE_REVOCABLE | CTE_FIRST_BADGED);
}

void cte_move(struct cap cap, struct cte *source, struct cte *destination)
{
    *destination = (struct cte){ .cap = cap, .prev = source->prev, .next = source->next };
    *source = (struct cte){ .prev = 0 };
    changed_slot(source);
    relink(destination);
    note_slot(destination);
}

void cte_swap(struct cap cap1, struct cte *slot1, struct cap cap2, struct cte *slot2)
{
    struct cte links1 = *slot1, links2;

    slot1->cap = cap2;
    slot2->cap = cap1;
    /* In two steps: the slots may be neighbours of each other. */
    if (cte_prev(&links1) != NULL)
        set_next(cte_prev(&links1), slot2);
    if (cte_next(&links1) != NULL)
        set_prev(cte_next(&links1), slot2);
    links2 = *slot2;
    slot1->prev = links2.prev;
    slot1->next = links2.next;
    slot2->prev = links1.prev;
    slot2->next = links1.next;
    if (cte_prev(&links2) != NULL)
        set_next(cte_prev(&links2), slot1);
    if (cte_next(&links2) != NULL)
        set_prev(cte_next(&links2), slot1);
    note_slot(slot1);
    note_slot(slot2);
}

void cte_remove(struct cte *slot)
{
    struct cte *prev = cte_prev(slot), *next = cte_next(slot);

    if (prev != NULL)
        set_next(prev, next);
    if (next != NULL) {
        set_prev(next, prev);
        next->prev |= slot->prev & CTE_FIRST_BADGED; /* the run of one badge has a new first */
        changed_slot(next);
    }
    *slot = (struct cte){ .prev = 0 };
    note_slot(slot);
}

void cte_update(struct cte *slot, struct cap cap)
{
    slot->cap = cap;
    note_slot(slot);
}

bool cte_is_parent_of(const struct cte *a, const struct cte *b)
{
    if ((a->prev & CTE_REVOCABLE) == 0 || !cap_same_region(a->cap, b->cap))
        return false;
    switch (cap_type(a->cap)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_SMC:
        return cap_badge(a->cap) == 0 ||
               (cap_badge(a->cap) == cap_badge(b->cap) && (b->prev & CTE_FIRST_BADGED) == 0);
    default:
        return true;
    }
}

bool cte_has_children(const struct cte *slot)
{
    return cte_next(slot) != NULL && cte_is_parent_of(slot, cte_next(slot));
}

bool cte_is_final(const struct cte *slot)
{
    const struct cte *prev = cte_prev(slot), *next = cte_next(slot);

    return (prev == NULL || !cap_same_object(prev->cap, slot->cap)) &&
           (next == NULL || !cap_same_object(slot->cap, next->cap));
}
