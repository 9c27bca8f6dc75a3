/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces, tables, frames, ASID pools: refusals in order, entries written (abi 3.10). */
#include "host_kernel.h"

#include <string.h>

#include <kernel/vspace.h>

#define PAGE 4096u
#define D 64u
#define MAPPED 0x400000u /* where the first table chain leads */

enum {
    EMPTY,
    ROOT,
    VSPACE,
    VSPACE2,
    FRESH,
    PT1,
    PT2,
    PT3,
    PT4,
    FRAME,
    LARGE,
    COPY,
    POOL,
    CONTROL,
    UNTYPED,
    SLOTS
};
static struct cte slots[16];
static char pages[12][PAGE] __attribute__((aligned(4096)));
static struct tcb thread;
static unsigned page_flushes, asid_flushes, all_flushes, loads, cleans, instructions;
static char *cleaned_to; /* ranges come one after the other */

/* arch/ */

void mmu_load(paddr_t root, word_t asid)
{
    (void)root;
    (void)asid;
    loads++;
}
paddr_t mmu_no_user_root(void)
{
    return 0;
}
void mmu_publish(void) {}
void mmu_flush_page(word_t asid, vaddr_t vaddr)
{
    (void)asid;
    (void)vaddr;
    page_flushes++;
}
void mmu_flush_asid(word_t asid)
{
    (void)asid;
    asid_flushes++;
}
bool mmu_is_ram(paddr_t start, word_t size)
{
    (void)start;
    return size != 0;
}
void cache_clean(const void *start, word_t size)
{
    if (cleaned_to == NULL || start != cleaned_to)
        cleans++;
    cleaned_to = (char *)start + size;
}
void cache_invalidate(const void *start, word_t size)
{
    cache_clean(start, size);
}
void cache_clean_for_instructions(const void *start, word_t size)
{
    cache_clean(start, size);
}
void cache_invalidate_instructions(void)
{
    instructions++;
}
void mmu_flush_all(void)
{
    all_flushes++;
}

static enum exception call(unsigned slot, struct host_message message)
{
    struct invocation inv = host_invocation(&slots[slot], &message);

    switch (cap_type(slots[slot].cap)) {
    case CAP_FRAME:
        return decode_frame(&inv);
    case CAP_PAGE_TABLE:
        return decode_page_table(&inv);
    case CAP_VSPACE:
        return decode_vspace(&inv);
    case CAP_ASID_POOL:
        return decode_asid_pool(&inv);
    default:
        return decode_asid_control(&inv);
    }
}

static enum exception map_table(unsigned slot, unsigned vspace, vaddr_t vaddr)
{
    return call(slot, (struct host_message){ .label = LABEL_PAGE_TABLE_MAP,
                                             .length = 2,
                                             .mr = { vaddr },
                                             .extra = { &slots[vspace] } });
}
static enum exception map_frame(unsigned slot, unsigned vspace, vaddr_t vaddr, word_t rights)
{
    return call(slot, (struct host_message){ .label = LABEL_PAGE_MAP,
                                             .length = 3,
                                             .mr = { vaddr, rights, VM_ATTRIBUTE_CACHEABLE },
                                             .extra = { &slots[vspace] } });
}
static enum exception assign(unsigned vspace)
{
    return call(POOL, (struct host_message){ .label = LABEL_ASID_POOL_ASSIGN,
                                             .extra = { &slots[vspace] } });
}

/* number: of the argument or capability, when the error names one. */
static bool failed(enum exception status, enum error_code code, word_t number)
{
    bool names = code == ERROR_INVALID_ARGUMENT || code == ERROR_INVALID_CAPABILITY;

    return status == EXCEPTION_SYSCALL_ERROR && state.error.code == code &&
           (!names || state.error.argument == number);
}
static bool missing(enum exception status, word_t bits)
{
    return status == EXCEPTION_SYSCALL_ERROR && state.error.code == ERROR_FAILED_LOOKUP &&
           state.error.lookup == LOOKUP_MISSING && state.error.lookup_word[0] == bits &&
           !state.error.lookup_was_source;
}
static bool no_root(enum exception status)
{
    return status == EXCEPTION_SYSCALL_ERROR && state.error.code == ERROR_FAILED_LOOKUP &&
           state.error.lookup == LOOKUP_INVALID_ROOT && !state.error.lookup_was_source;
}

