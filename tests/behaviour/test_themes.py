"""Themes of a server: its own folder of them, what it refuses, and a run that is made with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import posting, run_to_end
from tests.support.server import start_server

pytestmark = [pytest.mark.slow, pytest.mark.promise("themes")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("themes")
    (folder / "school").mkdir()
    (folder / "school" / "theme.toml").write_text(
        'label = "School"\nwords = "Ours."\nscheme = "light"\nfonts = []\nauthor = "7b"\n'
    )
    (folder / "school" / "theme.css").write_text(":root { --page: #eef; --accent: #123456; }\n")
    return folder


@pytest.fixture(scope="module")
def http(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        start_server(tmp_path_factory.mktemp("data"), PRESSRUN_THEMES_DIR=str(folder)) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        yield http


def test_a_server_lists_its_own_themes_behind_the_built_in_ones_with_their_pictures(http: httpx.Client) -> None:
    themes = http.get("/themes").json()["themes"]
    assert [theme["name"] for theme in themes][:1] == ["paper"]
    assert themes[-1]["name"] == "school"
    assert themes[-1]["preview_url"] is None
    assert themes[-1]["colours"] == {"page": "#eef", "accent": "#123456"}
    picture = http.get(themes[0]["preview_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    assert http.get("/themes/school/preview.webp").status_code == 404
    assert http.get("/themes/..%2fpaper/preview.webp").status_code == 400


def test_a_run_is_made_with_a_theme_of_the_server_and_rules_of_the_request(http: httpx.Client) -> None:
    events = run_to_end(http, text="# A", theme="school", theme_css="h1 { color: #010203 }", outputs=["html"])
    name = events[-1]["operation_id"]
    document = http.get(f"/runs/{name}/files/document.html").text
    assert "--accent: #123456" in document
    assert document.index("--accent: #123456") < document.index("color: #010203")


@pytest.mark.parametrize(
    "said", ["---\ntheme: school\naspect: 4:3\nfooter: Us\n---\n", "<!--\ntheme: school\nsize: 4:3\nfooter: Us\n-->\n"]
)
def test_a_text_that_names_the_theme_and_the_shape_is_made_so(http: httpx.Client, said: str) -> None:
    text = f"{said}\n# A\n\nb\n"
    with posting(http, text=text, outputs=["html"]) as (_, events):
        name = list(events)[-1]["operation_id"]
    spec = http.get(f"/runs/{name}/spec").json()
    assert (spec["viewport_width"], spec["viewport_height"], spec["theme"]) == (1440, 1080, "auto")
    document = http.get(f"/runs/{name}/files/document.html").text
    assert "--accent: #123456" in document
    assert 'data-footer="Us"' in document


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"theme": "pink"}, "no theme of this server"),
        ({"theme_css": "a {\n  @import 'x' }"}, "line 2: `@import`"),
        ({"theme_css": "p { background: url(https://x.org/a) }"}, "elsewhere"),
    ],
)
def test_a_look_that_cannot_be_is_a_wrong_field(http: httpx.Client, fields: dict[str, str], told: str) -> None:
    answer = http.post("/generate-sse", json={"text": "x", **fields})
    (problem,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert problem["field"] in fields
    assert told in problem["problem"]


def test_an_edited_theme_makes_another_request(http: httpx.Client, folder: Path, tmp_path: Path) -> None:
    body = {"text": "x", "theme": "school"}
    before = http.post("/admission/explain", json=body).json()["fingerprint"]
    sheet = folder / "school" / "theme.css"
    sheet.write_text(sheet.read_text().replace("#123456", "#654321"))
    with (
        start_server(tmp_path / "data", PRESSRUN_THEMES_DIR=str(folder)) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as other,
    ):
        after = other.post("/admission/explain", json=body).json()["fingerprint"]
    assert before != after
