/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware that starts cores (Arm DEN 0022, PSCI). */
#include "start.h"

#define PSCI_CPU_ON 0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_AFFINITY_OFF 1

bool psci_core_is_off(uint64_t mpidr)
{
    return psci_call(PSCI_AFFINITY_INFO, mpidr, 0, 0) == PSCI_AFFINITY_OFF;
}

int64_t core_start(uint32_t core, uint64_t from, uint64_t flags)
{
    uint64_t base = BOARD_SHIM_BASE + core * BOARD_SHIM_SIZE;
    uint64_t entry = (uint64_t)((uintptr_t)secondary_entry - (uintptr_t)image_header);

    memory_copy(base, from, (uint64_t)(shim_text_end - image_header));
    return psci_call(PSCI_CPU_ON, BOARD_CORE_MPIDR(core), base + entry, core | flags);
}
