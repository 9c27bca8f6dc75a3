/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's mistakes (abi 1.6). syscall/message.c turns state.error into the reply message, and
 * reads only the words that belong to the code.
 */
#include <kernel/invocation.h>

static enum exception fail(enum error_code code)
{
    state.error.code = code;
    return EXCEPTION_SYSCALL_ERROR;
}

enum exception error_illegal(void)
{
    return fail(ERROR_ILLEGAL_OPERATION);
}

enum exception error_truncated(void)
{
    return fail(ERROR_TRUNCATED_MESSAGE);
}

enum exception error_argument(word_t number)
{
    state.error.argument = number;
    return fail(ERROR_INVALID_ARGUMENT);
}

enum exception error_capability(word_t number)
{
    state.error.argument = number;
    return fail(ERROR_INVALID_CAPABILITY);
}

enum exception error_range(word_t min, word_t max)
{
    state.error.range_min = min;
    state.error.range_max = max;
    return fail(ERROR_RANGE);
}

enum exception error_alignment(void)
{
    return fail(ERROR_ALIGNMENT);
}

enum exception error_delete_first(void)
{
    return fail(ERROR_DELETE_FIRST);
}

enum exception error_revoke_first(void)
{
    return fail(ERROR_REVOKE_FIRST);
}

enum exception error_not_enough_memory(word_t available)
{
    state.error.range_min = available;
    return fail(ERROR_NOT_ENOUGH_MEMORY);
}

enum exception error_failed_lookup(bool was_source)
{
    state.error.lookup_was_source = was_source;
    state.error.lookup = state.lookup_fault.type;
    for (word_t i = 0; i < LOOKUP_WORDS; i++) {
        state.error.lookup_word[i] = state.lookup_fault.word[i];
    }
    return fail(ERROR_FAILED_LOOKUP);
}

enum exception error_missing(bool was_source, word_t bits_left)
{
    state.lookup_fault = (struct lookup_fault){ LOOKUP_MISSING, { bits_left, 0, 0 } };
    return error_failed_lookup(was_source);
}
