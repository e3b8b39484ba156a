"""`pressrun themes`: what looks this machine has; the picture of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio

from pressrun.cli.output import say, say_cells, say_json
from pressrun.settings import Settings
from pressrun.theme_preview import draw_preview
from pressrun.themes.catalog import PREVIEW, read_theme, read_themes


def list_themes(*, json: bool) -> None:
    """Raises: BadTheme."""
    for theme in read_themes(Settings().themes_dir).values():
        if json:
            say_json({"name": theme.name, "label": theme.label, "words": theme.words, "scheme": theme.scheme})
        else:
            say_cells([theme.name, theme.scheme, theme.words])


def draw_previews(folders: Sequence[Path]) -> None:
    """Raises: BadTheme, BrowserFailure."""
    for folder in folders:
        theme = read_theme(folder.resolve())
        picture = anyio.run(draw_preview, theme)
        (folder / PREVIEW).write_bytes(picture)
        say(f"{folder / PREVIEW} ({len(picture)} bytes)")
