"""How a batch folder is called, said and understood in one place."""

from __future__ import annotations

from datetime import UTC, datetime

from pressrun.ids import is_operation_id

SCRATCH_FOLDER = "work"  # in staging: what exports are made with, and notes for a later attempt; in no batch


def batch_folder_name(created_at: datetime, operation_id: str) -> str:
    """`2026-11-21_08-00-00_{operation_id}`: UTC, sorts by time, unique within the same millisecond."""
    return f"{created_at.astimezone(UTC):%Y-%m-%d_%H-%M-%S}_{operation_id}"


def run_of_folder(name: str) -> str | None:
    """The operation_id of the run whose batch folder is called so; None for a name that is not ours."""
    operation_id = name.rpartition("_")[2]
    return operation_id if is_operation_id(operation_id) else None
