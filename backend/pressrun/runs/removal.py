"""`RunRemover`: removes ended runs. Rows first, then files; what a crash leaves between the two is finished later.

A reader of the list never sees a run whose files are half gone, and no file stays for ever: the rows go in the very
transaction that notes what is still to be removed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pressrun.artifacts.names import batch_folder_name
from pressrun.db import retention as queries
from pressrun.failpoints import failpoint
from pressrun.runs.model import workflow_name

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.artifacts.ports import ArtifactStore
    from pressrun.db.engine import Database
    from pressrun.db.retention import Tombstone
    from pressrun.run_logs import RunLogs


class RunRemover:
    """One per process; share it freely."""

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        run_logs: RunLogs,
        forget: Callable[[list[str]], Awaitable[None]],
    ) -> None:
        """`forget`: removes the engine's records of workflows."""
        self._forget = forget
        self._database = database
        self._store = store
        self._run_logs = run_logs

    async def remove(
        self, operation_id: str, created_at: datetime, *, attempt: int | None = None, pinned_too: bool = True
    ) -> bool:
        """Removes an ended run with events, log lines and files.

        False, and nothing done, if it is gone or active, was retried since `attempt`, or is pinned.
        """
        folder = batch_folder_name(created_at, operation_id)
        tombstone = await self._database.write_end(
            queries.bury, operation_id, folder, attempt=attempt, pinned_too=pinned_too
        )
        if tombstone is None:
            return False
        failpoint("delete.row_gone")
        await self._clear(tombstone)
        return True

    async def finish(self) -> None:
        """Removes the files of runs whose rows are gone: what a crash, or a failing disk, left behind."""
        for tombstone in await self._database.read(queries.list_tombstones):
            await self._clear(tombstone)

    async def _clear(self, tombstone: Tombstone) -> None:
        await self._store.discard(tombstone.operation_id)
        await self._store.delete_batch(tombstone.folder)
        await self._run_logs.delete(tombstone.operation_id)
        await self._forget([workflow_name(tombstone.operation_id, retries) for retries in range(tombstone.retries + 1)])
        await self._database.write_end(queries.clear_tombstone, tombstone.operation_id)
