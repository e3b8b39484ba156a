"""espeak-ng: offline, in a hundred languages, a robot's voice. The default where it is installed."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field

import anyio

from pressrun.errors import VoiceFailed, VoiceTimeout
from pressrun.exports.contract import Missing
from pressrun.exports.media.process import Finished, ToolMissing, ToolSilent, ToolTalks, run_tool
from pressrun.exports.voices.contract import MAX_SPOKEN_BYTES, candidates

_WORDS_A_MINUTE = 160  # its own 175 is brisk for somebody who learns
_NAMES = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "no": "nb", "sr": "sr", "he": "he", "iw": "he", "in": "id"}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_MISSING = Missing("espeak-ng is not found", "Debian: sudo apt-get install espeak-ng")


def missing_espeak() -> Missing | None:
    """What this machine lacks for it."""
    return None if shutil.which("espeak-ng") else _MISSING


@dataclass(slots=True)
class Espeak:
    """See `Voice`. Knows its languages once it was asked for the first."""

    timeout_s: float
    name: str = "espeak"
    identity: str = "espeak-ng"
    _known: frozenset[str] = frozenset()
    _asking: anyio.Lock = field(default_factory=anyio.Lock)

    async def tongue(self, lang: str, text: str) -> str | None:
        if lang.lower().startswith("ja") and _HAN.search(text):
            return None  # of 1.51: it says "Chinese letter" for each
        async with self._asking:  # else all sentences that begin at once would ask
            if not self._known:
                self._known = await self._languages()
        names = [_NAMES.get(tag, tag) for tag in candidates(lang or "en")]
        return next((name for name in names if name in self._known), None)

    async def speak(self, text: str, tongue: str, rate: float) -> bytes:
        speed = str(round(_WORDS_A_MINUTE * rate))
        plain = text.replace("[[", "[ [")  # between two of them stand phonemes
        ended = await self._run("-v", tongue, "-s", speed, "-b", "1", "--stdin", "--stdout", stdin=plain.encode())
        return ended.output

    async def _languages(self) -> frozenset[str]:
        listed = (await self._run("--voices")).output.decode(errors="replace")
        return frozenset(line.split()[1].lower() for line in listed.splitlines()[1:] if len(line.split()) > 1)

    async def _run(self, *arguments: str, stdin: bytes = b"") -> Finished:
        found = shutil.which("espeak-ng")
        if found is None:
            raise VoiceFailed(f"{_MISSING.what}; {_MISSING.remedy}; then retry.")
        return await run_voice([found, *arguments], stdin, self.timeout_s)


async def run_voice(command: list[str], stdin: bytes, limit_s: float) -> Finished:
    """A program that speaks, to its good end. Raises: VoiceFailed, VoiceTimeout."""
    try:
        ended = await run_tool(command, stdin=stdin, limit_s=limit_s, max_output_bytes=MAX_SPOKEN_BYTES)
    except ToolMissing as exc:
        raise VoiceFailed(f"The voice program {command[0]} is no longer there; install it again, then retry.") from exc
    except ToolSilent as exc:
        raise VoiceTimeout from exc
    except ToolTalks as exc:
        raise VoiceFailed from exc
    if ended.code != 0:
        raise VoiceFailed from RuntimeError(f"exit code {ended.code}: {ended.said[-500:]}")
    return ended
