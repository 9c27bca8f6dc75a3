/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2 exception vectors. From a replica: save, call, restore. From EL2 itself: either the one
 * access to a device that may abort (device.S), or the end of this core's part. Next file:
 * shim/trap.c.
 */
#include "frame.h"

#define SHIM_CALL_INPUT_DONE 4  /* enum shim_call, asserted in shim/shim.h */
#define ESR_HVC_SHIM 0x5a000054 /* HVC #SHIM_HVC from AArch64 (Arm ARM D13.2.37) */

    .macro entry handler
    .balign 128
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp, #FRAME_X(0)]
    adr     x0, \handler
    b       save_and_call
    .endm

/*
 * INPUT_DONE is a part of every interrupt: straight there and back, as a C function of the kernel
 * that keeps x19-x30. ELR and SPSR stay as they are, since nothing here can be interrupted.
 */
    .macro entry_sync
    .balign 128
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp, #FRAME_X(0)]
    mrs     x1, esr_el2
    cmp     x0, #SHIM_CALL_INPUT_DONE
    ldr     x0, =ESR_HVC_SHIM
    ccmp    x1, x0, #0, eq
    adr     x0, trap_sync
    b.ne    save_and_call
    str     x30, [sp, #FRAME_X(30)]
    bl      inputs_done
    ldr     x30, [sp, #FRAME_X(30)]
    add     sp, sp, #FRAME_SIZE
    eret
    .endm

    .altmacro
    .macro pair operation, first, second
    \operation x\first, x\second, [sp, #FRAME_X(\first)]
    .endm

    .macro own handler
    .balign 128
    b       \handler
    .endm

    .section .vectors, "ax"
    .balign 2048
    .global vectors
vectors:
    own     own_trap            /* EL2 with SP_EL0: never used */
    own     own_trap
    own     own_trap
    own     own_trap
    own     own_sync            /* EL2 */
    own     own_trap
    own     own_trap
    own     own_trap
    entry_sync               /* a replica, AArch64 */
    entry   trap_interrupt
    entry   trap_interrupt
    entry   trap_serror
    entry   trap_sync        /* a replica in AArch32: user mode after a wild SPSR */
    entry   trap_interrupt
    entry   trap_interrupt
    entry   trap_serror


/*
 * In: x0 = handler, frame begun at sp. Out: the replica goes on. Clobbers: nothing of the
 * replica.
 */
save_and_call:
    .irp n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
    pair    stp, \n, %(\n + 1)
    .endr
    str     x30, [sp, #FRAME_X(30)]
    mrs     x1, elr_el2
    mrs     x2, spsr_el2
    stp     x1, x2, [sp, #FRAME_ELR]
    mov     x8, x0
    mov     x0, sp
    blr     x8
    .global return_to_replica
return_to_replica:
    ldp     x1, x2, [sp, #FRAME_ELR]
    msr     elr_el2, x1
    msr     spsr_el2, x2
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
    pair    ldp, \n, %(\n + 1)
    .endr
    ldr     x30, [sp, #FRAME_X(30)]
    add     sp, sp, #FRAME_SIZE
    eret

/*
 * A synchronous exception inside EL2. If the access of device.S caused it, that access ends with
 * status 1 and the address that failed. x16 and x17 are dead there; elsewhere nothing matters any
 * more.
 */
own_sync:
    mrs     x16, elr_el2
    adr     x17, device_access
    cmp     x16, x17
    b.lo    own_trap
    adr     x17, device_access_end
    cmp     x16, x17
    b.hs    own_trap
    adr     x17, device_access_failed
    msr     elr_el2, x17
    eret

/*
 * This core's shim is broken: a fresh stack, one report; a second exception here ends in silence.
 */
own_trap:
    mrs     x17, tpidr_el2
    cbnz    x17, dead
    mov     x17, #1
    msr     tpidr_el2, x17
    adrp    x16, shim_stack_top
    mov     sp, x16
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    b       trap_own

/* Nothing of this core is trusted any more. */
    .global dead
dead:
    msr     daifset, #15
1:  wfe                         /* not wfi: an interrupt that stays pending would end it */
    b       1b
