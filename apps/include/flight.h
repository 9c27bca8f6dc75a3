/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who talks to whom in configs/flight.system, and how.
 *
 * Replicas are preempted at different instructions, so a program must not look at memory that
 * another one may be writing: that would be a race, and replicas would see different things. Here
 * memory changes hands only with a protected call, and counts travel in message registers. The
 * caller has the lower priority, so the callee always finds it stopped.
 *
 *   compressor --calls--> camera      a frame into the frame buffer
 *   compressor --calls--> telemetry   a compressed frame in one of the buffers
 *   telecommand --calls--> telemetry  an answer to a telecommand
 *   telecommand --calls--> uart       received bytes
 *   telemetry --calls--> uart         bytes to send
 */
#pragma once

#include <stdint.h>

/* Channel ids, as in configs/flight.system. */
enum uart_channel { UART_IRQ, UART_TELEMETRY, UART_TELECOMMAND };
enum telemetry_channel { TELEMETRY_UART = 1, TELEMETRY_COMPRESSOR, TELEMETRY_TELECOMMAND };
enum telecommand_channel { TELECOMMAND_UART = 1, TELECOMMAND_TELEMETRY };
enum camera_channel { CAMERA_COMPRESSOR = 1 };
enum compressor_channel { COMPRESSOR_CAMERA = 1, COMPRESSOR_TELEMETRY };

/* Shared regions; sizes as in configs/flight.system. */
#define TX_RING_BYTES 0x4000u /* telemetry writes, uart reads */
#define RX_RING_BYTES 0x1000u /* uart writes, telecommand reads */
#define FRAME_BYTES 0x40000u  /* camera writes, compressor reads: the pixels of one frame */
#define FRAME_SLOTS 2u
#define FRAME_SLOT_BYTES 0x48000u /* compressor writes, telemetry reads: one compressed frame */
#define ANSWER_BYTES 0x1000u      /* telecommand writes, telemetry reads */

/*
 * Calls of the uart. Positions in a ring are counted by each side from 0 and never wrap; the byte
 * is at position % size.
 */
enum uart_call {
    UART_WRITE, /* mr0: bytes put into the ring, mr1: notify when this many are free (0: do not).
                 * Reply mr0: bytes free now. All free: the last bit has left. */
    UART_READ,  /* mr0: bytes taken out of the ring. Reply mr0: bytes in it */
};

/* Call of the camera: the next frame. */
enum camera_call { CAMERA_NEXT };
enum camera_answer {
    CAMERA_FRAME, /* mr0; mr1: number, mr2: width, mr3: height */
    CAMERA_END,   /* mr0; mr1: frames given, mr2: switch off when all is sent */
};

/* Calls of telemetry. */
enum telemetry_call {
    TELEMETRY_FRAME,        /* mr0: number, mr1: slot, mr2: bytes, mr3: width << 16 | height */
    TELEMETRY_RELEASED,     /* Reply mr0: frames sent whole, so many slots were given back */
    TELEMETRY_END,          /* mr0: frames, mr1: switch off when all is sent */
    TELEMETRY_PING,         /* mr0: bytes in the answer region. Reply mr0: 1 taken, 0 no room */
    TELEMETRY_HOUSEKEEPING, /* Reply mr0: 1 taken, 0 no room */
    TELEMETRY_READMIT,      /* mr0: what HK_READMIT takes */
};
