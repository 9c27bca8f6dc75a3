/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manifest: what the image builder (tools/image.py) tells the shim. It lies at a fixed offset
 * in the image, which is an arm64 boot image (64-byte header, Linux Documentation/arm64/booting)
 * so that QEMU and U-Boot load it at a 2 MiB boundary.
 */
#pragma once

#include <stdint.h>

#define MANIFEST_OFFSET 0x800u
#define MANIFEST_MAGIC UINT64_C(0x31304d495254) /* "TRIM01" */
#define MANIFEST_VERSION 6u
#define MANIFEST_DEVICES 32u
#define MANIFEST_CONSTANTS 8u

/* Where debug text goes: the UART, which the mission may need for itself, or the recorder. */
enum console { CONSOLE_UART, CONSOLE_RECORDER };

/* What a safe stop does to the board, after its outputs are safe (safe_output() in shim/core.h). */
enum safe_state {
    SAFE_POWER_OFF,
    SAFE_HALT,  /* every core off, RAM and power on */
    SAFE_RESET, /* the system starts again; SAFE_POWER_OFF after reset_limit resets in a row */
};

struct manifest_range {
    uint64_t base; /* physical address */
    uint64_t size; /* bytes, multiple of 4096 */
};
struct manifest_constant {
    uint64_t image_offset;
    uint64_t ipa;  /* below BOARD_PARTITION_IPA: from the start of each core's shim */
    uint64_t size; /* bytes, multiple of 4096 */
};
struct manifest {
    uint64_t magic;
    uint32_t version;
    uint32_t replicas;
    uint64_t image_size;    /* bytes that the digest covers, from image offset 0 */
    uint32_t digest_crc32;  /* over the image with both digest words zero, reflected 0x04c11db7, */
    uint32_t digest_crc32c; /* ... and 0x1edc6f41; both start ~0 and end inverted */
    /* Of each constant, CRC-32C << 32 | CRC-32; the first is the shim, with this and that as 0. */
    uint64_t constant_digest[MANIFEST_CONSTANTS];
    uint32_t vote_level; /* enum vote_level */
    uint32_t window;
    uint32_t barrier_timeout_us;
    uint32_t simplex_ok;
    uint64_t partition_size;   /* bytes of RAM each replica sees at 0x40000000, multiple of 2 MiB */
    uint32_t console;          /* enum console */
    uint32_t safe_state;       /* enum safe_state */
    uint32_t readmit_per_hour; /* excluded replicas that may come back by themselves; below 256 */
    uint32_t reset_limit;      /* resets in a row, each less than an hour after its start */
    /* Blobs: offset in the image, bytes, and the IPA where each replica finds it. */
    uint64_t kernel_offset, kernel_size, kernel_ipa;
    uint64_t user_offset, user_size, user_ipa;
    /* Entry registers of the kernel, x0..x5 (abi: seL4 loader convention); x6: partition_size. */
    uint64_t kernel_entry_ipa;
    uint64_t user_p_start, user_p_end, user_pv_offset, user_v_entry, dtb_ipa, dtb_size;
    uint64_t page_interval_us; /* between digests of user pages; VOTE_PAGE */
    uint64_t device_count;
    struct manifest_range device[MANIFEST_DEVICES]; /* device port: what this system may touch */
    uint64_t scrub_bytes_per_ms;                    /* multiple of 8; 0: nothing is compared */
    uint64_t constant_count;
    struct manifest_constant constant[MANIFEST_CONSTANTS]; /* no replica ever writes; first: shim */
};
_Static_assert(sizeof(struct manifest) <= 0x800, "manifest ends before image offset 0x1000");
