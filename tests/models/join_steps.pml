/* SPDX-License-Identifier: BSD-2-Clause */
/* The two sides of a return: lead_admit() of the I/O core, join_members() of the joiner. */
#define EQUAL_TO_ALL (request_seq[2] == 2 && ENTRY(2, 2) == RIGHT(2))
#define STANDS(r) (!HAS(active_set, r) || !HEALTHY(r) || parked[r] || request_seq[r] == 2)
inline admit()
{
    atomic {
        admitting[core] = true;
        if
        :: join_state == ASKED_FOR && self_epoch[core] == join_epoch ->
            join_state = STOP
        :: else
        fi
    }
    join_state != STOP || MUTATE(JOIN_ANYWAY);
    if
    :: atomic { (join_state == DONE || MUTATE(JOIN_ANYWAY)) &&
                (active_set == 3 || active_set == 7) ->
            CHECK(EQUAL_TO_ALL && STANDS(0) && STANDS(1), no_unequal_joiner);
            active_set = 7;
            early = acted;
            news = ALL };
        atomic { epoch++; news = ALL };
        join_state = IN
    :: atomic { else -> join_state = (join_state == DONE -> FAILED : join_state) }
    fi;
    admitting[core] = false
}

/* The joiner; `asleep` is being late, at any of its steps. */
inline join_members()
{
    do
    :: atomic { join_state == COPY -> break }
    :: atomic { join_state == FAILED || stopped -> goto gone }
    od;
    joiner_step(COPY, READY);
    do
    :: atomic { join_state == STOP || (MUTATE(JOIN_RUNNING) && join_state == ASKED_FOR) -> break }
    :: atomic { join_state == FAILED || join_state == IN || stopped -> goto gone }
    od;
    /* slot_join_in(): what the source holds at this moment */
    atomic {
        request_seq[2] = request_seq[0];
        ENTRY(2, 2) = ENTRY(0, 2);
        accuse_epoch[2] = epoch
    };
    joiner_step(STOP, DONE);
    do
    :: atomic { HAS(active_set, 2) && epoch != join_epoch -> self_epoch[2] = join_epoch; break }
    :: atomic { !HAS(active_set, 2) && (join_state == FAILED || stopped) -> goto gone }
    od
}
inline joiner_step(from, to)
{
    if
    :: true
    :: atomic { FAULTS -> acted = true; mute = true; dead[core] = true; goto gone }
    /* give_up() */
    :: atomic { FAULTS -> acted = true; mute = true; join_state = FAILED; goto gone }
    :: atomic { FAULTS -> acted = true; mute = true; asleep = true }
    fi;
    if
    :: asleep -> timeout; asleep = false
    :: else
    fi;
    atomic {
        if
        :: join_state == from || (MUTATE(JOIN_RUNNING) && join_state == ASKED_FOR) ->
            join_state = to
        :: else -> goto gone
        fi
    }
}
