/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sensor that writes its frames into memory which belongs to no replica: on a Zynq the logic
 * beside the processor does so, by DMA into DDR. Read through the device port, a register as any
 * other: every load is voted and done once. First page: the mission. Then the frames.
 */
#include <device.h>
#include <string.h>

#include "sensor.h"

#define FRAMES_OFFSET 0x1000u
#define STORE_BYTES 0x4200000u /* as mapped by the system description */

const char sensor_name[] = "the frame store";

static uintptr_t base;
static uintptr_t next;
static uint32_t halt_at_end;

void sensor_init(uintptr_t registers)
{
    base = registers;
    halt_at_end = device_read32(base);
}

bool sensor_halts_at_end(void)
{
    return halt_at_end;
}

bool sensor_open(void)
{
    next = base + FRAMES_OFFSET;
    return true;
}

void sensor_read(void *to, size_t bytes)
{
    uint8_t *out = to;

    while (bytes) {
        if (bytes >= 8 && next % 8 == 0) {
            uint64_t word = device_read64(next);

            memcpy(out, &word, 8);
            next += 8, out += 8, bytes -= 8;
        } else {
            *out = device_read8(next);
            next++, out++, bytes--;
        }
    }
}

bool sensor_has(uint64_t bytes)
{
    return bytes <= STORE_BYTES - FRAMES_OFFSET;
}
