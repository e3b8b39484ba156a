"""What a stage is given, and what it gives back. Pure shapes; results are small and JSON, for they are checkpointed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from pressrun.artifacts.model import StoredFile
from pressrun.artifacts.ports import Staging
from pressrun.browser.slides.page_breaks import Slice
from pressrun.coverage import ComparedWith, Coverage
from pressrun.events.model import AnyBody, Artifact, ArtifactRef, HtmlGenerated, Progress, Screenshot, Warning
from pressrun.run_urls import file_url
from pressrun.spec import RunSpec
from pressrun.stages import PROGRESS_BANDS, Stage

DOCUMENT_NAME = "document.html"
DECK_NAME = "deck.html"  # the document, composed to slides
SLIDES_FOLDER = "slides/"
SOURCE_NAME = "source.txt"  # of a rerender: what the run was made from whose document it shows

ResultT = TypeVar("ResultT", bound="StageResult")


class Emit(Protocol):
    """Appends to the run's log."""

    async def __call__(self, *bodies: AnyBody) -> None:
        """These events in this order, all or none, durable when it returns: one write, however many they are.

        Raises: AttemptSuperseded.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunContext:
    """One attempt of one run, as its stages see it.

    `commit` is the point of no return before publishing, told by its event
    (Raises: RunCancelled when a cancel came first). `document`, `captured` (slides, by index), `exported`
    (by name) and `warned` are what earlier attempts logged: who finds it in staging, with its digest, does not make it
    again, and nobody is warned twice.
    """

    operation_id: str
    attempt: int
    spec: RunSpec
    created_at: datetime
    staging: Staging
    emit: Emit
    commit: Callable[[Progress], Awaitable[None]]
    captured: Mapping[int, Screenshot]
    exported: Mapping[str, Artifact]
    document: HtmlGenerated | None = None
    warned: Collection[Warning] = ()

    def url_of(self, name: str) -> str:
        """Where clients find a file of this run."""
        return file_url(self.operation_id, name)

    def ref(self, file: StoredFile) -> ArtifactRef:
        """A file as events name it."""
        return ref_of(self.operation_id, file)

    async def progress(self, stage: Stage, share: float, message: str, current: int = 0, total: int = 0) -> None:
        """Says how far `stage` is: `share` from 0 to 1."""
        await self.emit(progress_of(stage, share, message, current, total))

    async def warn(self, code: str, message: str) -> None:
        """Says what a person should know, unless an earlier attempt has said it."""
        warning = Warning(code=code, message=message)
        if warning not in self.warned:
            await self.emit(warning)


def progress_of(stage: Stage, share: float, message: str, current: int = 0, total: int = 0) -> Progress:
    """The event that says how far `stage` is: `share` from 0 to 1."""
    low, high = PROGRESS_BANDS[stage]
    return Progress(
        stage=stage,
        progress=round(low + (high - low) * share),
        message=message,
        current=current if total else None,
        total=total or None,
    )


def ref_of(operation_id: str, file: StoredFile) -> ArtifactRef:
    """A file of that run as events name it."""
    return ArtifactRef(**file.model_dump(), url=file_url(operation_id, file.name))


class StageResult(BaseModel):
    """What a finished stage leaves for those after it."""

    model_config = ConfigDict(frozen=True)


class Results:
    """What the finished stages of one attempt left, by its class."""

    def __init__(self) -> None:
        self._results: dict[type[StageResult], StageResult] = {}

    def add(self, result: StageResult) -> None:
        """One more stage has finished."""
        self._results[type(result)] = result

    def of(self, kind: type[ResultT]) -> ResultT:
        """The result of that class; of a stage that comes before."""
        return cast(ResultT, self._results[kind])


class Composed(StageResult):
    """The document is in staging."""

    title: str
    document: StoredFile
    compared_with: ComparedWith = "document"
    source: StoredFile | None = None


class Rendered(StageResult):
    """The slides are in staging, in order, and what they say; `places` are their slices, also where no pictures were
    asked for: of the deck if there is one, else of the document.
    """

    slides: list[StoredFile]
    truncated: bool
    places: list[tuple[float | None, ...]] = []
    texts: StoredFile | None = None
    coverage: Coverage | None = None
    deck: StoredFile | None = None

    @property
    def slices(self) -> list[Slice]:
        """Where in the document each slide is; none where nobody asked."""
        return [Slice(*place) for place in self.places]  # type: ignore[arg-type]


class Exported(StageResult):
    """The exports are in staging, besides document and slides."""

    artifacts: list[StoredFile]


class Published(StageResult):
    """The batch folder's name, under the store's batches."""

    folder: str
