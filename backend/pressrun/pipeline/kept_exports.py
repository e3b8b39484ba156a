"""What an attempt has made of the exports, for those after it: a finished export is not made again.

Beside the scratch folders of exports stands a note of each that is finished: which files, and what they were made of.
A later attempt takes the files if it would make them of the very same, by the same code. The note is durable before
anybody is told of the files; one that died between the two has told nobody, and its files are taken all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, ValidationError

from pressrun.artifacts.model import StoredFile
from pressrun.artifacts.names import SCRATCH_FOLDER
from pressrun.errors import NotFound
from pressrun.export_kinds import ExportKind
from pressrun.pipeline.context import Composed, Rendered, RunContext
from pressrun.spec import SHOWING

_PACKAGE = Path(__file__).parents[1]
_CODE = ("browser", "exports", "pipeline/export.py", "slide_shapes.py", "slide_texts.py")  # what makes exports
_ENDINGS = {".py", ".js", ".css"}


class _Made(BaseModel):
    """The note of a finished export."""

    model_config = ConfigDict(frozen=True)

    made_of: str
    files: list[StoredFile]


async def made_of(
    context: RunContext,
    kind: ExportKind,
    composed: Composed,
    rendered: Rendered,
    before: Sequence[StoredFile],
    voice: object,
) -> str:
    """A digest of all that an export of this kind is made of in this run, and of the code that makes it. `before` are
    document, slides and the exports in front of it; `voice`: the voices of this server, as it is configured.
    """
    needs = kind.needs_of(context.spec)
    files = [composed.document, rendered.deck, rendered.texts]
    files += rendered.slides if "slides" in needs else []
    files += before if "exports" in needs else []
    parts = (
        await anyio.to_thread.run_sync(_build),
        kind.name,
        context.spec.model_dump_json(include=set(SHOWING)),  # the rest shows in the document
        repr(voice),
        composed.title,
        context.created_at.isoformat(),
        [(file.name, file.sha256) for file in files if file is not None],
        rendered.places,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


async def take_kept(context: RunContext, kind: ExportKind, of: str, names: Collection[str]) -> list[StoredFile] | None:
    """The files of these names, if an attempt has made all of them of just that and they are what they were."""
    try:
        note = _Made.model_validate_json(await context.staging.read(_note_of(kind)))
    except (NotFound, ValidationError):
        return None
    if note.made_of != of or [file.name for file in note.files] != [*names]:
        return None
    found = [await context.staging.verify(file.name, file.sha256) for file in note.files]
    return None if None in found else note.files


async def keep(context: RunContext, kind: ExportKind, of: str, files: Sequence[StoredFile]) -> None:
    """Notes that the files, which are in staging, are made of that. Durable when it returns. Raises: DiskFull."""
    await context.staging.note(_note_of(kind), _Made(made_of=of, files=[*files]).model_dump_json().encode())


def _note_of(kind: ExportKind) -> str:
    return f"{SCRATCH_FOLDER}/{kind.name}.json"


@cache
def _build() -> str:
    """Of the code that this process has loaded, as long as nobody changes files under it. Takes some 20 ms."""
    paths = [path for name in _CODE for path in ([_PACKAGE / name] if "." in name else (_PACKAGE / name).rglob("*"))]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.suffix in _ENDINGS]
    return hashlib.sha256(repr(sorted(digests)).encode()).hexdigest()
