/* SPDX-License-Identifier: BSD-2-Clause */
/* cmocka with the headers it wants, and checks that name the row of a table. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CHECK(name, condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fail_msg("%s: %s", (name), #condition);                                                \
        }                                                                                          \
    } while (0)
