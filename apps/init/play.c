/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays the operations of the system description. */
#include "init.h"

static seL4_Word play_invoke(const struct spec_operation *op)
{
    struct sel4_arguments a = { { 0 } };

    for (uint32_t i = 0; i < op->length && i < 8; i++) {
        seL4_Word word = op->mr_is_slot >> i & 1 ? slot_of(op->mrs[i]) : op->mrs[i];

        if (i < seL4_FastMessageRegisters)
            a.mr[i] = word;
        else
            seL4_SetMR((int)i, word);
    }
    for (uint32_t i = 0; i < op->cap_count && i < seL4_MsgMaxExtraCaps; i++)
        seL4_SetCap((int)i, slot_of(op->caps[i]));
    return sel4_invoke_words(slot_of(op->target), op->label, op->cap_count, op->length, &a);
}

static seL4_Word play_write_registers(const struct spec_operation *op)
{
    seL4_UserContext context = { .pc = op->mrs[0], .sp = op->mrs[1] };

    return seL4_TCB_WriteRegisters(slot_of(op->target), seL4_False, 0, seL4_UserContextWords,
                                   &context);
}

static seL4_Word play_frame_paddr(const struct spec_operation *op)
{
    seL4_ARM_Page_GetAddress_t answer = seL4_ARM_Page_GetAddress(slot_of(op->target));

    if (answer.error == seL4_NoError)
        *(seL4_Word *)op->mrs[0] = answer.paddr;
    return (seL4_Word)answer.error;
}

static seL4_Word play_one(const struct spec_operation *op)
{
    switch (op->kind) {
    case SPEC_INVOKE:
        return play_invoke(op);
    case SPEC_RETYPE:
        return memory_retype(op->mrs[0], op->mrs[1], slot_of(op->target));
    case SPEC_DEVICE_FRAME:
        return memory_frame_at(op->mrs[0], op->mrs[1], true, slot_of(op->target));
    case SPEC_RAM_FRAME:
        return memory_frame_at(op->mrs[0], op->mrs[1], false, slot_of(op->target));
    case SPEC_WRITE_REGISTERS:
        return play_write_registers(op);
    case SPEC_FRAME_PADDR:
        return play_frame_paddr(op);
    default:
        return seL4_InvalidArgument;
    }
}

static void print_refusal(const struct spec_operation *op, uint32_t index, seL4_Word error)
{
    static const char *const kind[] = { "invocation", "retype",          "device frame",
                                        "RAM frame",  "write registers", "frame address" };

    print_text("init: operation ");
    print_decimal(index);
    print_text(" for line ");
    print_decimal(op->source);
    print_text(" of the system description refused: ");
    print_text(op->kind < sizeof(kind) / sizeof(kind[0]) ? kind[op->kind] : "unknown kind");
    if (op->kind == SPEC_INVOKE) {
        print_text(" label ");
        print_decimal(op->label);
    }
    print_text(" on slot ");
    print_decimal(slot_of(op->target));
    print_text(": ");
    print_text(error_name(error));
    print_text(" (");
    print_hex(seL4_GetMR(0));
    print_text(", ");
    print_hex(seL4_GetMR(1));
    print_text(", ");
    print_hex(seL4_GetMR(2));
    print_text("); arguments");
    for (uint32_t i = 0; i < 4; i++) {
        print_text(" ");
        print_hex(op->mrs[i]);
    }
    print_text("\n");
}

void play(const struct spec_header *spec)
{
    const struct spec_operation *op =
        (const struct spec_operation *)((seL4_Word)spec + spec->operations_offset);

    for (uint32_t i = 0; i < spec->operation_count; i++) {
        seL4_Word error = play_one(&op[i]);

        if (error != seL4_NoError) {
            print_refusal(&op[i], i, error);
            root_stop();
        }
    }
}
