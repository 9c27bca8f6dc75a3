/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of kernel/vspace/, for tests that only want to know that it was told. */
#include "host_kernel.h"

void frame_finalise(struct cap cap)
{
    (void)cap;
    host_calls.frame++;
}
void page_table_finalise(struct cap cap)
{
    (void)cap;
    host_calls.page_table++;
}
void vspace_finalise(struct cap cap)
{
    (void)cap;
    host_calls.vspace++;
}
void asid_pool_finalise(struct cap cap)
{
    (void)cap;
    host_calls.pool++;
}
