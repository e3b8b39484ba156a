"""The themes: each a folder with `theme.toml`, `theme.css` and what that names (fonts, pictures). docs/themes.md.

Those of this package, and those of a folder of whoever runs the server (`PRESSRUN_THEMES_DIR`), which are checked when
they are read. Owns the table of themes; what of a document is made with one is `sources`'.
"""

from __future__ import annotations

import base64
import errno
import functools
import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pressrun.errors import StartupError
from pressrun.themes.stylesheet import FILE_TYPES, faults_of, files_of

MANIFEST: Final = "theme.toml"
SHEET: Final = "theme.css"
PREVIEW: Final = "preview.webp"
DEFAULT: Final = "paper"
AUTO: Final = "auto"  # no theme: the one that a text names, or the default
NAME: Final = r"[a-z][a-z0-9-]{0,39}"
MAX_BYTES: Final = 3_000_000  # of a theme with its fonts and pictures: it is in every document that is made with it
_MAX_MANIFEST_BYTES: Final = 64_000  # arbitrary: one has five lines

_FOLDER: Final = Path(__file__).parent
_NAME: Final = re.compile(NAME)
_COLOUR: Final = re.compile(r"--(page|ink|heading|accent)\s*:\s*(#[0-9a-fA-F]{3,8}|[a-z]{3,20})\s*;")
_WORDS: Final = {"label": 40, "words": 200, "author": 100}  # fields of a manifest that are a text, and their length


class BadTheme(StartupError):
    """A theme cannot be used: which file, what is wrong with it, and what to do."""

    def __init__(self, path: Path, wrong: str, remedy: str) -> None:
        self.path, self.wrong, self.advice = path, wrong, remedy
        super().__init__(f"theme {path}: {wrong}; {remedy}")


@dataclass(frozen=True, slots=True)
class Theme:
    """`label` and `words` are for people; `fonts` those that it leads with. `folder` holds all of it.

    `colours`: the plain ones of page, ink, heading and accent, for a swatch.
    """

    name: str
    label: str
    words: str
    scheme: Literal["light", "dark"]
    fonts: tuple[str, ...]
    author: str
    folder: Path

    def css(self) -> str:
        """Its whole sheet, the files that it names in it. Raises: BadTheme."""
        return _sheet_of(self.folder)

    @property
    def digest(self) -> str:
        """Of all that it looks like: 64 hex digits. Raises: BadTheme."""
        return hashlib.sha256(self.css().encode()).hexdigest()

    @property
    def colours(self) -> dict[str, str]:
        """By name, `page` first. Raises: BadTheme."""
        found: dict[str, str] = {}
        for name, colour in _COLOUR.findall(self.css()):
            found.setdefault(name, colour)
        return found

    @property
    def preview(self) -> Path | None:
        """The picture of it, where there is one that is as small as a theme must be."""
        path = self.folder / PREVIEW
        try:
            _require_file(self.folder, path, MAX_BYTES, "")
        except BadTheme:
            return None
        return path


Themes = Mapping[str, Theme]


def read_theme(folder: Path) -> Theme:
    """A folder's theme, checked as a whole. Raises: BadTheme that names the file and the remedy."""
    if not _NAME.fullmatch(folder.name) or folder.name == AUTO:
        raise BadTheme(
            folder,
            "is no name of a theme",
            "use small letters, digits and dashes, begin with a letter, and do not take `auto`",
        )
    theme = _described(folder)
    theme.css()
    return theme


def _described(folder: Path) -> Theme:
    """By its manifest alone."""
    manifest = folder / MANIFEST
    said = _manifest_of(folder)
    return Theme(
        name=folder.name,
        label=_text(manifest, said, "label"),
        words=_text(manifest, said, "words"),
        scheme=_scheme(manifest, said),
        fonts=_fonts(manifest, said),
        author=_text(manifest, said, "author"),
        folder=folder,
    )


def read_themes(folder: Path | None) -> Themes:
    """Those of this package and those of the folder. Raises: BadTheme."""
    if folder is None:
        return BUILT_IN
    themes = dict(BUILT_IN)
    for path in themes_folders(folder):
        if path.name in BUILT_IN:
            raise BadTheme(path, f"has the name of a built-in theme, `{path.name}`", "give the folder another name")
        themes[path.name] = read_theme(path)
    return themes


def themes_folders(folder: Path) -> list[Path]:
    """Folders in a folder of themes, but hidden ones. Raises: BadTheme if there is no such folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    except OSError as exc:
        raise BadTheme(
            folder, f"cannot be read ({exc.strerror})", "set PRESSRUN_THEMES_DIR to a folder of themes"
        ) from exc


def for_people(themes: Themes | None = None) -> list[dict[str, Any]]:
    """The table as a user interface shows it."""
    return [
        {
            "name": theme.name,
            "label": theme.label,
            "words": theme.words,
            "scheme": theme.scheme,
            "author": theme.author,
            "colours": theme.colours,
        }
        for theme in (BUILT_IN if themes is None else themes).values()
    ]


@functools.cache
def base_css() -> str:
    """What all themes share."""
    return (_FOLDER / "base.css").read_text(encoding="utf-8")


@functools.cache
def deck_css() -> str:
    """What a deck composed of a document needs besides the document's own style, and in front of it."""
    return (_FOLDER / "deck.css").read_text(encoding="utf-8")


