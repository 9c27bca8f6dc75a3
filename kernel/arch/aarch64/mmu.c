/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own address space; the same in every replica, board window included. */
#include <arch/mmu.h>
#include <kernel/abi.h>
#include <kernel/image.h>
#include <kernel/object_ops.h>
#include <shim/board.h>

#define PTE_KERNEL                                                                                 \
    (PTE_ATTRIBUTE(MEMORY_NORMAL) | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_USER_EXECUTE_NEVER)
#define PTE_KERNEL_DATA (PTE_KERNEL | PTE_KERNEL_EXECUTE_NEVER)
#define PTE_KERNEL_CONSTANT (PTE_KERNEL_DATA | PTE_READ_ONLY)
#define PTE_KERNEL_TEXT (PTE_KERNEL | PTE_READ_ONLY)

#define GIB_BITS 30u
#define BLOCK_BITS 21u

struct table {
    pte_t entry[TABLE_ENTRIES];
} __attribute__((aligned(4096)));

static struct table kernel_root;       /* level 0 */
static struct table kernel_window;     /* level 1: PPTR_BASE.. */
static struct table ram_first_gib;     /* level 2 */
static struct table ram_last_gib;      /* level 2, when RAM ends within a later GiB */
static struct table ram_first_block;   /* level 3: the alias of the kernel image is not writable */
static struct table image_gib;         /* level 2: KERNEL_ELF_BASE.. */
static struct table image_first_block; /* level 3 */
static struct table board_block;       /* level 3 */
static struct table no_user;           /* level 0, empty */
static word_t ram_bytes;

static paddr_t table_paddr(const struct table *table)
{
    return kernel_image_to_paddr(table);
}

/*
 * Text is executable but not writable, constants neither, all else writable. The boot part will be
 * user memory: its alias is writable already, and mmu_leave_boot() takes it out of the image.
 */
BOOT_CODE static pte_t image_flags(vaddr_t page, bool is_alias)
{
    if (is_alias && page < (word_t)ki_boot_end)
        return PTE_KERNEL_DATA;
    if (page < (word_t)image_text_end)
        return is_alias ? PTE_KERNEL_CONSTANT : PTE_KERNEL_TEXT;
    return page < (word_t)image_constants_end ? PTE_KERNEL_CONSTANT : PTE_KERNEL_DATA;
}

BOOT_CODE static void map_image(void)
{
    for (word_t i = 0; i < TABLE_ENTRIES; i++) {
        vaddr_t page = KERNEL_ELF_BASE + (i << PAGE_BITS);
        paddr_t frame = KERNEL_PHYS_BASE + (i << PAGE_BITS);

        ram_first_block.entry[i] = pte_page_or_block(frame, PAGE_BITS, image_flags(page, true));
        if (page < (word_t)ki_end && page != (word_t)kernel_stack_guard)
            image_first_block.entry[i] =
                pte_page_or_block(frame, PAGE_BITS, image_flags(page, false));
    }
    image_gib.entry[0] = pte_table(table_paddr(&image_first_block));
    kernel_window.entry[table_index(KERNEL_ELF_BASE, GIB_BITS)] =
        pte_table(table_paddr(&image_gib));
}

BOOT_CODE static void map_blocks(struct table *table, paddr_t base, word_t size)
{
    for (word_t i = 0; i < size >> BLOCK_BITS; i++)
        table->entry[i] = pte_page_or_block(base + (i << BLOCK_BITS), BLOCK_BITS, PTE_KERNEL_DATA);
}

BOOT_CODE static void map_ram(word_t size)
{
    pte_t *window = &kernel_window.entry[KERNEL_PHYS_BASE >> GIB_BITS];
    word_t whole = size >> GIB_BITS, rest = size & MASK(GIB_BITS);

    map_blocks(&ram_first_gib, KERNEL_PHYS_BASE, whole != 0 ? BIT(GIB_BITS) : rest);
    ram_first_gib.entry[0] = pte_table(table_paddr(&ram_first_block));
    window[0] = pte_table(table_paddr(&ram_first_gib));
    for (word_t i = 1; i < whole; i++)
        window[i] =
            pte_page_or_block(KERNEL_PHYS_BASE + (i << GIB_BITS), GIB_BITS, PTE_KERNEL_DATA);
    if (whole != 0 && rest != 0) {
        map_blocks(&ram_last_gib, KERNEL_PHYS_BASE + (whole << GIB_BITS), rest);
        window[whole] = pte_table(table_paddr(&ram_last_gib));
    }
}

