/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the threads execute: one loop per operation, so that each has labels of its own. A label
 * bench_<name>_begin is the SVC (or the load that faults) that starts the operation, _middle and
 * _end are the instructions after its first and its last SVC.
 *
 * All loops: In: x19..x26 = struct loop. Out: never; they end in loop_done. Clobbers x0..x9.
 */
    .macro load_step block
    ldp     x0, x1, [\block]
    ldp     x2, x3, [\block, #16]
    ldp     x4, x5, [\block, #32]
    ldp     x6, x7, [\block, #48]
    .endm

    /* The label of the answer must be what the operation is expected to give. */
    .macro note_label
    orr     x27, x27, x1, lsr #12
    .endm

    .macro mark name
    .global \name
\name:
    .endm

    .macro loop name
    .global loop_\name
    .type loop_\name, %function
loop_\name:
    mov     x27, xzr
1:
    .endm

    .macro again name
    subs    x21, x21, #1
    b.ne    1b
    b       loop_done
    .size loop_\name, . - loop_\name
    .endm

    /* One system call: x19. */
    .macro single name
    loop    \name
    load_step x19
    mark    bench_\name\()_begin
    svc     #0
    mark    bench_\name\()_end
    note_label
    again   \name
    .endm

    /* The same by a thread that uses its FP registers. */
    .macro single_fp name
    loop    \name
    movi    v9.16b, #0x55
    load_step x19
    mark    bench_\name\()_begin
    svc     #0
    mark    bench_\name\()_end
    note_label
    again   \name
    .endm

    /* Two system calls: x19, then x20. */
    .macro pair name
    loop    \name
    load_step x19
    mark    bench_\name\()_begin
    svc     #0
    mark    bench_\name\()_middle
    note_label
    load_step x20
    svc     #0
    mark    bench_\name\()_end
    note_label
    again   \name
    .endm

    /* Tells `done` and receives by x19, then replies and receives by x20. */
    .macro server name
    .global loop_\name
    .type loop_\name, %function
loop_\name:
    mov     x27, xzr
    load_step x19
    mov     x8, x22
    svc     #0
1:  load_step x20
    mark    bench_\name\()_begin
    svc     #0
    mark    bench_\name\()_end
    again   \name
    .endm

    .macro server_fp name
    .global loop_\name
    .type loop_\name, %function
loop_\name:
    mov     x27, xzr
    load_step x19
    mov     x8, x22
    svc     #0
1:  movi    v9.16b, #0xaa
    load_step x20
    mark    bench_\name\()_begin
    svc     #0
    mark    bench_\name\()_end
    again   \name
    .endm

    .text
    single  poll
    single  null_cap
    single  yield
    single  signal_waiter
    single  waiter
    pair    signal
    pair    signal_wait
    pair    copy_delete
    pair    retype_delete
    pair    retype_delete_used
    pair    unmap_map
    single  call
    server  reply
    single  call_4
    server  reply_4
    single  call_active
    server  reply_active
    single_fp call_fp
    server_fp reply_fp
    server  fault_handler
    server_fp fault_handler_fp

    /* A look at the counter, which traps: its time is agreed. */
    loop    counter
    mark    bench_counter_begin
    mrs     x0, cntvct_el0
    mark    bench_counter_end
    again   counter

    /* Each load faults, is answered, and faults again. x25 = an address that is not mapped. */
    .irp name, fault, fault_fp
    .global loop_\name
    .type loop_\name, %function
loop_\name:
    mark    bench_\name\()_begin
    ldr     x0, [x25]
    b       loop_\name
    .size loop_\name, . - loop_\name
    .endr

    /*
     * A real time clock as the board has it: data +0, match +4, clear +0x1c. It matches a second
     * later, while nothing runs. x25 = its registers, x19 = wait, x26 = acknowledge.
     */
    loop    irq
    ldr     w9, [x25]
    add     w9, w9, #1
    str     w9, [x25, #4]
    load_step x19
    svc     #0
    mark    bench_irq_end
    mov     w9, #1
    str     w9, [x25, #0x1c]
    load_step x26
    svc     #0
    note_label
    again   irq

/* In: x22 = done, x23 = quiet, x24 = where the labels go, x27 = labels. Does not return. */
loop_done:
    str     x27, [x24]
    mov     x0, x22
    mov     x1, xzr
    mov     x7, #-5             /* seL4_SysSend */
    svc     #0
2:  mov     x0, x23
    mov     x7, #-9             /* seL4_SysWait */
    svc     #0
    b       2b
