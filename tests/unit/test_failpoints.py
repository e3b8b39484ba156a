"""Failpoints: off unless a test says so, exact when it does, and every one of them is in the code."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pressrun
from pressrun.background_tasks import TASKS
from pressrun.errors import StartupError
from pressrun.failpoints import POINTS, arm, failpoint
from pressrun.stages import STAGES
from tests.support.limits import HANG_S


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm(None, environment=None)


def test_nothing_is_armed_outside_of_tests() -> None:
    with pytest.raises(StartupError, match="tests only"):
        arm("store.write=EIO", environment=None)
    failpoint("store.write")


def test_an_order_fires_at_its_hit_and_only_then() -> None:
    arm("store.write:3=ENOSPC; store.sync:*=EIO", environment="test")
    for hit in range(1, 6):
        if hit == 3:
            with pytest.raises(OSError, match=r"store\.write") as caught:
                failpoint("store.write")
            assert caught.value.errno == errno.ENOSPC
        else:
            failpoint("store.write")
        with pytest.raises(OSError, match=r"store\.sync"):
            failpoint("store.sync")


@pytest.mark.parametrize(
    "orders", ["nowhere=kill", "store.write=explode", "store.write:x=EIO", "store.write", "store.write/x=EIO"]
)
def test_what_is_no_order_is_refused(orders: str) -> None:
    with pytest.raises(StartupError, match="is no order"):
        arm(orders, environment="test")


@pytest.mark.slow
def test_a_server_with_failpoints_does_not_start_in_production(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("pressrun"), "serve", "--data-dir", str(tmp_path)]
    env = {**os.environ, "PRESSRUN_FAILPOINTS": "store.write=EIO", "PRESSRUN_ENV": ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=HANG_S)
    assert done.returncode == 1
    assert "PRESSRUN_FAILPOINTS" in done.stderr


def test_every_point_is_in_the_code_and_every_one_in_the_code_is_known() -> None:
    root = Path(pressrun.__file__).parent
    named = {name for path in root.rglob("*.py") for name in re.findall(r'failpoint\(f?"([^"]+)"\)', path.read_text())}
    named = {name.replace("{name}", stage) for name in named for stage in STAGES} - {"publish.checkpointed"}
    assert "background.{task.name}" in named
    named = named - {"background.{task.name}"} | {f"background.{task.name}" for task in TASKS}
    assert named == POINTS
