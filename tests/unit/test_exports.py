"""The table of exports, and the stage that makes them in its order."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import io
import sys
import types
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from pressrun import doctor, export_kinds
from pressrun.api.endpoints import generate
from pressrun.api.gate.tokens import LOCAL
from pressrun.artifacts.model import StoredFile, media_type_of
from pressrun.errors import FieldErrors
from pressrun.events.model import AnyBody, Artifact, HtmlGenerated, Progress, Screenshot
from pressrun.export_kinds import EXPORT_KINDS, ExportKind
from pressrun.exports import pdf
from pressrun.exports.contract import Content, ExportWork, Missing, maker_of, require_possible
from pressrun.pipeline.context import Composed, Rendered, RunContext
from pressrun.pipeline.export import ExportMeans, export
from pressrun.settings import Settings
from pressrun.spec import RunSpec

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
    monkeypatch.setattr(doctor, "EXPORT_KINDS", kinds)
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
        await generate._read(Request(scope, receive))
    (problem,) = refused.value.errors
    assert problem["field"] == "outputs"
    assert problem["problem"] == "`pdf` cannot be made on this server: ffmpeg is not found"
    assert problem["valid"] == "leave it out; or: Debian: sudo apt-get install ffmpeg"
    require_possible(RunSpec(text="x", outputs=["images", "zip"]), SETTINGS)


def test_the_doctor_says_what_an_export_lacks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ffmpeg(monkeypatch)
    (check,) = doctor._check_exports()
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

    async def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

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
        composed, rendered = Composed(title="t", document=document), Rendered(slides=[slide], truncated=False)
        await export(context, pool, ExportMeans(SETTINGS, Path("cache")), composed, rendered)
        return self.staging.written[before:]

    @property
    def shares(self) -> list[int]:
        return [body.progress for body in self.told if isinstance(body, Progress)]


def with_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more export, `sheet`, made of the slides; in front of the ZIP."""

    async def make(work: ExportWork) -> bytes:
        await work.progress(0.5, "half of the sheet")
        return b"sheet of " + b" ".join(path.read_bytes() for _, path in work.slides)

    sheet = ExportKind(
        name="sheet",
        label="Sheet",
        ending="-sheet.png",
        media_type="image/png",
        needs=frozenset({"slides"}),
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


async def test_the_next_attempt_takes_what_it_would_make_of_the_same_and_packs_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sheet(monkeypatch)
    attempts = Attempts(tmp_path, "sheet", "zip")
    await attempts.go()
    told = [body for body in attempts.told if isinstance(body, Artifact)]
    assert await attempts.go() == ["n.zip"]
    assert [body for body in attempts.told if isinstance(body, Artifact)] == told, "nothing is told twice"
    attempts.slide(b"another")
    assert await attempts.go() == ["n-sheet.png", "n.zip"]
    assert await attempts.staging.read("n-sheet.png") == b"sheet of another"


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
    assert await attempts.go() == ["n.zip"]
    attempts.staging.path("n.srt").write_bytes(b"torn")
    assert await attempts.go() == ["n.film", "n.srt", "n.zip"], "one of two is none"
