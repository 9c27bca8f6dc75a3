/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode invocations (abi 3.4). */
#include <kernel/invocation.h>
#include <kernel/object_ops.h>

/* Copy, Mint: a new cap derived from the source. */
static struct derived derive_new(const struct invocation *inv, struct cte *source)
{
    struct cap cap = cap_mask_rights(source->cap, invocation_mr(inv, 4));

    if (inv->label == LABEL_CNODE_MINT)
        cap = cap_update_data(cap, invocation_mr(inv, 5), false);
    return cap_derive(source, cap);
}

static word_t words_needed(word_t label)
{
    switch (label) {
    case LABEL_CNODE_MOVE:
        return 4;
    case LABEL_CNODE_MINT:
        return 6;
    default:
        return 5;
    }
}

/* Copy, Mint, Move, Mutate */
static enum exception transfer(struct invocation *inv, struct cte *destination)
{
    bool is_move = inv->label == LABEL_CNODE_MOVE || inv->label == LABEL_CNODE_MUTATE;
    word_t depth;
    struct lookup source;
    struct derived derived = { .status = EXCEPTION_NONE };

    /* Check: may refuse, writes nothing. */
    if (inv->length < 4 || inv->extras < 1)
        return error_truncated();
    if (cap_type(destination->cap) != CAP_NULL)
        return error_delete_first();
    depth = invocation_mr(inv, 3);
    source = lookup_target(inv->extra[0]->cap, invocation_mr(inv, 2), depth, true);
    if (source.status != EXCEPTION_NONE)
        return source.status;
    if (cap_type(source.slot->cap) == CAP_NULL)
        return error_missing(true, depth);
    if (inv->length < words_needed(inv->label))
        return error_truncated();
    if (inv->label == LABEL_CNODE_MOVE)
        derived.cap = source.slot->cap;
    else if (inv->label == LABEL_CNODE_MUTATE)
        derived.cap = cap_update_data(source.slot->cap, invocation_mr(inv, 4), true);
    else
        derived = derive_new(inv, source.slot);
    if (derived.status != EXCEPTION_NONE)
        return derived.status;
    if (cap_type(derived.cap) == CAP_NULL)
        return error_illegal();

    /* Commit: writes, cannot refuse. */
    if (is_move)
        cte_move(derived.cap, source.slot, destination);
    else
        cte_insert(derived.cap, source.slot, destination);
    return EXCEPTION_NONE;
}

static enum exception cancel_badged_sends(struct invocation *inv, struct cte *slot)
{
    struct cap cap = slot->cap;
    word_t stamp;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (cap_type(cap) != CAP_ENDPOINT || cap_rights(cap) != RIGHTS_ALL)
        return error_illegal();

    /* Commit: writes, cannot refuse. */
    if (cap_badge(cap) == 0)
        return EXCEPTION_NONE;
    stamp = progress_of(inv->thread, cap_object(cap));
    if (stamp == 0)
        stamp = state.senders;
    status = endpoint_cancel_badged(cap_object(cap), cap_badge(cap), stamp);
    if (status != EXCEPTION_NONE)
        progress_keep(inv->thread, cap_object(cap), stamp);
    return status;
}

static enum exception rotate(struct invocation *inv, struct cte *destination)
{
    struct lookup source, pivot;
    struct cap source_cap, pivot_cap;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 8 || inv->extras < 2)
        return error_truncated();
    source = lookup_target(inv->extra[1]->cap, invocation_mr(inv, 6), invocation_mr(inv, 7), true);
    if (source.status != EXCEPTION_NONE)
        return source.status;
    pivot = lookup_target(inv->extra[0]->cap, invocation_mr(inv, 3), invocation_mr(inv, 4), true);
    if (pivot.status != EXCEPTION_NONE)
        return pivot.status;
    if (pivot.slot == source.slot || pivot.slot == destination)
        return error_illegal();
    if (source.slot != destination && cap_type(destination->cap) != CAP_NULL)
        return error_delete_first();
    if (cap_type(source.slot->cap) == CAP_NULL)
        return error_missing(true, invocation_mr(inv, 7));
    if (cap_type(pivot.slot->cap) == CAP_NULL)
        return error_missing(false, invocation_mr(inv, 4));
    source_cap = cap_update_data(source.slot->cap, invocation_mr(inv, 5), true);
    pivot_cap = cap_update_data(pivot.slot->cap, invocation_mr(inv, 2), true);
    if (cap_type(source_cap) == CAP_NULL || cap_type(pivot_cap) == CAP_NULL)
        return error_illegal();

    /* Commit: writes, cannot refuse. */
    if (source.slot == destination) {
        cte_swap(source_cap, source.slot, pivot_cap, pivot.slot);
    } else {
        cte_move(pivot_cap, pivot.slot, destination);
        cte_move(source_cap, source.slot, pivot.slot);
    }
    return EXCEPTION_NONE;
}

enum exception decode_cnode(struct invocation *inv)
{
    struct lookup found;

    if (inv->label < LABEL_CNODE_REVOKE || inv->label > LABEL_CNODE_ROTATE)
        return error_illegal();
    if (inv->length < 2)
        return error_truncated();
    found = lookup_target(inv->cap, invocation_mr(inv, 0), invocation_mr(inv, 1), false);
    if (found.status != EXCEPTION_NONE)
        return found.status;
    switch (inv->label) {
    case LABEL_CNODE_REVOKE:
        return cte_revoke(found.slot);
    case LABEL_CNODE_DELETE:
        return cte_delete(found.slot);
    case LABEL_CNODE_CANCEL_BADGED_SENDS:
        return cancel_badged_sends(inv, found.slot);
    case LABEL_CNODE_ROTATE:
        return rotate(inv, found.slot);
    default:
        return transfer(inv, found.slot);
    }
}
