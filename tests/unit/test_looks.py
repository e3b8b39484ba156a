"""What a request and the front matter of a text say of the look of slides, and which of them counts."""

from __future__ import annotations

import pytest

from pressrun.api.endpoints.generate import _sized
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.aspects import size_in, size_of_aspect
from pressrun.request_errors import FieldErrors
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from pressrun.sources.text import compose_text
from pressrun.spec import RunSpec
from pressrun.themes.brand import brand_css, contrast, readable
from pressrun.themes.catalog import BUILT_IN

pytestmark = pytest.mark.usefixtures("warm_parser")

DECK = """---
theme: plum
footer: Class 7b
paginate: true
aspect: 4:3
lang: en
running_heading: plain
brand:
  accent: "#0b57d0"
  heading_font: Source Serif 4
---

# Rivers
"""


def said(text: str) -> dict[str, object]:
    return render_markdown(text)["look"]


def test_the_front_matter_of_a_deck_says_how_all_its_slides_look() -> None:
    made = render_markdown(DECK)
    assert made["look"] == {
        "theme": "plum",
        "theme_line": 2,
        "footer": "Class 7b",
        "page_numbers": True,
        "running_heading": "plain",
        "accent": "#0b57d0",
        "heading_font": "Source Serif 4",
    }
    assert not [code for code, _ in made["warnings"] if code == "directive_ignored"]


@pytest.mark.parametrize(
    ("front", "found"),
    [
        ("marp: true\npaginate: false", {"page_numbers": False}),
        ("theme: seriph\nslideNumber: c/t", {"theme": "seriph", "theme_line": 2, "page_numbers": True}),
        (
            "format:\n  revealjs:\n    theme: plum\n    footer: Us\n    slide-number: true",
            {"theme": "plum", "theme_line": 1, "footer": "Us", "page_numbers": True},
        ),
        ("title: x\nrunning_heading: false", {"running_heading": "none"}),
        ("title: x\nwriting_mode: vertical", {"writing_mode": "vertical"}),
        ("title: x\nwriting-mode: Vertical-RL", {"writing_mode": "vertical"}),
        ("title: x\nwriting_mode: horizontal", {"writing_mode": "horizontal"}),
        ("title: x\nwriting_mode: [up]", {}),
        ("title: x\nbrand: {accent: red, body_font: '\"; } x'}\nfooter: [1]\npaginate: maybe", {}),
        ("title: x\ntheme: ../../etc", {}),
    ],
)
def test_each_tool_says_it_in_its_own_words_and_what_cannot_be_read_is_not_used(
    front: str, found: dict[str, object]
) -> None:
    assert said(f"---\n{front}\n---\n\n# A\n") == found


@pytest.mark.anyio
async def test_what_a_request_says_goes_before_what_its_text_says() -> None:
    as_told = (await compose_text(DECK, title=None, look=Look())).html
    assert BUILT_IN["plum"].css() in as_told
    assert ' data-footer="Class 7b" data-page-numbers="" data-running-heading="plain">' in as_told
    asked = Look(theme="paper", footer="Mine", page_numbers=False, running_heading="numbered", accent="#000")
    mine = (await compose_text(DECK, title=None, look=asked)).html
    assert BUILT_IN["paper"].css() in mine
    assert ' data-footer="Mine">' in mine
    assert "--brand: #000;" in mine
    assert "#0b57d0" not in mine


@pytest.mark.anyio
@pytest.mark.parametrize("said", ["", "vertical", "horizontal"])
@pytest.mark.parametrize("asked", ["auto", "vertical", "horizontal"])
async def test_how_lines_run_is_what_the_request_asks_for_else_what_the_text_says(asked: str, said: str) -> None:
    spec = RunSpec.model_validate(
        {"text": f"---\ntitle: x\nwriting_mode: {said}\n---\n\n# 川\n", "writing_mode": asked}
    )
    made = (await compose_text(spec.text or "", title=None, look=Look.of(spec, BUILT_IN))).html
    vertical = (said if asked == "auto" else asked) == "vertical"
    assert (' data-writing="vertical"' in made.partition("<head>")[0]) is vertical


