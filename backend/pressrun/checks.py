"""What a run needs of this machine besides a browser that starts and a database that answers, and what mends it.

For the doctor and for a running server (GET /system) alike. Nothing here starts or changes anything.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.install import FONT_PACKAGES
from pressrun.export_kinds import EXPORT_KINDS
from pressrun.exports.contract import missing_for
from pressrun.exports.voices.catalog import missing_for_voice
from pressrun.settings import Settings
from pressrun.spec import VoiceName
from pressrun.themes.catalog import BUILT_IN, BadTheme, read_themes

_DISK_LOW_BYTES = 1_000_000_000  # about 50 batch folders of 20 slides
_DISK_FULL_BYTES = 100_000_000  # a few batch folders: the next run may not fit


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `ok` is None where nothing is broken but a person may want to know."""

    name: str
    ok: bool | None
    detail: str
    remedy: str = ""


def check_sandbox() -> Check:
    """Only after a page was opened: a normal user's Chromium does not start without its sandbox."""
    if os.geteuid() != 0:
        return Check("sandbox", True, "Chromium runs in its sandbox")
    return Check("sandbox", None, "off, because root cannot use it", "Run Pressrun as a normal user.")


async def check_fonts(pool: BrowserPool) -> list[Check]:
    from pressrun.browser.setup.fonts import SAMPLES, scripts_without_font  # noqa: PLC0415 - Pillow, not at a start

    missing = await scripts_without_font(pool)
    remedy = f"Debian, Ubuntu: sudo apt-get install {' '.join(FONT_PACKAGES)}; elsewhere: the Noto fonts."
    return [
        Check(f"font {script}", False, "drawn as empty boxes", remedy)
        if script in missing
        else Check(f"font {script}", True, f"{sample} is drawn")
        for script, sample in SAMPLES.items()
    ]


def check_disk(folder: Path) -> Check:
    free_bytes = shutil.disk_usage(folder).free
    detail = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= _DISK_LOW_BYTES:
        return Check("disk", True, detail)
    return Check("disk", None if free_bytes >= _DISK_FULL_BYTES else False, detail, f"Free some space under {folder}.")


def check_exports() -> list[Check]:
    """Those that not every machine can make; the server refuses a run that wants one that this machine cannot."""
    return [
        Check(f"export {kind.name}", True, "can be made here")
        if (missing := missing_for(kind)) is None
        else Check(f"export {kind.name}", None, missing.what, missing.remedy)
        for kind in EXPORT_KINDS
        if kind.conditional
    ]


def check_themes(settings: Settings) -> Check:
    try:
        themes = read_themes(settings.themes_dir)
    except BadTheme as exc:
        return Check("themes", False, f"{exc.path}: {exc.wrong}", f"{exc.advice[:1].upper()}{exc.advice[1:]}.")
    own = ", ".join(name for name in themes if name not in BUILT_IN)
    return Check("themes", True, f"{len(BUILT_IN)} are built in{f'; of PRESSRUN_THEMES_DIR: {own}' if own else ''}")


def check_voices(settings: Settings) -> list[Check]:
    """Of narrated videos. Those of a setting only where it is set: nobody has to have them."""
    wanted: list[VoiceName] = ["espeak"]
    wanted += ["piper"] if settings.voice.piper_voice is not None else []
    wanted += ["api"] if settings.voice.base_url is not None else []
    return [
        Check(f"voice {name}", True, "can speak here")
        if (missing := missing_for_voice(name, settings.voice)) is None
        else Check(f"voice {name}", None if name == "espeak" else False, missing.what, missing.remedy)
        for name in wanted
    ]
