"""Real runs with the capture cache: nothing is captured twice, and a changed pixel is never served stale."""

from __future__ import annotations

import base64
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.cache.renderer import Renderer
from pressrun.browser.pool.pool import BrowserPool
from pressrun.events.model import AnyBody, Progress, Screenshot
from pressrun.pipeline.context import DOCUMENT_NAME, Composed, Rendered, RunContext
from pressrun.pipeline.render import render
from pressrun.spec import RunSpec
from tests.browser.conftest import QUICK

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.usefixtures("warm_parser")]

SMALL = {"viewport_width": 320, "viewport_height": 240, "zoom": 1, "overlap": 0, "page_breaks": "scroll"}


def dot(colour: str) -> str:
    """A picture of a single pixel, as a data: URI."""
    data = io.BytesIO()
    Image.new("RGB", (1, 1), colour).save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def document(colour: str = "#102030", pixel: str = "#405060", more: str = "") -> str:
    return (
        f"<!doctype html><body style='margin:0'><div style='height:240px;background:{colour}'>one</div>"
        f"<div style='height:240px'>two<img src='{dot(pixel)}'></div><div style='height:240px'>three</div>{more}"
    )


def pictures(cache: CaptureCache) -> list[Path]:
    """The kept files that are pictures."""
    kept = sorted(cache._disk.folder.glob("*/*.bin"))
    return [path for path in kept if path.read_bytes().startswith(b"\x89PNG")]


class Runs:
    """Renders as runs do."""

    def __init__(self, pool: BrowserPool, cache: CaptureCache, store: LocalArtifactStore) -> None:
        self.pool = pool
        self.cache = cache
        self.store = store
        self._number = 0
        self._before = self.seen()

    def seen(self) -> tuple[int, int]:
        """How often a browser was waited for, and how many pictures were captured."""
        counters = self.pool.counters
        captured = sum(durations.up_to()[-1][1] for durations in counters.captures.values())
        return counters.waits.up_to()[-1][1], captured

    @property
    def captured(self) -> int:
        """Pictures that were captured here."""
        return self.seen()[1] - self._before[1]

    async def __call__(self, html: str, **fields: Any) -> tuple[Rendered, list[AnyBody]]:
        self._number += 1
        staging = await self.store.open_staging(f"run-{self._number}", 1)
        document = await staging.write(DOCUMENT_NAME, html.encode())
        composed = Composed(title="x", document=document, compared_with="html")
        told: list[AnyBody] = []

        async def emit(*bodies: AnyBody) -> None:
            told.extend(bodies)

        async def commit(_body: Progress) -> None: ...

        spec = RunSpec(html=html, **{**SMALL, **fields})
        context = RunContext(f"run-{self._number}", 1, spec, datetime.now(UTC), staging, emit, commit, {}, {})
        return await render(context, self.pool, composed, self.cache), told


@pytest.fixture
async def runs(pool: BrowserPool, tmp_path: Path) -> Runs:
    store = LocalArtifactStore(tmp_path)
    await store.prepare()
    return Runs(pool, CaptureCache(tmp_path / "cache", 50_000_000, Renderer(QUICK)), store)


@pytest.mark.promise("captured-once")
async def test_the_same_document_is_shown_again_without_a_browser(runs: Runs) -> None:
    first, told_first = await runs(document())
    seen = runs.seen()
    again, told_again = await runs(document(), outputs=["zip"], output_name="Other")
    assert runs.seen() == seen
    assert len(first.slides) == 3
    assert again == first
    shots = [body.model_dump(exclude={"url"}) for body in told_first if isinstance(body, Screenshot)]
    assert [body.model_dump(exclude={"url"}) for body in told_again if isinstance(body, Screenshot)] == shots
    assert next(body for body in told_again if isinstance(body, Screenshot)).url.startswith("/runs/run-2/")


async def test_more_slides_of_a_known_document_capture_only_what_is_new(runs: Runs) -> None:
    first, _ = await runs(document(), max_screenshots=2)
    assert first.truncated
    kept = runs.cache.counts.kept
    more, _ = await runs(document(), max_screenshots=3)
    assert more.slides[:2] == first.slides
    assert len(more.slides) == 3
    assert runs.cache.counts.kept == kept + 1


Change = Callable[[Runs], Awaitable[tuple[Rendered, list[AnyBody]]]]


@pytest.mark.promise("captured-once")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda runs: runs(document(colour="#102031")), id="one colour in a style"),
        pytest.param(lambda runs: runs(document(pixel="#405061")), id="one pixel of an embedded picture"),
        pytest.param(lambda runs: runs(document(more="<style>div{font-family:monospace}</style>")), id="another font"),
        pytest.param(lambda runs: runs(document(), zoom=1.01), id="the zoom"),
        pytest.param(lambda runs: runs(document(), viewport_width=321), id="the width"),
        pytest.param(lambda runs: runs(document(), image_format="jpeg", image_quality=50), id="the format"),
    ],
)
async def test_a_change_is_seen(runs: Runs, change: Change) -> None:
    first, _ = await runs(document())
    changed, _ = await change(runs)
    assert runs.captured == len(first.slides) + len(changed.slides)
    assert {file.sha256 for file in changed.slides} - {file.sha256 for file in first.slides}
    assert runs.cache.counts.hits == 0


async def test_a_picture_changed_on_disk_is_captured_again(runs: Runs) -> None:
    first, _ = await runs(document())
    victim = pictures(runs.cache)[0]
    data = bytearray(victim.read_bytes())
    data[-20] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    again, told = await runs(document())
    assert again == first
    assert runs.captured == 4
    assert runs.cache.counts.corrupt == 1
    assert [body.index for body in told if isinstance(body, Screenshot)] == [1, 2, 3]
    await runs(document())
    assert runs.captured == 4


async def test_a_lost_picture_is_captured_again_alone(runs: Runs) -> None:
    first, _ = await runs(document())
    pictures(runs.cache)[0].unlink()
    again, _ = await runs(document())
    assert again == first
    assert runs.cache.counts.kept == 4


async def test_scripts_draw_nothing_that_could_be_kept(runs: Runs) -> None:
    """Were they run, the same HTML could look different each time, and must not be known by its HTML."""
    plain, _ = await runs(document(more="<div>end</div>"))
    script = "<script>document.body.style.background = 'red'; document.body.append(Math.random())</script>"
    scripted, _ = await runs(document(more="<div>end</div>" + script))
    assert [file.sha256 for file in scripted.slides] == [file.sha256 for file in plain.slides]


async def test_while_the_cache_rests_everything_is_captured(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    await runs(document())
    monkeypatch.setattr(Renderer, "digest", lambda _self: None)
    await runs(document())
    assert runs.captured == 6
