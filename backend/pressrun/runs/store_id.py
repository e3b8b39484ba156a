"""Whether this data folder is the store of the runs of this database (docs/decisions/0030).

Two machines that share a Postgres and no disk would each look for the other's files in vain: runs fail that were
finished, files are never removed, retries begin at zero. So both have a name in common, given at the first start: the
folder in a file, the database in a row. The file is written first: of two servers that start at once on one folder both
find the same one, and of two on two folders the second finds a row that is not its own.

A copy of a folder has the name of its original: what was copied to another disk is not told from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio.to_thread

from pressrun.artifacts.names import run_of_folder
from pressrun.data_folder import make_store_id, read_store_id
from pressrun.db import store as queries
from pressrun.db.engine import Database
from pressrun.db.processes import count_servers
from pressrun.errors import StartupError, WrongStore

_LOOKED_FOR: Final = 20  # arbitrary (1..100): folders of runs, before a folder without name is taken for their store


async def require_store(database: Database, folder: Path) -> None:
    """Returns if the files of the runs are kept in `folder`; at the first start of both that is so from then on.

    Raises: WrongStore; StartupError when the name cannot be read or written.
    """
    if not await is_store(database, folder):
        raise WrongStore(folder)
    own = await anyio.to_thread.run_sync(make_store_id, folder, None)
    known = await database.read(queries.known_store)
    # asked again: somebody else may have been the first meanwhile, and with another folder
    if own != (known or await database.write(queries.bind_store, own)):
        raise WrongStore(folder)


async def is_store(database: Database, folder: Path) -> bool:
    """Whether `folder` is, or may become, the store. Writes nothing but a lost name beside a SQLite file.

    Raises: StartupError.
    """
    known = await database.read(queries.known_store)
    own = await anyio.to_thread.run_sync(read_store_id, folder)
    if known is None:
        complete = await database.read(queries.newest_complete, _LOOKED_FOR)
        return not complete or await anyio.to_thread.run_sync(_has_any, folder / "batches", frozenset(complete))
    if own is None and database.local is not None:  # the database lies in the folder: a file was lost, not a folder
        own = await anyio.to_thread.run_sync(make_store_id, folder, known)
    return own == known


async def adopt_store(database: Database, folder: Path) -> None:
    """From now on `folder` is the store, for whoever has lost the other one. Raises: StartupError."""
    servers = await database.read(count_servers)
    if servers:
        raise StartupError(f"{servers} servers run on this database and use another folder; stop them first")
    own = await anyio.to_thread.run_sync(make_store_id, folder, None)
    await database.write(queries.rebind_store, own)


def _has_any(batches: Path, operation_ids: frozenset[str]) -> bool:
    if not batches.is_dir():
        return False
    return any(run_of_folder(path.name) in operation_ids for path in batches.iterdir())