def _require_file(folder: Path, file: Path, most_bytes: int, missing: str) -> None:
    """That it is one of the folder, and may be read as a whole. `missing`: the remedy where it is not there.

    Raises: BadTheme.
    """
    try:
        found = file.stat()
    except FileNotFoundError:
        raise BadTheme(file, "is missing", missing) from None
    except OSError as exc:
        remedy = "put the file itself there" if exc.errno == errno.ELOOP else "let this user read it"
        raise BadTheme(file, f"cannot be read ({exc.strerror})", remedy) from exc
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
        raise BadTheme(file, "leads out of the theme's folder", "put the file itself there")
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for, and a device has no end
        raise BadTheme(file, "is no file", "put a file of that name there")
    if found.st_size > most_bytes:
        size = f"{most_bytes // 1000} kB" if most_bytes < MAX_BYTES else f"{most_bytes // 1_000_000} MB"
        raise BadTheme(file, f"has more than {size}", "make it smaller: fonts as WOFF2, pictures as WebP")


def _text_of(folder: Path, name: str, most_bytes: int, missing: str) -> str:
    """A text of the folder; a mark of byte order in front is none of it. Raises: BadTheme."""
    file = folder / name
    _require_file(folder, file, most_bytes, missing)
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadTheme(file, "is not UTF-8", "save it as UTF-8") from None
    except OSError as exc:
        raise BadTheme(file, f"cannot be read ({exc.strerror})", "let this user read it") from exc


def _manifest_of(folder: Path) -> dict[str, Any]:
    remedy = "write one with label, words, scheme, fonts and author (docs/themes.md)"
    text = _text_of(folder, MANIFEST, _MAX_MANIFEST_BYTES, remedy)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:  # also of a number with more digits than Python reads
        raise BadTheme(folder / MANIFEST, f"is no TOML: {exc}", "correct that line") from exc


def _text(path: Path, said: dict[str, Any], field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > _WORDS[field] or not value.isprintable():
        raise BadTheme(
            path, f"has no `{field}`", f'write `{field} = "…"`, one line of at most {_WORDS[field]} characters'
        )
    return value


def _scheme(path: Path, said: dict[str, Any]) -> Literal["light", "dark"]:
    match said.get("scheme"):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            raise BadTheme(path, "has no `scheme`", 'write `scheme = "light"` or `scheme = "dark"`')


def _fonts(path: Path, said: dict[str, Any]) -> tuple[str, ...]:
    value = said.get("fonts")
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadTheme(
            path, "has no `fonts`", 'write `fonts = ["Noto Sans"]`, the families that the style sheet leads with'
        )
    return tuple(value)


@functools.cache  # themes are read when a server starts: an edited one is another from the next start on
def _sheet_of(folder: Path) -> str:
    path = folder / SHEET
    css = _text_of(folder, SHEET, MAX_BYTES, "write the theme's custom properties and rules (docs/themes.md)")
    faults = faults_of(css, with_files=True)
    if faults:
        raise BadTheme(path, f"line {faults[0].line}: {faults[0].what}", faults[0].remedy)
    return "".join(_with_files(folder, css))


def _with_files(folder: Path, css: str) -> Iterator[str]:
    at, left = 0, MAX_BYTES - len(css)
    for start, end, name in files_of(css):
        file = folder / name
        _require_file(folder, file, MAX_BYTES, f"put it there, or take its name out of {SHEET}")
        try:
            content = file.read_bytes()
        except OSError as exc:
            raise BadTheme(file, f"cannot be read ({exc.strerror})", "let this user read it") from exc
        left -= len(content)
        if left < 0:
            raise BadTheme(
                folder, f"has more than {MAX_BYTES // 1_000_000} MB", "use smaller fonts (WOFF2) and pictures"
            )
        yield css[at:start]
        media_type = FILE_TYPES[file.suffix.lower()]
        yield f"url(data:{media_type};base64,{base64.b64encode(content).decode()})"
        at = end
    yield css[at:]


def _built_in() -> dict[str, Theme]:
    """`paper` first, then light before dark, by name. Their sheets are read when one is needed; a test checks them."""
    found = [_described(path) for path in themes_folders(_FOLDER) if (path / MANIFEST).is_file()]
    found.sort(key=lambda theme: (theme.name != DEFAULT, theme.scheme != "light", theme.name))
    return {theme.name: theme for theme in found}


BUILT_IN: Final[Themes] = _built_in()
