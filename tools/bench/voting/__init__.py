# SPDX-License-Identifier: BSD-2-Clause
"""What voting costs: modes.py, measure.py, clock.py and exchange.py make the figures; verdicts.py,
table.py and page.py show them."""
