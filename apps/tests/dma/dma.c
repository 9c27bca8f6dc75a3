/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a file of QEMU's fw_cfg device (docs/specs/fw_cfg in QEMU) by the device's own accesses to
 * memory, as a driver for a device that sees no caches does it: clean, start, invalidate. Prints a
 * line for each piece, and whether the first bytes are those that the device's data register gives.
 */
#include <device.h>
#include <string.h>

#include "hand_over.h"

/* Registers, and the command that the last one takes the address of. All numbers big-endian. */
#define DATA 0x0
#define SELECTOR 0x8
#define DMA_ADDRESS 0x10
#define CONTROL_ERROR 0x1u
#define CONTROL_READ 0x2u
#define CONTROL_SELECT 0x8u
#define CONTROL_KEY(key) ((uint32_t)(key) << 16)
struct command {
    uint32_t control;
    uint32_t length;
    uint64_t address;
};
struct directory_entry {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[56];
};
#define KEY_DIRECTORY 0x19
#define FILE_NAME "opt/ternion/frames"
#define SAME_BYTES 256u

seL4_Word registers, command, command_paddr, buffer, buffer_paddr, buffer_size;

/* Bytes of the selected file into the buffer. The device is done when the store is. */
static bool read_piece(uint32_t control, uint32_t bytes)
{
    struct command *order = (struct command *)command;

    *order = (struct command){ __builtin_bswap32(control | CONTROL_READ), __builtin_bswap32(bytes),
                               __builtin_bswap64(buffer_paddr) };
    if (!each_page(seL4_ARM_VSpace_Clean_Data, command, sizeof(*order)))
        return false;
    device_write64(registers + DMA_ADDRESS, __builtin_bswap64(command_paddr));
    if (!each_page(seL4_ARM_VSpace_Invalidate_Data, command, sizeof(*order)) || order->control)
        return false;
    return each_page(seL4_ARM_VSpace_Invalidate_Data, buffer, bytes);
}

static const struct directory_entry *find_file(void)
{
    const struct directory_entry *entry = (const struct directory_entry *)(buffer + 4);
    uint32_t count;

    if (!read_piece(CONTROL_KEY(KEY_DIRECTORY) | CONTROL_SELECT, (uint32_t)buffer_size))
        return NULL;
    count = __builtin_bswap32(*(const uint32_t *)buffer);
    for (uint32_t i = 0; i < count && (i + 1) * sizeof(*entry) + 4 <= buffer_size; i++)
        if (strncmp(entry[i].name, FILE_NAME, sizeof(entry[i].name)) == 0)
            return &entry[i];
    return NULL;
}

/* The file's first bytes, once more, by the processor. */
static uint32_t different(uint32_t bytes)
{
    const uint8_t *byte = (const uint8_t *)buffer;
    uint32_t found = 0;

    for (uint32_t i = 0; i < bytes; i++)
        found += device_read8(registers + DATA) != byte[i];
    return found;
}

void init(void)
{
    const struct directory_entry *file = find_file();
    uint32_t sum = SUM_START, control, size, key;

    if (!file) {
        give_up("no file " FILE_NAME);
        return;
    }
    size = __builtin_bswap32(file->size);
    key = __builtin_bswap16(file->key);
    control = CONTROL_KEY(key) | CONTROL_SELECT;
    for (uint32_t done = 0; done < size;) {
        uint32_t bytes = size - done < buffer_size ? size - done : (uint32_t)buffer_size;

        if (!read_piece(control, bytes)) {
            give_up("refused");
            return;
        }
        control = 0;
        done += bytes;
        sum = sum_of(sum, (const uint8_t *)buffer, bytes);
        print_piece(done, sum);
    }
    read_piece(CONTROL_KEY(key) | CONTROL_SELECT, SAME_BYTES);
    device_write16(registers + SELECTOR, __builtin_bswap16((uint16_t)key));
    print("dma: ", different(SAME_BYTES), " different\n");
    power_off();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
