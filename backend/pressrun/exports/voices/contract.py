"""What a voice is. It speaks out of this process, and takes its text by stdin or in a body, never as an argument."""

from __future__ import annotations

from typing import Protocol

MAX_SPOKEN_BYTES = 40 << 20  # a sentence of 400 characters is half a minute: 1.3 MB at 22 kHz, 6 MB at 48 kHz stereo


class Voice(Protocol):
    """Opened by `catalog.open_voices`; may be shared by the sentences of one run."""

    @property
    def name(self) -> str:
        """As `voice` of a request has it."""
        ...

    @property
    def identity(self) -> str:
        """What of it changes how a sentence sounds; a part of the key under which it is kept."""
        ...

    async def tongue(self, lang: str, text: str) -> str | None:
        """Its own name for how it would say this text of that language (BCP 47; empty: unknown); None: it cannot."""
        ...

    async def speak(self, text: str, tongue: str, rate: float) -> bytes:
        """A sentence as a sound file that ffmpeg reads, at `rate` times the usual speed.

        Raises: VoiceFailed, VoiceTimeout, DiskFull.
        """
        ...


def candidates(lang: str) -> list[str]:
    """The tag, and ever shorter ones, in lower case: `pt-br`, `pt`."""
    parts = lang.lower().replace("_", "-").split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1) if parts[0]]
