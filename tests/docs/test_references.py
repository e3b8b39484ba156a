"""Every reference leads somewhere: `CONTRACT "Events"`, `decision 0017`, paths of documents, links with anchors.

A name in capitals is a document of docs/ (`SAFETY` is docs/safety.md), and what stands after it in quotes is a heading
there. So comments can stay short, and no heading is renamed under those who point to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OWN = tuple(DOCS / f"{name}.md" for name in ("architecture", "contract", "browser", "safety", "style", "glossary"))

FOLDERS = ("backend/pressrun", "frontend/src", "tests", "benchmarks", "examples", "docs")
LEFT_OUT = {"__pycache__", "node_modules", "out", "web", "texts"}  # made, not written; or what people write
MARKDOWN = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
ENDINGS = {".py", ".js", ".mjs", ".ts", ".tsx", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".ini", ".mako"}
ROOT_FILES = ("Makefile", "Dockerfile", "compose.yaml", "pyproject.toml", *MARKDOWN)

# what stands between a name and its heading when a comment goes on in the next line
_GAP = r"(?:'s)?,?\s(?:[ \t]*(?:#|//|\*)?[ \t]*)"
# A heading, `"Events"`, and an item of its list, `"The pool", 1`; a word with an item, `Async 2`; a status, `409`.
_HEADING = (
    rf'(?:{_GAP}"(?P<heading>[^"\n]+)"(?:,\s(?P<item>\d+)\b)?'
    r"|,\s(?P<word>[A-Z][a-z]+)\s(?P<number>\d+)\b|,\s(?P<status>[1-5]\d\d)\b)?"
)
NAMES = tuple(path.stem.upper() for path in OWN)
_NAMED = re.compile(rf"\b(?P<name>{'|'.join(NAMES)})\b(?:\.md)?{_HEADING}")
_PATHED = re.compile(rf"(?<![\w/.-])docs/(?P<path>[\w./-]+?\.(?:md|json|png))\b{_HEADING}")
_DECISIONS = re.compile(r"\b[Dd]ecisions?\s(?P<numbers>\[?\d{4}\b(?:(?:, | and )\[?\d{4}\b)*)")
_LINK = re.compile(r"\]\((?P<target>[^)\s…]+)\)")  # `](…)` stands for any
_CODE_PATH = re.compile(r"`(?P<path>[\w./-]+/[\w.-]+\.(?:py|ts|tsx|md|js))(?:::\w+)?`")
_CODE_NAME = re.compile(r"`(?P<name>(?:[A-Z][a-z]+){2,})(?:\(\))?`")
_OF_LIBRARIES = frozenset({"TargetClosedError"})  # Playwright's
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


class Reference(NamedTuple):
    """Where something points from, in words for whoever has to mend it, and what is wrong there if anything is."""

    where: str
    fault: str | None


@lru_cache
def files() -> dict[str, str]:
    """Every text of the project that somebody wrote, by its name."""
    found = {name: (ROOT / name).read_text() for name in ROOT_FILES}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if path.suffix in ENDINGS and LEFT_OUT.isdisjoint(parts) and path != Path(__file__) and path.is_file():
                found["/".join(parts)] = path.read_text(encoding="utf-8")
    return found


@lru_cache
def sections(path: Path) -> dict[str, str]:
    """The text under each heading of a document, up to the next heading."""
    parts = re.split(r"^#+ (.+)$", _FENCE.sub("", path.read_text()), flags=re.MULTILINE)
    return {title.strip(): text for title, text in zip(parts[1::2], parts[2::2], strict=True)}


@lru_cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors that GitHub makes of a document's headings."""
    words = [re.sub(r"[`*]|\]\([^)]*\)|\[", "", title).lower() for title in sections(path)]
    return frozenset(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", each)) for each in words)


def fault_of(path: Path, match: re.Match[str]) -> str | None:
    """What is wrong with a reference to that document; None if it leads somewhere."""
    if not path.is_file():
        return f"there is no {path.relative_to(ROOT)}"
    if match["status"] is not None and f"\n| {match['status']} |" not in path.read_text():
        return f"{path.relative_to(ROOT)} has no row for {match['status']}"
    heading, item = match["heading"] or match["word"], match["item"] or match["number"]
    if heading is None:
        return None
    if heading not in sections(path):
        return f"{path.relative_to(ROOT)} has no heading {heading!r}"
    if item is not None and not re.search(rf"^{item}\. ", sections(path)[heading], re.MULTILINE):
        return f"{heading!r} in {path.relative_to(ROOT)} has no item {item}"
    return None


def line_of(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def references() -> Iterator[Reference]:
    """By name, by path and by number, from everywhere."""
    for name, text in files().items():
        for match in _NAMED.finditer(text) if any(each in text for each in NAMES) else ():  # regexes are slow
            path = DOCS / f"{match['name'].lower()}.md"
            yield Reference(f"{name}:{line_of(text, match)} {match.group()}", fault_of(path, match))
        for match in _PATHED.finditer(text) if "docs/" in text else ():
            yield Reference(f"{name}:{line_of(text, match)} {match.group()}", fault_of(DOCS / match["path"], match))
        for match in _DECISIONS.finditer(text) if "ecision" in text else ():
            for number in re.findall(r"\d{4}", match["numbers"]):
                records = len(list((DOCS / "decisions").glob(f"{number}-*.md")))
                fault = None if records == 1 else f"there are {records} records of that number"
                yield Reference(f"{name}:{line_of(text, match)} decision {number}", fault)


def links() -> Iterator[Reference]:
    """Relative ones of Markdown, with their anchors."""
    for name, text in files().items():
        if not name.endswith(".md"):
            continue
        for match in _LINK.finditer(_FENCE.sub("", text)):
            target, _, anchor = match["target"].partition("#")
            if "://" in target or target.startswith(("mailto:", "/")):
                continue
            path = ((ROOT / name).parent / target).resolve() if target else ROOT / name
            fault = None if path.exists() else "it is not there"
            if anchor and path.suffix == ".md" and path.exists() and anchor not in anchors(path):
                fault = f"no heading there becomes #{anchor}"
            yield Reference(f"{name} ]({match['target']})", fault)


def living_documents() -> dict[str, str]:
    """Those that say how things are; records of decisions and the log of changes say how they were."""
    own = re.compile(r"(?:docs/(?!decisions/)|benchmarks/|README|CONTRIBUTING).*\.md")
    return {name: _FENCE.sub("", text) for name, text in files().items() if own.fullmatch(name)}


def code_paths() -> Iterator[Reference]:
    """Files of the project that the project's own documents name."""
    package = ROOT / "backend" / "pressrun"
    roots = (ROOT, package, package / "browser" / "chromium", ROOT / "frontend" / "src")
    for document, text in living_documents().items():
        for match in _CODE_PATH.finditer(text):
            if "NAME" in match["path"]:  # of how-to-change.md: whatever you call yours
                continue
            there = any((root / match["path"]).is_file() for root in roots)
            yield Reference(f"{document} {match.group()}", None if there else "there is no such file")


def code_names() -> Iterator[Reference]:
    """Classes and types that the project's own documents name."""
    code = "\n".join(text for name, text in files().items() if name.endswith((".py", ".ts", ".tsx")))
    known = _OF_LIBRARIES.union(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", code))
    for document, text in living_documents().items():
        for match in _CODE_NAME.finditer(text):
            yield Reference(
                f"{document} {match.group()}", None if match["name"] in known else "there is nothing of that name"
            )


def broken(found: list[Reference]) -> list[str]:
    return [f"{each.where}: {each.fault}" for each in found if each.fault]


def test_every_document_that_code_config_and_tests_point_to_is_there_with_that_heading() -> None:
    found = list(references())
    assert not broken(found)
    assert len(found) > 90, "references are found at all"
    assert sum('"' in each.where for each in found) > 15, "with headings, too"


def test_every_relative_link_of_the_documents_leads_to_a_file_and_a_heading() -> None:
    found = list(links())
    assert not broken(found)
    assert len(found) > 60


def test_every_file_that_the_documents_name_is_there() -> None:
    found = list(code_paths())
    assert not broken(found)
    assert len(found) > 30


def test_every_class_that_the_documents_name_is_in_the_code() -> None:
    found = list(code_names())
    assert not broken(found)
    assert len(found) > 25


def test_no_document_points_out_of_the_repository_by_a_path() -> None:
    stray = [name for name, text in files().items() if "../shared" in text or re.search(r"[\s\"'`(]/work/", text)]
    assert not stray


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# CONTRACT: a field", None),
        ('as CONTRACT "Events" says', None),
        ('(CONTRACT.md,\n# "Events")', None),
        ("(STYLE, Async 2)", None),
        ("(CONTRACT, 409)", None),
        ("(CONTRACT, 418)", "docs/contract.md has no row for 418"),
        ('(BROWSER.md, "The pool", 1)', None),
        ('CONTRACT "Happenings"', "docs/contract.md has no heading 'Happenings'"),
        ('(SAFETY.md,\n    // "Faulty")', "docs/safety.md has no heading 'Faulty'"),
        ("(STYLE, Async 99)", "'Async' in docs/style.md has no item 99"),
        ('(BROWSER.md, "The pool", 99)', "'The pool' in docs/browser.md has no item 99"),
    ],
)
def test_the_forms_of_a_reference_are_understood(text: str, fault: str | None) -> None:
    match = _NAMED.search(text)
    assert match is not None
    assert fault_of(DOCS / f"{match['name'].lower()}.md", match) == fault
