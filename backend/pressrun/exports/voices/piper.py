"""Piper: a neural voice in a file, PRESSRUN_PIPER_VOICE. Only its command line is relied on.

`piper --model FILE --output_file FILE --length_scale N`, the text on stdin, as of its first release to today's.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread

from pressrun.errors import VoiceFailed
from pressrun.exports.contract import Missing
from pressrun.exports.voices.contract import MAX_SPOKEN_BYTES, candidates
from pressrun.exports.voices.espeak import run_voice

_INSTALL = "pip install piper-tts (rhasspy.github.io/piper-samples has voices), and set PRESSRUN_PIPER_VOICE"


def find_piper() -> Path | None:
    """On the path, or beside this Python, where pip puts it."""
    beside = Path(sys.executable).with_name("piper")
    found = shutil.which("piper") or (str(beside) if beside.is_file() else None)
    return None if found is None else Path(found)


def missing_piper(model: Path | None) -> Missing | None:
    """What this server lacks for it."""
    if model is None:
        return Missing("PRESSRUN_PIPER_VOICE is not set", _INSTALL)
    if not model.is_file():
        return Missing("PRESSRUN_PIPER_VOICE names no file", "correct it")
    return None if find_piper() is not None else Missing("piper is not found", _INSTALL)


@dataclass(frozen=True, slots=True)
class Piper:
    """See `Voice`. `folder` is for its files, which are gone when a sentence is said."""

    model: Path
    folder: Path
    timeout_s: float
    name: str = "piper"

    @property
    def identity(self) -> str:
        try:
            seen = self.model.stat()
        except OSError:
            return f"piper {self.model}"
        return f"piper {self.model} {seen.st_size} {seen.st_mtime_ns}"

    async def tongue(self, lang: str, text: str) -> str | None:
        """One voice, one language; a voice file that does not say which speaks any."""
        own = await anyio.to_thread.run_sync(_language_of, self.model)
        spoken = candidates(lang or own)[-1:]
        return (own or "any") if spoken == candidates(own)[-1:] or not own else None

    async def speak(self, text: str, tongue: str, rate: float) -> bytes:
        found = find_piper()
        if found is None:
            raise VoiceFailed("piper is no longer found; install it again, then retry.")
        target = self.folder / f"piper-{secrets.token_hex(4)}.wav"
        length = f"{1 / rate:.3f}"
        command = [str(found), "--model", str(self.model), "--output_file", str(target), "--length_scale", length]
        try:
            await run_voice(command, (text + "\n").encode(), self.timeout_s)
            return await anyio.to_thread.run_sync(_read, target)
        finally:
            target.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SPOKEN_BYTES)
    except FileNotFoundError as exc:
        raise VoiceFailed from exc


def _language_of(model: Path) -> str:
    """As its description beside it has it: `de_DE`."""
    try:
        described: Any = json.loads(model.with_name(model.name + ".json").read_bytes())
        return str(described.get("language", {}).get("code") or described.get("espeak", {}).get("voice") or "")
    except (OSError, ValueError, AttributeError):
        return ""
