/* SPDX-License-Identifier: BSD-2-Clause */
/* Output commit: what is to be done is voted on by all before the shim hears of it. */
#pragma once

#include "ballot.h"

/* Folds the request, publishes, and waits until every active replica has published the same. */
void commit(enum request_kind kind, uint64_t address, uint64_t value);
