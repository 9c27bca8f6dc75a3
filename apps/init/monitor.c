/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor (abi sections 10.5 and 10.6): prints faults of protection domains, which then stay
 * blocked, and makes passive domains passive. Badge: index of the domain + 1.
 */
#include "init.h"

static const char *fault_name(seL4_Word label)
{
    static const char *const name[] = { "null fault",     "cap fault",       "unknown system call",
                                        "user exception", "debug exception", "timeout",
                                        "VM fault" };

    return label < sizeof(name) / sizeof(name[0]) ? name[label] : "unknown fault";
}

/* Word of the message that is not in every fault, with its label in front. */
static void print_word(const char *label, int index)
{
    print_text(label);
    print_hex(seL4_GetMR(index));
}

static void print_fault(const struct spec_domain *domain, seL4_MessageInfo_t info)
{
    seL4_Word label = seL4_MessageInfo_get_label(info);

    print_text("monitor: ");
    print_text(fault_name(label));
    print_text(" in protection domain '");
    for (unsigned i = 0; i < sizeof(domain->name) && domain->name[i]; i++)
        seL4_DebugPutChar(domain->name[i]);
    print_text("':");
    switch (label) {
    case seL4_Fault_CapFault:
        print_word(" ip ", seL4_CapFault_IP);
        print_word(" capability ", seL4_CapFault_Addr);
        print_word(" receive phase ", seL4_CapFault_InRecvPhase);
        print_word(" lookup failure ", seL4_CapFault_LookupFailureType);
        break;
    case seL4_Fault_UnknownSyscall:
        print_word(" ip ", seL4_UnknownSyscall_FaultIP);
        print_word(" number ", seL4_UnknownSyscall_Syscall);
        break;
    case seL4_Fault_UserException:
        print_word(" ip ", seL4_UserException_FaultIP);
        print_word(" syndrome ", seL4_UserException_Number);
        break;
    case seL4_Fault_VMFault:
        print_word(" ip ", seL4_VMFault_IP);
        print_word(" address ", seL4_VMFault_Addr);
        print_word(" fetch ", seL4_VMFault_PrefetchFault);
        print_word(" syndrome ", seL4_VMFault_FSR);
        break;
    default:
        print_word(" first word ", 0);
    }
    print_text("; it stays stopped\n");
}

static void make_passive(const struct spec_domain *domain)
{
    seL4_Error error =
        seL4_SchedContext_Bind(slot_of(domain->sched_context), slot_of(domain->notification));

    if (error == seL4_NoError)
        return;
    print_text("monitor: a protection domain cannot become passive: ");
    print_text(error_name(error));
    print_text("\n");
}

_Noreturn void monitor(const struct spec_header *spec)
{
    const uint64_t *count = (const uint64_t *)((seL4_Word)spec + spec->domains_offset);
    const struct spec_domain *domain = (const struct spec_domain *)(count + 1);
    seL4_CPtr endpoint = slot_of(spec->monitor_endpoint);
    seL4_CPtr reply = slot_of(spec->monitor_reply);

    for (;;) {
        seL4_Word badge = 0;
        seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);

        if (badge == 0 || badge > *count)
            print_fact("monitor: message with unknown badge", badge);
        else if (seL4_MessageInfo_get_label(info) == 0)
            make_passive(&domain[badge - 1]);
        else
            print_fault(&domain[badge - 1], info);
    }
}
