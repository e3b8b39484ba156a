"""A process that ends while a run is just being taken up: the run is handed back, whatever moment that is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from pressrun.artifacts.store import LocalArtifactStore
from pressrun.background import Background
from pressrun.clock import SystemClock
from pressrun.engine.launch import open_engine
from pressrun.engine.ports import Claim
from pressrun.pipeline.context import Composed
from pressrun.pipeline.pipeline import Pipeline, StageDefinition
from pressrun.runs.lifecycle import RunLifecycle
from tests.support.core import Core, open_core

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


class SlowClaims:
    """The real records, whose first claim waits: before it is made, or after."""

    def __init__(self, records: RunLifecycle, wait: str) -> None:
        self._records = records
        self._wait = wait
        self.begun, self.go_on = anyio.Event(), anyio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    async def claim(self, operation_id: str, retries: int = 0) -> Claim | None:
        claim = await self._records.claim(operation_id, retries) if self._wait == "after" else None
        self.begun.set()
        await self.go_on.wait()
        return claim or await self._records.claim(operation_id, retries)


async def never_ends(*_: object) -> Composed:
    await anyio.sleep_forever()
    raise AssertionError


@pytest.mark.parametrize("wait", ["before", "after"])
@pytest.mark.parametrize("grace_s", [0.0, 0.3])
async def test_a_run_that_is_being_claimed_when_the_process_ends_is_handed_back_not_failed(
    tmp_path: Path, wait: str, grace_s: float
) -> None:
    async with open_core(tmp_path) as core:
        store = LocalArtifactStore(tmp_path)
        await store.prepare()
        records = SlowClaims(core.lifecycle, wait)
        run = await core.begin()

        async def let_go() -> None:
            await anyio.sleep(grace_s + 0.2)  # by then the engine is closing
            records.go_on.set()

        async with (
            anyio.create_task_group() as tasks,
            opened(core, store, records, tmp_path, grace_s) as engine,
        ):
            await engine.start(run.workflow_id)
            await records.begun.wait()
            tasks.start_soon(let_go)
        left = await core.lifecycle.find(run.operation_id)
        assert left is not None
        assert (left.status, left.error) == ("running", None)
        again = await core.lifecycle.claim(run.operation_id)
        assert again is not None
        assert again.last_word is None
        row = await core.catalog.history(run.operation_id)
        assert all(attempt.ended != "crashed" for attempt in row.attempts)


def opened(core: Core, store: LocalArtifactStore, records: SlowClaims, folder: Path, grace_s: float) -> Any:
    async def published(*_: object, **__: object) -> None:
        return None

    stages = (StageDefinition("compose", Composed, never_ends),)
    pipeline = cast("Pipeline", SimpleNamespace(stages=stages, published=published))
    return open_engine(
        pipeline,
        store,
        cast("RunLifecycle", records),
        SystemClock(),
        where=folder / "engine.sqlite",
        process="process-1",
        run_deadline_s=60,
        grace_s=grace_s,
        background=Background(),
    )
