/* SPDX-License-Identifier: BSD-2-Clause */
/* The capabilities that a thread holds: CSpace, VSpace, IPC buffer, handlers (abi 3.3, 6.2). */
#include <kernel/changed.h>
#include <kernel/object_ops.h>
#include <kernel/tcb.h>

struct holding {
    struct cap cap;
    struct cte *source; /* NULL: the slot is to be empty */
};

static struct tcb *target(const struct invocation *inv)
{
    return cap_object(inv->cap);
}

bool tcb_is_valid_handler(struct cap cap)
{
    word_t rights = cap_rights(cap);

    if (cap_type(cap) == CAP_NULL) {
        return true;
    }
    return cap_type(cap) == CAP_ENDPOINT && (rights & RIGHT_WRITE) != 0 &&
           (rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) != 0;
}

enum exception tcb_install(struct invocation *inv, enum tcb_slot which, struct cap cap,
                           struct cte *source)
{
    struct cte *slot = &target(inv)->slot[which];
    enum exception status = cte_delete(slot);

    if (status != EXCEPTION_NONE) {
        return status;
    }
    /* The deletion may have taken the source, or this thread, with it. */
    if (source != NULL && cap_type(cap) != CAP_NULL && cap_same_object(cap, source->cap) &&
        cap_same_object(inv->cap, inv->slot->cap)) {
        cte_insert(cap, source, slot);
    }
    return EXCEPTION_NONE;
}

/* ---- checks: may refuse, write nothing ------------------------------------------------------- */

static enum exception check_buffer(vaddr_t vaddr, struct cte *source, struct holding *buffer)
{
    struct derived derived;

    *buffer = (struct holding){ cap_null(), NULL };
    if (vaddr == 0) {
        return EXCEPTION_NONE;
    }
    derived = cap_derive(source, source->cap);
    if (derived.status != EXCEPTION_NONE) {
        return derived.status;
    }
    *buffer = (struct holding){ derived.cap, source };
    return frame_check_ipc_buffer(vaddr, derived.cap);
}

static enum exception check_root(word_t data, struct cte *source, struct holding *root)
{
    struct cap cap = source->cap;
    struct derived derived;

    if (data != 0) {
        cap = cap_update_data(cap, data, false);
    }
    derived = cap_derive(source, cap);
    *root = (struct holding){ derived.cap, source };
    return derived.status;
}

/* CSpace and VSpace; `first`: position of their caps and data words follow each other. */
static enum exception check_spaces(struct invocation *inv, word_t first, struct holding spaces[2])
{
    struct tcb *tcb = target(inv);
    enum exception status;

    if (cte_is_long_running_delete(&tcb->slot[TCB_CSPACE]) ||
        cte_is_long_running_delete(&tcb->slot[TCB_VSPACE])) {
        return error_illegal();
    }
    status = check_root(invocation_mr(inv, 0), inv->extra[first], &spaces[0]);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    if (cap_type(spaces[0].cap) != CAP_CNODE) {
        return error_illegal();
    }
    status = check_root(invocation_mr(inv, 1), inv->extra[first + 1], &spaces[1]);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    return vspace_is_valid_root(spaces[1].cap) ? EXCEPTION_NONE : error_illegal();
}

/* ---- commits: write, cannot refuse ----------------------------------------------------------- */

static enum exception install_spaces(struct invocation *inv, const struct holding spaces[2])
{
    enum exception status = tcb_install(inv, TCB_CSPACE, spaces[0].cap, spaces[0].source);

    if (status == EXCEPTION_NONE) {
        status = tcb_install(inv, TCB_VSPACE, spaces[1].cap, spaces[1].source);
    }
    if (target(inv) == state.current) {
        vspace_switch(state.current);
    }
    return status;
}

static enum exception install_buffer(struct invocation *inv, vaddr_t vaddr,
                                     const struct holding *buffer)
{
    enum exception status = tcb_install(inv, TCB_BUFFER, buffer->cap, buffer->source);

    if (status == EXCEPTION_NONE) {
        target(inv)->buffer_vaddr = vaddr;
        changed_thread(target(inv));
    }
    return status;
}

/* ---- decoders -------------------------------------------------------------------------------- */

enum exception decode_configure(struct invocation *inv)
{
    vaddr_t vaddr = invocation_mr(inv, 2);
    struct holding buffer, spaces[2];
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 3 || inv->extras < 3) {
        return error_truncated();
    }
    status = check_buffer(vaddr, inv->extra[2], &buffer);
    if (status == EXCEPTION_NONE) {
        status = check_spaces(inv, 0, spaces);
    }
    if (status != EXCEPTION_NONE) {
        return status;
    }

    /* Commit: writes, cannot refuse. */
    status = install_spaces(inv, spaces);
    return status == EXCEPTION_NONE ? install_buffer(inv, vaddr, &buffer) : status;
}

enum exception decode_set_ipc_buffer(struct invocation *inv)
{
    vaddr_t vaddr = invocation_mr(inv, 0);
    struct holding buffer;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 1 || inv->extras < 1) {
        return error_truncated();
    }
    status = check_buffer(vaddr, inv->extra[0], &buffer);

    /* Commit: writes, cannot refuse. */
    return status == EXCEPTION_NONE ? install_buffer(inv, vaddr, &buffer) : status;
}

enum exception decode_set_space(struct invocation *inv)
{
    struct holding spaces[2];
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 2 || inv->extras < 3) {
        return error_truncated();
    }
    status = check_spaces(inv, 1, spaces);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    if (!tcb_is_valid_handler(inv->extra[0]->cap)) {
        return error_capability(1);
    }

    /* Commit: writes, cannot refuse. */
    status = tcb_install(inv, TCB_FAULT_HANDLER, inv->extra[0]->cap, inv->extra[0]);
    return status == EXCEPTION_NONE ? install_spaces(inv, spaces) : status;
}

enum exception decode_set_timeout_endpoint(struct invocation *inv)
{
    /* Check: may refuse, writes nothing. */
    if (inv->extras < 1) {
        return error_truncated();
    }
    if (!tcb_is_valid_handler(inv->extra[0]->cap)) {
        return error_capability(1);
    }

    /* Commit: writes, cannot refuse. */
    return tcb_install(inv, TCB_TIMEOUT_HANDLER, inv->extra[0]->cap, inv->extra[0]);
}
