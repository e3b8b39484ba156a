"""A page that reaches nothing, and our own hands in it. Owns how a context is made and how its page is spoken to.

What Pressrun asks the page runs in an isolated world: the document's scripts cannot see or change it, and it works
with scripts off. No call here has a deadline of its own; `Lease` gives them one.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.ports import PageScriptFailed, Screen

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, CDPSession, Dialog, Frame, Page, ProxySettings, Route

_WORLD = "pressrun"
_BLANK = "about:blank"


class NavigatedAwayError(Exception):
    """The document replaced itself by another one."""


# Once in some thousand captures on a machine with ten times more work than cores Chromium has no frame to show, and
# has one at once when asked again.
_NO_FRAME = "Unable to capture screenshot"
_CAPTURE_ATTEMPTS = 3

# How large the screen is drawn between two captures; nobody sees it. At `zoom` itself Chromium would keep tiles drawn
# for another scroll position. At 1 its root has no transform, and each capture would add one and take it away again:
# both times Chromium walks the whole document, 65 ms of 2 000 slides (decision 0018). Under every zoom of a RunSpec.
_REST_SCALE = 0.4

# Functions that are written in several files: the folder of in_page, and its files in an order in which each is read
# after what it needs to be read. The last has the function, by the name that is called.
_IN_PARTS = {
    "compose_measure": ("composeMeasure", "composing", ("endless", "tables", "atoms", "runs", "measure")),
    "open_layout": ("openLayout", "opening", ("tree", "frames", "decks", "layers", "boxes", "sides", "open")),
    "painted_words": ("paintedWords", "words", ("places", "blocks", "text", "pictures", "context", "walk", "words")),
    "painted_shapes": (
        "paintedShapes",
        "shapes",
        ("places", "colours", "boxes", "text", "tables", "context", "walk", "shapes"),
    ),
}

# For browsers whose launch flags are not ours: the same proxy that cannot be reached, for the context.
DEAD_PROXY: ProxySettings = {"server": "http://sealed.invalid:9", "bypass": "<-loopback>"}


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What a page may not exceed, whatever the document does."""

    max_windows: int
    max_frames: int
    max_memory_bytes: int
    drop_timeout_s: float = 1.0  # a connection closes in milliseconds


