"""Where a file of a run is: one answer while it runs, while it is being published and afterwards."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from starlette.requests import Request
from starlette.types import Message

from pressrun.api.endpoints.artifacts import ArchiveResponse, RunFileResponse, _response_of, _Small
from pressrun.api.wire.queries import FileQuery, parse_query
from pressrun.artifacts import thumbnails
from pressrun.artifacts.model import Manifest, StoredFile
from pressrun.artifacts.names import batch_folder_name, run_of_folder
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.artifacts.thumbnails import Thumbnails
from pressrun.errors import Conflict, NotFound
from pressrun.events.model import Artifact, HtmlGenerated
from pressrun.request_errors import FieldErrors
from pressrun.runs.files import OpenedFile, RunFiles
from pressrun.runs.model import Run
from tests.support.core import COMPLETE, Core, open_core

pytestmark = pytest.mark.anyio
BACKEND = Path(__file__).parents[2] / "backend" / "pressrun"


@dataclass
class House:
    core: Core
    store: LocalArtifactStore
    files: RunFiles

    async def now(self, run: Run) -> Run:
        return await self.core.catalog.get(run.operation_id)

    async def read(self, run: Run, name: str) -> bytes:
        async with self.files.open(await self.now(run), name) as file:
            assert file.descriptor is not None
            return await file.file.read()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = LocalArtifactStore(tmp_path)
    await store.prepare()
    async with open_core(tmp_path) as core:
        yield House(core, store, RunFiles(core.database, store))


async def stage(house: House, run: Run, name: str, data: bytes) -> StoredFile:
    file = await (await house.store.open_staging(run.operation_id, run.attempt)).write(name, data)
    body = Artifact(**file.model_dump(), url="/x")
    if name.endswith(".html"):
        known = file.model_dump(include={"size_bytes", "sha256"})
        await house.core.journal.append(
            run.operation_id, 1, HtmlGenerated(html_filename=name, url="/x", title="t", **known)
        )
    else:
        await house.core.journal.append(run.operation_id, 1, body)
    return file


async def publish(house: House, run: Run, files: list[StoredFile]) -> str:
    folder = batch_folder_name(run.created_at, run.operation_id)
    manifest = Manifest(
        operation_id=run.operation_id,
        attempt=1,
        created_at=run.created_at,
        published_at=run.created_at,
        title="t",
        versions={},
        spec={},
        truncated=False,
        files=files,
    )
    await house.store.publish(run.operation_id, 1, folder, manifest)
    return folder


@pytest.mark.parametrize("name", ["document.html", "talk.pdf"])
async def test_a_file_is_found_here_elsewhere_while_it_is_published_and_afterwards(house: House, name: str) -> None:
    run = await house.core.begin()
    file = await stage(house, run, name, b"bytes")
    assert await house.read(run, name) == b"bytes"
    elsewhere = House(house.core, LocalArtifactStore(Path(house.store._root)), house.files)
    elsewhere.files = RunFiles(house.core.database, elsewhere.store)  # it knows of the run by its log alone
    assert await elsewhere.read(run, name) == b"bytes"
    await publish(house, run, [file])  # and nothing is said of it yet
    assert await house.read(run, name) == b"bytes"
    assert await elsewhere.read(run, name) == b"bytes"
    await house.core.lifecycle.finish(run.operation_id, 1, COMPLETE)
    assert await house.read(run, name) == b"bytes"
    for unknown in ("../" + name, "other.pdf", ""):
        with pytest.raises(NotFound, match="has no file of that name"):
            await house.read(run, unknown)


async def test_a_file_that_is_open_is_whole_whatever_becomes_of_its_run(house: House) -> None:
    run = await house.core.begin()
    file = await stage(house, run, "talk.pdf", b"bytes")
    async with house.files.open(await house.now(run), "talk.pdf") as opened:
        folder = await publish(house, run, [file])
        await house.store.delete_batch(folder)
        assert opened.descriptor is not None
        assert Path(f"/dev/fd/{opened.descriptor}").read_bytes() == b"bytes"
    with pytest.raises(NotFound):
        await house.read(run, "talk.pdf")


async def test_an_archive_is_there_when_the_run_is_complete_and_has_every_file(house: House) -> None:
    run = await house.core.begin()
    file = await stage(house, run, "talk.pdf", b"bytes")
    with pytest.raises(Conflict):
        await house.files.archive(await house.now(run))
    folder = await publish(house, run, [file])
    await house.core.lifecycle.finish(run.operation_id, 1, COMPLETE)
    archive = await house.files.archive(await house.now(run))
    assert archive.name == folder
    assert [file.record.name for file in archive.files] == ["manifest.json", "talk.pdf"]


async def test_an_archive_whose_run_is_deleted_meanwhile_is_cut_off_and_nothing_is_raised() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"more"
        raise NotFound("this file is no longer there")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "headers": []}
    await ArchiveResponse("op", b"first", chunks(), {})(scope, receive, send)
    assert [message.get("body") for message in sent[1:]] == [b"first", b"more"]
    assert sent[-1]["more_body"], "a client must not take it for whole"


class Elsewhere:
    """A file as a store without a disk of this machine would give it: it can be read, and that is all."""

    record = StoredFile(name="a.png", media_type="image/png", size_bytes=5, sha256="0" * 64)

    async def read(self) -> bytes:
        return b"bytes"

    def chunks(self):
        yield b"bytes"

    def descriptor(self) -> None:
        return None


async def test_a_file_that_is_on_no_disk_of_this_machine_is_sent_all_the_same() -> None:
    request = Request({"type": "http", "headers": [], "query_string": b""})
    response = await _response_of(request, OpenedFile(Elsewhere(), None))
    assert response.body == b"bytes"
    assert response.headers["etag"] == f'"{"0" * 64}"'


def test_the_name_of_a_batch_folder_is_made_and_understood_in_one_place() -> None:
    operation_id = "0192f0c1-2345-7abc-8def-0123456789ab"
    assert run_of_folder(f"2026-11-21_08-00-00_{operation_id}") == operation_id
    assert run_of_folder("2026-11-21_08-00-00_somebody-elses") is None
    spelled = [
        path.relative_to(BACKEND).as_posix()
        for path in BACKEND.rglob("*.py")
        if 'rpartition("_")' in path.read_text(encoding="utf-8") or "%H-%M-%S_" in path.read_text(encoding="utf-8")
    ]
    assert spelled == ["artifacts/names.py"]


def test_only_the_one_who_opens_it_knows_that_the_store_is_a_local_folder() -> None:
    """All others ask `ArtifactStore`, so that there can be another."""
    knowing = {
        path.relative_to(BACKEND).as_posix()
        for path in BACKEND.rglob("*.py")
        if "LocalArtifactStore" in path.read_text(encoding="utf-8")
    }
    assert {name for name in knowing if not name.startswith("artifacts/")} == {"lifespan.py"}


async def test_the_archive_that_is_packed_is_a_zip_of_what_was_published(house: House) -> None:
    from pressrun.exports.zip import stream_zip

    run = await house.core.begin()
    file = await stage(house, run, "talk.pdf", b"bytes")
    await publish(house, run, [file])
    await house.core.lifecycle.finish(run.operation_id, 1, COMPLETE)
    archive = await house.files.archive(await house.now(run))
    packed = b"".join(
        stream_zip(
            [(file.record.name, file.record.size_bytes, file.chunks()) for file in archive.files],
            modified_at=run.created_at,
        )
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.read("talk.pdf") == b"bytes"


def a_picture(width: int, height: int, format: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(written, format)
    return written.getvalue()


@dataclass
class Gallery:
    house: House
    run: Run
    thumbnails: Thumbnails

    async def get(self, name: str, query: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Message:
        scope = {"type": "http", "method": "GET", "query_string": query.encode(), "headers": list(headers)}
        request = Request(scope)
        width = parse_query(FileQuery, request).w
        assert width is not None
        small = _Small(self.thumbnails, width)
        response = RunFileResponse(request, self.house.files, await self.house.now(self.run), name, small)
        return await sent_by(response, request)


async def sent_by(response: RunFileResponse, request: Request) -> Message:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await response(request.scope, request.receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return {"status": sent[0]["status"], "headers": headers, "body": sent[-1]["body"]}


@pytest.fixture
async def gallery(house: House, tmp_path: Path) -> Gallery:
    run = await house.core.begin()
    return Gallery(house, run, Thumbnails(tmp_path / "thumbnails", 1_000_000))


@pytest.mark.parametrize(("format", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
async def test_a_picture_comes_in_small_while_its_run_is_under_way_and_afterwards(
    gallery: Gallery, format: str, ending: str
) -> None:
    name = f"slides/0001.{ending}"
    file = await stage(gallery.house, gallery.run, name, a_picture(800, 1000, format))
    while_running = await gallery.get(name, "w=160")
    small = Image.open(io.BytesIO(while_running["body"]))
    assert (small.format, small.size) == ("WEBP", (160, 200))
    headers = while_running["headers"]
    assert headers["content-type"] == "image/webp"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["content-disposition"] == 'inline; filename="0001-160.webp"'
    await publish(gallery.house, gallery.run, [file])
    await gallery.house.core.lifecycle.finish(gallery.run.operation_id, 1, COMPLETE)
    afterwards = await gallery.get(name, "w=160")
    assert afterwards["body"] == while_running["body"]
    again = await gallery.get(name, "w=160", ((b"if-none-match", headers["etag"].encode()),))
    assert (again["status"], again["body"]) == (304, b"")
    assert (await gallery.get(name, "w=320"))["headers"]["etag"] != headers["etag"]


async def test_a_small_picture_is_not_made_larger_and_is_made_once(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage(gallery.house, gallery.run, "slides/0001.png", a_picture(300, 200))
    first = await gallery.get("slides/0001.png", "w=640")
    assert Image.open(io.BytesIO(first["body"])).size == (300, 200)

    def never(*_: object) -> bytes:
        raise AssertionError("it was made again")

    monkeypatch.setattr(thumbnails, "_smaller", never)
    assert (await gallery.get("slides/0001.png", "w=640"))["body"] == first["body"]


@pytest.mark.parametrize("query", ["w=0", "w=321", "w=", "w=320.0", "w=-160", "w=wide", "w=99999999999999999999"])
async def test_a_width_that_is_not_offered_is_refused_with_those_that_are(gallery: Gallery, query: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        await gallery.get("slides/0001.png", query)
    [problem] = refused.value.errors
    assert problem["field"] == "w"
    assert all(width in problem["valid"] for width in ("160", "320", "640"))


async def test_what_is_no_picture_and_what_was_changed_on_disk_has_no_small_one(gallery: Gallery) -> None:
    await stage(gallery.house, gallery.run, "document.html", b"<p>")
    with pytest.raises(FieldErrors, match=r"w: document\.html is no picture"):
        await gallery.get("document.html", "w=320")
    file = await stage(gallery.house, gallery.run, "slides/0001.png", a_picture(300, 200))
    staging = await gallery.house.store.open_staging(gallery.run.operation_id, gallery.run.attempt)
    staging.path(file.name).write_bytes(a_picture(200, 300))
    with pytest.raises(NotFound, match="changed"):
        await gallery.get("slides/0001.png", "w=320")
    with pytest.raises(NotFound):
        await gallery.get("slides/0002.png", "w=320")
