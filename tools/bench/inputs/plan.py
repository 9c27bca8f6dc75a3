# SPDX-License-Identifier: BSD-2-Clause
"""What the line says in which phase of apps/inputs, and what is watched."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

from faultinj.line import Phase as LinePhase
from faultinj.watch import Kind, Watch
from tools import board_state
from tools.symbols import Symbols
from tools.system_report import SystemReport

IO_CORE = 0  # nobody is excluded
PROGRAM, SHORT = "inputs", "inputs_short"
# What is watched:
HANDLER, BYTE, TICK, CLOCK, CLOCK_END, PHASE, LOGGED, FIRED, TIMED, EL2 = range(1, 11)
INTERRUPT = "trap_interrupt"    # of the shim
LABELS = {HANDLER: "inputs_handler", BYTE: "inputs_byte", TICK: "inputs_tick",
          CLOCK: "inputs_clock", CLOCK_END: "inputs_clock_end"}
AMOUNTS = {PROGRAM: (520, 4608), SHORT: (24, 4096)}  # SAMPLES, BYTES of apps/CMakeLists.txt
GAPS_NS = (150_000, 350_000)    # between single characters
RATE_NS = 86_806                # a character of ten bits at 115,200 bits a second
ROOM = 16                       # characters that the UART holds
TICKER_US = 307                 # the ticker's period
EVERY = 8                       # of the agreed times one in so many is looked at


class Source(Enum):
    """What interrupts."""

    LEVEL = "UART, level"
    EDGE = "UART, edge"
    FULL = "UART, full rate"
    TICK = "timer"
    CLOCK = "counter"


@dataclass(frozen=True)
class Phase:
    """One row of the table in apps/inputs/main.c."""

    name: str
    source: Source
    load: str

    @property
    def label(self) -> str:
        """Where it begins."""
        return f"inputs_phase_{self.name}"

    @property
    def speaks(self) -> bool:
        """Whether the line does."""
        return self.source in (Source.LEVEL, Source.EDGE, Source.FULL)

    def count(self, program: str) -> int:
        """Of characters, ticks or looks at the clock."""
        samples, characters = AMOUNTS[program]
        return {Source.FULL: characters, Source.CLOCK: 8 * samples}.get(self.source, samples)


IDLE, COMPUTE, STORM = "idle", "computing", "system calls"
PHASES = (
    Phase("level_idle", Source.LEVEL, IDLE),
    Phase("level_compute", Source.LEVEL, COMPUTE),
    Phase("level_storm", Source.LEVEL, STORM),
    Phase("edge_compute", Source.EDGE, COMPUTE),
    Phase("full_rate", Source.FULL, COMPUTE),
    Phase("clock", Source.CLOCK, IDLE),
    Phase("tick_idle", Source.TICK, IDLE),
    Phase("tick_compute", Source.TICK, COMPUTE),
    Phase("tick_storm", Source.TICK, STORM),
)
END = "inputs_phase_end"


def script(system: SystemReport, name: str, seed: int) -> list[LinePhase]:
    """Characters and gaps; the seed decides both, and they are the same for every system."""
    program = Symbols(system).programs["init"]
    rng = random.Random(f"{seed}/inputs")
    said = []
    for phase in PHASES:
        if phase.speaks:
            count = phase.count(name)
            gaps = tuple(RATE_NS if phase.source is Source.FULL else rng.randint(*GAPS_NS)
                         for _ in range(count))
            said.append(LinePhase(program.address(phase.label), gaps, rng.randbytes(count)))
    return said


def watches(system: SystemReport, every: int = EVERY) -> list[Watch]:
    """Labels of the program, the input log, the timer, and the agreed times of each replica."""
    board = system.board_page.base - system.ram.base
    symbols = Symbols(system)
    program = symbols.programs["init"]
    found = [Watch(Kind.BLOCK, which, program.address(name)) for which, name in
             [*LABELS.items(), *((PHASE, phase.label) for phase in PHASES), (PHASE, END)]]
    log = board + board_state.LOG
    found.append(Watch(Kind.RING, LOGGED, log, ring=log + board_state.LOG_TIME,
                       entries=board_state.LOG_ENTRIES, stride=board_state.LOG_ENTRY, first=1))
    found.append(Watch(Kind.WORD, FIRED,
                       board + board_state.SHARED + board_state.SHARED_TIMER_FIRED))
    found.append(Watch(Kind.BLOCK, EL2,
                       symbols.shim.address(INTERRUPT) + symbols.shim_offset(IO_CORE)))
    return found + agreed_times(system, every)


def agreed_times(system: SystemReport, every: int = 1) -> list[Watch]:
    """Of each replica; the value is the event, the entry the time."""
    first = system.board_page.base - system.ram.base + board_state.BALLOTS
    ballots = [first + replica * board_state.PAGE for replica in range(system.replicas)]
    return [Watch(Kind.RING, TIMED, ballot + board_state.BALLOT_TIME_HEAD, replica,
                  ballot + board_state.BALLOT_TIMES, board_state.TIME_RING, 8, every=every)
            for replica, ballot in enumerate(ballots)]
