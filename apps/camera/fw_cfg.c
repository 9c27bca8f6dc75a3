/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sensor that is a file behind QEMU's firmware configuration device (docs/specs/fw_cfg in QEMU),
 * memory-mapped. All of the device's own numbers are big-endian.
 */
#include <device.h>
#include <string.h>

#include "sensor.h"

#define DATA 0x0     /* 1 to 8 bytes at once, in the file's order */
#define SELECTOR 0x8 /* 16 bits, big-endian */
#define KEY_DIRECTORY 0x19
#define NAME_BYTES 56
#define FILES_MAX 1024u

#define FRAMES_FILE "opt/ternion/frames"
#define MISSION_FILE "opt/ternion/mission"

struct directory_entry {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[NAME_BYTES];
};
_Static_assert(sizeof(struct directory_entry) == 64, "fw_cfg: struct FWCfgFile");

const char sensor_name[] = "fw_cfg file " FRAMES_FILE;

static uintptr_t base;
static uint64_t frames_bytes;
static uint32_t halt_at_end;

static void select_file(uint16_t key)
{
    device_write16(base + SELECTOR, __builtin_bswap16(key));
}

void sensor_read(void *to, size_t bytes)
{
    uint8_t *out = to;

    for (; bytes >= 8; bytes -= 8, out += 8) {
        uint64_t word = device_read64(base + DATA);

        memcpy(out, &word, 8);
    }
    for (; bytes; bytes--)
        *out++ = device_read8(base + DATA);
}

/* Finds a file in the device's directory and goes to its beginning. */
static bool open_file(const char *name, uint64_t *size)
{
    uint32_t count = 0;

    select_file(KEY_DIRECTORY);
    sensor_read(&count, sizeof(count));
    count = __builtin_bswap32(count);
    for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
        struct directory_entry entry;

        sensor_read(&entry, sizeof(entry));
        if (strncmp(entry.name, name, sizeof(entry.name)) == 0) {
            *size = __builtin_bswap32(entry.size);
            select_file(__builtin_bswap16(entry.key));
            return true;
        }
    }
    return false;
}

void sensor_init(uintptr_t registers)
{
    uint64_t size;

    base = registers;
    if (open_file(MISSION_FILE, &size) && size >= sizeof(halt_at_end))
        sensor_read(&halt_at_end, sizeof(halt_at_end));
}

bool sensor_halts_at_end(void)
{
    return halt_at_end;
}

bool sensor_open(void)
{
    if (open_file(FRAMES_FILE, &frames_bytes))
        return true;
    complain("no ", "; start QEMU with -fw_cfg name=" FRAMES_FILE ",file=...");
    return false;
}

bool sensor_has(uint64_t bytes)
{
    return bytes == frames_bytes;
}
