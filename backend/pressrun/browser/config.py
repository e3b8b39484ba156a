"""The limits of a browser pool, each with its reason. Values come from settings.py; defaults are the measured ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pressrun.meters import Meters


@dataclass(frozen=True, slots=True)
class BrowserPoolConfig:
    """How a pool behaves. Immutable."""

    executable: Path | None = None
    """PRESSRUN_CHROMIUM; None: `find_chromium` looks."""

    contexts: int = 2
    """Leases at a time. Past one capture per core only latency grows (BROWSER.md, "The fast way")."""

    max_waiting: int = 64
    """Length of the line; arbitrary. A longer one would only be waited for in vain."""

    lease_timeout_s: float = 120
    """From asking for a lease to having its page, the wait in line included."""

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

    ping_interval_s: float = 2
    """With the timeout below, a frozen browser is found and replaced within 5 s (SAFETY.md, "Faults")."""

    ping_timeout_s: float = 2
    """`Browser.getVersion` takes under 1 ms; on a machine with every core busy up to 0.3 s."""

    recycle_after: int = 100
    """Contexts made by one browser before it is replaced; what other pools use."""

    max_height_css_px: float = 1_000_000
    """Twice of what was tested; Chromium's own layout ends at 33 million device pixels."""

    max_nodes: int = 300_000
    """Elements of a document. A million takes Chromium 2 GB."""

    max_boxes: int = 200_000
    """Lines and blocks that are measured; 500 slides need under 20 000."""

    max_picture_pixels: int = 150_000_000
    """Decoded pixels of all pictures together: 600 MB at 4 bytes each."""

    max_heap_mb: int = 256
    """JavaScript heap of a page: a bomb ends after 0.2 s and 350 MB instead of 7 s and 4 GB (BROWSER.md)."""

    meters: Meters = field(default_factory=Meters, repr=False, compare=False)
    """Where the pool counts; no part of how it behaves."""
