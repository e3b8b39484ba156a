"""`pressrun themes …` and its help. Each parses, and calls one function."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from pressrun.cli.options import Switch

themes = App(
    name="themes", help="The looks of a document made from text: list them, draw one.", help_format="plaintext"
)


@themes.default
def list_themes(*, json: Switch = False) -> None:
    """List the themes of this machine: the built-in ones, and those of PRESSRUN_THEMES_DIR.

    Parameters
    ----------
    json
        One JSON object per line.
    """
    from pressrun.cli import themes as command

    command.list_themes(json=json)


@themes.command
def preview(*folders: Path) -> None:
    """Check a theme's folder, and draw its preview.webp, by which people choose it.

      pressrun themes preview my-themes/school

    Parameters
    ----------
    folders
        Of the theme: theme.toml and theme.css are in it. Several are drawn one by one.
    """
    from pressrun.cli import themes as command

    command.draw_previews(folders)
