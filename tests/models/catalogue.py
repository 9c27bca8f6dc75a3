# SPDX-License-Identifier: BSD-2-Clause
"""Which models are run, with which options; which checks are dropped to see that it is noticed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One exhaustive search."""

    name: str
    model: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Mutation:
    """A check that the model leaves out; some search must notice it."""

    name: str
    text: str
    run: Run


VOTE_2 = Run("votes, 2", "vote", ("N=2", "ACTS=2"))
VOTE_2_RING = Run("votes, 2, ring", "vote", ("N=2", "ACTS=1", "ROUNDS=7", "WINDOW=1"))
VOTE_2_SIMPLEX = Run("votes, 2, simplex_ok", "vote", ("N=2", "ACTS=2", "SIMPLEX_OK=1"))
VOTE_3 = Run("votes, 3", "vote", ("N=3",))
PORT_2 = Run("device port, 2", "port", ("N=2", "LAST=3"))
PORT_2_SIMPLEX = Run("device port, 2, simplex_ok", "port", ("N=2", "LAST=3", "SIMPLEX_OK=1"))
PORT_3 = Run("device port, 3", "port", ("N=3",))
DMA_2 = Run("DMA, 2", "port", ("N=2", "DMA"))
DMA_3 = Run("DMA, 3", "port", ("N=3", "DMA", "LAST=1"))
JOIN = Run("return of a replica, 2 to 3", "join", ())
INPUTS_2 = Run("inputs, 2", "inputs", ("N=2",))
INPUTS_2_WORDS = Run("inputs, 2, word by word", "inputs",
                     ("N=2", "FINE", "INPUTS=0", "TIMERS=2", "LAST=1", "ACCESS=9", "KINDS=3"))
INPUTS_3 = Run("inputs, 3", "inputs", ("N=3", "LAST=1", "ACCESS=9", "KINDS=1"))
INPUTS_3_WRONG = Run("inputs, 3, wrong decisions", "inputs",
                     ("N=3", "LAST=1", "ACCESS=9", "KINDS=16"))

RUNS = (VOTE_2, VOTE_2_RING, VOTE_2_SIMPLEX, VOTE_3, PORT_2, PORT_2_SIMPLEX, PORT_3, DMA_2,
        DMA_3, JOIN,
        INPUTS_2, INPUTS_2_WORDS, INPUTS_3, INPUTS_3_WRONG)

MUTATIONS = (
    Mutation("MINORITY", "verdict() accepts less than a majority", PORT_3),
    Mutation("ONE_ACCUSER", "one core's accusation excludes", VOTE_3),
    Mutation("EXCLUDED", "accusations of cores that are out already count", PORT_3),
    Mutation("NO_TIMEOUT", "no wait ends by a timeout", PORT_3),
    Mutation("NO_OUTPUT_WAIT", "an output waits for the window only", VOTE_2),
    Mutation("NO_COMPARE", "votes wait, but do not compare", VOTE_2),
    Mutation("WINDOW", "nobody waits within the window", VOTE_2_RING),
    Mutation("RESULT", "a new I/O core ignores the old one's intent and result", PORT_3),
    Mutation("INTENT", "... the intent only", PORT_3),
    Mutation("LEADER_RESULT", "only the leader's result counts", PORT_3),
    Mutation("ONE_REQUEST", "one request a slot, not two", PORT_3),
    Mutation("NO_MEETING", "the I/O core does not wait for the others' requests", PORT_2),
    Mutation("NO_REQUESTS", "requests are not compared", PORT_2),
    Mutation("BOTH_DRIVE", "the old I/O core keeps the devices", PORT_3),
    Mutation("NO_TAKE_OVER", "nobody takes the devices of a silent I/O core", PORT_3),
    Mutation("SLOT", "bytes are taken from any slot whose own sum fits, not by the result", DMA_3),
    Mutation("JOIN_ANYWAY", "a joiner becomes a member before it is equal", JOIN),
    Mutation("JOIN_PATIENCE", "the members wait for a joiner without a bound", JOIN),
    Mutation("JOIN_RUNNING", "the joiner copies the rest while members still run", JOIN),
    Mutation("LOOK", "an event begins after the look for a claim", INPUTS_2),
    Mutation("ACCESS", "the device port does not ask before an access", INPUTS_2),
    Mutation("COMPLAIN", "nobody complains about who claims what is not reached", INPUTS_2),
    Mutation("DECISION", "who has delivered before members changed binds nobody", INPUTS_3),
    Mutation("MEMBERS", "claims count among whatever members they were made", INPUTS_3),
    Mutation("OUTSTANDING", "a line is noted as logged before it is", INPUTS_3),
    Mutation("AGAIN", "nothing is claimed again when the members change", INPUTS_3),
    Mutation("BIND", "whoever says that it has delivered binds the others", INPUTS_3_WRONG),
)

# Not a check but a fault more, documented in shim/DESIGN.md: the search must find what it does.
RESIDUAL = Mutation("RESIDUAL", "(a fault more: an I/O core stands still in an access)", PORT_3)
