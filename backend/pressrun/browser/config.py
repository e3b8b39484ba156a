"""The limits of a browser pool, each with its reason. Values come from settings.py; defaults are the measured ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pressrun.browser.addresses import RemoteAddress


@dataclass(frozen=True, slots=True)
class BrowserPoolConfig:
    """How a pool behaves. Immutable."""

    executable: Path | None = None
    """PRESSRUN_CHROMIUM; None: `find_chromium` looks."""

    local: int = 1
    """Browsers of this machine: one for each core is fastest, more only cost memory (BROWSER.md, "The fast way")."""

    remote: tuple[RemoteAddress, ...] = ()
    """Browsers elsewhere."""

    contexts: int = 4
    """Pages open at a time in one browser (times its weight), 25 to 60 MB each; they capture in turns."""

    captures: int = 2
    """Captures under way at a time in one browser (times its weight): the second uses the time in which the first waits
    for its frame; a third gives nothing (decision 0021)."""

    max_waiting: int = 64
    """Length of the line; arbitrary. A longer one would only be waited for in vain."""

    lease_timeout_s: float = 120
    """From asking for a lease to having its page, the wait in line included."""

    turn_s: float = 2
    """How long one capture may keep the others of its browser waiting; then the next goes ahead beside it."""

    connect_timeout_s: float = 10
    """To a browser elsewhere: two round trips and its launch."""

    reconnect_s: float = 0.5
    """How long a browser that could not be started is left alone, doubled each time …"""

    reconnect_max_s: float = 30
    """… up to this. A run that finds no other browser tries at once all the same."""

    idle_ping_s: float = 30
    """The same while nobody uses it; whoever does asks for a sign of life at once."""

    idle_s: float = 300
    """A browser that nobody used for so long is closed; the first one stays, so that a run never waits for a start."""

    launch_timeout_s: float = 30
    """Driver and Chromium take 0.4 s; a cold disk under load took 8 s."""

    open_timeout_s: float = 10
    """A context and its page take 0.04 s; one that takes this long belongs to a frozen browser."""

    load_timeout_s: float = 30
    """A document of 5 MB loads in under 5 s; what is not ready by then loops or waits for something unreachable."""

    capture_timeout_s: float = 20
    """A slide takes 0.1 s, at 7680x4320 pixels 1.5 s."""

    pdf_timeout_s: float = 120
    """20 pages take 0.6 s; grows with the document."""

    close_timeout_s: float = 2
    """A context closes in 5 ms, also from an endless loop; after this the browser is killed instead."""

    cancel_grace_s: float = 0.8
    """How long a cancelled caller is kept for the cleanup, which goes on without it: cancel answers within 1 s."""

    ping_interval_s: float = 1.5
    """With the timeout below, a frozen browser is found and replaced within 5 s (SAFETY.md, "Faults")."""

    ping_timeout_s: float = 2.5
    """`Browser.getVersion` takes under 1 ms; with every core busy up to 0.3 s, behind a document of 5 MB over 1 s."""

    recycle_after: int = 100
    """Contexts made by one browser before it is replaced; what other pools use."""

    recycle_rss_bytes: int = 1_000_000_000
    """Memory of a browser's main process at which it is replaced: it has 150 MB at first, and stays flat."""

    max_windows: int = 20
    """Windows a document may open; each is closed at once. One that opens more is ended."""

    max_frames: int = 100
    """Documents within the document: frames, iframes, objects, embeds. 100 take a second; of 1 000 that are refused
    what they name the browser dies after 38 s with all pages in it, of 1 000 others after 15 to 50 (measured once)."""

    max_height_css_px: float = 1_000_000
    """Twice of what was tested; Chromium's own layout ends at 33 million device pixels."""

    max_nodes: int = 300_000
    """Elements of a document. A million takes Chromium 2 GB."""

    max_boxes: int = 200_000
    """Lines and blocks that are measured; 500 slides need under 20 000."""

    max_picture_pixels: int = 150_000_000
    """Decoded pixels of all pictures together: 600 MB at 4 bytes each."""

    max_memory_mb: int = 1_000
    """Of a page's process, whatever takes it: 100 MB are there from the start, pictures up to their limit take 600 to
    800. Looked at ten times a second, so a page may have some 100 MB more for a moment; not for browsers elsewhere."""

    max_heap_mb: int = 256
    """JavaScript heap of a page: a bomb ends after 0.2 s and 350 MB instead of 7 s and 4 GB (BROWSER.md)."""
