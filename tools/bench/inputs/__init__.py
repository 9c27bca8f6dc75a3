# SPDX-License-Identifier: BSD-2-Clause
"""From an interrupt to its handler: plan.py says what comes when, fly.py flies it, result.py sums
up, page.py shows."""
