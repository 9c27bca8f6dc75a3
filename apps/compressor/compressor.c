/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes frames from the camera, compresses them (rice.h) and hands them to telemetry. */
#include <stdbool.h>
#include <flight.h>
#include <microkit.h>

#include "rice.h"

/* Set by the image builder. */
const uint8_t *frame_pixels;
uint8_t *frame_slots;

static const struct rice_parameters parameters = { RICE_BLOCK, RICE_INTERVAL };
static uint64_t frames; /* handed to telemetry */
static bool ended;

static uint64_t frames_released(void)
{
    (void)microkit_ppcall(COMPRESSOR_TELEMETRY, microkit_msginfo_new(TELEMETRY_RELEASED, 0));
    return microkit_mr_get(0);
}

static void hand_over(uint64_t number, uint64_t width, uint64_t height)
{
    uint64_t slot = frames % FRAME_SLOTS;
    size_t bytes = rice_encode(&parameters, frame_pixels, width * height,
                               frame_slots + slot * FRAME_SLOT_BYTES, FRAME_SLOT_BYTES);

    microkit_mr_set(0, number);
    microkit_mr_set(1, slot);
    microkit_mr_set(2, bytes);
    microkit_mr_set(3, width << 16 | height);
    (void)microkit_ppcall(COMPRESSOR_TELEMETRY, microkit_msginfo_new(TELEMETRY_FRAME, 4));
    frames++;
}

static void end(uint64_t count, uint64_t halt_at_end)
{
    ended = true;
    microkit_mr_set(0, count);
    microkit_mr_set(1, halt_at_end);
    (void)microkit_ppcall(COMPRESSOR_TELEMETRY, microkit_msginfo_new(TELEMETRY_END, 2));
}

/* Works while there are free slots; telemetry notifies when it has given one back. */
static void work(void)
{
    while (!ended && frames - frames_released() < FRAME_SLOTS) {
        (void)microkit_ppcall(COMPRESSOR_CAMERA, microkit_msginfo_new(CAMERA_NEXT, 0));
        if (microkit_mr_get(0) == CAMERA_FRAME)
            hand_over(microkit_mr_get(1), microkit_mr_get(2), microkit_mr_get(3));
        else
            end(microkit_mr_get(1), microkit_mr_get(2));
    }
}

void init(void)
{
    work();
}

void notified(microkit_channel ch)
{
    (void)ch;
    work();
}
