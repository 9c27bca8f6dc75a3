# SPDX-License-Identifier: BSD-2-Clause
"""How long outputs stop when a replica is outvoted: plan.py draws the cases, case.py flies one,
result.py sums up, page.py shows."""