@pytest.mark.anyio
async def test_a_theme_that_the_server_has_not_is_told_with_its_line_and_the_deck_is_made() -> None:
    made = await compose_text("---\nmarp: true\ntheme: gaia\n---\n\n# A\n", title=None, look=Look())
    (warning,) = made.warnings
    assert warning.code == "directive_ignored"
    assert "`theme: gaia` (line 3)" in warning.message
    assert "plum" in warning.message
    assert BUILT_IN["paper"].css() in made.html


@pytest.mark.anyio
async def test_a_footer_is_text_and_nothing_else() -> None:
    made = await compose_text("# A\n", title=None, look=Look(footer='"><script>x</script>'))
    assert 'data-footer="&quot;&gt;&lt;script&gt;' in made.html


@pytest.mark.parametrize(
    ("word", "size"),
    [
        ("16:9", (1920, 1080)),
        ("4/3", (1440, 1080)),
        ("169", (1920, 1080)),
        ("9:16", (1080, 1920)),
        ("square", (1080, 1080)),
        ("A4", None),
        ("0:0", None),
    ],
)
def test_shapes_of_slides_have_names(word: str, size: tuple[int, int] | None) -> None:
    assert size_of_aspect(word) == size


def test_a_line_of_spaces_is_read_in_linear_time() -> None:
    assert size_in("aspect:" + " " * 60_000 + "!") is None  # quadratic, it would take half an hour
    assert size_in("aspect:" + " " * 60_000 + "'4 / 3'") == (1440, 1080)
    assert size_in("size  :  '4 : 3'   # of old screens") == (1440, 1080)


def test_a_text_chooses_the_shape_of_its_slides_unless_the_request_does() -> None:
    def size(**fields: object) -> tuple[int, int]:
        spec = _sized(GenerateRequest.model_validate({"text": DECK, **fields}))
        return spec.viewport_width, spec.viewport_height

    assert size() == (1440, 1080)
    assert size(viewport_width=1920, viewport_height=1080) == (1920, 1080)
    assert size(viewport_width=640) == (640, 1080)
    assert size(text="# aspect\n\naspect: 4:3\n") == (1920, 1080)
    assert size(text="---\nmarp: true\nsize: A4\naspectRatio: 1/1\n---\n") == (1080, 1080)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("theme_css", "a {}\n@import 'x';", "line 2: `@import` loads another style sheet; write its rules"),
        ("theme_css", "a { background: url(http://x.org) }", "line 1: `url(http://x.org)` is elsewhere"),
        ("theme_css", "a {", "never closed"),
        ("theme_css", "x" * 200_001, "at most 200"),
        ("theme_css", "a{}" * 6_000, "at most 5000"),
        ("brand_accent", "red; } * { display: none", "pattern"),
        ("brand_logo", "https://x.org/logo.png", "pattern"),
        ("brand_logo", 'data:image/png;base64,AA") url(x', "pattern"),
        ("brand_heading_font", 'x"; }', "pattern"),
        ("running_heading", "twice", "numbered"),
        ("writing_mode", "vertical-rl", "vertical"),
    ],
)
def test_what_of_a_look_cannot_be_is_a_wrong_field(field: str, value: str, told: str) -> None:
    from pressrun.api.wire.body import parse_model

    with pytest.raises(FieldErrors) as caught:
        parse_model(RunSpec, {"text": "x", field: value})
    (problem,) = caught.value.errors
    assert problem["field"] == field
    assert told in f"{problem['problem']} {problem['valid']}" or told == "pattern"


@pytest.mark.parametrize("theme", BUILT_IN)
@pytest.mark.parametrize("accent", ["#ffff00", "#0b57d0", "#fff", "#000", "#808080"])
def test_an_accent_that_cannot_be_read_on_the_theme_is_brought_nearer_to_what_can(theme: str, accent: str) -> None:
    page = BUILT_IN[theme].colours["page"]
    css = brand_css(
        accent=accent, logo=None, heading_font=None, body_font=None, page=page, scheme=BUILT_IN[theme].scheme
    )
    shown = css.partition("--accent: #")[2][:6]
    ground = tuple(int(page[at : at + 2], 16) for at in (1, 3, 5))
    assert contrast(tuple(int(shown[at : at + 2], 16) for at in (0, 2, 4)), ground) >= 4.5  # type: ignore[arg-type]


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    assert readable((11, 87, 208), (255, 255, 255)) == (11, 87, 208)
