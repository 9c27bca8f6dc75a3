/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device registers. In assembler, because only a plain LDR or STR of one register can be voted: the
 * hardware describes no other access to the hypervisor, and a compiler may choose pairs or
 * write-back.
 */
#pragma once

#include <stdint.h>

static inline uint32_t device_read32(uintptr_t address)
{
    uint32_t value;

    asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}
static inline uint64_t device_read64(uintptr_t address)
{
    uint64_t value;

    asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}
static inline uint8_t device_read8(uintptr_t address)
{
    uint32_t value;

    asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return (uint8_t)value;
}
static inline void device_write64(uintptr_t address, uint64_t value)
{
    asm volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}
static inline void device_write32(uintptr_t address, uint32_t value)
{
    asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}
static inline void device_write16(uintptr_t address, uint16_t value)
{
    asm volatile("strh %w0, [%1]" : : "r"((uint32_t)value), "r"(address) : "memory");
}
