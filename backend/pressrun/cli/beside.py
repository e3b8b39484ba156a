"""What lies beside a source and is sent with it: the pictures, style sheets and fonts that it names by a path.

Only what is below the source's folder, or one that was allowed; links are followed, and count as where they lead.
Addresses are found and resolved as the server does it (sources/references.py), so both mean the same file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urljoin

from pressrun.attachments import BASE, MAX_BYTES, MAX_FILES, path_of, why_no_path
from pressrun.cli.exits import UsageError
from pressrun.cli.files import read_start, real_path
from pressrun.cli.output import size

_ANYTHING = re.compile(r"!\[|<[a-zA-Z]")  # without them a text names nothing, and no parser has to be loaded
_HTML = "html"  # the source field that is shown as it is


class _Named(NamedTuple):
    """A place of a source that names a file: as the server will call it, and where that is here."""

    name: str
    path: Path
    line: int
    style: bool


@dataclass(slots=True)
class Beside:
    """`files`: as the field `attachments`. `paths`: where they came from. `named`: whatever is named, also what is not
    there. `notes`: what a person should know.
    """

    files: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    named: set[Path] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def find_beside(file: str, kind: str, text: str, allowed: Sequence[Path]) -> Beside:
    """For the source `text` of the field `kind`, read from `file`; `-` has only what is `allowed`, seen from its first.

    Raises: UsageError where it is more than can be sent.
    """
    found = Beside()
    if (file == "-" and not allowed) or not _ANYTHING.search(text):
        return found
    folder = allowed[0] if file == "-" else Path(file).parent
    roots = [real_path(each) for each in ((folder, *allowed) if file != "-" else allowed)]
    references = _in_html(text, folder) if kind == _HTML else _in_markdown(text, folder)
    shown = "standard input" if file == "-" else file
    _take(found, references, shown, roots)
    return found


def _take(found: Beside, references: Iterator[_Named], source: str, roots: list[Path]) -> None:
    for each in references:
        found.named.add(each.path)
        where = f"{source}:{each.line}"
        taken = found.paths.get(each.name)
        if taken is not None:
            if taken != real_path(each.path):
                found.notes.append(f"{where}: {each.path} would be called as {taken} is, and is not sent.")
            continue
        data = _read(found, each, where, roots)
        if data is None:
            continue
        found.paths[each.name] = real_path(each.path)
        found.files[each.name] = base64.b64encode(data).decode()
        _check_total(found, source)
        if each.style:
            _take(found, _in_css(data, each), str(each.path), roots)


def _read(found: Beside, each: _Named, where: str, roots: list[Path]) -> bytes | None:
    try:
        path = real_path(each.path)
        if not any(path.is_relative_to(root) for root in roots):
            leads = "" if path == each.path.absolute() else f" leads to {path}, which"
            found.notes.append(
                f"{where}: {each.path}{leads} is not below the file's folder and is not sent; "
                f"--allow-dir {path.parent} sends it."
            )
        elif not path.is_file():
            is_not = "no file" if path.exists() else "not there"
            found.notes.append(f"{where}: {each.path} is {is_not}.")
        elif why_no_path(each.name) is not None:
            found.notes.append(f"{where}: {each.path} has a name that {why_no_path(each.name)}; it is not sent.")
        else:
            return read_start(path, MAX_BYTES)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        found.notes.append(f"{where}: {each.path} cannot be read ({reason}) and is not sent.")
    return None


def _check_total(found: Beside, source: str) -> None:
    if len(found.files) > MAX_FILES:
        raise UsageError(f"{source} names more than {MAX_FILES} files, the most that can be sent with it.")
    sizes = {name: len(content) * 3 // 4 for name, content in found.files.items()}
    if sum(sizes.values()) > MAX_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        raise UsageError(
            f"{source} names more than {size(MAX_BYTES)}, the most that can be sent with it. The largest is "
            f"{found.paths[largest]} ({size(found.paths[largest].stat().st_size)}): make it smaller."
        )


def _in_html(html: str, folder: Path) -> Iterator[_Named]:
    """Read twice: as the server has it, and from where the file is: there `..` leads further up."""
    from pressrun.sources.references import find_references

    here = _address(folder.absolute()) + "/"
    for theirs, ours in zip(
        find_references(html, base=BASE)["references"], find_references(html, base=here)["references"], strict=True
    ):
        yield from _named(theirs.url, ours.url, html.count("\n", 0, theirs.start) + 1, style=theirs.kind == "style")


def _in_css(data: bytes, sheet: _Named) -> Iterator[_Named]:
    from pressrun.sources.references import css_references

    theirs = css_references(None, BASE + quote(sheet.name), data)["references"]
    ours = css_references(None, _address(sheet.path.absolute()), data)["references"]
    for their, our in zip(theirs, ours, strict=True):
        yield from _named(their.url, our.url, 1, style=their.kind == "style")


def _in_markdown(text: str, folder: Path) -> Iterator[_Named]:
    from markdown_it import MarkdownIt

    here = _address(folder.absolute()) + "/"
    for token in MarkdownIt("commonmark").parse(text):
        line = token.map[0] if token.map else 0
        pieces = [token] if token.type == "html_block" else token.children or []
        for piece in pieces:
            if piece.type in ("softbreak", "hardbreak"):
                line += 1
            elif piece.type == "image":
                source = str(piece.attrs.get("src", "")).strip()
                yield from _named(_joined(BASE, source), _joined(here, source), line + 1, style=False)
            elif piece.type in ("html_block", "html_inline"):
                for each in _in_html(piece.content, folder):
                    yield each._replace(line=line + each.line)


def _joined(base: str, source: str) -> str:
    try:
        return urljoin(base, source)
    except ValueError:
        return ""


def _named(theirs: str, ours: str, line: int, *, style: bool) -> Iterator[_Named]:
    name, path = path_of(theirs), path_of(ours)
    if name and path and not name.endswith("/"):
        yield _Named(name, Path("/" + path), line, style)


def _address(path: Path) -> str:
    return BASE + quote(str(path).lstrip("/"))
