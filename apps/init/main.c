/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of the init task. */
#include "init.h"

/* The image builder stores the address of the spec_header here; it lies behind _end. */
uint64_t system_spec_vaddr __attribute__((section(".data"))) = 0;

_Noreturn void root_main(seL4_BootInfo *info)
{
    const struct spec_header *spec = (const struct spec_header *)system_spec_vaddr;

    if (!spec || spec->magic != SPEC_MAGIC || spec->version != SPEC_VERSION) {
        print_text(
            "init: this image holds no system description; build it with tools.build_image\n");
        root_stop();
    }
    slots_init(info, spec);
    memory_init(info);
    play(spec);
    if (!spec->monitor_endpoint)
        root_stop();
    monitor(spec);
}
