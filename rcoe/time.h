/* SPDX-License-Identifier: BSD-2-Clause */
/* Time is an input: one timestamp per event, published by the leader, checked by the others. */
#pragma once

#include "ballot.h"

/* Agrees on the time of rcoe.event and publishes it. */
void time_agree(void);
