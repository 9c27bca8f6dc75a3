# SPDX-License-Identifier: BSD-2-Clause
"""ternion run: flies one image, checks the downlink on the ground, shows the event log; or runs an
image that holds a root task, and shows what it prints."""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from functools import partial
from pathlib import Path

from rich.markup import escape

from tools import flight, ground, presets, recorder, root_run, system_report
from tools.commands.build import build
from tools.console import command, console, good, bad, heading, note, table, verdict
from tools.errors import UserError
from tools.flight import FlightResult, Station
from tools.frames import COUNT
from tools.housekeeping import Counters, decode_housekeeping
from tools.kept_run import KeptRam
from tools.packets import Apid
from tools.paths import BUILD, relative
from tools.qemu import Ending, Timing
from tools.recorder import EventLog
from tools.root_run import Outcome, RootRun
from tools.root_task import report_path
from tools.system_report import SystemReport
from tools.telecommand import Uplink
from tools.whole_image import check_image

EVENTS_SHOWN = 24
REPLY_LIMIT_S = 20.0


def seconds(text: str) -> float:
    """A time limit."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds above 0")
    return value


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--preset", metavar="P",
                        help=f"which system (default: {presets.DEFAULT}, or the image's)")
    parser.add_argument("--frames", type=int, metavar="N",
                        help=f"frames to photograph (default: {COUNT})")
    parser.add_argument("--icount", action="store_true",
                        help="virtual time by executed instructions: every run is the same")
    parser.add_argument("--limit", type=seconds, default=flight.TIME_LIMIT_S, metavar="S",
                        help="end the run after S seconds (default: %(default)s)")
    parser.add_argument("--image", type=Path, metavar="FILE",
                        help="this image instead; its report must lie beside it")
    parser.add_argument("--console", action="store_true",
                        help="not a flight: show what the system prints, as of a root task")
    parser.add_argument("--until", metavar="TEXT",
                        help="root task or --console: end the run when this is printed")
    parser.add_argument("--ping", metavar="TEXT", help="send this text up and await its echo")
    parser.add_argument("--housekeeping", action="store_true",
                        help="ask the board for its counters")
    parser.add_argument("--all-events", action="store_true",
                        help="show the whole event log, also inputs")


def show_events(log: EventLog, everything: bool = False) -> None:
    """The event log as a table."""
    shown = recorder.told(log.records if everything else log.remarkable())
    if not shown:
        note("events: nothing but the start and inputs")
        return
    rows = table("time", "core", "event", "what", right=("time", "core", "event"))
    for record, words in shown if everything else shown[:EVENTS_SHOWN]:
        microseconds = record.time / recorder.TICKS_PER_US
        rows.add_row(f"{microseconds:,.1f} µs", str(record.core), str(record.event),
                     escape(words))
    console.print(rows)
    if not everything and len(shown) > EVENTS_SHOWN:
        note(f"and {len(shown) - EVENTS_SHOWN} more: --all-events")


def show_flight(result: FlightResult) -> None:
    """The verdict, the log and where the files are."""
    verdict(result.good, f"{result.preset}: {result.ground.line()}")
    for problem in result.ground.problems:
        bad(problem)
    if result.end.ending is not Ending.OFF:
        bad(f"the flight ended by: {result.end.ending.value}")
    if result.ground.stray_text and not result.ground.good:
        note(f"stray bytes begin: {result.ground.stray_text!r}")
    note(f"downlink {len(result.downlink):,} bytes, sha256 {result.sha256[:16]}; "
         f"event log digest {result.log.digest()[:16]}; {result.end.seconds:.1f} s")
    for damage in result.log.damaged:
        bad(f"flight recorder damaged: {damage}")


def system_of(preset: str) -> SystemReport:
    """The system as the sources are now: built, or built again, before it is used."""
    name = presets.check(preset)
    if name == presets.HOST:
        raise UserError("the preset 'host' makes no image",
                        next_step=f"./ternion run --preset {presets.DEFAULT}")
    built = build(name, quiet=True).system
    return built if built is not None else presets.load(name)


def show_counters(counters: Counters) -> None:
    """Those of the system beside those of each replica, as far as both know them."""
    replicas = [f"replica {number}" for number in range(len(counters.replicas))]
    rows = table("counter", "system", *replicas, right=("system", *replicas))
    names = dict.fromkeys([*counters.system, *counters.replicas[0]] if replicas
                          else counters.system)
    for name in names:
        values = [words.get(name) for words in (counters.system, *counters.replicas)]
        rows.add_row(name.replace("_", " "),
                     *("" if value is None else f"{value:,}" for value in values))
    console.print(rows)


def _converse(station: Station, args: argparse.Namespace) -> bool:
    """Sends the telecommands asked for and shows the answers."""
    uplink, answered = Uplink(), True
    if station.contact.wait_for(Apid.END, args.limit) is None:
        bad("the end-of-mission packet did not come")
        return False
    if args.ping is not None:
        station.contact.send(uplink.ping(args.ping.encode()))
        echo = station.contact.wait_for(Apid.PING_ECHO, REPLY_LIMIT_S)
        right = echo is not None and echo.payload == args.ping.encode()
        verdict(right, f"ping {args.ping!r}: "
                       + (f"echo {echo.payload.decode(errors='replace')!r}" if echo else "no echo"))
        answered &= right
    if args.housekeeping:
        station.contact.send(uplink.send_housekeeping())
        reply = station.contact.wait_for(Apid.HOUSEKEEPING, REPLY_LIMIT_S)
        counters = decode_housekeeping(reply.payload) if reply else None
        verdict(counters is not None, "housekeeping" + ("" if counters else ": no answer"))
        answered &= counters is not None
        if counters:
            show_counters(counters)
    return answered


def _run_contact(system: SystemReport, args: argparse.Namespace) -> int:
    if args.icount:
        raise UserError("telecommands come from outside: such a flight is not repeatable",
                        next_step="./ternion run --ping TEXT   (without --icount)")
    with flight.contact(system, frames=args.frames, make_ram=partial(KeptRam, system),
                        announce=command) as station:
        answered = _converse(station, args)
        log = recorder.read(station.ram, system)
        result = ground.check(bytes(station.contact.downlink), station.source)
    verdict(result.frames_exact == result.frames_expected, result.line())
    show_events(log, args.all_events)
    return 0 if answered and result.frames_exact == result.frames_expected else 1


def _image_system(args: argparse.Namespace) -> SystemReport:
    """The system of --image: the image is whole, and its report lies beside it."""
    image: Path = args.image
    if not image.is_file():
        raise UserError(f"there is no image {image}",
                        next_step=f"./ternion run --preset {args.preset or presets.DEFAULT}")
    check_image(image)
    if report_path(image).exists():
        system = system_report.load(report_path(image))
        if system.sha256 != file_sha256(image):
            raise UserError(f"{report_path(image)}: is the report of another image",
                            next_step="make both again with ./ternion image")
        if args.preset is not None and presets.check(args.preset) != system.preset:
            raise UserError(f"{image}: was made for {system.preset}, not for "
                            f"{presets.check(args.preset)}",
                            next_step=f"./ternion run --image {image}")
        return system
    if args.preset is not None:
        return system_of(args.preset)
    if (image.parent / system_report.IN_BUILD).exists():
        system = system_report.load(image.parent / system_report.IN_BUILD)
        if system.sha256 == file_sha256(image):
            return system
    raise UserError(f"{image}: has no report beside it ({report_path(image).name})",
                    next_step=f"./ternion run --image {image} --preset P   (fly it as that system)")


def chosen_system(args: argparse.Namespace) -> SystemReport:
    """What --image and --preset name."""
    if args.image is not None:
        return _image_system(args)
    return system_of(args.preset or presets.DEFAULT)


def file_sha256(path: Path) -> str:
    """Of the whole file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def show_root_run(result: RootRun) -> None:
    """How it ended, after what it printed."""
    if result.console and not result.console.endswith(b"\n"):
        print(flush=True)
    verdict(result.outcome is Outcome.GOOD, result.how())
    for damage in result.log.damaged:
        bad(f"flight recorder damaged: {damage}")


