# SPDX-License-Identifier: BSD-2-Clause
"""A few downgrades of a system that sends all the time: timed, and no byte lost or repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.bench.downgrade.case import Outcome, Reference, fly, fly_reference
from tools.bench.downgrade.plan import OUTPUT, PUBLISHED, What, fingerprints, make_plan
from tools.bench.downgrade.result import LIMIT_NS
from tools.bench.images import root_task_image
from tools.system_report import SystemReport

PROGRAM = "beacon"
BYTES = 64 * 33  # apps/votebench/beacon.c: lines, and their length
SEED = 3
pytestmark = pytest.mark.default_board("the program drives that board's UART")


@pytest.fixture(name="reference", scope="module")
def _reference(system: Callable[[str], SystemReport],
               tmp_path_factory: pytest.TempPathFactory) -> Reference:
    image = root_task_image(system("tmr"), PROGRAM)
    return fly_reference(image, tmp_path_factory.mktemp("downgrade"))


def test_what_is_watched(reference: Reference) -> None:
    """Each byte is one store, by the I/O core; replicas publish the same rounds."""
    sights = reference.run.sights
    outputs = [sight for sight in sights if sight.id == OUTPUT]
    assert len(outputs) == len(reference.run.downlink) == BYTES
    assert {sight.core for sight in outputs} == {0}
    rounds = [[(s.value, s.entry) for s in sights if s.id == PUBLISHED and s.core == core]
              for core in range(3)]
    assert rounds[0] == rounds[1] == rounds[2] and len(rounds[0]) > 500


@pytest.mark.parametrize("replica", range(3))
def test_wrong_fingerprint(reference: Reference, replica: int) -> None:
    """The replica is out, the output is whole, and it went on in time; the same again."""
    plan = make_plan(reference.run.sights, fingerprints(reference.system), 60, SEED)
    cases = [case for case in plan
             if case.what is What.FINGERPRINT and case.replica == replica][:2]
    for case in cases:
        found = fly(reference, case)
        assert found.outcome is Outcome.DOWNGRADED, found.note
        assert found.timing is not None
        assert 0 < found.timing.exclusion_ns < found.timing.output_ns < LIMIT_NS
        assert 0 < found.timing.per_core < found.timing.output_ns
    assert fly(reference, cases[0]) == fly(reference, cases[0])


def test_register(reference: Reference) -> None:
    """Whatever it does, the output is whole and no healthy replica is lost."""
    plan = make_plan(reference.run.sights, fingerprints(reference.system), 60, SEED)
    for case in [case for case in plan if case.what is What.REGISTER][:6]:
        assert fly(reference, case).outcome not in (Outcome.BAD, Outcome.HARNESS)
