# SPDX-License-Identifier: BSD-2-Clause
"""Whether a campaign's results are enough to stop before the whole sample has run."""

from __future__ import annotations

from faultinj.spec import StopRule
from faultinj.statistics import Tally


def enough(stop: StopRule, tallies: dict[str, Tally], control: str) -> str:
    """The reason to stop, empty when there is none. `control`: the arm whose effective faults
    count, which is the one with the fewest replicas."""
    if not tallies:
        return ""
    widest = max(tally.uncontrolled.width for tally in tallies.values())
    if stop.width is not None and widest <= stop.width:
        return f"no interval of wrong outputs and hangs is wider than {stop.width:g}"
    errors = tallies[control].effective.count if control in tallies else 0
    if stop.errors is not None and errors >= stop.errors:
        return f"{errors} effective faults in {control}"
    return ""
