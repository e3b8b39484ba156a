"""The table of exports, and the stage that makes them in its order."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import io
import sys
import types
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from starlette.requests import Request

from pressrun import checks, export_kinds
from pressrun.api.endpoints import generate
from pressrun.api.gate.tokens import LOCAL
from pressrun.artifacts.model import StoredFile, media_type_of
from pressrun.artifacts.staged import digest_of
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.errors import NotFound
from pressrun.events.model import AnyBody, Artifact, HtmlGenerated, Progress, Screenshot
from pressrun.export_kinds import EXPORT_KINDS, ExportKind, Need
from pressrun.exports import pdf
from pressrun.exports.contract import Content, ExportWork, Missing, maker_of, require_possible
from pressrun.pipeline import kept_exports
from pressrun.pipeline.context import Composed, Rendered, RunContext
from pressrun.pipeline.export import ExportMeans, export
from pressrun.request_errors import FieldErrors
from pressrun.settings import Settings
from pressrun.spec import RunSpec
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio

SETTINGS = Settings()
MADE = [kind for kind in EXPORT_KINDS if kind.module is not None]


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.name)
def test_a_row_of_the_table_names_a_module_that_can_make_it(kind: ExportKind) -> None:
    module = importlib.import_module(kind.module or "")
    assert module.make is maker_of(kind)
    assert inspect.iscoroutinefunction(module.make)
    assert next(iter(inspect.signature(module.make, eval_str=True).parameters.values())).annotation is ExportWork
    assert hasattr(module, "missing") == kind.conditional
    assert all((kind.ending, kind.media_type, kind.making))
    assert {ending: media_type_of("name" + ending) for ending in kind.files} == kind.files


def test_the_rows_are_told_apart_and_what_packs_the_others_is_behind_them() -> None:
    assert len({kind.name for kind in EXPORT_KINDS}) == len(EXPORT_KINDS)
    endings = [ending for kind in MADE for ending in kind.files]
    assert len({*endings}) == len(endings), "two exports would be one file"
    packing = ["exports" in kind.needs for kind in EXPORT_KINDS]
    assert packing == sorted(packing)


def without_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    """The PDF as if it were made by a program that this machine lacks."""
    kinds = tuple(replace(kind, conditional=kind.name == "pdf") for kind in EXPORT_KINDS)
    monkeypatch.setattr(export_kinds, "EXPORT_KINDS", kinds)
    monkeypatch.setattr(checks, "EXPORT_KINDS", kinds)
    missing = Missing("ffmpeg is not found", "Debian: sudo apt-get install ffmpeg")
    monkeypatch.setattr(pdf, "missing", lambda: missing, raising=False)


async def test_what_this_machine_cannot_make_is_refused_before_a_run_is_admitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_ffmpeg(monkeypatch)
    body = b'{"text": "x", "outputs": ["images", "pdf"]}'

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "headers": headers, "state": {"caller": LOCAL, "app": SimpleNamespace(settings=SETTINGS)}}
    with pytest.raises(FieldErrors) as refused:
        await generate.read_asked(Request(scope, receive))
    (problem,) = refused.value.errors
    assert problem["field"] == "outputs"
    assert problem["problem"] == "`pdf` cannot be made on this server: ffmpeg is not found"
    assert problem["valid"] == "leave it out; or: Debian: sudo apt-get install ffmpeg"
    require_possible(RunSpec(text="x", outputs=["images", "zip"]), SETTINGS)


def test_the_doctor_says_what_an_export_lacks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ffmpeg(monkeypatch)
    (check,) = checks.check_exports()
    assert (check.name, check.ok, check.detail) == ("export pdf", None, "ffmpeg is not found")
    assert check.remedy == "Debian: sudo apt-get install ffmpeg"


class Staging:
    """Files in memory, and on disk for who reads them by their path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: list[str] = []
        (folder / "slides").mkdir()

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        content = data if isinstance(data, bytes) else b"".join(data)
        (self._folder / name).write_bytes(content)
        self.written.append(name)
        return self.record(name)

    async def note(self, name: str, data: bytes) -> None:
        (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_bytes(data)

    async def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError as exc:
            raise NotFound(name) from exc

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        return self.record(name) if (self._folder / name).exists() and self.record(name).sha256 == sha256 else None

    async def adopt(self, _offers: object) -> list[StoredFile | None]:
        raise NotImplementedError

    async def take(self, name: str, scratch: Path) -> StoredFile:
        scratch.rename(self._folder / name)
        self.written.append(name)
        return self.record(name)

    def path(self, name: str) -> Path:
        return self._folder / name

    def record(self, name: str) -> StoredFile:
        data = (self._folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        return StoredFile(name=name, media_type=media_type_of(name), size_bytes=len(data), sha256=digest)


class Attempts:
    """A run's attempts at its exports, over one staging folder and one log; its document and slides are there."""

    def __init__(self, folder: Path, *outputs: str) -> None:
        self.staging = Staging(folder)
        self.told: list[AnyBody] = []
        self.spec = RunSpec.model_construct(**{**RunSpec(text="x").__dict__, "outputs": [*outputs], "output_name": "n"})
        (folder / "document.html").write_bytes(b"<p>one")
        self.slide(b"first")
        self.places: list[tuple[float | None, ...]] = [(0.0, 100.0, 0.0)]
        self.deck: StoredFile | None = None

    def slide(self, picture: bytes) -> None:
        """The one slide, as it is from now on."""
        self.staging.path("slides/0001.png").write_bytes(picture)

    async def go(self) -> list[str]:
        """The names of what the next attempt writes."""
        document, slide = self.staging.record("document.html"), self.staging.record("slides/0001.png")

        async def emit(*bodies: AnyBody) -> None:
            self.told += bodies

        async def commit(_body: Progress) -> None: ...

        context = RunContext(
            operation_id="id",
            attempt=1,
            spec=self.spec,
            created_at=datetime(2026, 11, 29, tzinfo=UTC),
            staging=self.staging,
            emit=emit,
            commit=commit,
            captured={body.index: body for body in self.told if isinstance(body, Screenshot)},
            exported={body.name: body for body in self.told if isinstance(body, Artifact)},
            document=next((body for body in self.told if isinstance(body, HtmlGenerated)), None),
        )
        if context.document is None:
            shown = Screenshot(
                index=1, total=1, filename=slide.name, url="", width=1, height=1, size_bytes=1, sha256=slide.sha256
            )
            generated = HtmlGenerated(
                html_filename=document.name, url="", title="t", size_bytes=1, sha256=document.sha256
            )
            await emit(generated, shown)
        before = len(self.staging.written)
        pool: Any = None  # nothing here opens a page
        composed = Composed(title="t", document=document)
        rendered = Rendered(slides=[slide], truncated=False, places=self.places, deck=self.deck)
        await export(context, pool, ExportMeans(SETTINGS, Path("cache")), composed, rendered)
        return self.staging.written[before:]

    @property
    def shares(self) -> list[int]:
        return [body.progress for body in self.told if isinstance(body, Progress)]


def with_sheet(monkeypatch: pytest.MonkeyPatch, needs: frozenset[Need] = frozenset({"slides"})) -> None:
    """One more export, `sheet`, made of the slides; in front of the ZIP."""

    async def make(work: ExportWork) -> bytes:
        await work.progress(0.5, "half of the sheet")
        return b"sheet of " + b" ".join(path.read_bytes() for _, path in work.slides)

    sheet = ExportKind(
        name="sheet",
        label="Sheet",
        ending="-sheet.png",
        media_type="image/png",
        needs=needs,
        making="Laying out the sheet",
        module="pressrun.exports.sheet",
    )
    monkeypatch.setitem(sys.modules, "pressrun.exports.sheet", types.SimpleNamespace(make=make))
    monkeypatch.setattr(export_kinds, "EXPORT_KINDS", (*EXPORT_KINDS[:-1], sheet, EXPORT_KINDS[-1]))


async def test_one_more_row_is_made_told_and_packed_with_its_part_of_the_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sheet(monkeypatch)
    attempts = Attempts(tmp_path, "html", "sheet", "zip")
    assert await attempts.go() == ["n-sheet.png", "n.zip"]
    told = {body.name: body.media_type for body in attempts.told if isinstance(body, Artifact)}
    assert told == {
        "document.html": "text/html; charset=utf-8",
        "n-sheet.png": "image/png",
        "n.zip": "application/zip",
    }
    with zipfile.ZipFile(io.BytesIO(await attempts.staging.read("n.zip"))) as packed:
        assert packed.namelist() == ["document.html", "slides/0001.png", "n-sheet.png"]
        assert packed.read("n-sheet.png") == b"sheet of first"
    assert attempts.shares == [90, 92, 93, 96], "each has as much of the stage's band; half of the first is a quarter"


async def test_the_next_attempt_takes_what_it_would_make_of_the_same_and_packs_that_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sheet(monkeypatch)
    attempts = Attempts(tmp_path, "sheet", "zip")
    await attempts.go()
    told = [body for body in attempts.told if isinstance(body, Artifact)]
    assert await attempts.go() == [], "the archive of the same files is the same"
    assert [body for body in attempts.told if isinstance(body, Artifact)] == told, "nothing is told twice"
    attempts.slide(b"another")
    assert await attempts.go() == ["n-sheet.png", "n.zip"]
    assert await attempts.staging.read("n-sheet.png") == b"sheet of another"


async def test_what_is_made_of_the_plan_is_made_again_where_the_slides_are_dealt_out_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sheet(monkeypatch, needs=frozenset({"document", "plan"}))
    attempts = Attempts(tmp_path, "sheet")
    assert await attempts.go() == ["n-sheet.png"]
    attempts.slide(b"another")
    assert await attempts.go() == [], "it needs no picture"
    attempts.places = [(0.0, 50.0, 0.0), (50.0, 100.0, 0.0)]
    assert await attempts.go() == ["n-sheet.png"], "an upgrade cuts the document elsewhere"
    attempts.staging.path("deck.html").write_bytes(b"composed otherwise")
    attempts.deck = attempts.staging.record("deck.html")
    assert await attempts.go() == ["n-sheet.png"]
    monkeypatch.setattr(kept_exports, "_build", lambda: "the next release")
    assert await attempts.go() == ["n-sheet.png"]
    assert await attempts.go() == []


async def test_what_died_before_it_was_told_is_taken_and_what_has_no_note_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sheet(monkeypatch)
    attempts = Attempts(tmp_path, "sheet")
    await attempts.go()
    attempts.told = [body for body in attempts.told if not isinstance(body, Artifact)]
    assert await attempts.go() == []
    assert [body.name for body in attempts.told if isinstance(body, Artifact)] == ["n-sheet.png"]
    attempts.staging.path("work/sheet.json").write_text("{}")
    assert await attempts.go() == ["n-sheet.png"], "as an earlier release has left it"


async def test_a_cancel_stops_a_long_file_between_two_pieces_and_nobody_sees_half_of_it(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path)
    await store.prepare()
    staging = await store.open_staging("01J0000000000000000000000A", 1)
    written = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            if number == 3:
                anyio.from_thread.run_sync(scope.cancel)
            written.append(number)
            yield b"x" * 100_000

    with fail_after(60), anyio.CancelScope() as scope:
        await staging.write("n.zip", pieces())
    assert scope.cancelled_caught
    assert len(written) < 10
    assert not staging.path("n.zip").exists()
    assert (await staging.write("n.zip", b"whole")).size_bytes == len(b"whole")


async def test_a_cancel_stops_reading_a_long_file_for_its_digest() -> None:
    class Film(io.BytesIO):
        read_pieces = 0

        def read(self, size: int | None = -1) -> bytes:
            self.read_pieces += 1
            if self.read_pieces == 3:
                anyio.from_thread.run_sync(scope.cancel)
            return super().read(size)

    film = Film(bytes(50 << 20))
    with fail_after(60), anyio.CancelScope() as scope:
        await anyio.to_thread.run_sync(digest_of, film)
    assert scope.cancelled_caught
    assert film.read_pieces < 10


def with_film(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more export, `film`, of two files: a large one that a program has left on disk, and a small one."""

    async def make(work: ExportWork) -> dict[str, Content]:
        work.scratch.mkdir(parents=True, exist_ok=True)
        (work.scratch / "kept").touch()
        film = work.scratch / "film"
        film.write_bytes(b"film of " + work.slides[0][1].read_bytes())
        return {".srt": b"said", ".film": film}

    film = ExportKind(
        name="film",
        label="Film",
        ending=".film",
        media_type="application/octet-stream",
        beside=((".srt", "application/octet-stream"),),
        needs=frozenset({"slides"}),
        making="Filming",
        module="pressrun.exports.film",
    )
    monkeypatch.setitem(sys.modules, "pressrun.exports.film", types.SimpleNamespace(make=make))
    monkeypatch.setattr(export_kinds, "EXPORT_KINDS", (*EXPORT_KINDS[:-1], film, EXPORT_KINDS[-1]))


async def test_an_export_of_several_files_is_told_packed_and_kept_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_film(monkeypatch)
    attempts = Attempts(tmp_path, "film", "zip")
    assert await attempts.go() == ["n.film", "n.srt", "n.zip"]
    assert [body.name for body in attempts.told if isinstance(body, Artifact)] == ["n.film", "n.srt", "n.zip"]
    with zipfile.ZipFile(io.BytesIO(await attempts.staging.read("n.zip"))) as packed:
        assert packed.read("n.film") == b"film of first"
    assert (tmp_path / "work" / "film" / "kept").exists(), "what it left for the next attempt is still there"
    assert await attempts.go() == []
    attempts.staging.path("n.srt").write_bytes(b"torn")
    assert await attempts.go() == ["n.film", "n.srt"], "one of two is none; the archive has what it had"
