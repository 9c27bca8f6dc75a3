/* SPDX-License-Identifier: BSD-2-Clause */
/* From start.S: thread-local storage from the program's own headers, then all parts of the test. */
#include "foreign.h"

#define PT_LOAD 1u
#define PT_TLS 7u
#define TLS_HEADER 16u /* AArch64: two words at the thread pointer, then the block */

struct program_header {
    uint32_t type, flags;
    word offset, vaddr, paddr, file_size, size, align;
};
extern const char __ehdr_start[]; /* the linker's: the file's first bytes are loaded */

static __thread word tls_initialised = UINT64_C(0x5eed0000c0ffee);
static __thread word tls_zero;
static char own_tls[1024] __attribute__((aligned(64)));

_Noreturn void foreign_start(const char *information);

static const struct program_header *header(unsigned index)
{
    const char *table = __ehdr_start + *(const word *)(const void *)(__ehdr_start + 32);

    return (const struct program_header *)(const void *)table + index;
}

static unsigned header_count(void)
{
    return *(const uint16_t *)(const void *)(__ehdr_start + 56);
}

__attribute__((noinline)) word tls_make(char *area, word size, char *buffer)
{
    char **pointer_in_block;
    word align, offset;
    char *block;

    for (unsigned i = 0; i < header_count(); i++) {
        const struct program_header *tls = header(i);

        if (tls->type != PT_TLS)
            continue;
        align = tls->align > TLS_HEADER ? tls->align : TLS_HEADER;
        offset = (TLS_HEADER + align - 1) & ~(align - 1);
        if (offset + tls->size > size)
            break;
        block = area + offset;
        for (word at = 0; at < tls->size; at++)
            block[at] = at < tls->file_size ? ((const char *)tls->vaddr)[at] : 0;
        /* Where this thread's own variable lies in its block, it lies in every block. */
        pointer_in_block = (char **)(void *)(area + ((char *)&ipc_buffer - own_tls));
        if (area != own_tls)
            *pointer_in_block = buffer;
        return (word)area;
    }
    return 0;
}

/* The compiler may keep the thread pointer in a register, but not across these two. */
__attribute__((noinline)) static void tls_start(void)
{
    word pointer = tls_make(own_tls, sizeof(own_tls), NULL);

    __asm__ volatile("msr tpidr_el0, %0" ::"r"(pointer) : "memory");
}

__attribute__((noinline)) static void buffer_start(void)
{
    ipc_buffer = (char *)info(BI_ipcBuffer);
}

static void check_start(void)
{
    word all = 0, pointer;

    for (unsigned i = 0; i < INITIAL_WORDS; i++)
        all |= initial[i];
    check_equal(all, 0, "every register but x0 is zero at the start");
    check_equal(tls_initialised, UINT64_C(0x5eed0000c0ffee), ".tdata is loaded");
    check_equal(tls_zero, 0, ".tbss is zero");
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(pointer));
    tls_initialised = 1;
    check_equal(invoke(OWN_TCB, LABEL_TCBSetTLSBase, 0, NULL, 1, &pointer, NULL), 0,
                "TCB_SetTLSBase of the caller");
    check_equal(tls_initialised, 1, "the same block after TCB_SetTLSBase");
}

static void print_segments(void)
{
    for (unsigned i = 0; i < header_count(); i++) {
        const struct program_header *segment = header(i);

        if (segment->type != PT_LOAD)
            continue;
        print("segment ");
        print_number(segment->vaddr);
        print(" file offset ");
        print_number(segment->offset);
        print(" flags ");
        print_number(segment->flags);
        print("\n");
    }
}

_Noreturn void foreign_start(const char *information)
{
    boot_info = information;
    tls_start();
    buffer_start();
    print("foreign: a root task that was built elsewhere\n");
    print_segments();
    check_start();
    walk();
    memory_checks();
    thread_checks();
    time_checks();
    device_checks();
    checks_report();
    print("all done\n");
    for (;;)
        (void)invoke(OWN_TCB, LABEL_TCBSuspend, 0, NULL, 0, NULL, NULL);
}
