/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two words of a capability against the table in kernel/cap.h: every type with every value of
 * its field, and each accessor against its place in the word.
 */
#include "host_kernel.h"
#include "random.h"

#define FIELDS 2048u /* 11 bits */

static const enum cap_type types[] = {
    CAP_NULL,         CAP_FRAME,         CAP_UNTYPED,       CAP_PAGE_TABLE,  CAP_ENDPOINT,
    CAP_NOTIFICATION, CAP_REPLY,         CAP_VSPACE,        CAP_CNODE,       CAP_ASID_CONTROL,
    CAP_THREAD,       CAP_ASID_POOL,     CAP_IRQ_CONTROL,   CAP_IRQ_HANDLER, CAP_ZOMBIE,
    CAP_DOMAIN,       CAP_SCHED_CONTEXT, CAP_SCHED_CONTROL, CAP_SMC,         CAP_SGI_SIGNAL,
};

/* User, kernel window, image, device: 48 bits and what their top bit says about the rest. */
static const word_t objects[] = {
    0,
    0x1000,
    USER_TOP & ~UINT64_C(0xf),
    PPTR_BASE,
    PPTR_BASE + 0x40000000,
    KERNEL_ELF_BASE,
    ~UINT64_C(0xf),
};

/* Bits `low`.. of word 0 or 1, `width` of them. */
struct place {
    unsigned word, low, width;
};
static word_t bits_at(struct cap cap, struct place place)
{
    word_t word = place.word == 0 ? cap.w0 : cap.w1;

    return place.width == 64 ? word : word >> place.low & (((word_t)1 << place.width) - 1);
}

static void test_make(void **context)
{
    (void)context;
    random_announce("words", 1, 1);
    random_seed(1);
    for (size_t t = 0; t < COUNT(types); t++) {
        for (word_t field = 0; field < FIELDS; field++) {
            for (size_t o = 0; o < COUNT(objects); o++) {
                word_t w1 = random_word();
                struct cap cap = cap_make(types[t], field, (void *)objects[o], w1);
                struct cap other = cap_with_field(cap, FIELDS - 1 - field);

                assert_int_equal(cap_type(cap), types[t]);
                assert_int_equal(cap_field(cap), field);
                assert_ptr_equal(cap_object(cap), (void *)objects[o]);
                assert_int_equal(cap.w1, w1);
                assert_int_equal(cap_field(other), FIELDS - 1 - field);
                assert_int_equal(cap_type(other), types[t]);
                assert_ptr_equal(cap_object(other), (void *)objects[o]);
                assert_int_equal(other.w1, w1);
            }
        }
    }
    assert_int_equal(cap_type(cap_null()), CAP_NULL);
}

/* What does not fit is cut off and touches no other part. */
static void test_overlong(void **context)
{
    struct cap cap = cap_make(CAP_ENDPOINT, ~UINT64_C(0), (void *)~UINT64_C(0), 5);

    (void)context;
    assert_int_equal(cap_type(cap), CAP_ENDPOINT);
    assert_int_equal(cap_field(cap), FIELDS - 1);
    assert_int_equal(cap_type(cap_with_field(cap, ~UINT64_C(0))), CAP_ENDPOINT);
}

#define GETTER(name, result)                                                                       \
    static word_t get_##name(struct cap cap)                                                       \
    {                                                                                              \
        return (word_t)(result);                                                                   \
    }
GETTER(rights, cap_rights(cap))
GETTER(badge, cap_badge(cap))
GETTER(untyped_device, untyped_is_device(cap))
GETTER(untyped_bits, untyped_size_bits(cap))
GETTER(untyped_units, untyped_free_bytes_used(cap) >> 4)
GETTER(radix, cnode_radix(cap))
GETTER(guard, cnode_guard(cap))
GETTER(guard_size, cnode_guard_size(cap))
GETTER(frame_device, frame_is_device(cap))
GETTER(frame_rights, frame_rights(cap))
GETTER(frame_size, frame_size(cap))
GETTER(asid, cap_asid(cap))
GETTER(vaddr, cap_vaddr(cap))
GETTER(zombie_thread, zombie_is_thread(cap))
GETTER(zombie_radix, zombie_radix(cap))
GETTER(zombie_queue, zombie_queue(cap))

