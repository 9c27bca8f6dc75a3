# SPDX-License-Identifier: BSD-2-Clause
"""Campaign files: the good ones that come with the project, and every way to write a bad one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from faultinj import campaign_file
from faultinj.layers import Layer
from faultinj.spec import Join, decode, encode
from faultinj.strata import Kind
from tools import presets
from tools.errors import UserError

GOOD = """\
about = "A test."

[system]
board = "qemu-virt"
arms = ["base", "tmr"]
shift = 0

[workload]
program = "payload"
golden = "bit-exact"
frames = 2
side = 64

[sample]
count = 100
seed = 7
nulls = 40

[stop]
width = 0.05
errors = 500
minutes = 2.5

[limits]
longer = 2.0
slack = 1000
processor = 9

[run]
workers = 3

[[stratum]]
layer = "user"
hits = "x"
weight = 4

[[stratum]]
layer = "ballot"
hits = "memory"
"""
BOARDS = "qemu-virt, xlnx-zcu102"
LAYERS = ("user, kernel, rcoe, objects, page-table, stack, ballot, control, log, slot, shared, "
          "shim")
MORE = '[[stratum]]\nlayer = "user"\nhits = "x"\n'
# What is replaced, by what; line; what is wrong; what to do.
BAD = [
    ("unknown key", "count = 100", "cuont = 100", ":15", "[sample] unknown key 'cuont'",
     "write 'count' instead"),
    ("unknown key, nothing near", "count = 100", "count = 100\nzzz = 1", ":16",
     "[sample] unknown key 'zzz'", "the keys here are: count, seed, nulls, prune"),
    ("another pruning", "nulls = 40", 'nulls = 40\nprune = "all"', ":18",
     "[sample] 'prune' must be one of def-use, not \"all\"",
     'write, for example: prune = "def-use"'),
    ("nothing to prune", GOOD[GOOD.index("nulls = 40"):], 'nulls = 40\nprune = "def-use"\n' + MORE,
     ":18",
     "[sample] no stratum has single bits of memory at random instructions, so there is nothing to "
     "prune", 'remove it, or add a stratum with hits = "memory"'),
    ("pruning in a join", "nulls = 40", 'nulls = 40\nprune = "def-use"\n[join]\nreplica = 1',
     ":18", "[sample] what has no effect is not known while a replica comes back",
     "remove it, or the table [join]"),
    ("unknown table", "[limits]", "[limit]", ":24", "unknown key 'limit'",
     "write 'limits' instead"),
    ("unknown key of a stratum", "weight = 4", "wieght = 4", ":35",
     "[[stratum]] 1: unknown key 'wieght'", "write 'weight' instead"),
    ("missing key", "seed = 7\n", "", ":14", "[sample] 'seed' is missing",
     "add, for example: seed = 1"),
    ("missing table", "[sample]\ncount = 100\nseed = 7\nnulls = 40\n", "", "",
     "'sample' is missing", "add the table [sample]"),
    ("stratum without its target", 'hits = "memory"\n', "", ":37",
     "[[stratum]] 2: 'hits' is missing", 'add, for example: hits = "x"'),
    ("text for a number", "count = 100", 'count = "many"', ":15",
     "[sample] 'count' must be a whole number, not \"many\"",
     "write, for example: count = 300"),
    ("fraction for a whole number", "seed = 7", "seed = 7.5", ":16",
     "[sample] 'seed' must be a whole number, not 7.5", "write, for example: seed = 1"),
    ("truth for a number", "width = 0.05", "width = true", ":20",
     "[stop] 'width' must be a number, not true", "write, for example: width = 0.02"),
    ("text for a list", 'arms = ["base", "tmr"]', 'arms = "base"', ":5",
     "[system] 'arms' must be a list, not \"base\"",
     'write, for example: arms = ["base", "dmr", "tmr"]'),
    ("nothing to inject", "count = 100", "count = 0", ":15",
     "[sample] 'count' must be at least 1, not 0", "write, for example: count = 300"),
    ("negative seed", "seed = 7", "seed = -7", ":16", "[sample] 'seed' must be at least 0, not -7",
     "write, for example: seed = 1"),
    ("too large", "side = 64", "side = 4096", ":12", "[workload] 'side' must be at most 128, not "
     "4096", "write, for example: side = 64"),
    ("interval without width", "width = 0.05", "width = 0", ":20",
     "[stop] 'width' must be more than 0, not 0", "write, for example: width = 0.02"),
    ("limit below the golden run", "longer = 2.0", "longer = 0.5", ":25",
     "[limits] 'longer' must be more than 1, not 0.5", "write, for example: longer = 1.5"),
    ("no arm", 'arms = ["base", "tmr"]', "arms = []", ":5", "[system] 'arms' must not be empty",
     'write, for example: arms = ["base", "dmr", "tmr"]'),
    ("arm twice", 'arms = ["base", "tmr"]', 'arms = ["tmr", "tmr"]', ":5",
     "[system] 'arms' names something twice: [\"tmr\", \"tmr\"]", "name each once"),
    ("arm twice by two names", 'arms = ["base", "tmr"]', 'arms = ["tmr", "qemu-virt-tmr"]', ":5",
     "[system] 'tmr' is named twice", "name each once"),
    ("unknown arm", 'arms = ["base", "tmr"]', 'arms = ["base", "tmrr"]', ":5",
     "[system] there is no system 'tmrr' for qemu-virt",
     'write "tmr", or see ./ternion build --help'),
    ("unknown board", 'board = "qemu-virt"', 'board = "qemu-vitr"', ":4",
     f"[system] there is no board 'qemu-vitr' (there are: {BOARDS})",
     'write: board = "qemu-virt"'),
    ("unknown layer", 'layer = "user"', 'layer = "usr"', ":33",
     f"[[stratum]] 1: 'layer' must be one of {LAYERS}, not \"usr\"", 'write: layer = "user"'),
    ("register of a layer without code", 'hits = "memory"', 'hits = "pc"', ":39",
     "[[stratum]] 2: layer 'ballot' has no code of its own, so 'pc' cannot be hit while it runs "
     "(layers with code: user, kernel, rcoe, shim)",
     'choose another layer, or hits = "memory"'),
    ("fault that the target cannot have", 'hits = "x"', 'hits = "x"\nfault = "skip"', ":35",
     "[[stratum]] 1: 'x' cannot have the fault 'skip' (it can have: bit, burst, stuck)",
     'write: fault = "bit"'),
    ("unknown event", 'hits = "x"', 'hits = "x"\nat = "kernel-exit"', ":35",
     "[[stratum]] 1: 'at' must be one of kernel-entry, shim-entry, device-store, device-load, "
     'join-copy, join-stop, join-admit, join-after, not "kernel-exit"',
     'write: at = "kernel-entry"'),
    ("join without a joiner", 'hits = "x"', 'hits = "x"\nat = "join-copy"', ":35",
     "[[stratum]] 1: nobody comes back in this campaign, so there is no 'join-copy'",
     "add the table [join], or remove it"),
    ("place in a join", 'hits = "x"\nweight = 4',
     'hits = "x"\nat = "kernel-entry"\n[join]\nreplica = 1', ":35",
     "[[stratum]] 1: 'kernel-entry' is not counted while a replica comes back",
     'write: at = "join-copy", or remove it: then it is any time of the join'),
    ("three faults in a run", 'hits = "x"\nweight = 4',
     'hits = "x"\nreplicas = 2\n[join]\nreplica = 1', ":35",
     "[[stratum]] 1: with [join] there is one fault beside the first one",
     "remove it, or the table [join]"),
    ("device read elsewhere", 'hits = "x"', 'hits = "device-read"', ":33",
     "[[stratum]] 1: a device is read by the shim, not by 'user'", 'write: layer = "shim"'),
    ("device read at another time", 'layer = "user"\nhits = "x"',
     'layer = "shim"\nhits = "device-read"\nat = "device-store"', ":35",
     "[[stratum]] 1: the value of a device is hit when it is read, at no other event",
     "remove it"),
    ("device read in a join", 'layer = "user"\nhits = "x"\nweight = 4',
     'layer = "shim"\nhits = "device-read"\n[join]\nreplica = 1', ":34",
     "[[stratum]] 1: reads of devices are not counted while a replica comes back",
     "remove this stratum, or the table [join]"),
    ("interrupt that flips", 'hits = "x"', 'hits = "interrupt"\nfault = "bit"', ":35",
     "[[stratum]] 1: 'interrupt' cannot have the fault 'bit' (it can have: spurious, lost)",
     'write: fault = "spurious"'),
    ("length of a spurious interrupt", 'hits = "x"', 'hits = "interrupt"\nlength = 9', ":35",
     "[[stratum]] 1: the fault 'spurious' has no length", "remove it"),
    ("interrupt in two replicas", 'hits = "x"', 'hits = "interrupt"\nreplicas = 2', ":35",
     "[[stratum]] 1: 'interrupt' exists once, not in each replica", "remove it"),
    ("join of nobody", "[run]", "[join]\n[run]", ":29", "[join] 'replica' is missing",
     "add, for example: replica = 2"),
    ("join at the end", "[run]", "[join]\nreplica = 1\nat = 1.0\n[run]", ":31",
     "[join] 'at' must be at most 0.9, not 1.0", "write, for example: at = 0.2"),
    ("no truth", "[run]", "[join]\nreplica = 1\nsimplex_ok = 1\n[run]", ":31",
     "[join] 'simplex_ok' must be true or false, not 1",
     "write, for example: simplex_ok = true"),
    ("system registers of user code", 'hits = "x"', 'hits = "system"', ":34",
     "[[stratum]] 1: code at EL0 has no system registers to write",
     'write: layer = "kernel", "rcoe" or "shim"'),
    ("length of a flip", 'hits = "x"', 'hits = "x"\nlength = 5', ":35",
     "[[stratum]] 1: the fault 'bit' has no length", "remove it"),
    ("stuck for longer than can be stepped", 'hits = "x"',
     'hits = "x"\nfault = "stuck"\nlength = 1000', ":36",
     "[[stratum]] 1: a register is stuck for at most 256 instructions, not 1000",
     "write: length = 256"),
    ("common mode where there is one", 'layer = "ballot"', 'layer = "log"\nreplicas = 2', ":39",
     "[[stratum]] 2: layer 'log' exists once, not in each replica",
     "remove it, or choose another layer"),
    ("stratum twice", '[[stratum]]\nlayer = "ballot"\nhits = "memory"\n', MORE, ":38",
     "[[stratum]] 2: is the same as [[stratum]] 1: user/x",
     "give the first one the weight of both"),
    ("no stratum", GOOD[GOOD.index("[[stratum]]"):], "", "", "'stratum' is missing",
     "add a [[stratum]]"),
    ("side that the compressor refuses", "side = 64", "side = 60", ":12",
     "[workload] 'side' must be a multiple of 8, not 60", "write: side = 56"),
    ("another workload", 'program = "payload"', 'program = "doom"', ":9",
     "[workload] 'program' must be one of payload, not \"doom\"",
     'write, for example: program = "payload"'),
    ("empty text", 'about = "A test."', 'about = ""', ":1", "'about' must not be empty",
     'write, for example: about = "Single bits everywhere."'),
    ("no TOML", "seed = 7", "seed = ", "", " is not TOML: Invalid value (at line 16, column 8)",
     "see faultinj/campaigns/smoke.toml"),
    ("key twice", "seed = 7", "seed = 7\nseed = 8", "",
     " is not TOML: Cannot overwrite a value (at line 17, column 9)",
     "see faultinj/campaigns/smoke.toml"),
]


@pytest.fixture(autouse=True)
def in_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(presets.PRESETS.parent)


def refused(path: Path) -> UserError:
    with pytest.raises(UserError) as error:
        campaign_file.read(path)
    return error.value


@pytest.mark.parametrize("name, old, new, line, what, step", BAD,
                         ids=[case[0] for case in BAD])
def test_bad_file(tmp_path: Path, name: str, old: str, new: str, line: str, what: str,
                  step: str) -> None:
    assert GOOD.count(old) >= 1, name
    path = tmp_path / "a.toml"
    path.write_text(GOOD.replace(old, new, 1))
    error = refused(path)
    between = "" if what.startswith(" ") else ": "
    assert error.message == f"{path}{line}{between}{what}"
    assert error.next_step == step


def test_a_table_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("run = 3\n" + GOOD.replace("[run]\nworkers = 3\n", ""))
    error = refused(path)
    assert error.message == f"{path}:1: 'run' must be a table, not 3"
    assert error.next_step == "write a table: [run]"


def test_a_target_that_is_none_names_all(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD.replace('hits = "x"', 'hits = "cache"'))
    names = ", ".join(kind.value for kind in Kind if kind is not Kind.NULL)
    assert refused(path).message == (
        f"{path}:34: [[stratum]] 1: 'hits' must be one of {names}, not \"cache\"")


def test_an_empty_list_of_strata(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("stratum = []\n" + GOOD[:GOOD.index("[[stratum]]")])
    error = refused(path)
    assert error.message == f"{path}:1: 'stratum' must not be empty"
    assert error.next_step == "write a table: [[stratum]]"


def test_unreadable_files(tmp_path: Path) -> None:
    names = ", ".join(campaign_file.standard())
    missing = refused(tmp_path / "none.toml")
    assert missing.message == f"{tmp_path}/none.toml cannot be read: No such file or directory"
    assert missing.next_step == f"name one of: {names}, or a file"
    (tmp_path / "place.toml").mkdir()
    assert refused(tmp_path / "place.toml").message == (
        f"{tmp_path}/place.toml cannot be read: Is a directory")
    (tmp_path / "raw.toml").write_bytes(b"about = \"\xff\"")
    raw = refused(tmp_path / "raw.toml")
    assert (raw.message, raw.next_step) == (
        f"{tmp_path}/raw.toml is no text: byte 9 is not UTF-8", "save it as UTF-8")


def test_unknown_name() -> None:
    with pytest.raises(UserError) as error:
        campaign_file.find("smok")
    assert error.value.message == (
        f"there is no campaign 'smok' (there are: {', '.join(campaign_file.standard())})")
    assert error.value.next_step == "./ternion inject --campaign smoke"


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    found = campaign_file.find(str(path))
    assert (found.name, found.arms, found.count, found.seed) == ("mine", ("base", "tmr"), 100, 7)
    assert [(s.layer, s.kind, s.weight) for s in found.strata] == [
        (Layer.USER, Kind.X, 4), (Layer.BALLOT, Kind.MEMORY, 1)]
    assert (found.stop.width, found.stop.errors, found.stop.minutes) == (0.05, 500, 2.5)
    assert (found.bounds.longer, found.bounds.slack, found.workers) == (2.0, 1000, 3)
    assert decode(json.loads(json.dumps(encode(found)))) == found


def test_a_join(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    join = '[join]\nreplica = 1\nat = 0.5\nreadmit_per_hour = 3\nsimplex_ok = true\n'
    path.write_text(GOOD.replace('hits = "x"', 'hits = "x"\nat = "join-stop"') + join)
    found = campaign_file.read(path)
    assert found.join == Join(1, 0.5, 3, True)
    assert [stratum.name for stratum in found.strata] == ["user/x@join-stop", "ballot/memory"]
    assert decode(json.loads(json.dumps(encode(found)))) == found
    path.write_text(GOOD + join)
    other = campaign_file.read(path).identity()
    path.write_text(GOOD)
    assert campaign_file.read(path).identity() == {**other, "join": None}


@pytest.mark.parametrize("name", campaign_file.standard())
def test_standard_campaigns_are_good(name: str) -> None:
    found = campaign_file.find(name)
    assert found.name == name
    assert re.fullmatch(r"[A-Z].*[.?]", found.about)


def test_workers_and_time_do_not_make_another_campaign(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD)
    first = campaign_file.read(path).identity()
    path.write_text(GOOD.replace("workers = 3", "workers = 1").replace("minutes = 2.5", ""))
    assert campaign_file.read(path).identity() == first
    path.write_text(GOOD.replace("weight = 4", "weight = 5"))
    assert campaign_file.read(path).identity() != first
