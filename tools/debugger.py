# SPDX-License-Identifier: BSD-2-Clause
"""gdb on a flying system: the generated script, and the run in one terminal."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import frames as camera
from tools import qemu
from tools.errors import UserError
from tools.flight import MISSIONS
from tools.paths import ROOT
from tools.kept_run import KeptRam
from tools.qemu import Flight, Qemu, Timing
from tools.symbols import Symbols
from tools.system_report import SystemReport

GDB = "gdb-multiarch"
HELP = ("cores: where every core is | domain NAME: symbols of a protection domain | "
        "events: the flight recorder | continue: fly | quit: end")


def script(system: SystemReport, symbols: Symbols, gdb_socket: Path, ram: Path) -> str:
    """What gdb is told first: kernel symbols once, as every replica has them at the same address;
    shim symbols once per core's copy."""
    lines = [
        "set pagination off", "set confirm off", "set architecture aarch64",
        f"file {system.elves['kernel']}"]
    for core in range(min(system.replicas, len(system.shim))):
        offset = symbols.shim_offset(core)
        lines.append(f"add-symbol-file {system.elves['shim']} -o {offset:#x}")
    lines += [
        f'set $ternion_root = "{ROOT}"', f'set $ternion_report = "{system.path}"',
        f'set $ternion_ram = "{ram}"',
        f"source {ROOT / 'tools' / 'gdb' / 'commands.py'}",
        f"target remote {gdb_socket}", f"echo {HELP}\\n"]
    return "\n".join(lines) + "\n"


def run_gdb(script_path: Path, batch: list[str]) -> int:
    """gdb in this terminal; with commands to run it is not interactive."""
    command = [GDB, "-q", "-nx", "-x", str(script_path)]
    if batch:
        command.append("-batch")
        command += [word for line in batch for word in ("-ex", line)]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for gdb

    def restore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    try:
        return subprocess.run(command, check=False, preexec_fn=restore).returncode
    except FileNotFoundError as error:
        raise UserError(f"{GDB} is not on this machine",
                        next_step="./ternion doctor --install") from error
    finally:
        signal.signal(signal.SIGINT, before)


def debug(system: SystemReport, *, frames: int, timing: Timing, batch: list[str],
          announce: Callable[[str], None], image: Path | None = None) -> int:
    """Starts the system halted at its first instruction, and gdb on it."""
    mission = None if system.is_root_task else camera.write_mission(MISSIONS, frames)
    with KeptRam(system) as ram, tempfile.TemporaryDirectory(prefix="ternion-") as place:
        gdb_socket, script_path = Path(place, "gdb"), Path(place, "script")
        flight = Flight(system, ram, mission.frames_path if mission else None,
                        mission.mission_path if mission else None, timing=timing, image=image,
                        downlink=Path(place, "downlink"), gdb_socket=gdb_socket, halted=True)
        script_path.write_text(script(system, Symbols(system), gdb_socket, ram), encoding="utf-8")
        with Qemu(flight, announce) as machine:
            qemu.wait_for_socket(gdb_socket, machine)
            return run_gdb(script_path, batch)