static const struct {
    const char *name;
    word_t (*get)(struct cap cap);
    struct place place;
} getters[] = {
    { "rights", get_rights, { 0, 48, 4 } },
    { "badge", get_badge, { 1, 0, 64 } },
    { "untyped device", get_untyped_device, { 0, 48, 1 } },
    { "untyped size", get_untyped_bits, { 0, 49, 6 } },
    { "untyped free index", get_untyped_units, { 1, 0, 60 } }, /* in bytes it fills the word */
    { "radix", get_radix, { 0, 48, 6 } },
    { "guard", get_guard, { 1, 6, 58 } },
    { "guard size", get_guard_size, { 1, 0, 6 } },
    { "frame device", get_frame_device, { 0, 48, 1 } },
    { "frame rights", get_frame_rights, { 0, 49, 2 } },
    { "frame size", get_frame_size, { 0, 51, 2 } },
    { "asid", get_asid, { 1, 48, 16 } },
    { "address", get_vaddr, { 1, 0, 48 } },
    { "zombie of a thread", get_zombie_thread, { 0, 48, 1 } },
    { "zombie radix", get_zombie_radix, { 0, 49, 6 } },
    { "zombie queue", get_zombie_queue, { 0, 55, 2 } },
};

static void test_getters(void **context)
{
    (void)context;
    random_announce("getters", 2, 2);
    random_seed(2);
    for (size_t g = 0; g < COUNT(getters); g++) {
        for (word_t field = 0; field < FIELDS; field++) {
            struct cap cap = cap_make(CAP_UNTYPED, field, (void *)random_word(), random_word());

            CHECK(getters[g].name, getters[g].get(cap) == bits_at(cap, getters[g].place));
        }
    }
}

/* A new value is read back, and nothing else of the cap changes. */
static void test_setters(void **context)
{
    (void)context;
    random_announce("setters", 3, 3);
    random_seed(3);
    for (word_t i = 0; i < FIELDS; i++) {
        struct cap cap = cap_make(CAP_FRAME, i, (void *)random_word(), random_word());
        word_t asid = random_word() >> 48, vaddr = random_word();
        word_t used = random_below(1u << 30) * UINT64_C(16);
        struct cap mapped = cap_with_mapping(cap, asid, vaddr);
        struct cap untyped = untyped_with_used(cap, used);

        assert_true(cap_asid(mapped) == asid && cap_vaddr(mapped) == (vaddr & MASK(48)));
        assert_true(mapped.w0 == cap.w0 && untyped.w0 == cap.w0);
        assert_int_equal(untyped_free_bytes_used(untyped), used);
        for (unsigned rights = VM_KERNEL_ONLY; rights <= VM_READ_WRITE; rights++) {
            struct cap changed = frame_with_rights(cap, (enum vm_rights)rights);

            assert_int_equal(frame_rights(changed), rights);
            assert_int_equal(changed.w0 & ~((word_t)3 << 49), cap.w0 & ~((word_t)3 << 49));
            assert_int_equal(changed.w1, cap.w1);
        }
    }
    for (unsigned queue = ZOMBIE_NO_QUEUE; queue <= ZOMBIE_NOTIFICATION; queue++) {
        struct cap zombie = zombie_of_queue((enum zombie_queue)queue, (void *)objects[4]);

        assert_int_equal(zombie_queue(zombie), queue);
        assert_ptr_equal(cap_object(zombie), (void *)objects[4]);
        assert_true(cap_type(zombie) == CAP_ZOMBIE && zombie.w1 == 1 && !zombie_is_thread(zombie));
    }
}

/* Sizes of frames; which rights a wish leaves (abi 3.10), by a table of read and write. */
static void test_frames(void **context)
{
    static const word_t bits[] = { PAGE_BITS, LARGE_PAGE_BITS, HUGE_PAGE_BITS };

    (void)context;
    for (unsigned size = FRAME_SMALL; size <= FRAME_HUGE; size++) {
        struct cap cap = cap_make(CAP_FRAME, (word_t)size << 3, NULL, 0);

        assert_int_equal(frame_size_bits(cap), bits[size]);
    }
    for (unsigned have = VM_KERNEL_ONLY; have <= VM_READ_WRITE; have++) {
        for (word_t wish = 0; wish < 16; wish++) {
            bool read = have >= VM_READ_ONLY && (wish & RIGHT_READ) != 0;
            bool write = have == VM_READ_WRITE && (wish & RIGHT_WRITE) != 0;
            enum vm_rights left = !read ? VM_KERNEL_ONLY : write ? VM_READ_WRITE : VM_READ_ONLY;

            assert_int_equal(vm_rights_mask((enum vm_rights)have, wish), left);
        }
    }
}

/* The flags of a slot lie in an address that is a multiple of 32. */
static void test_links(void **context)
{
    static struct cte neighbours[2] __attribute__((aligned(32)));

    (void)context;
    for (word_t flags = 0; flags <= CTE_FLAGS; flags++) {
        struct cte slot = { .prev = (word_t)&neighbours[0] | flags,
                            .next = (word_t)&neighbours[1] };

        assert_ptr_equal(cte_prev(&slot), &neighbours[0]);
        assert_ptr_equal(cte_next(&slot), &neighbours[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),    cmocka_unit_test(test_overlong),
        cmocka_unit_test(test_getters), cmocka_unit_test(test_setters),
        cmocka_unit_test(test_frames),  cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
