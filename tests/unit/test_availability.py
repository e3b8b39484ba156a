"""What the durable engine and we take for a database that is away: by real errors of a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from dbos._utils import retriable_postgres_exception  # what it decides by; private, so pinned (dbos==3.4.*)
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from pressrun.db.availability import is_unavailable
from pressrun.db.postgres import open_engine_pool, parse_url
from tests.support.postgres import Postgres

_THIS_SESSION = text("SELECT pg_backend_pid()")


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    return postgres.database(str(tmp_path))


@pytest.fixture
def pool(url: str) -> Iterator[Engine]:
    pool = open_engine_pool(url, 1)
    yield pool
    pool.dispose()


def test_a_server_that_is_not_there_is_away_whatever_the_driver_calls_it(tmp_path: Path) -> None:
    for host in (str(tmp_path / "no-such-folder"), "127.0.0.1&port=1"):
        pool = open_engine_pool(f"postgresql+psycopg://nobody@/x?host={host}", 1)
        with pytest.raises(DBAPIError) as raised:
            pool.connect()
        assert is_unavailable(raised.value)
        assert retriable_postgres_exception(raised.value), raised.value


@pytest.mark.parametrize("within", ["a query", "a commit"])
def test_a_session_that_the_server_ends_in_use_is_away(pool: Engine, url: str, within: str) -> None:
    with pool.connect() as connection:
        pid = connection.execute(_THIS_SESSION).scalar_one()
        end_session(url, pid)
        with pytest.raises(DBAPIError) as raised:
            connection.execute(_THIS_SESSION) if within == "a query" else connection.commit()
        assert is_unavailable(raised.value)
        assert retriable_postgres_exception(raised.value), raised.value
    with pool.connect() as connection:
        assert connection.execute(_THIS_SESSION).scalar_one() != pid


def test_what_is_wrong_with_a_query_does_not_say_that_the_server_is_away(pool: Engine) -> None:
    with pool.connect() as connection:
        for wrong in ("SELECT 1/0", "SELEC 1", "SELECT * FROM no_such_table"):
            with pytest.raises(DBAPIError) as raised:
                connection.execute(text(wrong))
            connection.rollback()
            assert not is_unavailable(raised.value)


@pytest.mark.slow
def test_what_a_process_locked_before_it_froze_is_free_again_when_it_is_taken_for_frozen(
    pool: Engine, url: str
) -> None:
    frozen = pool.connect()
    frozen.execute(text("SELECT pg_advisory_xact_lock(1)"))  # and then nothing more
    with closing(psycopg.connect(conninfo_of(url))) as other:
        other.execute("SET lock_timeout = '4s'")
        other.execute("SELECT pg_advisory_xact_lock(1)")
    with pytest.raises(DBAPIError) as raised:
        frozen.execute(_THIS_SESSION)
    assert is_unavailable(raised.value)
    frozen.close()


def end_session(url: str, pid: int) -> None:
    with closing(psycopg.connect(conninfo_of(url), autocommit=True)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def conninfo_of(url: str) -> str:
    return parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
