# SPDX-License-Identifier: BSD-2-Clause
"""The commands inject, replay and report of ./ternion."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from faultinj import campaign, campaign_file, dry_run, export, replay, report
from faultinj.classify import Outcome
from faultinj.estimate import at_most
from faultinj.layers import Layer
from faultinj.live import View
from faultinj.spec import Campaign, decode
from faultinj.statistics import Tally, analyse
from faultinj.store import Store
from tools import packages, presets, web_page
from tools.board import load_board
from tools.commands.run import system_of
from tools.console import command, console, good, heading, note, table, verdict
from tools.errors import UserError
from tools.paths import BUILD, relative

CAMPAIGNS = BUILD / "campaigns"
NEGATIVE_CONTROL = "tmr-novote"
DEFAULT = "bits"


def configure_inject(parser: argparse.ArgumentParser) -> None:
    """Options of inject."""
    parser.add_argument("file", nargs="?", metavar="FILE.toml", help="campaign file")
    parser.add_argument("--campaign", metavar="NAME", help="a standard campaign: "
                        f"{', '.join(campaign_file.standard())} (default: {DEFAULT})")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--preset", metavar="P", help="inject into this system only")
    which.add_argument("--arms", metavar="A,B,...", help="systems that get the same faults")
    parser.add_argument("--board", metavar="B", default=presets.BOARD,
                        help="of the arms (default: %(default)s)")
    parser.add_argument("--negative-control", action="store_true",
                        help=f"add the arm {NEGATIVE_CONTROL}: three replicas, nobody votes")
    parser.add_argument("--count", type=int, metavar="N", help="faults, each in every arm")
    parser.add_argument("--seed", type=int, metavar="S", help="same seed, same faults")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="W", help="QEMUs at a time")
    where.add_argument("--scheduler", metavar="ADDRESS",
                       help="of a Dask cluster, whose workers run it: tcp://HOST:8786")
    parser.add_argument("--core", type=int, metavar="C", help="hit only this core's replica")
    parser.add_argument("--layer", metavar="L",
                        help="hit only this layer: " + ", ".join(layer.value for layer in Layer))
    parser.add_argument("--db", type=Path, metavar="FILE",
                        help="database; an unfinished campaign in it goes on")
    parser.add_argument("--resume", action="store_true",
                        help="go on with the campaign in --db, or with the newest one")
    parser.add_argument("--dry-run", action="store_true",
                        help="show the plan and what it will cost, inject nothing")


def arm_name(preset: str) -> str:
    """The arm that a preset makes: tmr for qemu-virt-tmr, the whole name for other boards."""
    full = presets.check(preset)
    if full == presets.HOST:
        raise UserError("the preset 'host' makes no image",
                        next_step="./ternion inject --arms base,dmr,tmr")
    return presets.mode_of(full)


def _arms_of(args: argparse.Namespace, arms: tuple[str, ...]) -> tuple[str, ...]:
    """The campaign's arms, or those that the options name; on the board that they name."""
    board = load_board(args.board).name
    names = list(arms)
    if args.preset or args.arms is not None:
        names = [args.preset] if args.preset else [name for name in args.arms.split(",") if name]
    if not names:
        raise UserError("no arm to inject into", next_step="./ternion inject --arms base,dmr,tmr")
    names = [presets.on_board(name, board) for name in names]
    if args.negative_control:
        names.append(f"{presets.board_of(presets.check(names[0]))}-{NEGATIVE_CONTROL}")
    return tuple(dict.fromkeys(arm_name(name) for name in names))


def _checked(args: argparse.Namespace, chosen: Campaign) -> Campaign:
    """What the options must not be."""
    if chosen.count < 1:
        raise UserError(f"a campaign has at least one injection, not {chosen.count}",
                        next_step="./ternion inject --count 300")
    if chosen.workers < 1:
        raise UserError(f"a campaign needs at least one worker, not {chosen.workers}",
                        next_step="./ternion inject --workers 2")
    if args.layer is not None and args.layer not in [layer.value for layer in Layer]:
        names = ", ".join(layer.value for layer in Layer)
        raise UserError(f"unknown layer '{args.layer}'; the layers are: {names}",
                        next_step="./ternion inject --layer user")
    if not chosen.strata:
        raise UserError(f"campaign '{chosen.name}' does not hit layer '{args.layer}'",
                        next_step=f"./ternion inject --campaign {DEFAULT} --layer {args.layer}")
    return chosen


