/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the plugins of faultinj/ and tools/bench/ share: the emulator's plugin interface, version 1
 * (the functions used here, and no others: no package ships its header), and how a plugin reads its
 * options and maps files. Compiled by tools/plugin.py.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
struct emulator_info {
    const char *target;
    int oldest_version;
    int newest_version;
    bool whole_system;
    int vcpus;
    int vcpus_max;
};
enum { REGISTERS_UNUSED = 0 };
enum { LOADS_AND_STORES = 3 };
typedef void (*block_translated_fn)(uint64_t plugin, struct qemu_plugin_tb *block);
typedef void (*executed_fn)(unsigned int vcpu, void *context);
typedef void (*accessed_fn)(unsigned int vcpu, uint32_t what, uint64_t address, void *context);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin, block_translated_fn callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, executed_fn callback,
                                                 int registers, void *context);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                                   executed_fn callback, int registers,
                                                   void *context);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, accessed_fn callback,
                                             int registers, int which, void *context);
extern bool qemu_plugin_mem_is_store(uint32_t what);
extern unsigned int qemu_plugin_mem_size_shift(uint32_t what);
extern struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t what, uint64_t address);
extern bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *place);
extern uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *place);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block,
                                                        size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

/* The value of "name=value", NULL if the option is another one. */
static inline const char *value_of(const char *option, const char *name)
{
    size_t length = strlen(name);

    return strncmp(option, name, length) == 0 && option[length] == '=' ? option + length + 1 : NULL;
}

/* A shared mapping of a file that is not empty; NULL after a message. */
static inline void *map_file(const char *path, size_t *size)
{
    struct stat about;
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;

    if (file >= 0 && fstat(file, &about) == 0 && about.st_size > 0) {
        *size = (size_t)about.st_size;
        memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (memory == MAP_FAILED) {
        fprintf(stderr, "ternion plugin: cannot map %s: %s\n", path, strerror(errno));
        memory = NULL;
    }
    if (file >= 0) {
        close(file);
    }
    return memory;
}
