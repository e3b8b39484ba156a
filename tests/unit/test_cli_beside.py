"""What a command sends along with a file, and the defaults that are written down for it."""

from __future__ import annotations

import base64
import os
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from pressrun.attachments import MAX_BYTES
from pressrun.cli import main
from pressrun.cli.beside import find_beside
from pressrun.cli.exits import UsageError
from pressrun.cli.options import BesideOptions, contents_of
from pressrun.cli.project import front_matter_defaults, project_defaults
from pressrun.cli.request import read_request
from pressrun.cli.targets import plan_targets
from pressrun.cli.watching import Watcher
from tests.support.limits import fail_after
from tests.support.scripted_server import Script, scripted_server
from tests.unit.test_cli_make import FILE, MADE

PROJECT = """
theme = "ink"
zoom = 3
outputs = ["pdf"]
on_busy = "queue"

[presets.print]
theme = "paper"
pdf_layout = "document"
"""


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "a map.png").write_bytes(b"map")
    (folder / "lesson.md").write_text("# Rivers\n")
    (tmp_path / "logo.png").write_bytes(b"logo")
    monkeypatch.chdir(folder)
    for name in ("SERVER", "TOKEN", "LOG_LEVEL"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    return folder


def sent(*words: str) -> dict[str, Any]:
    """The body of the request that the command makes."""
    script = Script(generate=[MADE], files=[FILE])
    with scripted_server(script) as url:
        assert main([*words, "--server", url]) == 0
    body: dict[str, Any] = script.seen[0].body
    return body


def names(text: str, *allowed: Path, file: str = "lesson.md", kind: str = "text") -> tuple[dict[str, bytes], list[str]]:
    found = find_beside(file, kind, text, allowed)
    return {name: base64.b64decode(content) for name, content in found.files.items()}, found.notes


def test_pictures_of_a_text_are_sent_by_the_path_it_names(here: Path) -> None:
    (here / "lesson.md").write_text(
        "# Rivers\n\n![](img/a%20map.png)\n\n![again](<./img/a map.png>)\n\n"
        "![far](https://e.example/x.png) `![](no.png)`\n"
    )
    assert sent("lesson.md", "-o", "x.pdf")["attachments"] == {"img/a map.png": base64.b64encode(b"map").decode()}


def test_a_page_has_its_style_sheets_and_what_they_name(here: Path) -> None:
    (here / "css").mkdir()
    (here / "css" / "style.css").write_text("@import 'more.css'; @font-face { src: url(../f.woff2) }")
    (here / "css" / "more.css").write_text("p { background: url('../img/a%20map.png') url(gone.png) }")
    (here / "f.woff2").write_bytes(b"font")
    html = (
        "<!doctype html>\n<link rel=stylesheet href=css/style.css>\n<img src='/etc/hostname'>\n<a href=lesson.md>x</a>"
    )
    files, notes = names(html, file="page.html", kind="html")
    assert set(files) == {"css/style.css", "css/more.css", "f.woff2", "img/a map.png"}
    assert any(note.startswith("page.html:3: /etc/hostname is not below") for note in notes)
    assert any("gone.png is not there" in note for note in notes)


@pytest.mark.parametrize("text", ["\n\n![Gone](img/gone.png)", "a\nb\n<img src=img/gone.png>"])
def test_what_is_missing_is_told_with_its_line(text: str) -> None:
    files, (note,) = names(text)
    assert not files
    assert note.startswith("lesson.md:3: ")
    assert note.endswith("img/gone.png is not there.")


def test_nothing_outside_the_folder_is_sent_unless_it_is_allowed(here: Path) -> None:
    (here / "img" / "link.png").symlink_to(here.parent / "logo.png")
    (here / "img" / "dir").symlink_to(here.parent)
    (here / "img" / "inside.png").symlink_to(here / "img" / "a map.png")
    text = "![](../logo.png)\n\n![](img/link.png)\n\n![](img/dir/logo.png)\n\n![](img/inside.png)"
    files, notes = names(text)
    assert files == {"img/inside.png": b"map"}
    assert len(notes) == 3
    assert all("--allow-dir" in note for note in notes)
    files, notes = names(text, here.parent)
    assert files["logo.png"] == files["img/link.png"] == b"logo"
    assert not notes


def test_two_files_of_one_name_are_never_mixed_up(here: Path) -> None:
    (here / "logo.png").write_bytes(b"another")
    files, (note,) = names("![](logo.png)\n\n![](../logo.png)", here.parent)
    assert files == {"logo.png": b"another"}
    assert "is not sent" in note


def test_what_came_from_a_pipe_names_nothing_unless_a_folder_is_given(here: Path) -> None:
    assert names("![](img/a%20map.png)", file="-") == ({}, [])
    assert set(names("![](img/a%20map.png)", here, file="-")[0]) == {"img/a map.png"}


def test_more_than_can_be_sent_is_said_before_anything_is(here: Path) -> None:
    (here / "large.png").write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(UsageError, match=r"The largest is .*large\.png"):
        names("![](large.png)")


def test_no_more_is_read_of_a_file_than_can_be_sent(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sparse = here / "img" / "sparse.png"
    with sparse.open("wb") as stream:
        stream.truncate(50_000_000_000)  # takes no room on the disk, and more memory than there is
    with pytest.raises(UsageError, match=r"The largest is .*sparse\.png \(50\.0 GB\)"):
        names("![](img/sparse.png)")
    for field in ("theme_css", "brand_logo"):
        (here / "pressrun.toml").write_text(f'{field} = "img/sparse.png"\n')
        with pytest.raises(UsageError, match=r"sparse\.png is larger than 20\.0 MB"):
            project_defaults(here / "pressrun.toml", None)
    with pytest.raises(UsageError, match="too large to be a project file"):
        project_defaults(sparse, None)
    with pytest.raises(UsageError, match="/dev/zero is larger than"):
        contents_of("theme_css", Path("/dev/zero"))


def test_links_that_lead_round_in_a_circle_are_no_files(here: Path) -> None:
    (here / "loop.png").symlink_to("loop.png")
    assert names("![](loop.png)") == ({}, ["lesson.md:1: " + str(here / "loop.png") + " is not there."])
    (here / "pressrun.toml").write_text('brand_logo = "loop.png"\n')
    with pytest.raises(UsageError, match=r"there is no file .*loop\.png"):
        project_defaults(here / "pressrun.toml", None)
    assert plan_targets("lesson.md", ["loop.png"], None, None).taken({}) == "loop.png"


def test_what_is_there_and_no_file_is_told_as_that(here: Path) -> None:
    os.mkfifo(here / "pipe.png")
    assert names("![](pipe.png)")[1] == ["lesson.md:1: " + str(here / "pipe.png") + " is no file."]


def test_the_command_line_goes_before_front_matter_preset_and_project(here: Path) -> None:
    (here.parent / "pressrun.toml").write_text(PROJECT)
    assert sent("lesson.md", "-o", "a/") | {"text": ""} == {
        "text": "", "theme": "ink", "zoom": 3, "outputs": ["pdf"], "on_busy": "queue", "on_duplicate": "reject",
    }  # fmt: skip
    body = sent("lesson.md", "-o", "b.pdf", "--preset", "print", "--zoom", "4")
    assert (body["theme"], body["zoom"], body["pdf_layout"]) == ("paper", 4, "document")
    (here / "lesson.md").write_text("---\npressrun: {theme: chalk, zoom: '2.5', outputs: 'html, pdf'}\n---\n# Rivers\n")
    body = sent("lesson.md", "-o", "c/", "--preset", "print", "--zoom", "4")
    assert (body["theme"], body["zoom"], body["outputs"]) == ("chalk", 4, ["html", "pdf"])
    assert sent("lesson.md", "-o", "d.pdf")["outputs"] == ["pdf"]  # -o names what is made


@pytest.mark.parametrize(
    "field", ["on_busy: replace", "webhook_url: 'https://evil.example/'", "priority: 9", "lane: x"]
)
def test_a_text_does_not_say_what_becomes_of_other_runs_or_who_is_told(field: str) -> None:
    with pytest.raises(UsageError, match=r"not for the text; write it into pressrun\.toml"):
        front_matter_defaults("lesson.md", f"---\npressrun: {{{field}}}\n---\n# Rivers\n")


@pytest.mark.parametrize(
    ("text", "preset", "says"),
    [
        ("them = 'ink'", None, "'them' is not known. Did you mean theme?"),
        ("[presets.print]\nzom = 2", None, "[presets.print]: 'zom' is not known. Did you mean zoom?"),
        ("zoom = 99", None, "zoom: input should be less than or equal to 10"),
        ("zoom = '2'", None, "zoom: input should be a valid number"),
        ("fit = 'pink'", None, "fit: input should be 'shrink', 'split' or 'clip'"),
        ("server = 'https://evil.example'", None, "'server' is not known"),
        ("text = 'x'", None, "'text' is not known"),
        ("zoom = ", None, "is no TOML"),
        ("zoom = " + "[" * 9999, None, "nested too deeply"),
        (f"title = '{'x' * 999}'", None, "x…."),
        ("title = 'a\\u0000'".replace("'", '"'), None, "title: holds the control character U+0000"),
        ("presets = 1", None, "are tables"),
        ("[presets.print]", "prnt", "Did you mean print?"),
        ("", "print", "has no [presets.…] yet"),
    ],
)
def test_what_cannot_be_meant_is_named(here: Path, text: str, preset: str | None, says: str) -> None:
    path = here / "pressrun.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        project_defaults(path, preset)
    assert str(path) in str(refused.value)
    assert says in str(refused.value)


def test_a_style_sheet_and_a_logo_are_named_by_their_paths_beside_the_project_file(here: Path) -> None:
    (here.parent / "pressrun.toml").write_text('theme_css = "look/own.css"\nbrand_logo = "logo.png"\n')
    (here.parent / "look").mkdir()
    (here.parent / "look" / "own.css").write_text(".slide { color: red }")
    (here / "lesson.md").write_text("---\npressrun: {brand_logo: img/a map.png}\n---\n# Rivers\n")
    (here / "other.md").write_text("# Other\n")
    body = sent("lesson.md", "-o", "lesson.pdf")
    assert body["theme_css"] == ".slide { color: red }"
    assert body["brand_logo"] == "data:image/png;base64," + base64.b64encode(b"map").decode(), "the text's own folder"
    assert sent("other.md", "-o", "other.pdf")["brand_logo"].endswith(base64.b64encode(b"logo").decode())
    asked = read_request("other.md", None, BesideOptions())
    assert {path.name for path in asked.read} == {"pressrun.toml", "own.css", "logo.png"}, "what a watch looks at"


def test_what_a_style_sheet_or_a_logo_holds_may_stand_there_too(here: Path) -> None:
    (here / "pressrun.toml").write_text('theme_css = "p { color: red }"\nbrand_logo = "data:image/png;base64,AAAA"\n')
    body = sent("lesson.md", "-o", "lesson.pdf")
    assert (body["theme_css"], body["brand_logo"]) == ("p { color: red }", "data:image/png;base64,AAAA")


@pytest.mark.parametrize("name", ["../logo.png", "/etc/hostname", "out.png", "none.png"])
def test_no_project_file_reads_what_is_not_below_its_folder(here: Path, name: str) -> None:
    (here / "out.png").symlink_to(here.parent / "logo.png")
    (here / "pressrun.toml").write_text(f'brand_logo = "{name}"\n')
    with pytest.raises(UsageError, match=r"brand_logo: (.* is not below .*command line|there is no file .*none\.png)"):
        project_defaults(here / "pressrun.toml", None)


def test_what_takes_a_picture_takes_no_text(here: Path) -> None:
    (here / "pressrun.toml").write_text('brand_logo = "lesson.md"\n')
    with pytest.raises(UsageError, match=r"lesson\.md is no PNG, JPEG, WebP or SVG picture by its ending"):
        project_defaults(here / "pressrun.toml", None)


def test_a_preset_without_a_project_file_is_an_error() -> None:
    assert main(["lesson.md", "-o", "x.pdf", "--preset", "print", "--server", "http://127.0.0.1:9"]) == 2


def test_front_matter_says_only_what_is_under_its_own_word() -> None:
    assert front_matter_defaults("a.md", "---\ntheme: gaia\nzoom: 9\n---\n# x pressrun").fields == {}
    with pytest.raises(UsageError, match=r"a\.md.*'zom' is not known"):
        front_matter_defaults("a.md", "---\npressrun:\n  zom: 1\n---\n")


async def soon(watcher: Watcher) -> list[str] | None:
    with fail_after(20):
        return await watcher.changed(anyio.Event())


def test_a_watch_sees_new_files_and_what_a_file_hangs_on(here: Path) -> None:
    found = ["lesson.md"]
    watcher = Watcher(lambda: found)
    watcher.hangs_on("lesson.md", [here / "img" / "a map.png", here / "img" / "gone.png"])

    def after(change: Any) -> list[str] | None:
        timer = threading.Timer(0.05, change)
        timer.start()
        try:
            return anyio.run(soon, watcher)
        finally:
            timer.join()

    def add() -> None:
        (here / "new.md").write_text("# New")
        found.append("new.md")

    assert after(add) == ["new.md"]
    assert after(lambda: (here / "img" / "gone.png").write_bytes(b"there")) == ["lesson.md"]
    assert after(lambda: (here / "img" / "a map.png").write_bytes(b"other")) == ["lesson.md"]


def test_a_change_between_reading_and_watching_is_not_lost(here: Path) -> None:
    watcher = Watcher(lambda: ["lesson.md"])
    (here / "lesson.md").write_text("# Changed while the server started\n")
    later = time.time() + 5  # a file system's clock may have steps of two seconds
    os.utime(here / "lesson.md", (later, later))
    watcher.hangs_on("lesson.md", [])
    assert anyio.run(soon, watcher) == ["lesson.md"]