def campaign_of(args: argparse.Namespace) -> Campaign:
    """The campaign file with what the options change. Checks all that needs no image."""
    if args.file and args.campaign:
        raise UserError(f"two campaigns: {args.file} and {args.campaign}",
                        next_step=f"./ternion inject {args.file}")
    if args.resume:
        with Store(args.db or newest_campaign(), must_exist=True) as store:
            return decode(store.facts()["campaign"])
    chosen = campaign_file.find(args.file or args.campaign or DEFAULT)
    given = {name: value for name, value in vars(args).items()
             if name in ("count", "seed", "workers", "core") and value is not None}
    chosen = replace(chosen, arms=_arms_of(args, chosen.arms), **given)
    return _checked(args, chosen.only(args.layer))


@contextmanager
def _cluster(address: str | None) -> Iterator[campaign.Hire | None]:
    """Connects before anything is built or flown; without an address, nobody is hired."""
    if address is None:
        yield None
        return
    packages.ensure(["cluster"])
    from faultinj.cluster import Cluster  # needs those packages

    with closing(Cluster(address)) as cluster:
        yield cluster.hire


def run_inject(args: argparse.Namespace) -> int:
    """A campaign, its table and its report."""
    chosen = campaign_of(args)
    with _cluster(None if args.dry_run else args.scheduler) as hire:
        return _run(args, chosen, hire)


def _run(args: argparse.Namespace, chosen: Campaign, hire: campaign.Hire | None) -> int:
    for arm in chosen.arms:
        system_of(arm)  # builds what the sources changed
    heading(f"Campaign {chosen.name}: {chosen.count} faults into each of {', '.join(chosen.arms)}, "
            f"seed {chosen.seed}")
    if args.dry_run:
        return dry_run.show(campaign.plan_campaign(chosen, command))
    db = newest_campaign() if args.resume and not args.db else args.db
    start = time.monotonic()
    with View(console) as live:
        store, _ = campaign.run_campaign(chosen, live, db, command, hire)
    with store:
        seconds = time.monotonic() - start
        if live.fresh:
            hands = f"at {args.scheduler}" if hire else f"with {chosen.workers} workers"
            note(f"{live.fresh} injections in {seconds:.0f} s: "
                 f"{60 * live.fresh / seconds:.0f} a minute {hands}")
        else:
            note("this campaign was finished already")
        note(f"ended: {store.facts()['ended']}")
        return show(store, store.path.with_suffix(".html"))


def judge(arms: dict[str, Tally], replicas: dict[str, int]) -> list[tuple[bool, str]]:
    """What redundancy promised, arm by arm: (kept, in words). Without votes there is no promise."""
    claims = []
    for arm, found in arms.items():
        if replicas[arm] == 1:
            count = found.uncontrolled.count
            claims.append((True, f"{arm}: {count} of {found.effective.count} effective faults gave "
                           + ("wrong or lost output" if count else "wrong or lost output: as a "
                              "control this proves nothing, take more faults")))
        elif not arm.endswith(NEGATIVE_CONTROL):
            bad = found.uncontrolled
            stops = found.counts[Outcome.SAFE_STOP]
            claims.append((not bad.count,
                           f"{arm}: {bad.count} uncontrolled outcomes, {stops} safe stops, of "
                           f"{found.effective.count} effective faults; uncontrolled at most "
                           f"{100 * at_most(bad.count, bad.total):.1f} % of faults (95 %)"))
    return claims


def show(store: Store, page: Path, strata: bool = False) -> int:
    """Terminal tables and the page. Status 1: the harness failed, or a voting arm its promise."""
    analysis = analyse(store.results(), store.faults())
    console.print(report.terminal_table(store))
    if strata:
        for arm in analysis.by_arm():
            console.print(report.stratum_table(store, arm))
    failed = [r for r in analysis.results + analysis.nulls if r.outcome is Outcome.HARNESS_ERROR]
    quiet = sum(result.outcome is Outcome.MASKED for result in analysis.nulls)
    verdict(not failed, f"null injections that changed nothing: {quiet} of {len(analysis.nulls)}; "
                        f"harness errors: {len(failed)}")
    for result in failed[:3]:
        note(f"{result.id}: {result.note}")
    note("shares are of faults that ran: strata have fixed sizes, they are no rates of a mission")
    ways = report.way_back_table(analysis)
    if ways is not None:
        console.print(ways)
    for more in (report.pruned_table(store), report.mission_table(store)):
        if more is not None:
            console.print(more)
    promised = analysis.promised()
    controls = len(analysis.results) - len(promised.results)
    if controls:
        note(f"{controls} of these faults are common to all replicas: a control, no promise")
    claims = judge(promised.by_arm(), {arm["name"]: arm["replicas"] for arm in store.arms()})
    for kept, claim in claims:
        verdict(kept, claim)
    report.write_html(store, page)
    good(f"report: {relative(page)}   database: {relative(store.path)}")
    return 1 if failed or not all(kept for kept, _claim in claims) else 0


