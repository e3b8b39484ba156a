"""`RunRemover`: removes ended runs. Rows first, then files; what a crash leaves between the two is finished later.

A reader of the list never sees a run whose files are half gone, and no file stays for ever: the rows go in the very
transaction that notes what is still to be removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pressrun.db import retention as queries
from pressrun.pipeline.publish import batch_folder_name

if TYPE_CHECKING:
    from datetime import datetime

    from pressrun.artifacts.store import LocalArtifactStore
    from pressrun.db.engine import Database
    from pressrun.run_logs import RunLogs


class RunRemover:
    """One per process; share it freely."""

    def __init__(self, database: Database, store: LocalArtifactStore, run_logs: RunLogs) -> None:
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
        buried = await self._database.write_end(
            queries.bury, operation_id, folder, attempt=attempt, pinned_too=pinned_too
        )
        if not buried:
            return False
        await self._clear(operation_id, folder)
        return True

    async def finish(self) -> None:
        """Removes the files of runs whose rows are gone: what a crash, or a failing disk, left behind."""
        for operation_id, folder in await self._database.read(queries.list_graves):
            await self._clear(operation_id, folder)

    async def _clear(self, operation_id: str, folder: str) -> None:
        await self._store.discard(operation_id)
        await self._store.delete_batch(folder)
        await self._run_logs.delete(operation_id)
        await self._database.write_end(queries.close_grave, operation_id)
