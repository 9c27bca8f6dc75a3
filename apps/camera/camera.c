/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The camera. Gives one frame for each call of the compressor. What its sensor holds: "TRNFRM01",
 * then little-endian 32-bit count, width, height, 0, then 8-bit pixels.
 */
#include <flight.h>
#include <microkit.h>
#include <string.h>

#include "sensor.h"

/* Set by the image builder. */
uintptr_t sensor_registers;
uint8_t *frame_pixels;

static struct {
    char magic[8];
    uint32_t count, width, height, reserved;
} sensor;
static uint32_t given;

void complain(const char *what, const char *more)
{
    microkit_dbg_puts("camera: ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(sensor_name);
    microkit_dbg_puts(more);
    microkit_dbg_puts("\n");
}

/* Whether the frames can be used. */
static bool check_sensor(void)
{
    uint64_t pixels = (uint64_t)sensor.width * sensor.height;

    if (memcmp(sensor.magic, "TRNFRM01", sizeof(sensor.magic)) != 0) {
        complain("", " holds no frames; make one with tools/frames.py");
        return false;
    }
    if (sensor.width > UINT16_MAX || sensor.height > UINT16_MAX || pixels > FRAME_BYTES) {
        complain("a frame of ", " has more than 262144 pixels; cut it");
        return false;
    }
    if (!sensor_has(sizeof(sensor) + sensor.count * pixels)) {
        complain("", " has not the length that its header tells");
        return false;
    }
    return true;
}

void init(void)
{
    sensor_init(sensor_registers);
    if (!sensor_open())
        return;
    sensor_read(&sensor, sizeof(sensor));
    if (!check_sensor())
        sensor.count = 0;
}

void notified(microkit_channel ch)
{
    (void)ch; /* nobody notifies the camera */
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    (void)msginfo;
    if (given == sensor.count) {
        microkit_mr_set(0, CAMERA_END);
        microkit_mr_set(1, given);
        microkit_mr_set(2, sensor_halts_at_end());
        return microkit_msginfo_new(CAMERA_NEXT, 3);
    }
    sensor_read(frame_pixels, (size_t)sensor.width * sensor.height);
    microkit_mr_set(0, CAMERA_FRAME);
    microkit_mr_set(1, given++);
    microkit_mr_set(2, sensor.width);
    microkit_mr_set(3, sensor.height);
    return microkit_msginfo_new(CAMERA_NEXT, 4);
}
