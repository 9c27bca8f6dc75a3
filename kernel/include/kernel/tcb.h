/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of thread capabilities (abi 3.3), shared by the files object/tcb*.c. */
#pragma once

#include <kernel/invocation.h>

void tcb_suspend(struct tcb *tcb);
void tcb_resume(struct tcb *tcb);

/* object/tcb_registers.c */
enum exception decode_read_registers(struct invocation *inv, struct tcb *tcb) MUST_USE;
enum exception decode_write_registers(struct invocation *inv, struct tcb *tcb) MUST_USE;
enum exception decode_copy_registers(struct invocation *inv, struct tcb *tcb) MUST_USE;

/* object/tcb_space.c: CSpace, VSpace, IPC buffer, handlers */
enum exception decode_configure(struct invocation *inv) MUST_USE;
enum exception decode_set_space(struct invocation *inv) MUST_USE;
enum exception decode_set_ipc_buffer(struct invocation *inv) MUST_USE;
enum exception decode_set_timeout_endpoint(struct invocation *inv) MUST_USE;
/* Null, or an endpoint that faults can be sent to and answered from. */
bool tcb_is_valid_handler(struct cap cap);
/* Replaces the cap in a slot of the invoked thread; source: where cap was copied from. */
enum exception tcb_install(struct invocation *inv, enum tcb_slot which, struct cap cap,
                           struct cte *source) MUST_USE;

/* object/tcb_priority.c */
enum exception decode_set_priority(struct invocation *inv, struct tcb *tcb) MUST_USE;
enum exception decode_set_mc_priority(struct invocation *inv, struct tcb *tcb) MUST_USE;
enum exception decode_set_sched_params(struct invocation *inv, struct tcb *tcb) MUST_USE;