static void put(unsigned slot, enum cap_type type, word_t field, void *object)
{
    cte_insert_root(cap_make(type, field, object, 0), &slots[slot]);
}

/* Two assigned address spaces; nothing mapped. */
static int start(void **context)
{
    (void)context;
    host_reset();
    memset(slots, 0, sizeof(slots));
    memset(pages, 0, sizeof(pages));
    page_flushes = asid_flushes = all_flushes = loads = cleans = instructions = 0;
    cleaned_to = NULL;
    state.current = &thread;
    thread.slot[TCB_VSPACE].cap = cap_null();
    put(ROOT, CAP_CNODE, 4, slots);
    slots[ROOT].cap = host_cnode(slots, 4);
    put(VSPACE, CAP_VSPACE, 0, pages[0]);
    put(VSPACE2, CAP_VSPACE, 0, pages[1]);
    put(FRESH, CAP_VSPACE, 0, pages[2]);
    for (unsigned i = 0; i < 4; i++)
        put(PT1 + i, CAP_PAGE_TABLE, 0, pages[3 + i]);
    put(FRAME, CAP_FRAME, VM_READ_WRITE << 1, pages[7]);
    put(LARGE, CAP_FRAME, VM_READ_WRITE << 1 | FRAME_LARGE << 3, (void *)0xffffff8040200000);
    put(POOL, CAP_ASID_POOL, 0, pages[8]);
    put(CONTROL, CAP_ASID_CONTROL, 0, NULL);
    put(UNTYPED, CAP_UNTYPED, 12 << 1, pages[9]);
    state.asid_pool[0] = (struct asid_pool *)(void *)pages[8];
    assert_int_equal(assign(VSPACE), EXCEPTION_NONE);
    assert_int_equal(assign(VSPACE2), EXCEPTION_NONE);
    return 0;
}

static void map_chain(void)
{
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(map_table(PT1 + i, VSPACE, MAPPED), EXCEPTION_NONE);
}

static pte_t *root_of(unsigned slot)
{
    return cap_object(slots[slot].cap);
}

