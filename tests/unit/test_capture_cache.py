"""Pictures captured before: found again, never another one, bounded, and never a reason to fail."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import fields, replace
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.artifacts.staged import Offer
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser.cache import renderer as renderer_module
from pressrun.browser.cache.capture_cache import CaptureCache, KeptPicture
from pressrun.browser.cache.renderer import Renderer
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import AttemptSuperseded
from pressrun.pipeline.captures import picture_key, plan_key
from pressrun.spec import CHANGES, RunSpec

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


@pytest.fixture
def chromium(tmp_path: Path) -> Path:
    """A program that nobody starts."""
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    folder = tmp_path / "fonts"
    (folder / "noto").mkdir(parents=True)
    (folder / "noto" / "a.ttf").write_bytes(b"font")
    return folder


@pytest.fixture
def renderer(chromium: Path, fonts: Path) -> Renderer:
    return Renderer(BrowserPoolConfig(executable=chromium), [fonts])


@pytest.fixture
def cache(tmp_path: Path, renderer: Renderer) -> CaptureCache:
    return CaptureCache(tmp_path / "deep" / "captures", 1_000_000, renderer)


def picture(tmp_path: Path, content: bytes = b"picture") -> tuple[Path, str, int]:
    path = tmp_path / f"picture-{len(list(tmp_path.iterdir()))}.png"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest(), len(content)


def files(cache: CaptureCache) -> list[str]:
    return sorted(path.name[:1] + path.suffix for path in cache._disk.folder.glob("*/*"))


async def test_what_was_kept_is_found_also_by_another_process(cache: CaptureCache, tmp_path: Path) -> None:
    assert await cache.find([ONE]) == [None]
    path, sha256, size_bytes = picture(tmp_path)
    await cache.keep(ONE, path, sha256, size_bytes)
    path.unlink()
    other = CaptureCache(cache._disk.folder, 1_000_000, cache._renderer)
    for each in (cache, other):
        [found] = await each.find([ONE])
        assert found == KeptPicture(cache._disk._path(ONE, ".bin"), sha256, size_bytes)
        assert found.path.read_bytes() == b"picture"
    assert await cache.find([TWO]) == [None]
    assert (cache.counts.hits, cache.counts.misses, cache.counts.kept) == (1, 2, 1)


async def test_a_picture_takes_no_room_a_second_time(cache: CaptureCache, tmp_path: Path) -> None:
    path, sha256, size_bytes = picture(tmp_path)
    times = path.stat().st_mtime_ns
    await cache.keep(ONE, path, sha256, size_bytes)
    await cache.keep(ONE, path, sha256, size_bytes)
    await cache.find([ONE])
    assert cache._disk._path(ONE, ".bin").samefile(path)
    assert path.stat().st_nlink == 2
    assert path.stat().st_mtime_ns == times
    assert files(cache) == ["1.bin", "1.json"]


async def test_where_links_are_impossible_pictures_are_copied(
    cache: CaptureCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    path, sha256, size_bytes = picture(tmp_path)
    await cache.keep(ONE, path, sha256, size_bytes)
    [found] = await cache.find([ONE])
    assert found is not None
    assert found.path.read_bytes() == b"picture"
    assert not found.path.samefile(path)
    staging = await opened(tmp_path)
    assert await staging.adopt([Offer("slides/0001.png", found.path, sha256)]) != [None]


async def test_the_longest_unused_go_when_there_is_no_room(tmp_path: Path, renderer: Renderer) -> None:
    cache = CaptureCache(tmp_path / "captures", 3_000, renderer)
    for number, key in enumerate((ONE, TWO)):
        await cache.keep(key, *picture(tmp_path, bytes([number]) * 1_000))
        os.utime(cache._disk._path(key, ".json"), (1_000 + number, 1_000 + number))
    await cache.find([ONE])  # used a moment ago: now TWO is the one to go
    await cache.keep(THREE, *picture(tmp_path, b"3" * 1_000))
    assert files(cache) == ["1.bin", "1.json", "3.bin", "3.json"]
    await cache.keep("4" * 64, *picture(tmp_path, b"4" * 3_000))  # larger than all the room there is
    assert await cache.find(["4" * 64]) == [None]


@pytest.mark.slow
async def test_the_room_is_bounded_over_many_pictures_and_two_processes(tmp_path: Path, renderer: Renderer) -> None:
    caches = [CaptureCache(tmp_path / "captures", 20_000, renderer) for _ in range(2)]
    for number in range(500):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        (tmp_path / "p.png").unlink(missing_ok=True)
        (tmp_path / "p.png").write_bytes(b"x" * 300)
        await caches[number % 2].keep(key, tmp_path / "p.png", "0" * 64, 300)
    size_bytes = sum(path.stat().st_size for path in caches[0]._disk.folder.glob("*/*"))
    # between two counts each process knows of its own writes only
    assert 5_000 < size_bytes <= 2 * 20_000


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "key": "x", "check": "", "known": {}}']
)
async def test_a_broken_entry_is_no_entry_and_goes(cache: CaptureCache, tmp_path: Path, broken: bytes) -> None:
    await cache.keep(ONE, *picture(tmp_path))
    cache._disk._path(ONE, ".json").write_bytes(broken)
    assert await cache.find([ONE]) == [None]
    assert files(cache) == []


async def test_an_entry_under_another_s_name_is_no_entry(cache: CaptureCache, tmp_path: Path) -> None:
    await cache.keep(ONE, *picture(tmp_path))
    cache._disk._path(TWO, ".json").parent.mkdir(parents=True)
    cache._disk._path(ONE, ".json").rename(cache._disk._path(TWO, ".json"))
    assert await cache.find([TWO]) == [None]


async def test_a_write_that_fails_is_not_kept_and_harms_nobody(tmp_path: Path, renderer: Renderer) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = CaptureCache(tmp_path / "file" / "captures", 1_000_000, renderer)
    await cache.keep(ONE, *picture(tmp_path))
    assert await cache.find([ONE]) == [None]
    await cache.keep_note(ONE, {"slices": []})
    assert await cache.read_note(ONE) is None


async def opened(root: Path):
    store = LocalArtifactStore(root / "data")
    await store.prepare()
    return await store.open_staging("run", 1)


async def test_a_kept_picture_becomes_a_file_of_staging_if_it_is_still_what_it_was(
    cache: CaptureCache, tmp_path: Path
) -> None:
    path, sha256, size_bytes = picture(tmp_path)
    staging = await opened(tmp_path)
    for _ in range(2):  # also where the same file is there already
        [file] = await staging.adopt([Offer("slides/0001.png", path, sha256)])
        assert file is not None
        assert (file.sha256, file.size_bytes, file.media_type) == (sha256, size_bytes, "image/png")
        assert staging.path("slides/0001.png").read_bytes() == b"picture"
    path.write_bytes(b"pictura")  # the same size
    assert await staging.adopt([Offer("slides/0002.png", path, sha256)]) == [None]
    assert await staging.adopt([Offer("slides/0003.png", tmp_path / "gone", sha256)]) == [None]
    assert [entry.name for entry in staging.path("slides").iterdir()] == ["0001.png"]


async def test_nothing_is_adopted_into_a_folder_that_a_later_attempt_took(tmp_path: Path) -> None:
    path, sha256, _ = picture(tmp_path)
    staging = await opened(tmp_path)
    await LocalArtifactStore(tmp_path / "data").open_staging("run", 2)
    with pytest.raises(AttemptSuperseded):
        await staging.adopt([Offer("slides/0001.png", path, sha256)])


async def test_many_at_once_neither_fail_nor_leave_anything(cache: CaptureCache, tmp_path: Path) -> None:
    kept = picture(tmp_path)

    async def work() -> None:
        for _ in range(20):
            await cache.keep(ONE, *kept)
            [found] = await cache.find([ONE])
            assert found is None or found.sha256 == kept[1]
            await cache.drop(ONE)

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(work)
    assert [name for name in files(cache) if name.endswith(".tmp")] == []


# What a picture shows


def test_a_new_or_changed_font_stops_the_cache_until_the_server_starts_anew(renderer: Renderer, fonts: Path) -> None:
    first = renderer.digest()
    assert first is not None
    (fonts / "noto" / "b.ttf").write_bytes(b"another")
    assert renderer.digest() is None
    assert Renderer(renderer._config, [fonts]).digest() not in (None, first)
    (fonts / "noto" / "b.ttf").unlink()
    assert renderer.digest() == first
    times = (fonts / "noto" / "a.ttf").stat()
    (fonts / "noto" / "a.ttf").write_bytes(b"FONT")
    os.utime(fonts / "noto" / "a.ttf", ns=(times.st_atime_ns, times.st_mtime_ns))  # the same size and date
    assert renderer.digest() is None


def test_a_font_behind_a_link_counts_and_a_circle_of_links_ends(
    tmp_path: Path, renderer: Renderer, fonts: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (fonts / "more").symlink_to(elsewhere)
    (fonts / "circle").symlink_to(fonts)
    first = Renderer(renderer._config, [fonts]).digest()
    (elsewhere / "c.ttf").write_bytes(b"font")
    assert Renderer(renderer._config, [fonts]).digest() != first


def test_another_chromium_stops_the_cache(renderer: Renderer, chromium: Path) -> None:
    assert renderer.digest() is not None
    chromium.write_text("#!/bin/sh\n# newer\n")
    assert renderer.digest() is None
    chromium.unlink()
    assert renderer.digest() is None


def test_every_limit_of_the_pool_and_the_code_belong_to_the_renderer(
    renderer: Renderer, chromium: Path, fonts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = BrowserPoolConfig(executable=chromium)
    digests = {renderer.digest()}
    numbers = [field.name for field in fields(config) if isinstance(getattr(config, field.name), int | float)]
    for name in numbers:
        digests.add(Renderer(replace(config, **{name: getattr(config, name) + 1}), [fonts]).digest())
    monkeypatch.setattr(renderer_module, "_CODE", Path(renderer_module.__file__).parent)
    digests.add(Renderer(config, [fonts]).digest())
    assert len(digests) == 2 + len(numbers)


def test_code_that_is_moved_draws_as_before_and_code_that_draws_nothing_does_not_count(
    renderer: Renderer, chromium: Path, fonts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "browser"
    shutil.copytree(renderer_module._CODE, code, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(renderer_module, "_CODE", code)

    def digest() -> str | None:
        return Renderer(BrowserPoolConfig(executable=chromium), [fonts]).digest()

    assert digest() == renderer.digest()
    (code / "slides" / "page_breaks.py").rename(code / "breaks_of_pages.py")
    (code / "setup" / "install.py").write_text("# other words")
    (code / "cache" / "capture_cache.py").write_text("# other words")
    assert digest() == renderer.digest()
    with (code / "breaks_of_pages.py").open("a") as file:
        file.write("# another")
    assert digest() not in {None, renderer.digest()}


SPECS: dict[str, st.SearchStrategy[object]] = {
    "zoom": st.floats(0.5, 4),
    "viewport_width": st.integers(320, 7680),
    "viewport_height": st.integers(240, 4320),
    "overlap": st.floats(0, 20),
    "page_breaks": st.sampled_from(["blocks", "scroll"]),
    "fit": st.sampled_from(["shrink", "split", "clip"]),
    "max_screenshots": st.integers(1, 500),
    "image_format": st.sampled_from(["png", "jpeg", "webp"]),
    "image_quality": st.integers(1, 100),
    "png_mode": st.sampled_from(["speed", "size"]),
}


def test_every_field_of_the_spec_is_known_here() -> None:
    """A new field is in the keys by itself, unless it says that it is not shown; here it needs a strategy."""
    assert {name for name, changes in CHANGES.items() if changes.part not in ("document", "packing")} == set(SPECS)


def spec_of(values: dict[str, object]) -> RunSpec:
    return RunSpec(text="x", **{name: value for name, value in values.items() if name in RunSpec.model_fields})


@given(st.fixed_dictionaries(SPECS), st.data())
@pytest.mark.slow
def test_a_changed_field_that_shows_never_has_the_same_key(values: dict[str, object], data: st.DataObject) -> None:
    spec = spec_of(values)
    piece = Slice(0, 100, 0)
    for name in set(SPECS) & set(RunSpec.model_fields):
        other = spec_of({**values, name: data.draw(SPECS[name].filter(lambda v, n=name: v != values[n]))})
        changes_plan = plan_key(spec, ONE, TWO) != plan_key(other, ONE, TWO)
        assert changes_plan == (CHANGES[name].part != "writing")
        unused = name == "image_quality" if spec.image_format == "png" else name == "png_mode"
        changes_picture = picture_key(spec, ONE, TWO, piece) != picture_key(other, ONE, TWO, piece)
        assert changes_picture == (CHANGES[name].part != "slices" and not unused)


@given(
    st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.sampled_from([ONE, TWO]), *[st.floats(0, 9)] * 3), min_size=2)
)
def test_document_renderer_and_place_are_in_the_key(places: list[tuple[str, str, float, float, float]]) -> None:
    spec = RunSpec(text="x")
    keys = {picture_key(spec, document, renderer, Slice(*place)) for document, renderer, *place in places}
    assert len(keys) == len({(a, b, *map(float.__add__, place, (0.0,) * 3)) for a, b, *place in places})


@pytest.mark.parametrize(
    "other", [{"outputs": ["zip", "images"]}, {"output_name": "Other"}, {"title": "Other"}, {"text": "Other"}]
)
def test_what_is_not_shown_is_not_in_the_key(other: dict[str, object]) -> None:
    spec, changed = RunSpec(text="x"), RunSpec(**{"text": "x", **other})
    assert picture_key(spec, ONE, TWO, Slice(0, 9)) == picture_key(changed, ONE, TWO, Slice(0, 9))
    assert plan_key(spec, ONE, TWO) == plan_key(changed, ONE, TWO)
