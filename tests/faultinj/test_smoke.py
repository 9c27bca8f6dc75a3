# SPDX-License-Identifier: BSD-2-Clause
"""The campaign `smoke`, as a user runs it."""

from __future__ import annotations

import argparse
from pathlib import Path

from faultinj import commands
from faultinj.classify import EFFECTIVE, Outcome
from faultinj.store import Store
from faultinj.strata import Kind


def test_smoke(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    commands.configure_inject(parser)
    db = tmp_path / "smoke.db"
    assert commands.run_inject(parser.parse_args(["--campaign=smoke", f"--db={db}"])) == 0
    with Store(db, must_exist=True) as store:
        facts, results, faults = store.facts(), store.results(), store.faults()
        assert len(results) == 2 * len(faults) == 2 * 64
    assert facts["ended"] == "all faults have run"
    assert facts["tools"]["plugin"] and facts["qemu"] and set(facts["images"]) == {"base", "tmr"}
    seen = {r.outcome for r in results if r.arm == "tmr"}
    assert seen >= {Outcome.MASKED, Outcome.LATENT, Outcome.DOWNGRADED}
    assert [r.id for r in results if r.outcome is Outcome.NOT_INJECTED] == [
        r.id for r in results if r.arm == "base" and faults[r.fault].kind is Kind.CORE]
    assert any(r.outcome in EFFECTIVE for r in results if r.arm == "base")
