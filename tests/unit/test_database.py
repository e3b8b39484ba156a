"""The database file and the room that is kept for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from pressrun.db.ballast import Ballast
from pressrun.db.engine import open_database
from pressrun.db.sqlite import use_wal
from pressrun.errors import ServerBusy, StartupError
from tests.support.descriptors import no_descriptor_left

pytestmark = pytest.mark.anyio
SIZE_BYTES = 1 << 20


async def test_a_file_that_is_no_database_keeps_the_server_from_starting_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite"
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(StartupError, match=r"engine\.sqlite"):
        use_wal(path)
    with pytest.raises(StartupError, match=r"engine\.sqlite"):
        async with open_database(path):
            pass


async def test_a_read_that_finds_no_descriptor_says_so(tmp_path: Path) -> None:
    async with open_database(tmp_path / "pressrun.sqlite") as database:
        read = lambda connection: connection.execute(text("SELECT 1")).scalar_one()  # noqa: E731
        with no_descriptor_left(), pytest.raises(ServerBusy, match="file descriptor"):
            await database.read(read)
        assert await database.read(read) == 1


def test_the_reserve_takes_real_room_and_gives_it_up_once(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "reserve", SIZE_BYTES)
    ballast.fill()
    assert ballast.held
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= SIZE_BYTES
    assert ballast.release()
    assert not (tmp_path / "reserve").exists()
    assert not ballast.release()


def test_the_reserve_of_the_last_start_is_taken_over(tmp_path: Path) -> None:
    Ballast(tmp_path / "reserve", SIZE_BYTES).fill()
    again = Ballast(tmp_path / "reserve", SIZE_BYTES)
    again.fill()
    assert again.held


def test_a_reserve_for_which_there_is_no_room_is_not_held_and_leaves_no_file(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "reserve", 1 << 60)
    ballast.fill()
    assert not ballast.held
    assert not (tmp_path / "reserve").exists()