/* Stage 2 decides which of its pages this replica may write. */
BOOT_CODE static void map_board(void)
{
    for (word_t i = 0; i < BOARD_IPA_SIZE >> PAGE_BITS; i++)
        board_block.entry[i] =
            pte_page_or_block(BOARD_IPA + (i << PAGE_BITS), PAGE_BITS, PTE_KERNEL_DATA);
    image_gib.entry[table_index(BOARD_VADDR, BLOCK_BITS)] = pte_table(table_paddr(&board_block));
}

BOOT_CODE void mmu_init(word_t ram_size)
{
    if (ram_size < BIT(BLOCK_BITS) || (ram_size & MASK(BLOCK_BITS)) != 0 ||
        (word_t)ki_end - KERNEL_ELF_BASE > BIT(BLOCK_BITS))
        panic(PANIC_BOOT, ram_size);
    ram_bytes = ram_size;
    map_image();
    map_ram(ram_size);
    map_board();
    kernel_root.entry[table_index(PPTR_BASE, ROOT_ENTRY_BITS)] =
        pte_table(table_paddr(&kernel_window));
    mmu_publish();
    mmu_load(mmu_no_user_root(), 0);
    /* The addresses in use keep their meaning; only rights and extent change. */
    __asm__ volatile("msr ttbr1_el1, %0\n"
                     "isb\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "ic iallu\n"
                     "dsb nsh\n"
                     "isb" ::"r"(table_paddr(&kernel_root))
                     : "memory");
}

void mmu_leave_boot(void)
{
    for (vaddr_t page = KERNEL_ELF_BASE; page < (word_t)ki_boot_end; page += BIT(PAGE_BITS))
        image_first_block.entry[table_index(page, PAGE_BITS)] = 0;
    __asm__ volatile("dsb ishst\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "isb" ::
                         : "memory");
}

bool mmu_is_ram(paddr_t start, word_t size)
{
    return start >= KERNEL_PHYS_BASE && start - KERNEL_PHYS_BASE < ram_bytes &&
           size <= ram_bytes - (start - KERNEL_PHYS_BASE);
}

paddr_t mmu_no_user_root(void)
{
    return table_paddr(&no_user);
}

void mmu_load(paddr_t root, word_t asid)
{
    __asm__ volatile("msr ttbr0_el1, %0\n"
                     "isb" ::"r"(root | asid << 48)
                     : "memory");
}

paddr_t mmu_loaded_root(word_t *asid)
{
    word_t ttbr;

    __asm__ volatile("mrs %0, ttbr0_el1" : "=r"(ttbr));
    *asid = ttbr >> 48;
    return ttbr & PTE_ADDRESS;
}

void mmu_publish(void)
{
    __asm__ volatile("dsb ishst\n"
                     "isb" ::
                         : "memory");
}

void mmu_flush_page(word_t asid, vaddr_t vaddr)
{
    __asm__ volatile("dsb ishst\n"
                     "tlbi vae1, %0\n"
                     "dsb nsh\n"
                     "isb" ::"r"(asid << 48 | (vaddr >> PAGE_BITS & MASK(44)))
                     : "memory");
}

void mmu_flush_asid(word_t asid)
{
    __asm__ volatile("dsb ishst\n"
                     "tlbi aside1, %0\n"
                     "dsb nsh\n"
                     "isb" ::"r"(asid << 48)
                     : "memory");
}

void mmu_flush_all(void)
{
    __asm__ volatile("dsb ishst\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "isb" ::
                         : "memory");
}