@dataclass(slots=True)
class SealedPage:
    """One page in one context of its own, as large as one slide. Not shared; ends with its context."""

    context: BrowserContext
    page: Page
    session: CDPSession
    screen: Screen
    limits: PageLimits
    fixed: bool = False  # its view is as large as the picture all the time
    on_load: Callable[[], None] | None = None  # called when a document comes into it
    is_blank: bool = True  # nothing has been loaded, so nothing in it can grow
    _world: int | None = None
    crashed: bool = False
    outgrown: bool = False
    windows: int = 0
    frames: int = 0

    @property
    def flooded(self) -> bool:
        return self.windows > self.limits.max_windows

    @property
    def overframed(self) -> bool:
        return self.frames > self.limits.max_frames

    async def set_content(self, html: str, timeout_s: float) -> None:
        """Loads the document; the only way in: one from a URL could read files (BROWSER "Sealing a page")."""
        self.is_blank = False
        if self.on_load is not None:
            self.on_load()
        blank = await self.session.send("Page.getFrameTree")
        await self.page.set_content(html, wait_until="load", timeout=timeout_s * 1000)
        tree = await self.session.send("Page.getFrameTree")
        if tree["frameTree"]["frame"]["loaderId"] != blank["frameTree"]["frame"]["loaderId"]:
            raise NavigatedAwayError  # to another blank page, perhaps: what was written into the first one is gone
        world = await self.session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": _WORLD}
        )
        self._world = int(world["executionContextId"])

    async def ask(self, script: str, argument: dict[str, Any]) -> Any:
        """The answer of a function of `in_page/` to `argument`.

        Raises:
            NavigatedAwayError: the document that was loaded is no longer there.
            PageScriptFailed: the function itself failed.
        """
        if self.page.url != _BLANK:
            raise NavigatedAwayError(self.page.url)
        try:
            answer = await self.session.send(
                "Runtime.callFunctionOn",
                {
                    "functionDeclaration": _source(script),
                    "executionContextId": self._world,
                    "arguments": [{"value": argument}],
                    "awaitPromise": True,
                    "returnByValue": True,
                },
            )
        except async_api.Error as exc:
            if "Cannot find context" in exc.message or "context was destroyed" in exc.message:
                raise NavigatedAwayError from exc
            raise
        if "exceptionDetails" in answer:
            raise PageScriptFailed(f"in_page/{script}.js: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def screenshot(self, x: float, y: float, format: str, quality: int | None) -> str:
        """What the screen shows at this scroll position, base64. The clip is the screen itself: see `open_page`."""
        options: dict[str, Any] = {"format": format}
        if format == "png":
            options["optimizeForSpeed"] = True  # a third of the time, identical pixels (BROWSER "The fast way")
        else:
            options["quality"] = quality
        if self.fixed:
            return await self._capture({**options, "fromSurface": False})
        screen = self.screen
        clip = {
            "x": x,
            "y": y,
            "width": screen.width / screen.zoom,
            "height": screen.height / screen.zoom,
            "scale": 1,
        }
        return await self._capture({**options, "clip": clip})

    async def _capture(self, options: dict[str, Any]) -> str:
        for attempt in range(1, _CAPTURE_ATTEMPTS + 1):
            try:
                answer = await self.session.send("Page.captureScreenshot", options)
                return str(answer["data"])
            except async_api.Error as exc:
                if _NO_FRAME not in exc.message or attempt == _CAPTURE_ATTEMPTS:
                    raise
        raise AssertionError

    async def clear_canvas(self) -> None:
        """See `OpenPage`."""
        clear = {"color": {"r": 0, "g": 0, "b": 0, "a": 0}}
        await self.session.send("Emulation.setDefaultBackgroundColorOverride", clear)

    async def pdf(self, width_css_px: float, height_css_px: float) -> bytes:
        """The document printed as it looks on the screen, on pages of that size."""
        return await self._pdf(width_css_px, height_css_px)

    async def print_tall(self, *, first_page_only: bool) -> bytes:
        """See `OpenPage`. The scale makes a CSS px a whole point, the only unit that Chromium does not round."""
        screen, scale = self.screen, 4 / 3
        width, height = _whole(screen.width / screen.zoom), _whole(screen.height / screen.zoom)
        return await self._pdf(width * scale, height * scale, scale, "1" if first_page_only else None)

    async def _pdf(self, width: float, height: float, scale: float | None = None, pages: str | None = None) -> bytes:
        await self.page.emulate_media(media="screen")
        return await self.page.pdf(
            width=f"{width}px",
            height=f"{height}px",
            scale=scale,
            print_background=True,
            prefer_css_page_size=True,
            tagged=True,
            outline=True,
            page_ranges=pages,
        )

    async def close(self) -> None:
        """Ends the context with all that is in it."""
        await self.context.close()


async def open_page(
    browser: Browser, screen: Screen, limits: PageLimits, *, proxied: bool = False, fixed: bool = False
) -> SealedPage:
    """A fresh context with one blank page, sealed; `proxied`: by a dead proxy of its own as well.

    The page is laid out `width / zoom` CSS px wide at a device scale factor of `zoom`. Whole CSS px are all that
    Chromium takes, so the screen is rounded up and captures are cut to the exact size: of the ways tried (CSS zoom,
    adjusted scale factor, clip.scale) the only one with exact pixels at every zoom and right `vw` units.

    `fixed`: cut by the view, which gets the picture's size once; a headless shell shows whatever stands in it. Else by
    a clip, for which Chromium makes the view larger for each capture and small again after it: everywhere right, but
    every tile is drawn twice (decision 0017).
    """
    zoom = screen.zoom
    size = {"width": _whole(screen.width / zoom), "height": _whole(screen.height / zoom)}
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        device_scale_factor=zoom,
        java_script_enabled=screen.scripts,
        offline=True,
        service_workers="block",
        accept_downloads=False,
        reduced_motion="reduce",
        proxy=DEAD_PROXY if proxied else None,
    )
    await context.route("**/*", _abort)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    # Through our own session as well: captures of a session know nothing of another's device metrics.
    metrics = {**size, "deviceScaleFactor": zoom, "mobile": False}
    if fixed:
        metrics |= {"scale": zoom, "dontSetVisibleSize": True}
    elif zoom != 1:
        metrics |= {"scale": _REST_SCALE}
    await session.send("Emulation.setDeviceMetricsOverride", metrics)
    # Ours are launched so; one elsewhere would lay the page out by a scroll bar narrower, and could not help.
    await session.send("Emulation.setScrollbarsHidden", {"hidden": True})
    if fixed:
        await session.send("Emulation.setVisibleSize", {"width": screen.width, "height": screen.height})
    sealed = SealedPage(context, page, session, screen, limits, fixed)
    page.on("crash", partial(_note_crash, sealed))
    page.on("dialog", _dismiss)
    page.on("frameattached", partial(_count_frame, sealed))
    context.on("page", partial(_close_window, sealed))
    return sealed


def _whole(value: float) -> int:
    return max(1, -int(-(value - 1e-6) // 1))


async def _note_crash(sealed: SealedPage, _: Page) -> None:
    """Ends the calls under way: what is asked of a page that has crashed is never answered."""
    sealed.crashed = True
    try:
        await sealed.close()
    except async_api.Error:
        return  # its browser went with it


async def _abort(route: Route) -> None:
    # "aborted" cancels a navigation and keeps the document; other codes show an error page in its place.
    await route.abort("aborted")


async def _dismiss(dialog: Dialog) -> None:
    """Playwright dismisses dialogs by itself only while nobody listens on page *and* context; be explicit."""
    await dialog.dismiss()


async def _close_window(sealed: SealedPage, window: Page) -> None:
    """Windows of a document show nothing to anybody; one that opens them without end is ended itself."""
    sealed.windows += 1
    try:
        await (sealed.context if sealed.flooded else window).close()
    except async_api.Error:
        return  # it went with its context


async def _count_frame(sealed: SealedPage, _: Frame) -> None:
    """Each is a document of its own, whatever element holds it; too many take the browser along, so the page ends."""
    sealed.frames += 1
    if sealed.frames == sealed.limits.max_frames + 1:
        try:
            await sealed.close()
        except async_api.Error:
            return  # it went with its context


@lru_cache
def _source(script: str) -> str:
    """A file with one function in it, or all files of one function, in one scope."""
    in_page = importlib.resources.files(__package__).joinpath("in_page")
    if script not in _IN_PARTS:
        return in_page.joinpath(f"{script}.js").read_text(encoding="utf-8")
    function, folder, names = _IN_PARTS[script]
    parts = [in_page.joinpath(folder, f"{name}.js").read_text(encoding="utf-8") for name in names]
    return "\n".join(["async (argument) => {", *parts, f"return {function}(argument);", "}"])
