/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2's part of the agreement on inputs: the I/O core logs them, every core claims a position. */
/* inputs_propose() */
#define PROPOSES(c)                                                                                \
    (RUNS(c) && !stopped && head > delivered[c] &&                                                 \
     (input[c] < K(c) ||                                                                           \
      (OWN_TAG(c) != TAG && !MUTATE(AGAIN) && !deciding[c])))
/* Of the faulty one, the event may have been hit when EL2 read it, alone or with its check. */
inline propose()
{
    WORD(
    atomic {
        PROPOSES(core) ->
        now = TAG;
        OWN_TAG(core) = 0;
        claims[OF(core, K(core))] = position[core];
        el2[core] = true;
        if
        :: true
        :: FAULTS && KIND(32) ->
            acted = true;
            mute = true;
            if
            :: claims[OF(core, K(core))] = 0
            :: claims[OF(core, K(core))] = position[core] + 1
            :: claims[OF(core, K(core))] = position[core] + 1; begun[core] = position[core] + 1
            :: claims[OF(core, K(core))] = MOST; begun[core] = MOST
            fi
        fi
    };
    OWN_TAG(core) = now;
    atomic {
        input[core] = K(core);
        raised[core] = true;
        held[core] = false;
        el2[core] = false;
        now = 0;
        progress()
    })
}

#define LOGS(c) (io[c] && RUNS(c) && !stopped)
/* timer_interrupt(); line_interrupt(): logged first, noted then */
#define WATCHDOG_OPTIONS                                                                           \
    :: atomic { LOGS(core) && timers < TIMERS -> timers++; head++ }                                \
    :: propose()                                                                                   \
    :: atomic { LOGS(core) && line && !masked ->                                                   \
                masked = true; outstanding = MUTATE(OUTSTANDING) };                                \
        if                                                                                         \
        :: atomic { LOGS(core) ->                                                                  \
                    CHECK(lines < raisings || (mute && lines == raisings), no_input_twice);        \
                    lines++; head++; outstanding = MUTATE(OUTSTANDING) };                          \
            if                                                                                     \
            :: atomic { LOGS(core) -> outstanding = true }                                         \
            :: !LOGS(core)                                                                         \
            fi                                                                                     \
        :: !LOGS(core)                                                                             \
        fi

#define FAULTS core == faulty && !acted
#define WATCHDOG_LOCALS byte now
