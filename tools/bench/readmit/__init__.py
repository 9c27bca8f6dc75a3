# SPDX-License-Identifier: BSD-2-Clause
"""The way back from DMR to TMR while the payload flies: fly.py breaks replicas one after the other,
result.py sums up, page.py shows."""
