"""The publish stage: staging -> batch folder, by one rename; and what a batch folder says of the run that it is of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import anyio.to_thread

from pressrun.artifacts.model import Manifest
from pressrun.artifacts.names import batch_folder_name
from pressrun.artifacts.ports import ArtifactStore
from pressrun.attachments import without_contents
from pressrun.events.model import Complete
from pressrun.export_kinds import asks_for_document
from pressrun.failpoints import failpoint
from pressrun.pipeline.context import (
    DECK_NAME,
    DOCUMENT_NAME,
    SLIDES_FOLDER,
    SOURCE_NAME,
    Composed,
    Exported,
    Published,
    Rendered,
    RunContext,
    progress_of,
    ref_of,
)
from pressrun.slide_texts import SLIDES_NAME

_BESIDE = (SLIDES_NAME, SOURCE_NAME, DECK_NAME)  # in every folder that has them, and not among what was asked for


async def publish(
    context: RunContext,
    store: ArtifactStore,
    versions: Mapping[str, str],
    composed: Composed,
    rendered: Rendered,
    exported: Exported,
) -> Published:
    """Makes the batch visible; safe to repeat. Raises: RunCancelled, AttemptSuperseded, DiskFull."""
    await context.commit(progress_of("publish", 0, "Publishing the batch folder"))
    failpoint("publish.committed")
    folder = batch_folder_name(context.created_at, context.operation_id)
    said = [file for file in (rendered.texts, composed.source, rendered.deck) if file is not None]
    manifest = Manifest(
        operation_id=context.operation_id,
        attempt=context.attempt,
        created_at=context.created_at,
        published_at=datetime.now(UTC),
        title=composed.title,
        versions=dict(versions),
        spec=await anyio.to_thread.run_sync(without_contents, context.spec.model_dump(mode="json")),
        truncated=rendered.truncated,
        coverage=rendered.coverage,
        compared_with=composed.compared_with,
        files=[composed.document, *rendered.slides, *exported.artifacts, *said],
    )
    await store.publish(context.operation_id, context.attempt, folder, manifest)
    return Published(folder=folder)


def completed(batch: Manifest, folder: str, *, duration_s: float) -> Complete:
    """The terminal event of the run whose batch that is."""
    slides = [file.name for file in batch.files if file.name.startswith(SLIDES_FOLDER)]
    others = [file for file in batch.files if not file.name.startswith(SLIDES_FOLDER) and file.name not in _BESIDE]
    if not asks_for_document(batch.spec["outputs"]):
        others = [file for file in others if file.name != DOCUMENT_NAME]
    return Complete(
        screenshot_count=len(slides),
        screenshot_files=slides,
        artifacts=[ref_of(batch.operation_id, file) for file in others],
        truncated=batch.truncated,
        coverage=batch.coverage,
        duration_s=round(duration_s, 3),
        size_bytes=sum(file.size_bytes for file in batch.files),
        folder=folder,
    )
