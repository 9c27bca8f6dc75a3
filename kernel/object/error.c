/* SPDX-License-Identifier: BSD-2-Clause */
/* The user's mistakes (abi 1.6). syscall/reply.c turns state.error into the reply message. */
#include <kernel/invocation.h>

static enum exception fail(struct syscall_error error)
{
    state.error = error;
    return EXCEPTION_SYSCALL_ERROR;
}

enum exception error_illegal(void)
{
    return fail((struct syscall_error){ .code = ERROR_ILLEGAL_OPERATION });
}

enum exception error_truncated(void)
{
    return fail((struct syscall_error){ .code = ERROR_TRUNCATED_MESSAGE });
}

enum exception error_argument(word_t number)
{
    return fail((struct syscall_error){ .code = ERROR_INVALID_ARGUMENT, .argument = number });
}

enum exception error_capability(word_t number)
{
    return fail((struct syscall_error){ .code = ERROR_INVALID_CAPABILITY, .argument = number });
}

enum exception error_range(word_t min, word_t max)
{
    return fail((struct syscall_error){ .code = ERROR_RANGE, .range_min = min, .range_max = max });
}

enum exception error_alignment(void)
{
    return fail((struct syscall_error){ .code = ERROR_ALIGNMENT });
}

enum exception error_delete_first(void)
{
    return fail((struct syscall_error){ .code = ERROR_DELETE_FIRST });
}

enum exception error_revoke_first(void)
{
    return fail((struct syscall_error){ .code = ERROR_REVOKE_FIRST });
}

enum exception error_not_enough_memory(word_t available)
{
    return fail((struct syscall_error){ .code = ERROR_NOT_ENOUGH_MEMORY, .range_min = available });
}

enum exception error_failed_lookup(bool was_source)
{
    return fail((struct syscall_error){
        .code = ERROR_FAILED_LOOKUP,
        .lookup_was_source = was_source,
        .lookup = state.lookup_fault.type,
        .lookup_word = { state.lookup_fault.word[0], state.lookup_fault.word[1],
                         state.lookup_fault.word[2] },
    });
}

enum exception error_missing(bool was_source, word_t bits_left)
{
    state.lookup_fault = (struct lookup_fault){ LOOKUP_MISSING, { bits_left, 0, 0 } };
    return error_failed_lookup(was_source);
}
