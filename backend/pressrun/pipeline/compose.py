"""The compose stage: source -> document.html in staging."""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import anyio.to_thread

from pressrun.ai.cache import AiCache
from pressrun.artifacts.disk import sha256_of
from pressrun.artifacts.model import Manifest, StoredFile
from pressrun.artifacts.ports import ArtifactStore
from pressrun.attachments import bytes_of
from pressrun.coverage import ComparedWith
from pressrun.egress.broker import Egress
from pressrun.errors import AiFailed, AiUnavailable, ComposeFailed, NotFound
from pressrun.events.model import HtmlGenerated, Warning
from pressrun.failpoints import failpoint
from pressrun.later import import_later
from pressrun.pipeline.context import DOCUMENT_NAME, SOURCE_NAME, Composed, RunContext, progress_of
from pressrun.pipeline.diagrams import DiagramMeans
from pressrun.source_kinds import SourceKind
from pressrun.sources.document import Composer, Document, DocumentWarning, wrap_fragment
from pressrun.sources.languages import document_direction, document_language, is_upright
from pressrun.sources.look import Look
from pressrun.sources.titles import title_of
from pressrun.themes.catalog import BUILT_IN, Themes

if TYPE_CHECKING:
    from pressrun.ai import compose as ai_compose
    from pressrun.ai.client import AiClient
else:
    ai_compose = import_later("pressrun.ai.compose")  # 60 of the 900 ms that a start takes

# an answer is about as long as its source, with tags; only the progress bar depends on this guess
_ANSWER_CHARS_PER_SOURCE_CHAR = 1.3
_ANSWERS_FOLDER = "answers"
_OWN_ANSWERS_MAX_BYTES = 64 * 1024 * 1024  # more than any: the longest text with the longest answers has 10 MB


async def compose(
    context: RunContext,
    ai: AiClient | None,
    cache: AiCache | None,
    store: ArtifactStore,
    egress: Egress | None = None,
    themes: Themes = BUILT_IN,
    diagrams: DiagramMeans | None = None,
) -> Composed:
    """Makes the document, unless an earlier attempt has; with what it names on the web if there is an `egress`.

    Raises: ComposeFailed, AiFailed, BrowserFailure, DiskFull.
    """
    known = context.document
    if known is not None and known.sha256 is not None:
        kept = await context.staging.verify(known.html_filename, known.sha256)
        if kept is not None:
            await context.progress("compose", 1, "The document is there already")
            source = await _kept_source(context)
            return Composed(
                title=known.title, document=kept, compared_with=known.compared_with or "document", source=source
            )
    await context.progress("compose", 0.1, "Reading the source")
    document, origin = await _make_document(context, ai, cache, store, egress, themes)
    if diagrams is not None and context.spec.source is not None:
        document = await diagrams.settle(context, document)
    source = None if origin.text is None else await context.staging.write(SOURCE_NAME, origin.text)
    file = await context.staging.write(DOCUMENT_NAME, document.html.encode())
    failpoint("document.written")
    await context.emit(
        *(Warning(code=warning.code, message=warning.message) for warning in document.warnings),
        HtmlGenerated(
            html_filename=file.name,
            url=context.url_of(file.name),
            title=document.title,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            compared_with=origin.kind,
        ),
        progress_of("compose", 1, "The document is ready"),
    )
    failpoint("document.told")
    return Composed(title=document.title, document=file, compared_with=origin.kind, source=source)


async def _kept_source(context: RunContext) -> StoredFile | None:
    """What an earlier attempt has kept of it, named anew."""
    if context.spec.rerender_of is None:
        return None
    try:
        return await context.staging.write(SOURCE_NAME, await context.staging.read(SOURCE_NAME))
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class _Origin:
    """What the words on the slides are to be compared with; `text`: it is the source of another run."""

    kind: ComparedWith
    text: bytes | None = None


