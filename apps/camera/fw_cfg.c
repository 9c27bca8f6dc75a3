/* SPDX-License-Identifier: BSD-2-Clause */
/* Access to fw_cfg; all of the device's own numbers are big-endian. */
#include "fw_cfg.h"

#include <device.h>
#include <string.h>

#define DATA 0x0     /* 1 to 8 bytes at once, in the file's order */
#define SELECTOR 0x8 /* 16 bits, big-endian */
#define KEY_DIRECTORY 0x19
#define NAME_BYTES 56
#define FILES_MAX 1024u

struct directory_entry {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[NAME_BYTES];
};
_Static_assert(sizeof(struct directory_entry) == 64, "fw_cfg: struct FWCfgFile");

static uintptr_t registers_base;

void fw_cfg_init(uintptr_t registers)
{
    registers_base = registers;
}

void fw_cfg_select(uint16_t key)
{
    device_write16(registers_base + SELECTOR, __builtin_bswap16(key));
}

void fw_cfg_read(void *to, size_t bytes)
{
    uint8_t *out = to;

    for (; bytes >= 8; bytes -= 8, out += 8) {
        uint64_t word = device_read64(registers_base + DATA);

        memcpy(out, &word, 8);
    }
    for (; bytes; bytes--)
        *out++ = device_read8(registers_base + DATA);
}

bool fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
    uint32_t count = 0;

    fw_cfg_select(KEY_DIRECTORY);
    fw_cfg_read(&count, sizeof(count));
    count = __builtin_bswap32(count);
    for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
        struct directory_entry entry;

        fw_cfg_read(&entry, sizeof(entry));
        if (strncmp(entry.name, name, sizeof(entry.name)) == 0) {
            *file =
                (struct fw_cfg_file){ __builtin_bswap16(entry.key), __builtin_bswap32(entry.size) };
            return true;
        }
    }
    return false;
}
