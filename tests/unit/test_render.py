"""The render stage over fake browsers: slides told in order, saved once, and what ended it said as it was."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.memory import MemoryObjectSendStream
from PIL import Image

from pressrun.artifacts.model import StoredFile
from pressrun.artifacts.staged import Offer
from pressrun.browser.pool.pool import open_browser_pool
from pressrun.browser.slides.one_colour import is_one_colour, may_be_one_colour
from pressrun.errors import DiskFull, EmptyDocument, NotFound
from pressrun.events.model import AnyBody, Progress, Screenshot, Warning
from pressrun.pipeline.context import DOCUMENT_NAME, Composed, Rendered, RunContext
from pressrun.pipeline.render import render
from pressrun.slide_texts import SLIDES_NAME, SlideTexts
from pressrun.spec import RunSpec
from tests.support.fake_browser import FakePage, FakeSources
from tests.support.limits import fail_after
from tests.support.pool_rig import QUICK, lines

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]


@dataclass
class Staging:
    """A staging folder in memory, whose files take ever less time to write."""

    html: str
    files: dict[str, bytes] = field(default_factory=dict)
    room: int = 1000
    delay_s: float = 0.008

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        if len(self.files) >= self.room:
            raise DiskFull
        assert isinstance(data, bytes)
        self.delay_s = max(0.0, self.delay_s - 0.002)  # the first is written last
        await anyio.sleep(self.delay_s)
        assert name not in self.files or name == SLIDES_NAME  # which each attempt writes anew
        self.files[name] = data
        return self._record(name)

    async def read(self, name: str) -> bytes:
        if name != DOCUMENT_NAME and name not in self.files:
            raise NotFound(name)
        return self.files.get(name, self.html.encode())

    def document(self) -> StoredFile:
        data = self.html.encode()
        digest = hashlib.sha256(data).hexdigest()
        return StoredFile(name=DOCUMENT_NAME, media_type="text/html", size_bytes=len(data), sha256=digest)

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        return self._record(name) if name in self.files else None

    async def adopt(self, offers: Sequence[Offer]) -> list[StoredFile | None]:
        raise NotImplementedError

    async def take(self, name: str, scratch: Path) -> StoredFile:
        raise NotImplementedError

    def path(self, name: str) -> Path:
        raise NotImplementedError

    def _record(self, name: str) -> StoredFile:
        data = self.files[name]
        digest = hashlib.sha256(data).hexdigest()
        return StoredFile(name=name, media_type="image/png", size_bytes=len(data), sha256=digest)


async def rendered(
    staging: Staging,
    told: list[AnyBody],
    captured: dict[int, Screenshot] | None = None,
    pictures: bool = True,
    **fields: object,
) -> Rendered:
    async def emit(*bodies: AnyBody) -> None:
        told.extend(bodies)

    async def unsealed(_body: Progress) -> None: ...

    spec = RunSpec(text="x", zoom=1, viewport_width=320, viewport_height=240, overlap=0, **fields)  # type: ignore[arg-type]
    context = RunContext("id", 1, spec, datetime.now(UTC), staging, emit, unsealed, captured or {}, {})
    with fail_after(10):
        async with open_browser_pool(QUICK, FakeSources()) as pool:
            composed = Composed(title="x", document=staging.document())
            return await render(context, pool, composed, pictures=pictures)


def screenshots(told: list[AnyBody]) -> list[Screenshot]:
    return [body for body in told if isinstance(body, Screenshot)]


async def test_slides_are_told_in_order_whichever_browser_was_first() -> None:
    staging, told = Staging(lines(120)), list[AnyBody]()
    result = await rendered(staging, told)
    indexes = [body.index for body in screenshots(told)]
    assert indexes == list(range(1, len(indexes) + 1))
    assert len(indexes) >= 10
    assert [file.name for file in result.slides] == [f"slides/{index:04d}.png" for index in indexes]
    assert not result.truncated
    progress = [body for body in told if isinstance(body, Progress)]
    assert (progress[-1].current, progress[-1].total) == (len(indexes), len(indexes))
    shares = [body.progress for body in progress]
    assert shares == sorted(shares)


async def test_what_stopped_the_saving_is_what_the_stage_fails_with() -> None:
    told = list[AnyBody]()
    with pytest.raises(DiskFull):
        await rendered(Staging(lines(120), room=3), told)
    assert len(screenshots(told)) < 6  # two may have begun when there was still room


class Gate(Staging):
    """Its disk is found full only when somebody is waiting to hand over the next picture."""

    def __init__(self, html: str, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(html)
        self._waits = anyio.Event()
        real = MemoryObjectSendStream.send

        async def send(stream: MemoryObjectSendStream[object], item: object) -> None:
            if not stream.statistics().tasks_waiting_receive:
                self._waits.set()  # nobody receives: this one will wait
            await real(stream, item)

        monkeypatch.setattr(MemoryObjectSendStream, "send", send)

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        if name == SLIDES_NAME:
            return await super().write(name, data)
        await self._waits.wait()
        await anyio.wait_all_tasks_blocked()
        raise DiskFull


async def test_a_full_disk_is_told_as_one_while_another_picture_is_just_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DiskFull):
        await rendered(Gate(lines(120), monkeypatch), [])


async def test_what_an_earlier_attempt_captured_is_neither_captured_nor_told_again() -> None:
    staging, told = Staging(lines(120)), list[AnyBody]()
    first = await rendered(staging, told)
    known = {body.index: body for body in screenshots(told)}
    for index in (2, 5, len(known)):
        del staging.files[known[index].filename]
    again = list[AnyBody]()
    second = await rendered(staging, again, captured=known)
    assert second == first
    assert screenshots(again) == []  # captured again with the same digest: the log has them already
    assert not [body for body in again if isinstance(body, Warning)]


async def test_slides_that_an_earlier_release_cut_otherwise_are_made_again() -> None:
    """Slides of two ways to lay out or to cut the document would lack some lines and repeat others."""
    for left in (None, b"{}", SlideTexts(width=320, height=240, slides=[]).model_dump_json().encode()):
        staging, told, again = Staging(lines(40)), list[AnyBody](), list[AnyBody]()
        await rendered(staging, told)
        known = {body.index: body for body in screenshots(told)}
        staging.files = {} if left is None else {SLIDES_NAME: left}
        await rendered(staging, again, captured=known)
        assert [body.index for body in screenshots(again)] == list(known)


async def test_reaching_max_screenshots_is_told_once() -> None:
    told = list[AnyBody]()
    result = await rendered(Staging(lines(120)), told, max_screenshots=3)
    assert result.truncated
    assert len(result.slides) == 3
    assert [body.code for body in told if isinstance(body, Warning)] == ["truncated", "content_missing"]


async def test_a_document_that_shows_nothing_is_an_error() -> None:
    with pytest.raises(EmptyDocument):
        await rendered(Staging("<b></b>"), [])


async def test_without_pictures_the_slides_are_where_they_are_with_them_and_a_warning_is_told() -> None:
    """A PDF of the slides alone has the pages that it has beside pictures."""
    both = []
    for pictures in (True, False):
        staging, told = Staging(lines(40)), list[AnyBody]()
        both.append(await rendered(staging, told, pictures=pictures, max_screenshots=3))
        assert [body.code for body in told if isinstance(body, Warning)] == ["truncated", "content_missing"]
        assert len(staging.files) == (4 if pictures else 1), "slides.json is there anyway"
    assert both[0].places == both[1].places
    assert both[0].slices == both[1].slices
    assert [len(result.slides) for result in both] == [3, 0]
    assert both[1].truncated
    assert Rendered.model_validate_json(both[0].model_dump_json()) == both[0], "it is a checkpoint"
    with pytest.raises(EmptyDocument):
        await rendered(Staging(""), [], pictures=False)


def _picture(colours: Sequence[str]) -> str:
    image = Image.new("RGB", (320, 240), colours[0])
    for number, colour in enumerate(colours):
        image.paste(colour, (number * 100, 0, number * 100 + 100, 99))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("blank_from", [200, 0])
async def test_a_slide_of_one_colour_where_text_stands_is_told(
    monkeypatch: pytest.MonkeyPatch, blank_from: float
) -> None:
    async def screenshot(_page: FakePage, _x: float, y: float, _format: str, _quality: int | None) -> str:
        return _picture(["#fff"] if y >= blank_from else ["#fff", "#123"])

    monkeypatch.setattr(FakePage, "screenshot", screenshot)
    told = list[AnyBody]()
    if blank_from == 0:
        with pytest.raises(EmptyDocument, match="one colour"):
            await rendered(Staging(lines(120)), told)
        return
    result = await rendered(Staging(lines(120)), told)
    (warning,) = [body for body in told if isinstance(body, Warning) and body.code == "blank_slide"]
    assert warning.message.startswith("Nothing is seen of the text on slides 2, 3")
    assert len(result.slides) > 3


@pytest.mark.parametrize(
    ("colours", "is_blank"), [(["#fff"], True), (["#fff", "#fefefe"], True), (["#fff", "#eee"], False)]
)
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_one_colour_is_known_in_every_format(colours: list[str], is_blank: bool, format: str) -> None:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(_picture(colours)))).save(buffer, format)
    assert may_be_one_colour(len(buffer.getvalue()), 320, 240)
    assert is_one_colour(buffer.getvalue()) is is_blank


def test_what_is_no_picture_is_not_of_one_colour() -> None:
    assert not is_one_colour(b"png at 0,0")


async def test_with_fit_clip_a_run_says_how_much_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = FakePage.ask

    async def wide(page: FakePage, script: str, argument: dict[str, Any]) -> Any:
        answer = await ask(page, script, argument)
        if script != "layout":
            return answer
        return {**answer, "sides": [0, 640], "widthCssPx": 320, "boxes": ["line", 0, 20]}

    monkeypatch.setattr(FakePage, "ask", wide)
    told = list[AnyBody]()
    assert len((await rendered(Staging(lines(1)), told, fit="clip")).slides) == 1
    assert [body.message[:59] for body in told if isinstance(body, Warning) and body.code == "cut_at_sides"] == [
        "The document is wider than the slides: 50.0% of what it show"[:59]
    ]
    assert len((await rendered(Staging(lines(1)), [], fit="split")).slides) > 1


@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "texts alone"])
async def test_the_page_is_laid_out_by_what_becomes_of_wide_content(
    monkeypatch: pytest.MonkeyPatch, pictures: bool
) -> None:
    fits = set[str]()
    load = FakePage.set_content

    async def noting(page: FakePage, html: str, timeout_s: float) -> None:
        fits.add(page.screen.fit)
        await load(page, html, timeout_s)

    monkeypatch.setattr(FakePage, "set_content", noting)
    await rendered(Staging(lines(20)), [], pictures=pictures, fit="clip")
    assert fits == {"clip"}
