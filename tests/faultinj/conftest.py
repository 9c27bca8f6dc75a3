# SPDX-License-Identifier: BSD-2-Clause
"""The small campaign as it runs when nobody disturbs it: what others are compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultinj import campaign
from tests.faultinj.small_campaign import small
from tools import presets
from tools.errors import UserError


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        presets.load("tmr")
    except UserError as error:
        raise pytest.UsageError(f"{error.message}; first: {error.next_step}") from error
    db = tmp_path_factory.mktemp("campaign") / "whole.db"
    store, _ = campaign.run_campaign(small(), lambda _: None, db)
    store.close()
    return db
