"""Who is alive: each process of one Postgres holds an advisory lock on its name for as long as its session lives."""

from __future__ import annotations

from sqlalchemy import Connection, text

_IS_FREE = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:sign, 0))")


def sign_of_life(process: str) -> str:
    """What the process holds the lock on."""
    return f"pressrun process {process}"


def is_gone(connection: Connection, process: str) -> bool:
    """Whether no process of that name lives. (On a SQLite file there is no process but ours.)"""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_IS_FREE, {"sign": sign_of_life(process)}).scalar_one())
