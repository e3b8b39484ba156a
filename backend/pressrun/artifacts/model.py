"""What the store keeps and says of it: a file's record and a batch's manifest. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from pressrun.coverage import ComparedWith, Coverage
from pressrun.export_kinds import EXPORT_KINDS, IMAGE_TYPES
from pressrun.slide_shapes import Editability

MANIFEST_NAME = "manifest.json"

MEDIA_TYPES = {
    **IMAGE_TYPES,
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    **{"." + ending.rpartition(".")[2]: type for kind in EXPORT_KINDS for ending, type in kind.files.items()},
}


class StoredFile(BaseModel):
    """One file of a batch. `name` is relative to the batch folder, with `/`; `sha256` is 64 hex digits."""

    model_config = ConfigDict(frozen=True)

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    editability: Editability = None


class Manifest(BaseModel):
    """What a batch folder holds, and what it was made from. Lists every file but itself."""

    model_config = ConfigDict(frozen=True)

    manifest_version: int = 1
    operation_id: str
    attempt: int
    created_at: datetime
    published_at: datetime
    title: str
    versions: dict[str, str]
    spec: dict[str, Any]
    truncated: bool
    coverage: Coverage | None = None
    compared_with: ComparedWith | None = None
    files: list[StoredFile]

    def file(self, name: str) -> StoredFile | None:
        """The record of that name."""
        return next((file for file in self.files if file.name == name), None)


def media_type_of(name: str) -> str:
    """By our own endings; anything else is bytes."""
    return MEDIA_TYPES.get("." + name.rpartition(".")[2], "application/octet-stream")
