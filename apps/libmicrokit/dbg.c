/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug console and the last words of a protection domain. */
#include <microkit.h>

void microkit_dbg_putc(int c)
{
    seL4_DebugPutChar((char)c);
}

void microkit_dbg_puts(const char *s)
{
    seL4_DebugPutString(s);
}

void microkit_dbg_put32(seL4_Uint32 x)
{
    char digits[10];
    unsigned count = 0;

    do {
        digits[count++] = (char)('0' + x % 10);
        x /= 10;
    } while (x);
    while (count)
        seL4_DebugPutChar(digits[--count]);
}

void microkit_dbg_put8(seL4_Uint8 x)
{
    microkit_dbg_put32(x);
}

void microkit_internal_bad_channel(const char *function, microkit_channel ch)
{
    for (unsigned i = 0; i < MICROKIT_PD_NAME_LENGTH && microkit_name[i]; i++)
        microkit_dbg_putc(microkit_name[i]);
    microkit_dbg_puts(" ");
    microkit_dbg_puts(function);
    microkit_dbg_puts(": invalid channel given '");
    microkit_dbg_put32(ch);
    microkit_dbg_puts("'\n");
}

_Noreturn void microkit_internal_crash(seL4_Error err)
{
    /* In assembler: a compiler may turn a store to a small constant address into a trap. */
    for (;;)
        asm volatile("str wzr, [%0]" : : "r"((seL4_Word)err) : "memory");
}