async def _make_document(
    context: RunContext,
    ai: AiClient | None,
    cache: AiCache | None,
    store: ArtifactStore,
    egress: Egress | None,
    themes: Themes,
) -> tuple[Document, _Origin]:
    spec = context.spec
    look = Look.of(spec, themes)
    if spec.source is None:
        return await _saved_document(store, spec.rerender_of or "", spec.title)
    attached = await anyio.to_thread.run_sync(bytes_of, spec.attachments)
    kind, source = spec.source
    composer = composer_of(kind)
    typed = _Origin("text" if kind.field == "text" else "html" if kind.field == "html" else "document")
    if not kind.for_ai or spec.composer == "markdown" or (spec.composer == "auto" and ai is None):
        return await composer(source, title=spec.title, look=look, egress=egress, attached=attached), typed
    if ai is None:
        raise AiUnavailable
    try:
        return await _compose_by_ai(context, source, ai, cache, look), _Origin("document")
    except AiFailed as exc:
        if spec.composer == "ai":
            raise
        document = await composer(source, title=spec.title, look=look, egress=egress, attached=attached)
        note = DocumentWarning("fallback_used", f"The AI composer failed, so the Markdown renderer was used: {exc}")
        return Document(document.html, document.title, (note, *document.warnings)), typed


def composer_of(kind: SourceKind) -> Composer:
    """What makes the document of it; imported by the first run that needs it."""
    return cast(Composer, pkgutil.resolve_name(kind.composer))


async def _saved_document(store: ArtifactStore, operation_id: str, title: str | None) -> tuple[Document, _Origin]:
    """The document of another run, byte by byte, and what that was made from."""
    gone = ComposeFailed(f"run {operation_id}, whose document was to be shown anew, is no longer there")
    folder = await store.find_batch(operation_id)
    if folder is None:
        raise gone
    try:
        file = await store.find_published(folder, DOCUMENT_NAME)
        html = await file.read()
        manifest = await store.read_manifest(folder)
    except NotFound as exc:
        raise gone from exc
    if await sha256_of(html) != file.record.sha256:
        raise ComposeFailed(
            f"the document of run {operation_id} was changed since it was made; start a new run instead"
        )
    return Document(html.decode(), title or manifest.title), await _origin_of(store, folder, manifest)


async def _origin_of(store: ArtifactStore, folder: str, manifest: Manifest) -> _Origin:
    """What a published run was made from; the document itself where an AI wrote it, or nobody can tell."""
    kind = manifest.compared_with or ("html" if manifest.spec.get("html") else "document")
    if kind == "document":
        return _Origin("document")
    given = manifest.spec.get(kind)
    if isinstance(given, str) and given:
        return _Origin(kind, given.encode())
    try:
        return _Origin(kind, await (await store.find_published(folder, SOURCE_NAME)).read())
    except NotFound:
        return _Origin("document")


async def _compose_by_ai(context: RunContext, text: str, ai: AiClient, cache: AiCache | None, look: Look) -> Document:
    spec = context.spec
    title = spec.title or title_of(text)
    # who wants no answer of another run still pays for its own only once: they go with the attempts, and not further
    own = AiCache(context.staging.path(_ANSWERS_FOLDER), _OWN_ANSWERS_MAX_BYTES, within=True)
    fragment = await ai_compose.ai_fragment(
        ai,
        text,
        model_choice=spec.model_choice,
        system_prompt=spec.system_prompt,
        verify=spec.enable_verification,
        cache=cache if cache is not None and spec.use_cache else own,
        on_progress=_progress_by_length(context, len(text)),
    )
    warnings = tuple(DocumentWarning(warning.code, warning.message) for warning in fragment.warnings)
    html = wrap_fragment(
        fragment.html,
        title=title,
        look=look,
        lang=document_language(text),
        dir=document_direction(text),
        upright=is_upright(text),
    )
    return Document(html, title, warnings)


def _progress_by_length(context: RunContext, source_chars: int) -> Callable[[int], Awaitable[None]]:
    expected = max(1.0, source_chars * _ANSWER_CHARS_PER_SOURCE_CHAR)
    last_percent = 0

    async def report(chars: int) -> None:
        nonlocal last_percent
        percent = min(95, round(100 * chars / expected))
        if percent >= last_percent + 5 or last_percent == 0:
            last_percent = max(percent, 1)
            await context.progress("compose", percent / 100, f"The AI is writing: {chars} characters so far")

    return report