def newest_campaign() -> Path:
    """The database that was written last."""
    found = sorted(CAMPAIGNS.glob("*.db"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UserError("there is no campaign yet", next_step="./ternion inject")
    return found[-1]


def configure_replay(parser: argparse.ArgumentParser) -> None:
    """Options of replay."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", metavar="ID", nargs="?",
                       help="injection, as reports name it: tmr-17")
    which.add_argument("--sample", type=int, metavar="N", help="so many, drawn at random")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the draw")
    parser.add_argument("--db", type=Path, metavar="FILE",
                        help="campaign (default: the newest one)")
    parser.add_argument("--gdb", action="store_true", help="stop at the fault, under gdb")
    parser.add_argument("--command", action="append", default=[], metavar="GDB",
                        help="with --gdb: run this gdb command instead of reading the terminal")


def run_replay(args: argparse.Namespace) -> int:
    """One injection again, or some."""
    with Store(args.db or newest_campaign(), must_exist=True) as store:
        if args.sample is not None:
            return _replay_some(store, args)
        if args.gdb:
            return replay.debug(store, args.id, args.command, announce=command)
        done = replay.replay(store, args.id, announce=command)
    heading(f"Injection {args.id}")
    rows = table("", "stored", "again")
    for name in ("outcome", "mechanism", "excluded", "event", "what", "place", "line", "landing",
                 "pc", "before_value", "after_value", "ending", "downlink_sha256", "note"):
        rows.add_row(name.replace("_", " "), _text(getattr(done.stored, name)),
                     _text(getattr(done.again, name)))
    console.print(rows)
    verdict(not done.differences, "the same in every respect" if not done.differences
            else "not the same: " + "; ".join(done.differences))
    return 1 if done.differences else 0


def _replay_some(store: Store, args: argparse.Namespace) -> int:
    if args.gdb:
        raise UserError("--gdb stops at one injection, not at a sample",
                        next_step="./ternion replay ID --gdb")
    counts: Counter[str] = Counter()
    other: list[str] = []
    with console.status("golden runs …") as status:
        for done in replay.replay_some(store, args.sample, args.seed):
            counts[done.stored.outcome.value] += 1
            status.update(f"{counts.total()} of {args.sample} …")
            if done.differences:
                other.append(f"{done.stored.id}: {'; '.join(done.differences)}")
    heading(f"{counts.total()} injections again")
    rows = table("outcome", "injections", right=("injections",))
    for name, count in counts.most_common():
        rows.add_row(name, str(count))
    console.print(rows)
    for line in other:
        verdict(False, line)
    verdict(not other, f"{counts.total() - len(other)} of {counts.total()} the same in every "
            "respect: outcome, event, times, event log, output")
    return 1 if other else 0


def _text(value: object) -> str:
    if isinstance(value, Outcome):
        return value.value
    if isinstance(value, int):
        return f"{value:#x}" if value > 0xFFFF else str(value)
    return "" if value is None else str(value)


def configure_report(parser: argparse.ArgumentParser) -> None:
    """Options of report."""
    parser.add_argument("--db", type=Path, metavar="FILE",
                        help="campaign (default: the newest one)")
    parser.add_argument("--html", type=Path, metavar="FILE",
                        help="where the page goes (default: beside the database)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="one line for each injection")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything, for other tools")
    parser.add_argument("--strata", action="store_true", help="also print the table by stratum")


def run_report(args: argparse.Namespace) -> int:
    """The report of a campaign that has run."""
    with Store(args.db or newest_campaign(), must_exist=True) as store:
        heading(f"Campaign {relative(store.path)}")
        for path, make in ((args.csv, export.as_csv), (args.json, export.as_json)):
            if path is not None:
                web_page.write(path, make(store))
        return show(store, args.html or store.path.with_suffix(".html"), args.strata)
