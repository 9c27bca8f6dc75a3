# SPDX-License-Identifier: BSD-2-Clause
"""gdb on a flying system finds the kernel of every replica and every copy of the shim."""

from __future__ import annotations

import subprocess

from tools.paths import ROOT


def _debug(board: str, *commands: str) -> str:
    options = [word for command in commands for word in ("--command", command)]
    done = subprocess.run([str(ROOT / "ternion"), "debug", "--preset", f"{board}-tmr",
                           "--frames", "1", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_break_in_the_kernel_and_look_around(board: str) -> None:
    """A breakpoint in the trap path, where the cores are, and the events so far."""
    text = _debug(board, "hbreak trap_syscall", "continue", "backtrace 1", "cores", "events")
    assert "trap_syscall" in text
    for core in range(3):
        assert f"core {core} (replica {core})" in text
    assert "start: 3 replicas" in text


def test_symbols_of_domains_and_shim_copies(board: str) -> None:
    """One domain at a time, and three copies of the shim's text."""
    text = _debug(board, "domain nobody", "domain compressor", "info line main")
    assert "symbols of compressor loaded" in text
    assert "no domain 'nobody'; the domains are:" in text
    assert "record_more. (3 locations)" in _debug(board, "hbreak record_more")
