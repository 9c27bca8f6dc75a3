/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The camera: its sensor is a file behind fw_cfg. Gives one frame for each call of the compressor.
 * File: "TRNFRM01", then little-endian 32-bit count, width, height, 0, then 8-bit pixels.
 */
#include <stdbool.h>
#include <flight.h>
#include <microkit.h>
#include <string.h>

#include "fw_cfg.h"

/* Set by the image builder. */
uintptr_t fw_cfg_registers;
uint8_t *frame_pixels;

#define FRAMES_FILE "opt/ternion/frames"
#define MISSION_FILE "opt/ternion/mission"

static struct {
    char magic[8];
    uint32_t count, width, height, reserved;
} sensor;
static uint32_t given;
static uint32_t halt_at_end;

static void complain(const char *what)
{
    microkit_dbg_puts("camera: ");
    microkit_dbg_puts(what);
    microkit_dbg_puts("\n");
}

/* Pixels of one frame, 0 when the file cannot be used. */
static uint64_t check_sensor(const struct fw_cfg_file *file)
{
    uint64_t pixels = (uint64_t)sensor.width * sensor.height;

    if (memcmp(sensor.magic, "TRNFRM01", sizeof(sensor.magic)) != 0) {
        complain("fw_cfg file " FRAMES_FILE " holds no frames; make one with tools/frames.py");
        return 0;
    }
    if (sensor.width > UINT16_MAX || sensor.height > UINT16_MAX || pixels > FRAME_BYTES) {
        complain("a frame of fw_cfg file " FRAMES_FILE " has more than 262144 pixels; cut it");
        return 0;
    }
    if (file->size != sizeof(sensor) + sensor.count * pixels) {
        complain("fw_cfg file " FRAMES_FILE " has not the length that its header tells");
        return 0;
    }
    return pixels;
}

static void find_frames(void)
{
    struct fw_cfg_file file;

    if (!fw_cfg_find(FRAMES_FILE, &file)) {
        complain("no fw_cfg file " FRAMES_FILE "; start QEMU with -fw_cfg name=" FRAMES_FILE
                 ",file=...");
        return;
    }
    fw_cfg_select(file.key);
    fw_cfg_read(&sensor, sizeof(sensor));
    if (!check_sensor(&file))
        sensor.count = 0;
}

void init(void)
{
    struct fw_cfg_file file;

    fw_cfg_init(fw_cfg_registers);
    if (fw_cfg_find(MISSION_FILE, &file) && file.size >= sizeof(halt_at_end)) {
        fw_cfg_select(file.key);
        fw_cfg_read(&halt_at_end, sizeof(halt_at_end));
    }
    find_frames(); /* last: the frames are read on from here */
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
        microkit_mr_set(2, halt_at_end);
        return microkit_msginfo_new(CAMERA_NEXT, 3);
    }
    fw_cfg_read(frame_pixels, (size_t)sensor.width * sensor.height);
    microkit_mr_set(0, CAMERA_FRAME);
    microkit_mr_set(1, given++);
    microkit_mr_set(2, sensor.width);
    microkit_mr_set(3, sensor.height);
    return microkit_msginfo_new(CAMERA_NEXT, 4);
}
