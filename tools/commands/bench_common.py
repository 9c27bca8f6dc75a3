# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmarks that make a page have in common."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from faultinj.plugin_page import built_plugin
from faultinj.workspace import sweep
from tools import presets, web_page
from tools.bench.kernel import qemu_version
from tools.commands.build import build
from tools.console import console
from tools.errors import UserError
from tools.paths import BUILD, relative
from tools.system_report import SystemReport

PRESET = "qemu-virt-tmr"


def now() -> str:
    """For a page."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def add_files(parser: argparse.ArgumentParser, name: str) -> None:
    """Options that say where results go."""
    place = BUILD / "bench"
    parser.add_argument("--json", type=Path, default=place / f"{name}.json", metavar="FILE",
                        help=f"where the figures go (default: build/bench/{name}.json)")
    parser.add_argument("--html", type=Path, default=place / f"{name}.html", metavar="FILE",
                        help=f"the page (default: build/bench/{name}.html)")


def write_files(args: argparse.Namespace, json: str, html: str) -> None:
    """Both, and tells where they are."""
    web_page.write(args.json, json + "\n")
    web_page.write(args.html, html)
    console.print(f"page: {relative(args.html)}   figures: {relative(args.json)}", markup=False)


def add_campaign(parser: argparse.ArgumentParser, name: str, count: int, what: str) -> None:
    """Options of a benchmark that breaks replicas."""
    parser.add_argument("--count", type=int, default=count, metavar="N",
                        help=f"of {what} (default: {count})")
    parser.add_argument("--seed", type=int, default=1, metavar="S",
                        help="decides all faults (default: 1)")
    parser.add_argument("--preset", default=PRESET, metavar="P",
                        help=f"with three replicas or more (default: {PRESET})")
    add_files(parser, name)


def system_to_break(args: argparse.Namespace, count: int) -> SystemReport:
    """Built, with a replica to spare; the plugin is there."""
    again = f"./ternion bench {args.kind}"
    if args.count < 1:
        raise UserError(f"--count {args.count}: it needs one at least",
                        next_step=f"{again} --count {count}")
    system = build(presets.check(args.preset), quiet=True).system
    if system is None or system.replicas < 3:
        raise UserError(f"{args.preset} has no replica to spare: it needs three",
                        next_step=f"{again} --preset {PRESET}")
    sweep()
    built_plugin()
    return system


def facts_of(args: argparse.Namespace, image: SystemReport) -> dict[str, str]:
    """Provenance."""
    return {"started": now(), "count": str(args.count), "seed": str(args.seed),
            "preset": image.preset, "image_sha256": image.sha256,
            "vote": str(image.raw["vote_level"]), "window": str(image.raw["window"]),
            "qemu": qemu_version(image.qemu.binary), "timing": " ".join(image.qemu.icount)}
