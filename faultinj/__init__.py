# SPDX-License-Identifier: BSD-2-Clause
"""Fault-injection campaigns on stock QEMU. Start at campaign.py, then engine.py."""
