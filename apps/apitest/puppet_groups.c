/* SPDX-License-Identifier: BSD-2-Clause */
/* The groups whose cases have puppets. */
#include "puppet.h"

extern const struct api_group syscall_group, preserve_group, capfault_group, endpoint_group,
    message_group, transfer_group, signal_group, reply_group, call_chain_group, memory_fault_group,
    exception_group, handler_group, fpu_group, priority_group, sched_context_group, yield_to_group,
    budget_group, timeout_group, suspend_group, domain_group;

const struct api_group *const puppet_groups[] = {
    &syscall_group,   &preserve_group, &capfault_group, &endpoint_group,   &message_group,
    &transfer_group,  &signal_group,   &reply_group,    &call_chain_group, &memory_fault_group,
    &exception_group, &handler_group,  &fpu_group,      &priority_group,   &sched_context_group,
    &yield_to_group,  &budget_group,   &timeout_group,  &suspend_group,    &domain_group,
};
const unsigned puppet_groups_count = API_COUNT(puppet_groups);
