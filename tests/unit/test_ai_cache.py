"""Answers that were paid for: kept, found, bounded, and never a reason to fail."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import anyio
import pytest

from pressrun.ai.cache import AiCache, cache_key
from pressrun.ai.wire import Message

pytestmark = pytest.mark.anyio

MESSAGES: list[Message] = [{"role": "system", "content": "Rules"}, {"role": "user", "content": "Text"}]
ASKED = {"endpoint": "https://a.example", "model": "m", "rules_version": "1", "messages": MESSAGES}
ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


@pytest.fixture
def cache(tmp_path: Path) -> AiCache:
    return AiCache(tmp_path / "deep" / "ai", 1_000_000)


def entry(cache: AiCache, key: str) -> Path:
    (path,) = cache._disk.folder.glob(f"*/{key}*")
    return path


def make_older(path: Path, seconds: float) -> None:
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))


async def test_what_was_put_is_got(cache: AiCache) -> None:
    assert await cache.get(ONE) is None
    await cache.put(ONE, "<p>नदी 🙂 \ud83d</p>")
    assert await cache.get(ONE) == "<p>नदी 🙂 \ud83d</p>"
    assert await cache.get(TWO) is None


async def test_a_new_process_finds_it(cache: AiCache) -> None:
    await cache.put(ONE, "answer")
    assert await AiCache(cache._disk.folder, 1_000_000).get(ONE) == "answer"


@pytest.mark.parametrize(
    "other",
    [
        {"endpoint": "https://b.example"},
        {"model": "n"},
        {"rules_version": "2"},
        {"messages": [*MESSAGES[:1], {"role": "user", "content": "Text "}]},
        {"messages": [{"role": "system", "content": "Rules!"}, *MESSAGES[1:]]},
        {"messages": MESSAGES[::-1]},
    ],
)
def test_whatever_changes_the_answer_changes_the_key(other: dict[str, object]) -> None:
    assert cache_key(**(ASKED | other)) != cache_key(**ASKED)  # type: ignore[arg-type]
    assert cache_key(**ASKED) == cache_key(**ASKED)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "harm", [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, "torn", "other", "changed"]
)
async def test_a_corrupt_entry_is_not_there_and_can_be_put_again(cache: AiCache, harm: bytes | str) -> None:
    await cache.put(ONE, "answer " * 100)
    await cache.put(TWO, "another")
    path = entry(cache, ONE)
    data = path.read_bytes()
    harms = {
        "torn": data[:-20],
        "other": entry(cache, TWO).read_bytes(),
        "changed": data.replace(b"answer", b"ANSWER", 1),
    }
    path.write_bytes(harm if isinstance(harm, bytes) else harms[harm])
    assert await cache.get(ONE) is None
    await cache.put(ONE, "answer")
    assert await cache.get(ONE) == "answer"


async def test_it_stays_within_its_bounds_and_forgets_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = AiCache(tmp_path, 3_000)
    for age, key in ((30, ONE), (20, TWO)):
        await cache.put(key, "x" * 1_000)
        make_older(entry(cache, key), age)
    assert await cache.get(ONE) is not None
    await cache.put(THREE, "x" * 1_000)
    assert await cache.get(TWO) is None
    assert await cache.get(ONE) is not None
    assert await cache.get(THREE) is not None
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 3_000


async def test_an_answer_larger_than_all_is_not_kept_and_costs_nothing_else(tmp_path: Path) -> None:
    cache = AiCache(tmp_path, 2_000)
    await cache.put(ONE, "small")
    await cache.put(TWO, "x" * 5_000)
    assert await cache.get(TWO) is None
    assert await cache.get(ONE) == "small"


async def test_what_a_killed_process_left_half_written_goes_when_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = AiCache(tmp_path, 3_000)
    leftover = tmp_path / "ab" / "abc.json.1234.tmp"
    leftover.parent.mkdir()
    leftover.write_bytes(b"x" * 2_500)
    await cache.put(TWO, "x")
    assert leftover.exists(), "somebody may be writing it"
    monkeypatch.setattr("pressrun.disk_cache._LEFTOVER_S", -60)
    cache = AiCache(tmp_path, 3_000)
    await cache.put(ONE, "x" * 1_000)
    assert not leftover.exists()
    assert await cache.get(ONE) is not None


async def test_what_an_earlier_release_kept_here_without_folders_goes(tmp_path: Path) -> None:
    cache = AiCache(tmp_path, 3_000)
    former = tmp_path / f"{TWO}.json"
    former.write_bytes(b"x" * 2_500)
    await cache.put(ONE, "x" * 1_000)
    assert not former.exists()
    assert await cache.get(ONE) is not None


async def test_a_folder_that_cannot_be_written_only_costs_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = AiCache(tmp_path / "file" / "ai", 1_000)
    await cache.put(ONE, "answer")
    assert await cache.get(ONE) is None


async def test_many_writers_of_one_answer_leave_one_whole_entry(cache: AiCache) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(cache.put, ONE, "answer " * 1_000)
    assert await cache.get(ONE) == "answer " * 1_000
    assert len(list(cache._disk.folder.glob("*/*"))) == 1


async def test_answers_are_nobody_elses_to_read(cache: AiCache) -> None:
    await cache.put(ONE, "answer")
    assert stat.S_IMODE(entry(cache, ONE).stat().st_mode) == 0o600
    assert stat.S_IMODE(cache._disk.folder.stat().st_mode) == 0o700