static void test_assign(void **context)
{
    (void)context;
    assert_int_equal(cap_asid(slots[VSPACE].cap), 1); /* 0 is never given out */
    assert_int_equal(cap_asid(slots[VSPACE2].cap), 2);
    assert_true(failed(assign(VSPACE), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(assign(FRAME), ERROR_INVALID_CAPABILITY, 1));
    state.asid_pool[0] = NULL;
    assert_true(no_root(assign(FRESH)));
    state.asid_pool[0] = (struct asid_pool *)(void *)pages[10];
    assert_true(failed(assign(FRESH), ERROR_INVALID_CAPABILITY, 0));
    state.asid_pool[0] = (struct asid_pool *)(void *)pages[8];
    memset(pages[8], 1, PAGE);
    assert_true(failed(assign(FRESH), ERROR_DELETE_FIRST, 0));
}

static enum exception make_pool(unsigned untyped, word_t index)
{
    return call(CONTROL, (struct host_message){ .label = LABEL_ASID_CONTROL_MAKE_POOL,
                                                .length = 2,
                                                .mr = { index, D },
                                                .extra = { &slots[untyped], &slots[ROOT] } });
}

static void test_make_pool(void **context)
{
    (void)context;
    assert_true(failed(make_pool(FRAME, EMPTY), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(make_pool(UNTYPED, FRAME), ERROR_DELETE_FIRST, 0));
    memset(pages[9], 0xff, PAGE); /* was used before */
    assert_int_equal(make_pool(UNTYPED, EMPTY), EXCEPTION_NONE);
    assert_ptr_equal(state.asid_pool[1], pages[9]);
    assert_int_equal(cap_field(slots[EMPTY].cap), 1);
    assert_null(state.asid_pool[1]->root[511]);
    assert_true(failed(make_pool(UNTYPED, EMPTY), ERROR_REVOKE_FIRST, 0));
    assert_int_equal(cte_revoke(&slots[UNTYPED]), EXCEPTION_NONE);
    assert_null(state.asid_pool[1]);
    for (word_t i = 1; i < BIT(ASID_POOLS_BITS); i++)
        state.asid_pool[i] = (struct asid_pool *)(void *)pages[10];
    assert_true(failed(make_pool(FRAME, EMPTY), ERROR_DELETE_FIRST, 0));
}

static void test_tables(void **context)
{
    (void)context;
    assert_true(failed(map_table(PT1, FRESH, 0), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(map_table(PT1, FRAME, 0), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(map_table(PT1, VSPACE, USER_TOP + 1), ERROR_INVALID_ARGUMENT, 0));
    assert_int_equal(map_table(PT1, VSPACE, MAPPED + 77), EXCEPTION_NONE); /* rounded down */
    assert_int_equal(cap_vaddr(slots[PT1].cap), 0);
    assert_true(failed(map_table(PT1, VSPACE, 0), ERROR_INVALID_CAPABILITY, 0));
    assert_int_equal(map_table(PT2, VSPACE, MAPPED), EXCEPTION_NONE);
    assert_int_equal(map_table(PT3, VSPACE, MAPPED + 0x1000), EXCEPTION_NONE);
    assert_int_equal(cap_vaddr(slots[PT3].cap), MAPPED);
    assert_true(failed(map_table(PT4, VSPACE, MAPPED), ERROR_DELETE_FIRST, 0));
    assert_int_equal(vspace_walk(root_of(VSPACE), MAPPED).bits, 12);
    assert_int_equal(vspace_walk(root_of(VSPACE), MAPPED + 0x200000).bits, 21);
    /* Unmapping the middle one cuts off what is below, and zeroes it. */
    assert_int_equal(call(PT2, (struct host_message){ .label = LABEL_PAGE_TABLE_UNMAP }),
                     EXCEPTION_NONE);
    assert_int_equal(vspace_walk(root_of(VSPACE), MAPPED).bits, 30);
    assert_int_equal(((pte_t *)cap_object(slots[PT2].cap))[2], 0);
    assert_int_equal(cap_asid(slots[PT2].cap), 0);
    assert_int_equal(asid_flushes, 1);
    /* The lower one still believes that it is mapped; its unmapping finds nothing to do. */
    assert_int_equal(call(PT3, (struct host_message){ .label = LABEL_PAGE_TABLE_UNMAP }),
                     EXCEPTION_NONE);
    assert_int_equal(asid_flushes, 1);
    state.asid_pool[0]->root[1] = NULL;
    assert_true(no_root(map_table(PT4, VSPACE, MAPPED)));
    state.asid_pool[0]->root[1] = root_of(VSPACE2);
    assert_true(failed(map_table(PT4, VSPACE, MAPPED), ERROR_INVALID_CAPABILITY, 1));
}

static void test_unmap_needs_the_last_cap(void **context)
{
    (void)context;
    map_chain();
    cte_insert(slots[PT3].cap, &slots[PT3], &slots[COPY]);
    assert_true(failed(call(PT3, (struct host_message){ .label = LABEL_PAGE_TABLE_UNMAP }),
                       ERROR_REVOKE_FIRST, 0));
}

static void test_frames(void **context)
{
    (void)context;
    assert_true(failed(map_frame(FRAME, FRESH, MAPPED, 3), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(map_frame(FRAME, VSPACE, MAPPED + 8, 3), ERROR_ALIGNMENT, 0));
    assert_true(missing(map_frame(FRAME, VSPACE, MAPPED, 3), 39));
    assert_int_equal(map_table(PT1, VSPACE, MAPPED), EXCEPTION_NONE);
    assert_true(missing(map_frame(FRAME, VSPACE, MAPPED, 3), 30));
    assert_int_equal(map_table(PT2, VSPACE, MAPPED), EXCEPTION_NONE);
    assert_true(missing(map_frame(FRAME, VSPACE, MAPPED, 3), 21));
    assert_int_equal(map_table(PT3, VSPACE, MAPPED), EXCEPTION_NONE);
    assert_true(missing(map_frame(LARGE, VSPACE, MAPPED, 3), 12));
    assert_true(failed(map_frame(FRAME, VSPACE, USER_TOP + 1, 3), ERROR_INVALID_ARGUMENT, 0));
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 3), EXCEPTION_NONE);
    assert_true(pte_is_user_writable(*vspace_walk(root_of(VSPACE), MAPPED).entry));
    assert_true(failed(map_frame(FRAME, VSPACE2, MAPPED, 3), ERROR_INVALID_CAPABILITY, 1));
    assert_true(failed(map_frame(FRAME, VSPACE, MAPPED + PAGE, 3), ERROR_INVALID_ARGUMENT, 0));
    assert_int_equal(page_flushes, 0);
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 2), EXCEPTION_NONE); /* other rights */
    assert_false(pte_is_user_writable(*vspace_walk(root_of(VSPACE), MAPPED).entry));
    assert_int_equal(page_flushes, 1);
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 1), EXCEPTION_NONE); /* write only: none */
    assert_int_equal(*vspace_walk(root_of(VSPACE), MAPPED).entry & PTE_USER, 0);
    assert_int_equal(map_frame(LARGE, VSPACE, MAPPED + 0x200000, 3), EXCEPTION_NONE);
    assert_true(failed(map_table(PT4, VSPACE, MAPPED + 0x200000), ERROR_DELETE_FIRST, 0));
}

