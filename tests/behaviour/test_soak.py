"""A minute of the soak: a real server under everything at once, in the open, and one strict judge at the end.

`PRESSRUN_TEST_SOAK_S` makes it longer or shorter; an hour of it is `make bench ARGS=soak`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.soak.soak import Soak

_DURATION_S = 45.0  # with warming up and coming to rest a minute


@pytest.mark.first
@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.promise("soak")
def test_a_server_in_bad_weather_stays_up_and_tells_the_truth(tmp_path: Path) -> None:
    duration_s = float(os.environ.get("PRESSRUN_TEST_SOAK_S", _DURATION_S))
    outcome = Soak(tmp_path, duration_s, rate=0.5, most=4).run()
    print(outcome.table())
    assert outcome.problems == []
    assert any(run.status == "complete" for run in outcome.world.runs)
