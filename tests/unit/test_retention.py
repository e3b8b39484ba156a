"""Retention: the oldest go, nothing that is wanted goes, and a crash leaves neither half a run nor a file for ever."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from pressrun.artifacts.model import Manifest, StoredFile
from pressrun.artifacts.names import batch_folder_name
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.db import retention as queries
from pressrun.db import runs as run_queries
from pressrun.errors import NotFound
from pressrun.events.model import Cancelled, Complete, Error
from pressrun.run_logs import RunLogs
from pressrun.runs.model import Run
from pressrun.runs.removal import RunRemover
from pressrun.runs.retention import MAX_REMOVALS, Retention, RetentionReport
from pressrun.settings import RetentionPolicy, Settings
from tests.support.core import COMPLETE, Core, open_core

pytestmark = pytest.mark.anyio

DAY_S = 86_400.0


@dataclass
class House:
    """A data folder with runs of known age and size."""

    core: Core
    store: LocalArtifactStore
    remover: RunRemover
    logs: RunLogs
    root: Path
    forgotten: list[str]

    def retention(self, **policy: float) -> Retention:
        return Retention(
            self.core.database,
            self.store,
            self.remover,
            self.core.clock,
            RetentionPolicy(**policy),  # type: ignore[arg-type]
        )

    async def sweep(self, *, dry_run: bool = False, **policy: float) -> RetentionReport:
        return await self.retention(**policy).sweep(dry_run=dry_run)

    async def run(self, name: str, *, size_bytes: int = 1000, **values: object) -> Run:
        """A run in progress that has staged a file."""
        run = await self.core.begin(name, lane=name, **values)
        staging = await self.store.open_staging(run.operation_id, 1)
        await staging.write("slides/0001.png", b"x" * size_bytes)
        return run

    async def complete(self, name: str, *, size_bytes: int = 1000, **values: object) -> str:
        run = await self.run(name, size_bytes=size_bytes, **values)
        folder = batch_folder_name(run.created_at, run.operation_id)
        staged = self.store.find_staged(run.operation_id, "slides/0001.png")
        assert staged is not None
        await self.store.publish(run.operation_id, 1, folder, manifest(run, staged.record))
        self.logs.append(run.operation_id, "{}")
        await self.core.lifecycle.finish(run.operation_id, 1, Complete(**{**COMPLETE.model_dump(), "folder": folder}))
        return run.operation_id

    async def fail(self, name: str, body: Error | Cancelled) -> str:
        run = await self.run(name)
        await self.core.lifecycle.finish(run.operation_id, 1, body)
        return run.operation_id

    def pass_days(self, days: float) -> None:
        self.core.clock.advance(days * DAY_S)

    async def pin(self, operation_id: str) -> None:
        await self.core.database.write(run_queries.update_where, operation_id, {"pinned": True})

    async def names(self) -> set[str]:
        """Runs that have a row; asserts that rows, events, folders and log lines agree."""
        rows = await self.core.database.read(
            run_queries.list_page,
            None,
            status=None,
            lane=None,
            text=None,
            pinned=None,
            since=None,
            before=None,
            limit=5000,
        )
        return {row.operation_id for row in rows}

    def traces(self, operation_id: str) -> list[Path]:
        return [path for path in self.root.rglob("*") if operation_id in path.name]


def manifest(run: Run, file: StoredFile) -> Manifest:
    at = run.created_at
    return Manifest(
        operation_id=run.operation_id,
        attempt=1,
        created_at=at,
        published_at=at,
        title="t",
        versions={},
        spec={},
        truncated=False,
        files=[file],
    )


@pytest.fixture
async def house(where: Path | str, tmp_path: Path) -> AsyncIterator[House]:
    root = tmp_path / "data"
    (root / "logs").mkdir(parents=True)
    store, logs = LocalArtifactStore(root), RunLogs(root / "logs")
    await store.prepare()
    async with open_core(where) as core:
        forgotten: list[str] = []

        async def forget(workflows: list[str]) -> None:
            forgotten.extend(workflows)

        remover = RunRemover(core.database, store, logs, forget)
        yield House(core, store, remover, logs, root, forgotten)


async def test_without_limits_everything_stays(house: House) -> None:
    old = await house.complete("old")
    house.pass_days(10_000)
    report = await house.sweep()
    assert not report.runs
    assert await house.names() == {old}


async def test_runs_that_ended_before_the_days_go_with_events_files_and_log_lines(house: House) -> None:
    old = await house.complete("old")
    failed = await house.fail("failed", Error(code="disk_full", message="full"))
    house.pass_days(31)
    young = await house.complete("young")
    report = await house.sweep(days=30)
    assert [run.operation_id for run in report.runs] == [old, failed]
    assert "30 days" in report.runs[0].reason
    assert await house.names() == {young}
    assert house.traces(old) == house.traces(failed) == []
    assert await house.core.log.read_after(old, 0) == []
    assert len(house.traces(young)) == 2


async def test_pinned_and_active_runs_stay_however_old(house: House) -> None:
    pinned, active = await house.complete("pinned"), await house.run("active")
    waiting = await house.core.guard.admit(house.core.submission("waits", lane="active", when_busy="wait"))
    await house.pin(pinned)
    house.pass_days(1000)
    report = await house.sweep(days=1, max_bytes=0)
    assert not report.runs
    assert await house.names() == {pinned, active.operation_id, waiting.operation_id}  # type: ignore[union-attr]
    assert house.traces(active.operation_id)


async def test_the_oldest_go_until_the_rest_fits(house: House) -> None:
    names = []
    for number in range(5):
        names.append(await house.complete(f"run-{number}", size_bytes=10_000))
        house.pass_days(1)
    report = await house.sweep(max_bytes=25_000)
    assert report.used_bytes == sum(run.size_bytes for run in report.runs) / 3 * 5
    assert [run.operation_id for run in report.runs] == names[:3]
    assert await house.names() == set(names[3:])
    assert await house.retention().used_bytes() <= 25_000
    assert not (await house.sweep(max_bytes=25_000)).runs


async def test_pinned_runs_count_and_others_go_in_their_place(house: House) -> None:
    pinned = await house.complete("pinned", size_bytes=10_000)
    await house.pin(pinned)
    house.pass_days(1)
    other = await house.complete("other", size_bytes=10_000)
    house.pass_days(1)
    report = await house.sweep(max_bytes=15_000)
    assert [run.operation_id for run in report.runs] == [other]


async def test_what_ended_a_moment_ago_stays_however_full_it_is(house: House) -> None:
    fresh = await house.complete("fresh", size_bytes=10_000)
    house.core.clock.advance(60)
    assert not (await house.sweep(max_bytes=0)).runs
    house.core.clock.advance(3600)
    assert [run.operation_id for run in (await house.sweep(max_bytes=0)).runs] == [fresh]


async def test_a_dry_run_tells_the_same_and_removes_nothing(house: House) -> None:
    old, failed = await house.complete("old"), await house.fail("failed", Cancelled(by="user"))
    house.pass_days(40)
    told = await house.sweep(days=60, dry_run=True)
    assert (told.runs, told.staging) == ([], [failed])
    told = await house.sweep(days=30, dry_run=True)
    assert await house.names() == {old, failed}
    assert house.traces(failed)
    done = await house.sweep(days=30)
    assert done.runs == told.runs
    assert (told.dry_run, done.dry_run) == (True, False)


async def test_a_run_that_is_still_to_be_told_of_or_is_shown_anew_stays(house: House) -> None:
    told_of = await house.complete("told", webhook_url="https://example.org/")
    shown = await house.complete("shown")
    anew = await house.run("anew")
    await house.core.database.write(run_queries.update_where, anew.operation_id, {"rerender_of": shown})
    house.pass_days(10)
    assert not (await house.sweep(days=1)).runs
    await house.core.complete(anew)
    report = await house.sweep(days=1)
    assert [run.operation_id for run in report.runs] == [shown]
    assert await house.names() == {told_of, anew.operation_id}


async def test_a_run_that_was_pinned_or_retried_since_it_was_chosen_stays(house: House) -> None:
    operation_id = await house.complete("chosen")
    run = (await house.core.database.read(run_queries.get, operation_id))._mapping
    assert not await house.remover.remove(operation_id, run["created_at"], attempt=2)
    await house.pin(operation_id)
    assert not await house.remover.remove(operation_id, run["created_at"], attempt=1, pinned_too=False)
    assert await house.names() == {operation_id}
    assert await house.remover.remove(operation_id, run["created_at"], attempt=1)
    assert house.forgotten == [operation_id]


async def test_the_engine_forgets_every_retry_of_a_removed_run(house: House) -> None:
    operation_id = await house.complete("retried")
    await house.core.database.write(run_queries.update_where, operation_id, {"retries": 2})
    house.pass_days(2)
    await house.sweep(days=1)
    assert house.forgotten == [operation_id, f"{operation_id}.1", f"{operation_id}.2"]


async def test_files_that_a_crash_left_behind_a_removed_row_go_at_the_next_sweep(house: House) -> None:
    operation_id = await house.complete("old")
    run = (await house.core.database.read(run_queries.get, operation_id))._mapping
    folder = batch_folder_name(run["created_at"], operation_id)
    assert await house.core.database.write(queries.bury, operation_id, folder)
    assert house.traces(operation_id), "killed here"
    assert folder not in (await house.sweep(dry_run=True)).orphans
    await house.sweep()
    assert house.traces(operation_id) == []
    assert await house.core.database.read(queries.list_tombstones) == []


async def test_a_folder_half_removed_by_a_crash_is_out_of_sight_and_goes_at_the_next_start(house: House) -> None:
    operation_id = await house.complete("old")
    (folder,) = (house.root / "batches").iterdir()
    folder.rename(house.root / "staging" / f"deleted-{folder.name}")
    with pytest.raises(NotFound):
        await house.store.read_manifest(folder.name)
    await house.store.prepare()
    assert [path.suffix for path in house.traces(operation_id)] == [".jsonl"]


async def test_a_batch_folder_without_a_run_is_reported_and_stays(house: House) -> None:
    ours = await house.complete("ours")
    stranger = batch_folder_name(house.core.clock.now(), house.core.ids.new())
    (house.root / "batches" / stranger).mkdir()
    report = await house.sweep(days=1, max_bytes=0)
    assert report.orphans == [stranger]
    assert (house.root / "batches" / stranger).is_dir()
    assert await house.names() == {ours}


async def test_what_failed_runs_left_for_a_retry_goes_after_its_own_time(house: House) -> None:
    failed = await house.fail("failed", Error(code="render_timeout", message="x"))
    active = await house.run("active")
    house.pass_days(6)
    assert not (await house.sweep(staging_days=7)).staging
    assert (house.root / "staging" / f"{failed}.1").is_dir()
    house.pass_days(1.1)
    report = await house.sweep(staging_days=7)
    assert report.staging == [failed]
    assert house.traces(failed) == []
    assert house.traces(active.operation_id)
    assert failed in await house.names()


async def test_a_staging_folder_of_no_run_goes_by_its_age(house: House) -> None:
    folder = house.root / "staging" / f"{house.core.ids.new()}.3"
    folder.mkdir()
    await house.sweep(staging_days=7)
    assert folder.is_dir()
    old = (house.core.clock.now() - timedelta(days=8)).timestamp()
    os.utime(folder, (old, old))
    await house.sweep(staging_days=7)
    assert not folder.exists()


async def test_a_run_is_measured_once_and_again_after_a_retry(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    operation_id = await house.complete("one", size_bytes=5000)
    await house.sweep()
    first = await house.retention().used_bytes()
    assert first > 5000
    (folder,) = (house.root / "batches").iterdir()
    (folder / "slides" / "0002.png").write_bytes(b"x" * 3000)
    await house.sweep()
    assert await house.retention().used_bytes() == first
    await house.core.database.write(run_queries.update_where, operation_id, {"attempt": 2})
    await house.sweep()
    assert await house.retention().used_bytes() == first + 3000


async def test_many_runs_are_measured_some_at_a_time_and_each_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pressrun.runs.retention._MEASURED_AT_ONCE", 2)
    names = [await house.complete(f"run-{number}", size_bytes=1000 * number) for number in range(5)]
    asked: list[list[str]] = []
    measure = LocalArtifactStore.measure

    async def noted(store: LocalArtifactStore, folders: Mapping[str, str]) -> dict[str, int]:
        asked.append(list(folders))
        return await measure(store, folders)

    monkeypatch.setattr(LocalArtifactStore, "measure", noted)
    await house.sweep()
    assert [name for some in asked for name in some] == sorted(names)
    assert [len(some) for some in asked] == [2, 2, 1]
    assert await house.retention().used_bytes() > 10_000


async def test_more_than_one_sweep_removes_is_done_in_several(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pressrun.runs.retention.MAX_REMOVALS", 3)
    assert MAX_REMOVALS >= 100
    names = [await house.complete(f"run-{number}") for number in range(4)]
    house.pass_days(2)
    first = await house.sweep(days=1)
    assert ([run.operation_id for run in first.runs], first.more) == (names[:3], True)
    second = await house.sweep(days=1)
    assert ([run.operation_id for run in second.runs], second.more) == (names[3:], False)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("0", 0), ("1000", 1000), ("10GB", 10**10), ("1.5 MB", 1_500_000), ("2GiB", 2**31), ("3k", 3000), ("7b", 7)],
)
def test_a_size_may_be_written_as_people_do(text: str, size_bytes: int) -> None:
    assert Settings(retention_max_bytes=text).retention.max_bytes == size_bytes  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["ten", "-1", "10XB", "1 0", "10iB", "GB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValidationError, match="10GB"):
        Settings(retention_max_bytes=text)  # type: ignore[arg-type]