static void test_replaced_frame(void **context)
{
    (void)context;
    map_chain();
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 3), EXCEPTION_NONE);
    put(COPY, CAP_FRAME, VM_READ_WRITE << 1, pages[10]);
    assert_int_equal(map_frame(COPY, VSPACE, MAPPED, 3), EXCEPTION_NONE); /* over the other one */
    assert_int_equal(cte_delete(&slots[FRAME]), EXCEPTION_NONE); /* no longer its mapping */
    assert_int_equal(pte_paddr(*vspace_walk(root_of(VSPACE), MAPPED).entry),
                     ptr_to_paddr(pages[10]) & PTE_ADDRESS);
    assert_int_equal(cte_delete(&slots[COPY]), EXCEPTION_NONE);
    assert_int_equal(*vspace_walk(root_of(VSPACE), MAPPED).entry, 0);
}

static enum exception flush(unsigned slot, word_t label, word_t from, word_t to)
{
    return call(slot, (struct host_message){ .label = label, .length = 2, .mr = { from, to } });
}

static void test_frame_flush(void **context)
{
    (void)context;
    map_chain();
    assert_true(failed(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 8, 4), ERROR_ILLEGAL_OPERATION, 0));
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 2), EXCEPTION_NONE);
    assert_true(failed(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 8, 8), ERROR_INVALID_ARGUMENT, 1));
    assert_true(
        failed(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 0, PAGE + 1), ERROR_INVALID_ARGUMENT, 0));
    assert_true(
        failed(flush(FRAME, LABEL_PAGE_INVALIDATE_DATA, 0, PAGE), ERROR_ILLEGAL_OPERATION, 0));
    assert_int_equal(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 0, PAGE), EXCEPTION_NONE);
    assert_int_equal(flush(FRAME, LABEL_PAGE_UNIFY_INSTRUCTION, 0, PAGE), EXCEPTION_NONE);
    assert_int_equal(cleans, 2);
    *vspace_walk(root_of(VSPACE), MAPPED).entry = 0;
    assert_true(failed(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 0, 8), ERROR_INVALID_CAPABILITY, 0));
    state.asid_pool[0]->root[1] = NULL;
    assert_true(no_root(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 8, 8))); /* before the range */
}

/* A large range takes many passes of the same call: nothing is left out and nothing done twice. */
static void test_long_flush(void **context)
{
    const char *memory = cap_object(slots[LARGE].cap);
    word_t size = BIT(LARGE_PAGE_BITS), from = 100, to = size - 1000;
    unsigned passes = 1;

    (void)context;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(map_table(PT1 + i, VSPACE, size), EXCEPTION_NONE);
    assert_int_equal(map_frame(LARGE, VSPACE, size, 3), EXCEPTION_NONE);
    cleaned_to = (char *)memory + from;
    while (flush(LARGE, LABEL_PAGE_UNIFY_INSTRUCTION, from, to) == EXCEPTION_PREEMPTED) {
        assert_int_equal(instructions, 0);
        passes++;
    }
    assert_in_range(passes, 20, 21); /* 2046 units of 1 KiB */
    assert_ptr_equal(cleaned_to, memory + to);
    assert_int_equal(cleans, 0);
    assert_int_equal(instructions, 1);
    /* Answered, or its registers written: the next call is another one. */
    progress_end(&host_caller);
    assert_int_equal(flush(LARGE, LABEL_PAGE_CLEAN_DATA, from, to), EXCEPTION_PREEMPTED);
    assert_int_equal(cleans, 1);
    /* Another range is another operation, whatever was kept. */
    assert_int_equal(flush(LARGE, LABEL_PAGE_CLEAN_DATA, 0, 64), EXCEPTION_NONE);
    assert_ptr_equal(cleaned_to, memory + 64);
}

