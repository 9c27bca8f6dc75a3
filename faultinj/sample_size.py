# SPDX-License-Identifier: BSD-2-Clause
"""How many faults a statement needs, before any of them is injected: R. Leveugle, A. Calvez,
P. Maistri, P. Vanhauwaert, Statistical fault injection: quantified error and confidence, DATE 2009.
"""

from __future__ import annotations

import math

from scipy import stats

CONFIDENCE = 0.95
WORST = 0.5  # the share for which most faults are needed


def cut_off(confidence: float = CONFIDENCE) -> float:
    """The paper's t: 1.96 for 95 %."""
    return float(stats.norm.ppf((1 + confidence) / 2))


def faults_needed(population: int, margin: float, share: float = WORST,
                  confidence: float = CONFIDENCE) -> int:
    """So many of the population tell a share to within +-margin."""
    spread = cut_off(confidence) ** 2 * share * (1 - share)
    return math.ceil(population / (1 + margin ** 2 * (population - 1) / spread))


def margin_of(population: int, faults: int, share: float = WORST,
              confidence: float = CONFIDENCE) -> float:
    """The other way: within what so many faults tell a share."""
    if faults >= population:
        return 0.0
    spread = cut_off(confidence) ** 2 * share * (1 - share)
    return math.sqrt(spread * (population - faults) / (faults * (population - 1)))
