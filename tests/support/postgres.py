"""A throw-away Postgres: a cluster of its own in a temporary folder, on a Unix socket, without any promise to survive.

Debian's binaries are used (`apt-get install postgresql`), never a server that runs already. Postgres refuses to run as
root, so for root it runs as the package's user `postgres`, or `nobody`.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.limits import HANG_S

_FAST_AND_LOOSE = {  # the tests judge Pressrun, not the disk: nothing here has to survive a power cut
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
}

_COPIES_FILES = 15_00_00  # the version from which it does so only when asked: 0.06 s of CPU instead of 0.17


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, newest version first; None if there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    found = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


class Postgres:
    """A running cluster; `stop` and `start` it as often as a test likes."""

    def __init__(self, folder: Path, binaries: Path, *, durable: bool) -> None:
        self._folder = folder
        self._binaries = binaries
        self._settings = {**_FAST_AND_LOOSE} if not durable else {"listen_addresses": "", "max_connections": "200"}
        self._account = unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases: set[str] = set()

    def make(self) -> None:
        """The cluster's files."""
        if self._account is not None:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        self._folder.chmod(0o755)
        command = [self._binaries / "initdb", "-D", self._data, "-U", "pressrun", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*command, "--locale=C.UTF-8", "--no-sync"], check=True, capture_output=True, **self._identity())

    def start(self) -> None:
        """Returns when it answers."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-k", self._folder, *settings],
                stdout=log,
                stderr=log,
                **self._identity(),
            )
        deadline = time.monotonic() + HANG_S
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, "Postgres did not start"
                time.sleep(0.02)  # nothing to wait for but the socket
            else:
                return

    @property
    def pid(self) -> int:
        """Of the process whose children its sessions are."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """At once, as a crash would: clients lose their connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(HANG_S)
            self._process = None

    def database(self, name: str) -> str:
        """The URL of the database of that name, made on first use; names of any form."""
        short = "t" + hashlib.sha256(name.encode()).hexdigest()[:16]
        if short not in self._databases:
            with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
                copied = "STRATEGY FILE_COPY" if connection.info.server_version >= _COPIES_FILES else ""
                connection.execute(f"CREATE DATABASE {short} {copied}".encode())
            self._databases.add(short)
        return f"postgresql+psycopg://pressrun@/{short}?host={self._folder}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _conninfo(self, database: str) -> str:
        return f"host={self._folder} user=pressrun dbname={database}"

    def _identity(self) -> dict[str, int | list[int] | str]:
        if self._account is None:
            return {"cwd": str(self._folder)}
        who = self._account
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": str(self._folder)}


@contextmanager
def start_postgres(binaries: Path, *, durable: bool = False) -> Iterator[Postgres]:
    """A running cluster, gone at the end. `durable`: with fsync, for figures."""
    # not pytest's folder: a socket's path may have 107 characters, and other users must be able to enter
    folder = Path(tempfile.mkdtemp(prefix="pressrun-pg-"))
    postgres = Postgres(folder, binaries, durable=durable)
    try:
        postgres.make()
        postgres.start()
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder)


def unprivileged() -> pwd.struct_passwd | None:
    """Whom Postgres runs as: None is ourselves."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
