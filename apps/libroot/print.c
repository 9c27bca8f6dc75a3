/* SPDX-License-Identifier: BSD-2-Clause */
/* Console of a root task. */
#include <root.h>

void print_text(const char *text)
{
    seL4_DebugPutString(text);
}

void print_decimal(seL4_Word number)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        seL4_DebugPutChar(digits[--count]);
}

void print_hex(seL4_Word number)
{
    int shift = 60;

    print_text("0x");
    while (shift > 0 && !(number >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        seL4_DebugPutChar("0123456789abcdef"[number >> shift & 0xf]);
}

void print_fact(const char *label, seL4_Word number)
{
    print_text(label);
    print_text(" ");
    print_decimal(number);
    print_text("\n");
}

const char *error_name(seL4_Word error)
{
    static const char *const name[seL4_NumErrors] = {
        "NoError",     "InvalidArgument", "InvalidCapability", "IllegalOperation",
        "RangeError",  "AlignmentError",  "FailedLookup",      "TruncatedMessage",
        "DeleteFirst", "RevokeFirst",     "NotEnoughMemory",
    };

    return error < seL4_NumErrors ? name[error] : "unknown error";
}
