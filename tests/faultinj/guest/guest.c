/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test guest of the injection engine: three cores each fold a table into a sum, core 0 writes the
 * sums to the UART and switches off. A flip in a table or in a live register changes the output.
 */
#include <stdatomic.h>
#include <stdint.h>

#define CORES 3u
#define TABLE 1024u
#define ROUNDS 400u
#define UART ((volatile uint32_t *)0x09000000)
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u

uint64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void start_other(void);
void guest_main(uint64_t core);

uint64_t table[CORES][TABLE];
static uint64_t sum[CORES];
static _Atomic uint32_t done; /* every core: release, after its sum; core 0: acquire */

static void put_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        *UART = (uint32_t) "0123456789abcdef"[value >> shift & 15];
    }
    *UART = '\n';
}

__attribute__((noinline)) uint64_t fold(const uint64_t *from)
{
    uint64_t state = 1;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < TABLE; i++) {
            state = state * UINT64_C(6364136223846793005) + from[i];
        }
    }
    return state;
}

void guest_main(uint64_t core)
{
    for (uint32_t i = 0; i < TABLE; i++) {
        table[core][i] = i * (core + 3);
    }
    if (core == 0) {
        for (uint64_t other = 1; other < CORES; other++) {
            psci(PSCI_CPU_ON, other, (uint64_t)(uintptr_t)start_other, other);
        }
    }
    sum[core] = fold(table[core]);
    atomic_fetch_add_explicit(&done, 1, memory_order_release);
    if (core != 0) {
        return;
    }
    while (atomic_load_explicit(&done, memory_order_acquire) < CORES) {
        __asm__ volatile("yield");
    }
    for (uint32_t i = 0; i < CORES; i++) {
        put_hex(sum[i]);
    }
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}
