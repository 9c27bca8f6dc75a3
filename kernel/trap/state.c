/* SPDX-License-Identifier: BSD-2-Clause */
/* The one instance: everything a replica knows that is not in an object. */
#include <kernel/state.h>

struct kernel_state state;
