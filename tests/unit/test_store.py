"""Staging and publishing: whole or not there, never two runs in one folder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from pressrun.artifacts.model import Manifest, StoredFile
from pressrun.artifacts.names import batch_folder_name
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.errors import AttemptSuperseded, NotFound, RunFailure, ServerBusy, StartupError
from pressrun.exports.zip import stream_zip
from pressrun.pipeline.export import base_name
from tests.support.descriptors import no_descriptor_left
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> LocalArtifactStore:
    store = LocalArtifactStore(tmp_path)
    await store.prepare()
    return store


def manifest(files: list[StoredFile]) -> Manifest:
    return Manifest(
        operation_id="op",
        attempt=1,
        created_at=NOW,
        published_at=NOW,
        title="t",
        versions={},
        spec={},
        truncated=False,
        files=files,
    )


async def test_a_published_batch_holds_what_was_staged_and_nothing_else(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("slides/0001.png", b"picture")
    await staging.write("left-over.tmp", b"x")
    await staging.write("answers/1.json", b"x")
    await store.publish("op", 1, "batch", manifest([file]))
    folder = Path(store.location("batch"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert there == {"manifest.json", "slides", "slides/0001.png"}
    found = await store.find_published("batch", "slides/0001.png")
    assert hashlib.sha256(await found.read()).hexdigest() == found.record.sha256 == file.sha256


@pytest.mark.parametrize("damage", ["gone", "shorter"])
async def test_a_batch_whose_files_are_not_as_the_manifest_says_is_not_published(
    store: LocalArtifactStore, tmp_path: Path, damage: str
) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("slides/0001.png", b"picture")
    if damage == "gone":
        staging.path(file.name).unlink()
    else:
        staging.path(file.name).write_bytes(b"pic")
    with pytest.raises(RunFailure, match=r"slides/0001\.png"):
        await store.publish("op", 1, "batch", manifest([file]))
    assert not (tmp_path / "batches" / "batch").exists()


async def test_a_file_that_comes_in_pieces_is_stored_as_one(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("a.zip", iter([b"one ", b"two"]))
    assert await staging.read("a.zip") == b"one two"
    assert (file.size_bytes, file.sha256) == (7, hashlib.sha256(b"one two").hexdigest())


async def test_a_file_that_a_program_has_left_in_staging_is_moved_not_copied(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    scratch = staging.path("work/video/joined.mp4")
    scratch.parent.mkdir(parents=True)
    scratch.write_bytes(b"film")
    inode = scratch.stat().st_ino
    file = await staging.take("a.mp4", scratch)
    assert (file.size_bytes, file.sha256) == (4, hashlib.sha256(b"film").hexdigest())
    assert staging.path("a.mp4").stat().st_ino == inode
    assert not scratch.exists()
    assert await staging.verify("a.mp4", file.sha256) == file
    assert await staging.verify("a.mp4", hashlib.sha256(b"torn").hexdigest()) is None
    await store.open_staging("op", 2)
    with pytest.raises(AttemptSuperseded):
        await staging.take("b.mp4", scratch)


async def test_a_deletion_that_a_crash_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    tombstone = tmp_path / "staging" / "deleted-2026-11-21_08-00-00_op"
    tombstone.mkdir(parents=True)
    (tombstone / "document.html").write_text("half of a batch")
    await LocalArtifactStore(tmp_path).prepare()
    assert not tombstone.exists()


async def test_folders_that_cannot_be_made_keep_the_server_from_starting_and_are_named(tmp_path: Path) -> None:
    (tmp_path / "staging").write_text("in the way")
    with pytest.raises(StartupError, match="staging"):
        await LocalArtifactStore(tmp_path).prepare()


async def test_publishing_again_changes_nothing(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("a", b"1")
    await store.publish("op", 1, "batch", manifest([file]))
    folder = Path(store.location("batch"))
    again = await store.open_staging("op", 2)
    await again.write("a", b"2")
    await store.publish("op", 2, "batch", manifest([file]))
    assert (folder / "a").read_bytes() == b"1"


async def test_a_later_attempt_takes_the_files_over_and_the_earlier_one_writes_no_more(
    store: LocalArtifactStore,
) -> None:
    first = await store.open_staging("op", 1)
    file = await first.write("slides/0001.png", b"picture")
    second = await store.open_staging("op", 2)
    assert await second.verify("slides/0001.png", file.sha256) == file
    with pytest.raises(AttemptSuperseded):
        await first.write("slides/0002.png", b"late")
    with pytest.raises(AttemptSuperseded):
        await store.publish("op", 1, "batch", manifest([file]))


async def test_whoever_settles_a_run_finds_its_batch_or_nobody_before_them_can_publish_it_any_more(
    store: LocalArtifactStore,
) -> None:
    first = await store.open_staging("op", 1)
    file = await first.write("a", b"1")
    assert await store.settle("op", 2, "batch") is None
    with pytest.raises(AttemptSuperseded):
        await store.publish("op", 1, "batch", manifest([file]))
    await store.publish("op", 2, "batch", manifest([file]))
    assert await store.settle("op", 3, "batch") == manifest([file])
    assert await store.settle("op", 3, "batch") == manifest([file])


async def test_an_attempt_that_does_not_know_yet_that_it_is_over_takes_nothing_from_the_one_after_it(
    store: LocalArtifactStore,
) -> None:
    await store.open_staging("op", 1)
    later = await store.open_staging("op", 2)
    file = await later.write("a", b"1")
    assert await store.settle("op", 1, "batch") is None
    with pytest.raises(AttemptSuperseded):
        await store.open_staging("op", 1)
    assert await later.read("a") == b"1"
    await store.publish("op", 2, "batch", manifest([file]))


async def test_a_damaged_file_does_not_pass_for_the_one_that_was_written(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("a", b"good")
    staging.path("a").write_bytes(b"torn")
    assert await staging.verify("a", file.sha256) is None
    assert await staging.verify("b", file.sha256) is None


@pytest.mark.parametrize("name", ["../pressrun.sqlite", "/etc/passwd", "slides", "", "a/../a", "A"])
async def test_only_the_exact_names_of_the_manifest_are_found(store: LocalArtifactStore, name: str) -> None:
    staging = await store.open_staging("op", 1)
    await store.publish("op", 1, "batch", manifest([await staging.write("a", b"1")]))
    with pytest.raises(NotFound):
        await store.find_published("batch", name)


async def test_a_deleted_batch_is_gone_whole(store: LocalArtifactStore, tmp_path: Path) -> None:
    staging = await store.open_staging("op", 1)
    await store.publish("op", 1, "batch", manifest([await staging.write("a", b"1")]))
    await store.delete_batch("batch")
    await store.delete_batch("batch")
    assert not list(tmp_path.glob("*/*"))


def test_folders_sort_by_time_and_differ_within_a_millisecond() -> None:
    assert batch_folder_name(NOW, "a") == "2026-11-21_08-00-00_a"
    assert batch_folder_name(NOW, "a") != batch_folder_name(NOW, "b")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How rivers shape the land 🏞️", "how-rivers-shape-the-land"),
        ("../../etc/passwd", "etc-passwd"),
        ("नदियाँ", "नदियाँ"),
        ("...", "document"),
        ("a" * 500, "a" * 200),
        ("河" * 500, "河" * 66),
        ("a\u0301" * 300, "á" * 100),
        ("x" * 199 + "é", "x" * 199),
        ("شعر\u200f.", "شعر"),
        ("می\u200cخواهم", "میخواهم"),
        ("ශ්\u200dරී", "ශ්රී"),
        ("Kreis\u00adlauf", "kreislauf"),
        ("\u202eexe.fdp", "exe-fdp"),
        ("葛\U000e0100城", "葛城"),
        ("a\u034f\u0301", "á"),
        ("1\ufe0f\u20e3 First", "1-first"),
        ("\U0001f469\u200d\U0001f680 Space", "space"),
        ("\u3164", "document"),
        ("\u0301\u0301", "document"),
        ("- \u0301tat", "tat"),
        ("\u200bខ្ញុំ\u200bទៅ", "ខ្ញុំ-ទៅ"),
        ("name. . .", "name"),
        ("CON .txt", "con-txt"),
    ],
)
def test_a_file_name_from_a_title_is_readable_and_never_a_path(title: str, name: str) -> None:
    assert base_name(title) == name


def test_a_file_larger_than_the_old_format_says_is_packed_as_what_can_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)  # 2 GiB
    packed = b"".join(
        stream_zip([("small", 1, iter([b"x"])), ("large", 3000, iter([bytes(1500)] * 2))], modified_at=NOW)
    )
    needed = [packed[found.start() + 4] for found in re.finditer(rb"PK\x03\x04", packed)]
    assert needed == [20, 45], "the version that can extract it: 2.0, 4.5"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.read("large") == bytes(3000)


def test_a_streamed_zip_is_a_zip_and_the_same_every_time() -> None:
    first, second = (
        b"".join(
            stream_zip([("slides/a", 600_000, iter([b"x" * 300_000] * 2)), ("empty", 0, iter([]))], modified_at=NOW)
        )
        for _ in range(2)
    )
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert archive.read("slides/a") == b"x" * 600_000


async def test_a_manifest_is_read_once_for_all_files_of_a_batch(store: LocalArtifactStore, tmp_path: Path) -> None:
    staging = await store.open_staging("op", 1)
    await store.publish("op", 1, "batch", manifest([await staging.write("a", b"1")]))
    folder = Path(store.location("batch"))
    own = (folder / "manifest.json").read_bytes()
    record = (await store.find_published("batch", "manifest.json")).record
    assert (record.sha256, record.size_bytes) == (hashlib.sha256(own).hexdigest(), len(own))
    (folder / "manifest.json").write_text("not read again: a batch never changes")
    assert (await store.find_published("batch", "a")).record.size_bytes == 1
    with pytest.raises(NotFound, match="it has 1 files"):
        await store.find_published("batch", "b")


async def test_nothing_is_said_of_a_batch_while_no_file_can_be_opened(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    record = await staging.write("a.txt", b"a")
    await store.publish("op", 1, "folder_op", manifest([record]))
    with no_descriptor_left():
        for ask in (lambda: store.settle("op", 1, "folder_op"), store.list_staging, store.check):
            with pytest.raises(ServerBusy, match="file descriptor"):
                await ask()
    assert await store.settle("op", 1, "folder_op") is not None


async def test_a_deleted_batch_is_forgotten(store: LocalArtifactStore) -> None:
    staging = await store.open_staging("op", 1)
    await store.publish("op", 1, "batch", manifest([await staging.write("a", b"1")]))
    await store.find_published("batch", "a")
    await store.delete_batch("batch")
    with pytest.raises(NotFound, match="no longer there"):
        await store.find_published("batch", "a")


async def test_only_so_many_batches_are_remembered(store: LocalArtifactStore) -> None:
    for number in range(70):
        staging = await store.open_staging(f"op{number}", 1)
        file = await staging.write("a", b"1")
        await store.publish(f"op{number}", 1, f"batch{number}", manifest([file]))
        await store.find_published(f"batch{number}", "a")
        await store.find_published("batch0", "a")
    assert len(store._published) == 64
    assert {"batch0", "batch69"} <= store._published.keys()
    assert (await store.find_published("batch1", "a")).record.size_bytes == 1


async def test_a_write_that_froze_half_way_reaches_no_file_of_the_attempt_that_took_over(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    async def take_over() -> None:
        second = await store.open_staging("op", 2)
        await second.write("a.bin", b"second")

    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        anyio.from_thread.run(take_over)
        yield b"y" * 100_000

    first = await store.open_staging("op", 1)
    with pytest.raises(AttemptSuperseded):
        await first.write("a.bin", pieces())
    assert (tmp_path / "staging" / "op.2" / "a.bin").read_bytes() == b"second"


async def test_what_an_attempt_removes_is_not_its_successors(store: LocalArtifactStore, tmp_path: Path) -> None:
    await store.open_staging("op", 1)
    second = await store.open_staging("op", 2)
    await second.write("a.bin", b"second")
    await store.discard("op", 1)
    assert (tmp_path / "staging" / "op.2" / "a.bin").read_bytes() == b"second"
    await store.discard("op", 2)
    assert not (tmp_path / "staging" / "op.2").exists()


async def test_several_may_remove_the_same_leftovers_while_somebody_still_writes(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    staging = await store.open_staging("op", 1)
    for number in range(400):
        (tmp_path / "staging" / "op.1" / f"{number}").touch()

    async def write() -> None:
        with contextlib.suppress(AttemptSuperseded):
            while True:
                await staging.write("slides/0001.png", b"late")

    with fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            for _ in range(4):
                tasks.start_soon(store.discard, "op")
    assert list((tmp_path / "staging").iterdir()) == []


async def test_a_batch_that_is_deleted_while_it_is_looked_up_has_its_records_or_is_not_found(
    store: LocalArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = await store.open_staging("op", 1)
    file = await staging.write("document.html", b"<p>")
    await store.publish("op", 1, "batch_op", manifest([file]))
    folder = Path(store.location("batch_op"))
    real = io.open

    def open_and_lose(path: Path, *arguments: Any, **options: Any) -> Any:
        opened = real(path, *arguments, **options)
        if Path(path).name == "manifest.json" and folder.is_dir():
            folder.rename(folder.with_name("deleted"))
        return opened

    monkeypatch.setattr(io, "open", open_and_lose)
    found = await store.find_published("batch_op", "manifest.json")
    assert found.record.size_bytes > 0
