/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the replica's kernel: the other side of include/shim/shim.h. */
#include "core.h"
#include <shim/shim.h>

#define PSCI_VERSION 0x84000000u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_NOT_SUPPORTED (~UINT64_C(0))

/* args[0..3] in and out. Every replica asked for the same, or does not come back. */
void hvc_firmware(struct frame *frame, uint64_t *args, uint64_t pc)
{
    struct request request = board_request(REQUEST_SMC, pc);
    uint64_t function = args[0];
    struct answer answer;

    request.address = function;
    request.value = args[1];
    answer = board_agree(&request);
    if (function == PSCI_SYSTEM_OFF)
        exclude_stop(STOP_POWER_OFF);
    if (function == PSCI_SYSTEM_RESET)
        exclude_stop(STOP_RESET);
    frame->x[0] = function == PSCI_VERSION ? answer.value : PSCI_NOT_SUPPORTED;
    frame->x[1] = frame->x[2] = frame->x[3] = 0;
}

//@ requires frame == the_frame;
static uint64_t hvc_request(enum request_kind kind, const struct frame *frame)
{
    struct request request = board_request(kind, frame->elr);

    if (kind != REQUEST_PUTC) {
        request.address = (uint32_t)frame->x[1];
        request.value = frame->x[2];
    } else {
        request.value = frame->x[1] & 0xff;
    }
    return board_agree(&request).value;
}

void hvc_call(struct frame *frame)
{
    switch (frame->x[0]) {
    case SHIM_CALL_DIVERGED:
        exclude_dispute(frame->x[1]);
        break;
    case SHIM_CALL_MISSING:
        watchdog_missing((uint32_t)frame->x[1]);
        break;
    case SHIM_CALL_INPUT_HOLD:
        inputs_hold();
        break;
    case SHIM_CALL_INPUT_RELEASE:
        inputs_release();
        break;
    case SHIM_CALL_TIMER:
        timer_deadline(frame->x[1]);
        break;
    case SHIM_CALL_IRQ:
        hvc_request(REQUEST_IRQ, frame);
        break;
    case SHIM_CALL_PUTC:
        hvc_request(REQUEST_PUTC, frame);
        break;
    case SHIM_CALL_SMC:
        hvc_firmware(frame, &frame->x[1], frame->elr);
        break;
    case SHIM_CALL_JOIN:
        board_slot(self.number)->join_at = counter_now();
        hvc_request(REQUEST_JOIN, frame);
        break;
    case SHIM_CALL_DIRTY:
        frame->x[0] = self.alone ? 0 : track_take(frame->x[1]);
        break;
    case SHIM_CALL_PANIC:
        exclude_self(RECORD_PANIC, frame->x[1], frame->x[2]);
    default:
        if (!dma_is_call(frame->x[0]))
            exclude_self(RECORD_PANIC, frame->x[0], frame->elr);
        frame->x[0] = hvc_request(REQUEST_DMA, frame);
    }
}
