"""Which voices this server has, and which of them a run may use, the best first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pressrun.errors import VoiceFailed
from pressrun.exports.contract import Missing
from pressrun.exports.voices.contract import Voice
from pressrun.exports.voices.endpoint import missing_endpoint, open_endpoint
from pressrun.exports.voices.espeak import Espeak, missing_espeak
from pressrun.exports.voices.piper import Piper, missing_piper
from pressrun.request_errors import FieldProblem
from pressrun.settings import VoiceSettings
from pressrun.spec import VoiceName

# What an operator has set up goes before what is there anyway.
_BEST_FIRST: Sequence[VoiceName] = ("api", "piper", "espeak")


def missing_for_voice(name: VoiceName, settings: VoiceSettings) -> Missing | None:
    """What this server lacks for that voice; for `auto`, when it has none at all."""
    if name == "none":
        return None
    lacks = {
        "api": missing_endpoint(settings),
        "piper": missing_piper(settings.piper_voice),
        "espeak": missing_espeak(),
    }
    if name != "auto":
        return lacks[name]
    return None if None in lacks.values() else lacks["espeak"]


def refused_voice(name: VoiceName, settings: VoiceSettings) -> list[FieldProblem]:
    """The problem of the field `voice`, if it is one."""
    missing = missing_for_voice(name, settings)
    if missing is None:
        return []
    problem = f"`{name}` is no voice of this server: {missing.what}"
    return [{"field": "voice", "problem": problem, "valid": f"`none`; or: {missing.remedy}"}]


@asynccontextmanager
async def open_voices(name: VoiceName, settings: VoiceSettings, folder: Path) -> AsyncIterator[list[Voice]]:
    """Those that may speak, the best first; `folder` is there, for their files. Raises: VoiceFailed: there is none."""
    wanted = _BEST_FIRST if name == "auto" else (name,)
    voices: list[Voice] = []
    async with AsyncExitStack() as stack:
        for each in wanted:
            if missing_for_voice(each, settings) is not None:
                continue
            if each == "api":
                voices.append(await stack.enter_async_context(open_endpoint(settings)))
            elif each == "piper" and settings.piper_voice is not None:
                voices.append(Piper(settings.piper_voice.absolute(), folder, settings.timeout_s))
            elif each == "espeak":
                voices.append(Espeak(settings.timeout_s))
        missing = missing_for_voice(name, settings)
        if not voices and missing is not None:
            raise VoiceFailed(f"{missing.what}; {missing.remedy}; then retry.")
        yield voices
