# SPDX-License-Identifier: BSD-2-Clause
"""ternion bench inject: how many injections a processor makes in a minute."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from faultinj import campaign, campaign_file
from faultinj.throughput import TARGET, costs, total
from tools import web_page
from tools.commands.run import system_of
from tools.console import console, heading, table, verdict
from tools.errors import UserError
from tools.paths import BUILD, relative

CAMPAIGN, COUNT = "payload", 64
RESULT = BUILD / "bench" / "inject.json"


def configure(kinds: Any) -> None:
    """Options of the command."""
    parser = kinds.add_parser("inject", help="injections a minute and core, against plain runs",
                              description="Injects the first faults of a campaign, and flies as "
                                          "often without one.")
    parser.add_argument("--campaign", default=CAMPAIGN, metavar="NAME",
                        help=f"a standard campaign or a file (default: {CAMPAIGN})")
    parser.add_argument("--count", type=int, default=COUNT, metavar="N",
                        help=f"faults in every arm (default: {COUNT})")
    parser.add_argument("--json", type=Path, default=RESULT, metavar="FILE",
                        help="where the figures go (default: build/bench/inject.json)")
    parser.set_defaults(measure=run)


def run(args: argparse.Namespace) -> int:
    """Measures, shows, writes."""
    if args.count < 1:
        raise UserError(f"--count {args.count}: it needs one at least",
                        next_step=f"./ternion bench inject --count {COUNT}")
    chosen = replace(campaign_file.find(args.campaign), count=args.count)
    for arm in chosen.arms:
        system_of(arm)
    with console.status("golden runs …") as status:
        prepared = campaign.plan_campaign(chosen)
        found = costs(prepared, lambda name: status.update(f"{name} …"))
    found.append(total(found))
    heading(f"Injections a minute and core: campaign {chosen.name}, {chosen.workload.text()}")
    columns = ("injections", "plain runs", "ratio", "QEMU, s each", "tool, s each")
    rows = table("arm", *columns, right=columns)
    for arm_cost in found:
        faulty, clean = arm_cost.faulty, arm_cost.clean
        rows.add_row(arm_cost.name, f"{faulty.per_minute:.0f}", f"{clean.per_minute:.0f}",
                     f"{faulty.per_minute / clean.per_minute:.2f}",
                     f"{faulty.qemu_s / faulty.runs:.3f}", f"{faulty.tool_s / faulty.runs:.3f}")
    console.print(rows)
    rate = found[-1].faulty.per_minute
    verdict(rate >= TARGET, f"{rate:.0f} injections a minute and core over all arms, the aim is "
                            f"{TARGET:.0f}")
    figures = {"campaign": chosen.name, "workload": chosen.workload.text(),
               "shift": chosen.shift, "target": TARGET, "arms": {
                   entry.name: {"injections": entry.faulty.as_dict(),
                                "plain": entry.clean.as_dict()} for entry in found}}
    web_page.write(args.json, json.dumps(figures, indent=2) + "\n")
    console.print(f"figures: {relative(args.json)}", markup=False)
    return 0 if rate >= TARGET else 1
