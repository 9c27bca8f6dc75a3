/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's firmware configuration device (docs/specs/fw_cfg in QEMU), memory-mapped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_cfg_file {
    uint16_t key;
    uint32_t size; /* bytes */
};

/* The device's registers; before all others. */
void fw_cfg_init(uintptr_t registers);
/* Finds a file in the device's directory. */
bool fw_cfg_find(const char *name, struct fw_cfg_file *file);
/* Reads from the beginning of the file from now on. */
void fw_cfg_select(uint16_t key);
/* Reads on in the selected file; behind its end come zeros. */
void fw_cfg_read(void *to, size_t bytes);
