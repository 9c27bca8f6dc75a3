/* SPDX-License-Identifier: BSD-2-Clause */
/* The groups whose cases have puppets. */
#include "puppet.h"

extern const struct api_group syscall_group, preserve_group, capfault_group, endpoint_group,
    message_group, transfer_group, signal_group, reply_group, call_chain_group, memory_fault_group,
    exception_group, handler_group, fpu_group, priority_group, sched_context_group, yield_to_group,
    budget_group, timeout_group, suspend_group, domain_group, signal_detour_group,
    reply_detour_group, call_chain_detour_group, endpoint_detour_group, priority_detour_group,
    suspend_detour_group, memory_fault_detour_group;

const struct api_group *const puppet_groups[] = {
    &syscall_group,
    &preserve_group,
    &capfault_group,
    &endpoint_group,
    &message_group,
    &transfer_group,
    &signal_group,
    &reply_group,
    &call_chain_group,
    &memory_fault_group,
    &exception_group,
    &handler_group,
    &fpu_group,
    &priority_group,
    &sched_context_group,
    &yield_to_group,
    &budget_group,
    &timeout_group,
    &suspend_group,
    &domain_group,
    &signal_detour_group,
    &reply_detour_group,
    &call_chain_detour_group,
    &endpoint_detour_group,
    &priority_detour_group,
    &suspend_detour_group,
    &memory_fault_detour_group,
};
const unsigned puppet_groups_count = API_COUNT(puppet_groups);