static void test_vspace_flush(void **context)
{
    (void)context;
    map_chain();
    assert_true(failed(flush(FRESH, LABEL_VSPACE_CLEAN_DATA, 8, 8), ERROR_INVALID_ARGUMENT, 1));
    assert_true(
        failed(flush(FRESH, LABEL_VSPACE_CLEAN_DATA, 8, USER_TOP + 1), ERROR_ILLEGAL_OPERATION, 0));
    assert_true(failed(flush(FRESH, LABEL_VSPACE_CLEAN_DATA, 8, 9), ERROR_INVALID_CAPABILITY, 0));
    assert_int_equal(flush(VSPACE, LABEL_VSPACE_CLEAN_DATA, 0x7000000, 0x8000000), EXCEPTION_NONE);
    assert_int_equal(cleans, 0); /* nothing there */
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 2), EXCEPTION_NONE);
    assert_int_equal(flush(VSPACE, LABEL_VSPACE_CLEAN_DATA, MAPPED, MAPPED + PAGE), EXCEPTION_NONE);
    assert_int_equal(cleans, 1);
    assert_true(failed(flush(VSPACE, LABEL_VSPACE_CLEAN_DATA, MAPPED + 8, MAPPED + PAGE + 1),
                       ERROR_RANGE, 0));
    assert_int_equal(state.error.range_min, MAPPED + 8);
    assert_int_equal(state.error.range_max, MAPPED + PAGE - 1);
    assert_true(failed(flush(VSPACE, LABEL_VSPACE_INVALIDATE_DATA, MAPPED, MAPPED + 8),
                       ERROR_ILLEGAL_OPERATION, 0));
}

static void test_deleted_vspace(void **context)
{
    (void)context;
    map_chain();
    assert_int_equal(map_frame(FRAME, VSPACE, MAPPED, 3), EXCEPTION_NONE);
    assert_int_equal(cte_delete(&slots[VSPACE2]), EXCEPTION_NONE);
    assert_int_equal(loads, 0); /* nobody's at the moment */
    thread.slot[TCB_VSPACE].cap = slots[VSPACE].cap;
    assert_int_equal(cte_delete(&slots[VSPACE]), EXCEPTION_NONE);
    assert_null(state.asid_pool[0]->root[1]);
    assert_int_equal(asid_flushes, 2);
    assert_int_equal(loads, 1); /* it was the current one */
    assert_true(no_root(flush(FRAME, LABEL_PAGE_CLEAN_DATA, 0, 8)));
    assert_int_equal(call(FRAME, (struct host_message){ .label = LABEL_PAGE_UNMAP }),
                     EXCEPTION_NONE);
    assert_int_equal(call(PT3, (struct host_message){ .label = LABEL_PAGE_TABLE_UNMAP }),
                     EXCEPTION_NONE);
    assert_int_equal(assign(FRESH), EXCEPTION_NONE);
    assert_int_equal(cap_asid(slots[FRESH].cap), 1); /* free again */
}

static void test_ipc_buffer(void **context)
{
    (void)context;
    assert_int_equal(frame_check_ipc_buffer(MAPPED + 1024, slots[FRAME].cap), EXCEPTION_NONE);
    assert_true(failed(frame_check_ipc_buffer(MAPPED + 512, slots[FRAME].cap), ERROR_ALIGNMENT, 0));
    assert_true(failed(frame_check_ipc_buffer(MAPPED + 512, cap_with_field(slots[FRAME].cap, 1)),
                       ERROR_ILLEGAL_OPERATION, 0));
    assert_true(failed(frame_check_ipc_buffer(0, slots[VSPACE].cap), ERROR_ILLEGAL_OPERATION, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_assign, start),
        cmocka_unit_test_setup(test_make_pool, start),
        cmocka_unit_test_setup(test_tables, start),
        cmocka_unit_test_setup(test_unmap_needs_the_last_cap, start),
        cmocka_unit_test_setup(test_frames, start),
        cmocka_unit_test_setup(test_replaced_frame, start),
        cmocka_unit_test_setup(test_frame_flush, start),
        cmocka_unit_test_setup(test_long_flush, start),
        cmocka_unit_test_setup(test_vspace_flush, start),
        cmocka_unit_test_setup(test_deleted_vspace, start),
        cmocka_unit_test_setup(test_ipc_buffer, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
