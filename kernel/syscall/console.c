/* SPDX-License-Identifier: BSD-2-Clause */
/* Text on the debug console, in every build. It is voted like any other output: rcoe_putc(). */
#include <kernel/syscall.h>
#include <rcoe/rcoe.h>

void debug_print(const char *text)
{
    for (; *text != '\0'; text++) {
        rcoe_putc(*text);
    }
}

void debug_print_hex(word_t value)
{
    int shift = value == 0 ? 0 : (63 - __builtin_clzll(value)) & ~3;

    debug_print("0x");
    for (; shift >= 0; shift -= 4) {
        rcoe_putc("0123456789abcdef"[(value >> shift) & 15]);
    }
}