def _show_text(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _run_console(system: SystemReport, args: argparse.Namespace) -> int:
    image: Path = args.image or system.image
    for option, given in (("--frames", args.frames is not None), ("--ping", args.ping is not None),
                          ("--housekeeping", args.housekeeping)):
        if given:
            what = "holds a root task" if system.is_root_task else "is run with --console"
            raise UserError(f"{option} is for flights; {image} {what}",
                            next_step=f"./ternion run --image {image}")
    heading(f"{image.name} on {system.preset}")
    result = root_run.run_root_task(
        system, image, timing=Timing.ICOUNT if args.icount else Timing.FREE,
        limit_s=args.limit, until=args.until, make_ram=partial(KeptRam, system), show=_show_text,
        announce=command)
    show_root_run(result)
    show_events(result.log, args.all_events)
    return result.outcome.value


def run(args: argparse.Namespace) -> int:
    """Flies, or runs what is no flight."""
    system = chosen_system(args)
    if system.is_root_task or args.console:
        return _run_console(system, args)
    if args.until is not None:
        raise UserError("--until is for root tasks and --console; this is a flight",
                        next_step="./ternion run --image OUT --until TEXT")
    args.frames = COUNT if args.frames is None else args.frames
    heading(f"Flight of {system.preset}")
    if args.ping is not None or args.housekeeping:
        return _run_contact(system, args)
    timing = Timing.ICOUNT if args.icount else Timing.FREE
    result = flight.fly(system, frames=args.frames, timing=timing, limit_s=args.limit,
                        image=args.image, make_ram=partial(KeptRam, system), announce=command)
    show_flight(result)
    show_events(result.log, args.all_events)
    directory = BUILD / "flights" / system.preset
    result.save(directory)
    good(f"downlink and events: {relative(directory)}")
    return 0 if result.good else 1
