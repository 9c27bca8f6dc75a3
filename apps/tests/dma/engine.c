/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drives a channel of the ZynqMP general-purpose DMA engine (Xilinx UG1085, UG1087): it brings the
 * camera's frames from their store piece by piece, as lists of descriptors in memory say; their
 * bytes, complemented, go out to it and come back, as registers say. Prints a line for each piece,
 * and at the end how many bytes were not those that went out.
 */
#include <device.h>
#include <stddef.h>

#include "hand_over.h"

/* Registers of a channel. */
#define INTERRUPT_STATUS 0x100 /* 1 clears */
#define INTERRUPT_ENABLE 0x108
#define INTERRUPT_DONE 0x400u
#define INTERRUPT_ERRORS 0x3f9u
#define CONTROL0 0x110
#define CONTROL0_BY_REGISTERS 0x80u /* after a reset */
#define CONTROL0_BY_LISTS 0xc0u
#define SOURCE 0x128 /* a descriptor each */
#define DESTINATION 0x138
#define SOURCE_LIST 0x158 /* an address each */
#define DESTINATION_LIST 0x160
#define CONTROL2 0x200
#define CONTROL2_ENABLE 0x1u

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint32_t control;
};
#define DESCRIPTOR_LINKED 0x2u /* else the next one is behind it */
#define DESCRIPTOR_STOP 0x10u  /* of a source: the last one */
struct linked_descriptor {
    struct descriptor descriptor;
    uint64_t next;
    uint64_t reserved;
};
struct order {
    struct linked_descriptor from[2];
    struct descriptor to[2];
};

/* The store: behind its first page "TRNFRM01", 32-bit count, width, height, 0, and the pixels. */
#define FRAMES 0x1000
#define FRAMES_HEAD 24u
#define FRAMES_MAGIC 0x31304d52464e5254u
#define COUNT 8
#define WIDTH 12
#define HEIGHT 16

#define PIECE 0x2000u

seL4_Word registers, store, store_paddr, command, command_paddr, work, work_paddr, copy, copy_paddr;

static uint32_t size, done, wrong, sum = SUM_START;
static bool copied; /* what the engine does now is a piece's second part */

static uint32_t piece_bytes(void)
{
    return size - done < PIECE ? size - done : PIECE;
}

/* Where a piece lies in work and copy: in another part of a word each time. */
static seL4_Word work_offset(void)
{
    return done / PIECE * 3 % 8;
}
static seL4_Word copy_offset(void)
{
    return done / PIECE * 5 % 8;
}

static void complement(uint8_t *byte, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        byte[i] = (uint8_t)~byte[i];
}

static void write_address(uintptr_t offset, uint64_t address)
{
    device_write32(registers + offset, (uint32_t)address);
    device_write32(registers + offset + 4, (uint32_t)(address >> 32));
}
static void write_descriptor(uintptr_t offset, uint64_t address, uint32_t bytes)
{
    write_address(offset, address);
    device_write32(registers + offset + 8, bytes);
    device_write32(registers + offset + 12, 0);
}
static void start(uint32_t control)
{
    device_write32(registers + CONTROL0, control);
    device_write32(registers + CONTROL2, CONTROL2_ENABLE);
}

/* A piece of the frames into work. Source and destination are cut at different places. */
static bool fetch(void)
{
    struct order *order = (struct order *)command;
    uint64_t from = store_paddr + FRAMES + done;
    uint64_t to = work_paddr + work_offset();
    uint32_t bytes = piece_bytes(), third = bytes / 3, half = bytes / 2;
    uint64_t second = command_paddr + offsetof(struct order, from[1]);

    *order = (struct order){
        { { { from, third, DESCRIPTOR_LINKED }, second, 0 },
          { { from + third, bytes - third, DESCRIPTOR_LINKED | DESCRIPTOR_STOP }, 0, 0 } },
        { { to, half, 0 }, { to + half, bytes - half, 0 } },
    };
    if (!each_page(seL4_ARM_VSpace_Clean_Data, command, sizeof(*order)))
        return false;
    write_address(SOURCE_LIST, command_paddr + offsetof(struct order, from));
    write_address(DESTINATION_LIST, command_paddr + offsetof(struct order, to));
    start(CONTROL0_BY_LISTS);
    return true;
}

/* The piece, complemented, from work into copy. */
static bool send(void)
{
    seL4_Word place = work + work_offset();
    uint32_t bytes = piece_bytes();

    if (!each_page(seL4_ARM_VSpace_Invalidate_Data, place, bytes))
        return false;
    complement((uint8_t *)place, bytes);
    if (!each_page(seL4_ARM_VSpace_Clean_Data, place, bytes))
        return false;
    write_descriptor(SOURCE, work_paddr + work_offset(), bytes);
    write_descriptor(DESTINATION, copy_paddr + copy_offset(), bytes);
    start(CONTROL0_BY_REGISTERS);
    return true;
}

static bool check(void)
{
    const uint8_t *sent = (const uint8_t *)(work + work_offset());
    uint8_t *came = (uint8_t *)(copy + copy_offset());
    uint32_t bytes = piece_bytes();

    if (!each_page(seL4_ARM_VSpace_Invalidate_Data, (seL4_Word)came, bytes))
        return false;
    for (uint32_t i = 0; i < bytes; i++)
        wrong += sent[i] != came[i];
    complement(came, bytes);
    sum = sum_of(sum, came, bytes);
    done += bytes;
    print_piece(done, sum);
    return true;
}

void init(void)
{
    if (device_read64(store + FRAMES) != FRAMES_MAGIC) {
        give_up("no frames in the store");
        return;
    }
    size = device_read32(store + FRAMES + COUNT) * device_read32(store + FRAMES + WIDTH) *
               device_read32(store + FRAMES + HEIGHT) +
           FRAMES_HEAD;
    device_write32(registers + INTERRUPT_ENABLE, INTERRUPT_DONE | INTERRUPT_ERRORS);
    if (!fetch())
        give_up("refused");
}

void notified(microkit_channel ch)
{
    uint32_t status = device_read32(registers + INTERRUPT_STATUS);
    bool accepted;

    device_write32(registers + INTERRUPT_STATUS, status);
    microkit_irq_ack(ch);
    if (!(status & (INTERRUPT_DONE | INTERRUPT_ERRORS)))
        return; /* what the interrupt was for is seen already */
    if (status & INTERRUPT_ERRORS) {
        print("dma: engine's status ", status, "\n");
        power_off();
        return;
    }
    accepted = copied ? check() : send();
    copied = !copied;
    if (accepted && !copied && done < size)
        accepted = fetch();
    if (!accepted)
        give_up("refused");
    else if (done == size) {
        print("dma: ", wrong, " different\n");
        power_off();
    }
}
