"""The limits of a browser pool, each with its reason: here what nobody may set, the rest is settings.py's."""

from __future__ import annotations

from dataclasses import fields
from typing import Self

from pydantic.dataclasses import dataclass

from pressrun.browser.addresses import RemoteAddress, parse_addresses
from pressrun.settings import BrowserSettings


@dataclass(frozen=True)
class BrowserPoolConfig(BrowserSettings):
    """How a pool behaves. Immutable."""

    local: int = 1
    """Browsers of this machine: one for each core is fastest, more only cost memory (BROWSER.md, "The fast way")."""

    remote: tuple[RemoteAddress, ...] = ()
    """Browsers elsewhere."""

    max_waiting: int = 64
    """Length of the queue; arbitrary. A longer one would only be waited for in vain."""

    lease_timeout_s: float = 120
    """From asking for a lease to having its page, the wait in the queue included."""

    slot_limit_s: float = 2
    """How long one capture may keep the others of its browser waiting; then the next goes ahead beside it."""

    connect_timeout_s: float = 10
    """To a browser elsewhere: two round trips and its launch."""

    reconnect_s: float = 0.5
    """How long a browser that could not be started is left alone, doubled each time …"""

    reconnect_max_s: float = 30
    """… up to this. A run that finds no other browser tries at once all the same."""

    idle_ping_s: float = 30
    """The same while nobody uses it; whoever does asks for a heartbeat at once."""

    launch_timeout_s: float = 30
    """Driver and Chromium take 0.4 s; a cold disk under load took 8 s."""

    open_timeout_s: float = 10
    """A context and its page take 0.04 s; one that takes this long belongs to a frozen browser."""

    close_timeout_s: float = 2
    """A context closes in 5 ms, also from an endless loop; after this the browser is killed instead."""

    cancel_grace_s: float = 0.8
    """How long a cancelled caller is kept for the cleanup, which goes on without it: cancel answers within 1 s."""

    ping_interval_s: float = 1.5
    """With the timeout below, a frozen browser is found and replaced within 5 s (SAFETY.md, "Faults")."""

    ping_timeout_s: float = 2.5
    """`Browser.getVersion` takes under 1 ms; with every core busy up to 0.3 s, behind a document of 5 MB over 1 s."""

    recycle_rss_bytes: int = 1_000_000_000
    """Memory of a browser's main process at which it is replaced: it has 150 MB at first, and stays flat."""

    @classmethod
    def of(cls, settings: BrowserSettings) -> Self:
        """Raises: StartupError when PRESSRUN_BROWSERS names none."""
        given = {field.name: getattr(settings, field.name) for field in fields(settings)}
        addresses = parse_addresses(settings.browsers.get_secret_value())
        return cls(**given, local=addresses.local, remote=addresses.remote)
