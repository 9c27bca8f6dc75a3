/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the camera's frames come from; the board picks fw_cfg.c or frame_store.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const char sensor_name[]; /* of the frames, for complaints */

/* The device's registers; before all others. */
void sensor_init(uintptr_t registers);
/* Whether the mission says to switch off when all frames are sent. */
bool sensor_halts_at_end(void);
/* Reads from the beginning of the frames from now on. False, with a complaint: there are none. */
bool sensor_open(void);
/* Reads on in the frames. */
void sensor_read(void *to, size_t bytes);
/* Whether the frames are so many bytes; a source that cannot tell says whether so many can be. */
bool sensor_has(uint64_t bytes);

void complain(const char *what, const char *more); /* camera.c */
