"""What says that Postgres is away: restarted, crashed, out of reach, full of sessions. One answer for all who ask.

Every engine on Postgres is `watched`, the durable engine's too: SQLAlchemy then marks such an error as a lost
connection, which is what everybody goes by. It does not do so by itself for a connection that could not be made or was
ended by the server before it closed; DBOS goes by the words of some such messages, and not of all.
"""

from __future__ import annotations

from psycopg import OperationalError
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

# postgresql.org/docs/current/errcodes-appendix.html: a transaction left idle (we were frozen), too many connections;
# shutting down, crashed, starting up, database dropped, session idle
_CODES = ("25P03", "53300", "57P01", "57P02", "57P03", "57P04", "57P05")
_CONNECTION_EXCEPTION = "08"


# For libpq: a host that vanished without a word (power, cable) is noticed in about ten seconds, whether something was
# sent to it that it does not acknowledge or an answer is waited for.
NOTICES_A_HOST_THAT_VANISHED = {
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def is_unavailable(error: DBAPIError) -> bool:
    """Whether it only says that the database is away: what was asked has most likely not been done."""
    return error.connection_invalidated or _says_away(error.orig, connecting=error.statement is None)


def watched(engine: Engine) -> Engine:
    """The same engine, whose errors are marked as lost connections where the database is away."""

    @event.listens_for(engine, "handle_error")
    def mark(context: ExceptionContext) -> None:
        if _says_away(context.original_exception, connecting=context.connection is None):
            context.is_disconnect = True

    return engine


def sqlstate_of(error: BaseException | None) -> str | None:
    """The code of an error of the driver, if the server gave one."""
    return getattr(error, "sqlstate", None)


def _says_away(error: BaseException | None, *, connecting: bool) -> bool:
    code = sqlstate_of(error)
    if code is not None:
        return code in _CODES or code.startswith(_CONNECTION_EXCEPTION)
    return connecting and isinstance(error, OperationalError)  # there is nobody to give a code
