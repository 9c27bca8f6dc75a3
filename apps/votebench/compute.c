/* SPDX-License-Identifier: BSD-2-Clause */
/* Workloads without a system call. */
#include "votebench.h"

#define LENGTH 32768u /* words: 256 KiB an array, more than a first-level cache */

volatile seL4_Uint64 sink; /* results must be computed */

/* A generator of pseudo-random numbers and a bitwise CRC of each: shifts, products, branches. */
void run_integer(void)
{
    seL4_Uint64 state = 88172645463325252u;
    seL4_Uint32 crc = ~0u;

    for (unsigned i = 0; i < WORK * 25000u; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        crc ^= (seL4_Uint32)(state * 0x9e3779b97f4a7c15u >> 32);
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    sink = crc;
}

/* Euler's method on Lorenz's equations. */
void run_floating(void)
{
    double x = 1.0, y = 1.0, z = 1.0;

    for (unsigned i = 0; i < WORK * 60000u; i++) {
        double dx = 10.0 * (y - x), dy = x * (28.0 - z) - y, dz = x * y - z * (8.0 / 3.0);

        x += dx * 1e-3;
        y += dy * 1e-3;
        z += dz * 1e-3;
    }
    sink = (seL4_Uint64)(seL4_Int64)((x + y + z) * 1e9);
}

/* a[i] = b[i] + s * c[i], as the triad of the STREAM benchmark. */
void run_stream(void)
{
    static double a[LENGTH], b[LENGTH], c[LENGTH];

    for (unsigned i = 0; i < LENGTH; i++) {
        b[i] = i;
        c[i] = LENGTH - i;
    }
    for (unsigned round = 0; round < WORK * 4u; round++) {
        for (unsigned i = 0; i < LENGTH; i++)
            a[i] = b[i] + 3.0 * c[i];
        b[round] += a[round];
    }
    sink = (seL4_Uint64)a[LENGTH / 2];
}
