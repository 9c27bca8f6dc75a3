/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's way in and out with several replicas. Contracts: rcoe/rcoe.h. */
#pragma once

#include "enter.h"
#include "leave.h"
#include "time.h"
