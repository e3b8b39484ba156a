"""Who is alive. Each process of one Postgres holds an advisory lock on its name, in a session of its own that says
something twice a second. While there is no run in the database, it says that it rests, and then nothing: nobody has to
be taken over from.

The lock is free as soon as the process is gone, however it went. A process that is *frozen* keeps its session, and with
it the lock; what gives it away is that the session falls silent. Whoever notices ends that session (`cut_off_silent`):
then it is as gone as if it had been killed, and when it thaws it finds its session ended and its runs with somebody
else. The beat has a thread of its own, so that a busy event loop is not taken for a frozen process.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, text

from pressrun.db.runs import hand_back_of

_BEAT_EVERY_S = 0.5
SILENT_AFTER_S = 2.0  # four beats: what a machine at its limit seldom reaches, and a take-over within 3 s
# arbitrary (1..5), several times what a process needs to come back to a database that was away
_BACK_WITHIN_S = 2.0
_RECONNECT_EVERY_S = 0.2  # arbitrary (0.1..1): a server that starts again refuses cheaply
_REST_BEAT_S = 60.0  # arbitrary (30..300): while there are no runs
_NAMED = "pressrun process "  # the heartbeat: what the lock is on, and how the session is called
_RESTING = "pressrun resting "  # how it is called while it need not be heard, because there are no runs

_GONE = text(
    "SELECT process FROM unnest(CAST(:processes AS text[])) AS process"
    " WHERE pg_try_advisory_xact_lock(hashtextextended(:named || process, 0))"
)
# 'idle': it waits for its client to speak, not we for the server. State and instant are the server's own.
_SILENT = text(
    """SELECT pid, application_name FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND state = 'idle'
    AND clock_timestamp() - state_change > make_interval(secs => :silent_s)
    AND (application_name LIKE 'pressrun process %' OR application_name LIKE 'pressrun resting %' AND EXISTS (
        SELECT 1 FROM runs WHERE owner = substr(application_name, length('pressrun resting ') + 1)
        AND status IN ('queued', 'running')))"""
)
# each holds one such connection (wakeups.py), which it opens when its tables are there
_SERVERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'pressrun wake-ups'"
)
_END_SESSION = text("SELECT pg_terminate_backend(:pid)")

_log = structlog.get_logger(__name__)


def heartbeat(process: str) -> str:
    """What the process holds the lock on, and the name of the session that does."""
    return _NAMED + process


def list_gone(connection: Connection, processes: Collection[str]) -> set[str]:
    """Those of these names by which no process lives. (On a SQLite file there is no process but ours.)"""
    if connection.dialect.name != "postgresql" or not processes:
        return set(processes)
    values = {"processes": sorted(processes), "named": _NAMED}
    return set(connection.execute(_GONE, values).scalars())


def cut_off_silent(connection: Connection) -> list[str]:
    """Ends the sessions of frozen processes; their names. Their runs may go on at once: the attempt is the fence.

    They are handed back: whoever is frozen has not been crashed by its run.
    """
    found = connection.execute(_SILENT, {"silent_s": SILENT_AFTER_S}).all()
    silent = {session.application_name.removeprefix(_NAMED).removeprefix(_RESTING): session.pid for session in found}
    if silent:
        hand_back_of(connection, silent)
    return [name for name, pid in silent.items() if connection.execute(_END_SESSION, {"pid": pid}).scalar_one()]


def count_servers(connection: Connection) -> int:
    """How many servers are up on this database; on a SQLite file nobody but us could be."""
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.execute(_SERVERS).scalar_one())


class Heartbeat:
    """The session that shows `process` alive. `keep` is a thread's work; `shown` is set when the lock is first held."""

    def __init__(self, conninfo: str, process: str) -> None:
        self._conninfo = make_conninfo(conninfo, application_name=heartbeat(process))
        self._process = process
        self._stop = threading.Event()
        self._busy = True
        self._stirred = threading.Event()
        self._lost_at = -math.inf  # one thread writes it, others read it

    @property
    def lasting(self) -> bool:
        """Whether the session has lasted long enough for other processes to be missed: a database that was away loses
        the sessions of all, and who is not back as soon as we are is not dead.
        """
        return time.monotonic() - self._lost_at > _BACK_WITHIN_S

    def connect(self) -> psycopg.Connection:
        """A session that holds the lock. Raises: psycopg.OperationalError."""
        connection = psycopg.connect(self._conninfo, autocommit=True)
        try:
            # waits while another process is just looking whether we live
            sign = heartbeat(self._process)
            connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (sign,))
        except BaseException:
            connection.close()
            raise
        return connection

    def keep(self, connection: psycopg.Connection | None) -> None:
        """Beats until `stop`, and connects again, for ever, when the session is lost; None: there is none yet."""
        held = connection
        try:
            while not self._ends_before_next(held is not None):
                try:
                    if held is None:
                        held = self.connect()
                    held.execute("SELECT set_config('application_name', %s, false)", (self._called,))
                except psycopg.OperationalError as exc:
                    self._lost_at = time.monotonic()
                    if held is not None:
                        _log.warning("the database ended the session that shows us alive", reason=str(exc).strip())
                        held.close()
                    held = None
        finally:
            if not self._stop.is_set():
                self._lost_at = time.monotonic()
            if held is not None:
                held.close()

    def stop(self) -> None:
        """Ends `keep`, and gives the name up."""
        self._stop.set()
        self._stirred.set()

    def set_busy(self, busy: bool) -> None:
        """While it is not, nobody has to see us alive: there is no run to be taken over. Then the session rests."""
        self._busy = busy
        if busy:
            self._stirred.set()

    @property
    def _called(self) -> str:
        return heartbeat(self._process) if self._busy else _RESTING + self._process

    def _ends_before_next(self, is_held: bool) -> bool:
        """Waits until it is time for the next beat; whether to end."""
        if self._busy or not is_held:
            return self._stop.wait(_BEAT_EVERY_S if is_held else _RECONNECT_EVERY_S)
        self._stirred.wait(_REST_BEAT_S)
        self._stirred.clear()
        return self._stop.is_set()
