# SPDX-License-Identifier: BSD-2-Clause
"""The protocol in Promela, and how Spin is asked about it."""
