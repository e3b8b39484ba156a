"""The real pgbouncer in front of a test's Postgres, as an operator would put it there; on a Unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg
from sqlalchemy import make_url

from tests.support.limits import HANG_S
from tests.support.postgres import Postgres, unprivileged

_PORT = 6432  # of the socket's name only


NOT_HERE = "NOT TESTED THROUGH PGBOUNCER: it is not here; run: sudo apt-get install pgbouncer"


def url_of_somebody(postgres: Postgres, name: str) -> str:
    """The database of that name, of somebody who is not called as the schema is: it must not be found by that."""
    url = postgres.database(name)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'somebody'").fetchone():
            connection.execute("CREATE ROLE somebody LOGIN")
        connection.execute(f"GRANT CREATE ON DATABASE {connection.info.dbname} TO somebody".encode())
    return url.replace("pressrun@", "somebody@")


def find_pgbouncer() -> str | None:
    """The program; None if it is not installed."""
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


@contextmanager
def start_pgbouncer(program: str, url: str, mode: Literal["session", "transaction"]) -> Iterator[str]:
    """The URL of the same database through a pool of that mode; two sessions for everybody in transaction mode."""
    direct = make_url(url)
    folder = Path(tempfile.mkdtemp(prefix="pressrun-pgb-"))
    who = unprivileged()
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={direct.query['host']}\n"
        f"[pgbouncer]\nlisten_addr =\nlisten_port = {_PORT}\nunix_socket_dir = {folder}\nauth_type = trust\n"
        f"auth_file = {folder / 'users'}\npool_mode = {mode}\n"
        f"default_pool_size = {2 if mode == 'transaction' else 40}\n"
    )
    (folder / "users").write_text(f'"{direct.username}" ""\n')
    if who is not None:
        for path in (folder, config, folder / "users"):
            os.chown(path, who.pw_uid, who.pw_gid)
    identity = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, config], stdout=log, stderr=log, **identity)  # type: ignore[call-overload]
    try:
        pooled = direct.set(query={"host": str(folder), "port": str(_PORT)})
        _wait_for(pooled.set(drivername="postgresql").render_as_string(hide_password=False), process, folder / "log")
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(HANG_S)
        shutil.rmtree(folder)


def _wait_for(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + HANG_S
    while True:
        try:
            psycopg.connect(uri).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)  # nothing to wait for but the socket
        else:
            return
