/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt control and handlers (abi 3.9). A line is masked from its delivery (by the shim, which
 * logs the input) until Ack. Software-generated interrupts never leave the kernel: there is one
 * node, so that a signal to target 0 is a delivery at once, and other targets do not exist.
 */
#include <kernel/changed.h>
#include <kernel/hot.h>
#include <kernel/invocation.h>
#include <kernel/object_ops.h>
#include <rcoe/rcoe.h>
#include <shim/shim.h>

#define SGIS 16u
#define SGI_TARGETS 8u

static void notify(struct notification *ntfn, word_t badge)
{
    if (!hot_notify(ntfn, badge))
        notification_signal(ntfn, badge);
}

void irq_deliver(word_t irq)
{
    struct cap cap;

    if (irq >= IRQS)
        return;
    cap = state.irq[irq].slot.cap;
    if (cap_type(cap) == CAP_NOTIFICATION && (cap_rights(cap) & RIGHT_WRITE) != 0)
        notify(cap_object(cap), cap_badge(cap));
}

static void changed_sgis(void)
{
    rcoe_changed(&state.sgi_masked, sizeof(state.sgi_masked) + sizeof(state.sgi_pending));
}

static void sgi_raise(word_t irq)
{
    if ((state.sgi_masked & BIT(irq)) != 0 || !state.irq[irq].active) {
        state.sgi_pending |= BIT(irq);
        changed_sgis();
        return;
    }
    state.sgi_masked |= BIT(irq);
    changed_sgis();
    irq_deliver(irq);
}

static void sgi_mask(word_t irq)
{
    state.sgi_masked |= BIT(irq);
    changed_sgis();
}

static void sgi_unmask(word_t irq)
{
    state.sgi_masked &= ~BIT(irq);
    changed_sgis();
    if ((state.sgi_pending & BIT(irq)) != 0) {
        state.sgi_pending &= ~BIT(irq);
        sgi_raise(irq);
    }
}

/* How the line is wired; an SGI has no line. */
static void line_operate(word_t irq, enum irq_operation operation)
{
    if (irq >= SGIS)
        rcoe_irq((uint32_t)irq, operation);
    else if (operation == IRQ_DISABLE)
        sgi_mask(irq);
    else
        sgi_unmask(irq);
}

static void activate(word_t irq, bool active)
{
    state.irq[irq].active = active;
    rcoe_note(irq << 1 | active);
    rcoe_changed(&state.irq[irq], offsetof(struct irq_state, slot));
}

/* The empty slot named by (index, depth) in extra cap 0. */
static struct lookup lookup_empty(const struct invocation *inv, word_t index, word_t depth)
{
    struct lookup found = lookup_target(inv->extra[0]->cap, index, depth, false);

    if (found.status == EXCEPTION_NONE && cap_type(found.slot->cap) != CAP_NULL)
        found.status = error_delete_first();
    return found;
}

/* Get: irq, index, depth. GetTrigger: irq, trigger, index, depth. */
static enum exception issue_handler(struct invocation *inv)
{
    word_t more = inv->label == LABEL_IRQ_ISSUE_HANDLER_TRIGGER ? 1 : 0;
    word_t irq;
    enum irq_operation operation = IRQ_ENABLE_LEVEL;
    struct lookup found;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 3 + more || inv->extras < 1)
        return error_truncated();
    irq = invocation_mr(inv, 0);
    if (irq >= IRQS)
        return error_range(0, IRQS - 1);
    if (state.irq[irq].active)
        return error_revoke_first();
    found = lookup_empty(inv, invocation_mr(inv, 1 + more), invocation_mr(inv, 2 + more));
    if (found.status != EXCEPTION_NONE)
        return found.status;
    if (more != 0 && invocation_mr(inv, 1) != 0)
        operation = IRQ_ENABLE_EDGE;

    /* Commit: writes, cannot refuse. */
    activate(irq, true);
    cte_insert(cap_make(CAP_IRQ_HANDLER, irq, NULL, 0), inv->slot, found.slot);
    line_operate(irq, operation);
    return EXCEPTION_NONE;
}

static enum exception issue_sgi_signal(struct invocation *inv)
{
    word_t irq, target;
    struct lookup found;

    /* Check: may refuse, writes nothing. */
    if (inv->length < 4 || inv->extras < 1)
        return error_truncated();
    irq = invocation_mr(inv, 0);
    target = invocation_mr(inv, 1);
    if (irq >= SGIS)
        return error_range(0, SGIS - 1);
    if (target >= SGI_TARGETS)
        return error_argument(1);
    found = lookup_empty(inv, invocation_mr(inv, 2), invocation_mr(inv, 3));
    if (found.status != EXCEPTION_NONE)
        return found.status;

    /* Commit: writes, cannot refuse. */
    cte_insert(cap_make(CAP_SGI_SIGNAL, irq | target << 4, NULL, 0), inv->slot, found.slot);
    return EXCEPTION_NONE;
}

enum exception decode_irq_control(struct invocation *inv)
{
    switch (inv->label) {
    case LABEL_IRQ_ISSUE_HANDLER:
    case LABEL_IRQ_ISSUE_HANDLER_TRIGGER:
        return issue_handler(inv);
    case LABEL_IRQ_ISSUE_SGI_SIGNAL:
        return issue_sgi_signal(inv);
    default:
        return error_illegal();
    }
}

static enum exception set_notification(struct invocation *inv, struct irq_state *irq)
{
    struct cap cap;
    enum exception status;

    /* Check: may refuse, writes nothing. */
    if (inv->extras < 1)
        return error_truncated();
    cap = inv->extra[0]->cap;
    if (cap_type(cap) != CAP_NOTIFICATION || (cap_rights(cap) & RIGHT_WRITE) == 0)
        return error_capability(0);

    /* Commit: writes, cannot refuse; preempted when many waited for the old notification. */
    status = cte_delete(&irq->slot);
    if (status == EXCEPTION_NONE)
        cte_insert(cap, inv->extra[0], &irq->slot);
    return status;
}

enum exception decode_irq_handler(struct invocation *inv)
{
    word_t irq = cap_field(inv->cap);

    switch (inv->label) {
    case LABEL_IRQ_ACK:
        line_operate(irq, IRQ_ACK);
        return EXCEPTION_NONE;
    case LABEL_IRQ_SET_HANDLER:
        return set_notification(inv, &state.irq[irq]);
    case LABEL_IRQ_CLEAR_HANDLER:
        return cte_delete(&state.irq[irq].slot);
    default:
        return error_illegal();
    }
}

/* Any label, any system call: the signal is raised. */
enum exception decode_sgi_signal(struct invocation *inv)
{
    word_t target = cap_field(inv->cap) >> 4;

    if (target == 0)
        sgi_raise(cap_field(inv->cap) & MASK(4));
    return EXCEPTION_NONE;
}

struct cte *irq_finalise(word_t irq)
{
    activate(irq, false);
    line_operate(irq, IRQ_DISABLE);
    return &state.irq[irq].slot;
}
