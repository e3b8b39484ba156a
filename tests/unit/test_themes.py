"""Themes are folders: what one must hold, what its style sheet may, and what is said of one that cannot be used."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pressrun.checks import check_themes
from pressrun.errors import ComposeFailed
from pressrun.request_errors import FieldErrors
from pressrun.settings import Settings
from pressrun.sources.look import Look, require_theme
from pressrun.themes.catalog import BUILT_IN, DEFAULT, BadTheme, base_css, deck_css, read_theme, read_themes
from pressrun.themes.stylesheet import MAX_RULES, faults_of

MANIFEST = 'label = "School"\nwords = "Ours."\nscheme = "light"\nfonts = ["Noto Sans"]\nauthor = "Us"\n'


def theme_in(folder: Path, css: str | None = ":root { --accent: #123; }", manifest: str | None = MANIFEST) -> Path:
    folder.mkdir(parents=True)
    if manifest is not None:
        (folder / "theme.toml").write_text(manifest, encoding="utf-8")
    if css is not None:
        (folder / "theme.css").write_text(css, encoding="utf-8")
    return folder


def test_there_are_eight_themes_and_more_light_and_dark_each_whole_and_with_a_picture() -> None:
    assert len(BUILT_IN) >= 8
    assert next(iter(BUILT_IN)) == DEFAULT
    assert {theme.scheme for theme in BUILT_IN.values()} == {"light", "dark"}
    for theme in BUILT_IN.values():
        assert f"color-scheme: {theme.scheme}" in read_theme(theme.folder).css()
        assert {"page", "ink", "heading", "accent"} <= set(theme.colours)
        assert theme.preview is not None
    assert len({theme.digest for theme in BUILT_IN.values()}) == len(BUILT_IN)


def test_the_sheets_that_all_themes_share_are_as_clean_as_a_theme_must_be() -> None:
    assert faults_of(base_css()) == faults_of(deck_css()) == []


def test_a_document_names_no_file_of_its_theme() -> None:
    for name in BUILT_IN:
        css = Look(name).css()
        assert re.findall(r"url\((?!data:)", css) == []


def test_a_folder_of_themes_is_read_beside_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    theme_in(tmp_path / "school")
    themes = read_themes(tmp_path)
    assert [*themes] == [*BUILT_IN, "school"]
    assert "--accent: #123" in Look("school", themes).css()
    with pytest.raises(ComposeFailed, match="PRESSRUN_THEMES_DIR of every server"):
        Look("school").css()


def test_a_font_of_the_folder_is_put_into_the_style_sheet_and_another_font_makes_another_digest(tmp_path: Path) -> None:
    css = '@font-face { font-family: "Own"; src: url("fonts/own.woff2"); }'
    (tmp_path / "one" / "fonts").mkdir(parents=True)
    (tmp_path / "one" / "fonts" / "own.woff2").write_bytes(b"wOF2one")
    for name in ("theme.toml", "theme.css"):
        (tmp_path / "one" / name).write_text(MANIFEST if name.endswith("toml") else css)
    one = read_theme(tmp_path / "one")
    assert "url(data:font/woff2;base64,d09GMm9uZQ==)" in one.css()
    (tmp_path / "one").rename(tmp_path / "two")
    (tmp_path / "two" / "fonts" / "own.woff2").write_bytes(b"wOF2two")
    assert read_theme(tmp_path / "two").digest != one.digest


@pytest.mark.parametrize(
    ("name", "css", "manifest", "told"),
    [
        ("half", None, MANIFEST, "theme.css: is missing"),
        ("half", "", None, "theme.toml: is missing"),
        ("toml", "", "label = ", "theme.toml: is no TOML"),
        ("digits", "", f"{MANIFEST}\nn = {'9' * 5_000}", "theme.toml: is no TOML"),
        ("nested", "", f"{MANIFEST}\nn = {'[' * 5_000}", "theme.toml: is no TOML"),
        ("label", "", MANIFEST.replace("label", "lable"), 'theme.toml: has no `label`; write `label = "…"`'),
        ("scheme", "", MANIFEST.replace("light", "pink"), "theme.toml: has no `scheme`"),
        ("fonts", "", MANIFEST.replace('["Noto Sans"]', "3"), "theme.toml: has no `fonts`"),
        ("brace", "a {\n\n", MANIFEST, "theme.css: line 1: `{` is never closed; close it by `}`"),
        ("web", "a {}\nb { background: url(https://x.org/a.png) }", MANIFEST, "theme.css: line 2: `url(https://x.org"),
        (
            "file",
            "b { background: url(a.png) }",
            MANIFEST,
            "a.png: is missing; put it there, or take its name out of theme.css",
        ),
        ("out", "b { background: url('../../etc/a.png') }", MANIFEST, "line 1: `url(../../etc/a.png)` is elsewhere"),
        ("Big", "", MANIFEST, "is no name of a theme"),
        ("auto", "", MANIFEST, "is no name of a theme"),
        ("paper", "", MANIFEST, "has the name of a built-in theme"),
        ("ink", None, None, "has the name of a built-in theme"),
    ],
)
def test_a_theme_that_cannot_be_used_is_told_with_its_file_and_the_remedy(
    tmp_path: Path, name: str, css: str | None, manifest: str | None, told: str
) -> None:
    theme_in(tmp_path / name, css, manifest)
    with pytest.raises(BadTheme) as caught:
        read_themes(tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_the_doctor_says_what_mends_that_theme(tmp_path: Path) -> None:
    theme_in(tmp_path / "half", "", None)
    check = check_themes(Settings(themes_dir=tmp_path))
    assert check.detail == f"{tmp_path / 'half' / 'theme.toml'}: is missing"
    assert check.remedy.startswith("Write one with label")


def test_a_file_behind_a_link_out_of_the_folder_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    folder = theme_in(tmp_path / "themes" / "sly", "b { background: url(a.png) }")
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BadTheme, match=r"a\.png: leads out of the theme's folder"):
        read_theme(folder)


@pytest.mark.parametrize("name", ["theme.toml", "theme.css", "a.png"])
@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("link out", "leads out of the theme's folder; put the file itself there"),
        ("link in a circle", "Too many levels of symbolic links); put the file itself there"),
        ("folder", "is no file; put a file of that name there"),
        ("pipe", "is no file; put a file of that name there"),
        ("large", "has more than"),
    ],
)
def test_what_is_no_file_of_the_folder_or_too_large_is_told_and_not_read(
    tmp_path: Path, name: str, what: str, told: str
) -> None:
    folder = theme_in(tmp_path / "themes" / "sly", "b { background: url(a.png) }")
    (folder / "a.png").write_bytes(b"x")
    outside = tmp_path / name
    (folder / name).rename(outside)
    match what:
        case "link out":
            (folder / name).symlink_to(outside)
        case "link in a circle":
            (folder / name).symlink_to(name)
        case "folder":
            (folder / name).mkdir()
        case "pipe":
            os.mkfifo(folder / name)
        case "large":
            (folder / name).touch()
            os.truncate(folder / name, 5_000_000_000)
    with pytest.raises(BadTheme) as caught:
        read_theme(folder)
    assert str(caught.value).startswith(f"theme {folder / name}: ")
    assert told in str(caught.value)


@pytest.mark.parametrize("what", ["link out", "pipe", "large", "folder"])
def test_a_preview_that_is_no_picture_of_the_folder_is_none(tmp_path: Path, what: str) -> None:
    folder = theme_in(tmp_path / "themes" / "mine", "")
    preview = folder / "preview.webp"
    preview.write_bytes(b"RIFF")
    assert read_theme(folder).preview == preview
    preview.rename(tmp_path / "secret")
    match what:
        case "link out":
            preview.symlink_to(tmp_path / "secret")
        case "pipe":
            os.mkfifo(preview)
        case "large":
            preview.touch()
            os.truncate(preview, 5_000_000_000)
        case "folder":
            preview.mkdir()
    assert read_theme(folder).preview is None


def test_a_folder_that_is_a_link_itself_is_taken_with_its_files(tmp_path: Path) -> None:
    """As somebody keeps them elsewhere, or a cluster mounts them."""
    folder = theme_in(tmp_path / "elsewhere" / "v1", "")
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine").symlink_to(folder)
    assert read_themes(tmp_path / "themes")["mine"].css() == ""


def test_a_mark_of_byte_order_is_none_of_the_text(tmp_path: Path) -> None:
    folder = theme_in(tmp_path / "mine", "a { color: red }")
    for name in ("theme.toml", "theme.css"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert read_theme(folder).css() == "a { color: red }"


def test_a_folder_of_themes_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTheme, match="set PRESSRUN_THEMES_DIR"):
        read_themes(tmp_path / "none")


def test_a_theme_that_nobody_has_is_a_wrong_field_and_the_others_are_named() -> None:
    require_theme("auto", BUILT_IN)
    with pytest.raises(FieldErrors) as caught:
        require_theme("pink", BUILT_IN)
    (problem,) = caught.value.errors
    assert problem["field"] == "theme"
    assert "`plum`" in problem["valid"]


@pytest.mark.parametrize(
    ("css", "line", "told"),
    [
        ('@import "x.css";', 1, "@import"),
        ("\n@IMPORT url(x.css);", 2, "@import"),
        ("a {}\n\nb { background: url(//x.org/a.png) }", 3, "elsewhere"),
        ("b { background: url(  'http://x.org/a b.png'  ) }", 1, "elsewhere"),
        ("b { background: URL(file:///etc/passwd) }", 1, "elsewhere"),
        ("b { background: url(data:text/html,x) }", 1, "elsewhere"),
        ("b { background: image-set('http://x.org/a.png' 1x) }", 1, "image-set"),
        ("b { background: \\75 rl(http://x.org) }", 1, "escape"),
        ("@\\69mport 'x';", 1, "escape"),
        ("b { width: expression(alert(1)) }", 1, "expression"),
        ("b { background: url(javascript:alert(1)) }", 1, "cannot be read"),
        ("b { color: red }\n</style><script>", 2, "</"),
        ("/* </style> */", 1, "</"),
        ("b { content: '</style>' }", 1, "</"),
        ('a{b:url("data:image/svg+xml,</style><h1>X</h1>")}', 1, "</"),
        ("\na{b:url(data:image/png,</style><h1>)}", 2, "</"),
        ("a{b:url(#</style><h1>)}", 1, "</"),
        ("a{b:url('data:image/png;</style>')}", 1, "</"),
        ("b { content: 'x\n }", 1, "string is never closed"),
        ("b {}\n/* x", 2, "comment is never closed"),
        ("/*/", 1, "comment is never closed"),
        ("a { b { }\n", 1, "never closed"),
        ("a { } }\nc { }", 1, "closes nothing"),
        ("a { width: calc(1px }", 1, "closes nothing"),
        ("a{}" * (MAX_RULES + 1), 1, "rules"),
        ("a{}\n" * 100_000, 1, "100000 rules"),
        ("b { background: url(a.png) }", 1, "elsewhere"),
        ("b { background: url('a\\\nb') }", 1, "cannot be read"),
    ],
)
def test_a_style_sheet_that_reaches_out_or_is_broken_is_told_by_its_line(css: str, line: int, told: str) -> None:
    fault = faults_of(css)[0]
    assert fault.line == line
    assert told in fault.what
    assert fault.remedy


@pytest.mark.parametrize(
    "css",
    [
        "",
        "a { background: url(data:image/png;base64,AAAA) }",
        'a { background: url("data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27/%3E") }',
        "a { fill: url(#shade); content: '\\201C'; --x: 'url(http://x.org)' }",
        "@media (width < 600px) { .slide > h1 { color: color-mix(in srgb, red 20%, transparent) } }",
        "/* @import 'x' is not taken; url(http://x.org) */ b { background-image: linear-gradient(red, blue) }",
        "a:has(> b) { c & { d: e } }",
    ],
)
def test_a_style_sheet_that_only_says_how_things_look_is_taken(css: str) -> None:
    assert faults_of(css) == []


@pytest.mark.parametrize("part", ["/*", "'", "url(", "((((", "{", "\\", "a{}", "url('a", "/**/", "@"])
def test_a_style_sheet_is_judged_in_linear_time(part: str) -> None:
    assert isinstance(faults_of(part * (200_000 // len(part))), list)  # quadratic, it would take minutes


def test_the_documents_list_every_custom_property_and_every_theme() -> None:
    document = (Path(__file__).parents[2] / "docs" / "themes.md").read_text(encoding="utf-8")
    rows = [line for line in document.splitlines() if line.startswith("| `")]
    listed = set(re.findall(r"`(--[\w-]+)`", "\n".join(row.split("|")[1] for row in rows)))
    root = base_css().partition(":root {")[2].partition("\n}")[0]
    deck = deck_css().partition(".deck {")[2].partition("\n}")[0]
    assert listed == set(re.findall(r"^\s*(--[\w-]+):", root + deck, re.MULTILINE))
    themes = {row.split("`")[1]: row.split("|")[2].strip() for row in rows if "--" not in row.split("|")[1]}
    assert themes == {name: theme.scheme for name, theme in BUILT_IN.items()}
