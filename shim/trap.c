/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a replica came to EL2, from vectors.S. What a user program can cause is handed to the
 * replica's kernel as an exception; what only a broken kernel can cause ends the replica.
 */
#include "core.h"
#include <shim/shim.h>

#define CLASS(esr) ((esr) >> 26 & 63)
#define CLASS_UNKNOWN 0x00u
#define CLASS_HVC 0x16u
#define CLASS_SMC 0x17u
#define CLASS_FETCH_ABORT 0x20u
#define CLASS_DATA_ABORT 0x24u
#define CLASS_SAME_LEVEL 1u /* added to an abort's class when EL1 itself caused it */
#define ESR_CLASS(class) ((uint64_t)(class) << 26)
#define ESR_LONG (UINT64_C(1) << 25)
#define ESR_WRITE (UINT64_C(1) << 6)
#define ESR_FAR_INVALID (UINT64_C(1) << 10)
#define ESR_EXTERNAL_ABORT UINT64_C(0x10)
#define SPSR_EL1H_MASKED UINT64_C(0x3c5)

//@ requires frame == the_frame;
/* The replica takes an exception at EL1, as if its processor had raised it. */
static void exception_to_kernel(struct frame *frame, uint64_t esr, uint64_t far)
{
    uint64_t offset = 0x400; /* from EL0 */

    if (!frame_is_user(frame))
        offset = frame->spsr & 1 ? 0x200 : 0x000;
    SYSREG_WRITE(esr_el1, esr);
    SYSREG_WRITE(far_el1, far);
    SYSREG_WRITE(elr_el1, frame->elr);
    SYSREG_WRITE(spsr_el1, frame->spsr);
    frame->elr = SYSREG_READ(vbar_el1) + offset;
    frame->spsr = SPSR_EL1H_MASKED;
}

void trap_inject(struct frame *frame, uint64_t esr)
{
    uint64_t class = CLASS(esr) + (frame_is_user(frame) ? 0 : CLASS_SAME_LEVEL);

    exception_to_kernel(frame,
                        ESR_CLASS(class) | ESR_LONG | (esr & (ESR_WRITE | ESR_FAR_INVALID)) |
                            ESR_EXTERNAL_ABORT,
                        SYSREG_READ(far_el2));
}

void trap_sync(struct frame *frame)
{
    uint64_t esr = SYSREG_READ(esr_el2);
    bool user = frame_is_user(frame);

    if (CLASS(esr) == CLASS_HVC && (esr & 0xffff) == SHIM_HVC) {
        hvc_call(frame);
    } else if (CLASS(esr) == CLASS_SMC && !user) {
        frame->elr += 4; /* a trapped SMC, unlike HVC, returns to itself */
        hvc_firmware(frame, frame->x, frame->elr);
    } else if (CLASS(esr) == CLASS_DATA_ABORT || CLASS(esr) == CLASS_FETCH_ABORT) {
        device_port_access(frame, esr); /* a fetch has no syndrome: refused */
    } else if (user) {
        exception_to_kernel(frame, ESR_CLASS(CLASS_UNKNOWN) | (esr & ESR_LONG), 0);
    } else {
        exclude_self(RECORD_PANIC, esr, frame->elr);
    }
    board_poll_call();
}

/*
 * An interrupt, the tick, or another core's kick. The yield lets a starved core run under QEMU; not
 * while another interrupt is pending, which would wait until that core is done.
 */
void trap_interrupt(void)
{
    board_poll();
    if (!inputs_interrupted())
        cpu_yield();
}

void trap_serror(struct frame *frame)
{
    exclude_self(RECORD_SHIM_TRAP, SYSREG_READ(esr_el2), frame->elr);
}

_Noreturn void trap_own(uint64_t esr, uint64_t elr)
{
    exclude_self(RECORD_SHIM_TRAP, esr, elr);
}
