"""HTML goes through as it is; its title and its missing parts are named."""

from __future__ import annotations

import pytest

from pressrun.sources.html import compose_html

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]


async def codes(html: str) -> list[str]:
    return [warning.code for warning in (await compose_html(html, title=None)).warnings]


async def test_html_is_not_changed():
    source = "<!doctype html><p onclick=x>a & b<script>1</script><b>\r\n"
    assert (await compose_html(source, title=None)).html == source


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>A &amp;\n B</title><h1>C</h1>", "A & B"),
        ("<h1>Hello <b>there</b></h1><h1>Again</h1>", "Hello there"),
        ("<title> </title><h1>C</h1>", "C"),
        ("<svg><title>Drawing</title></svg><h1>C</h1>", "C"),
        ("<TITLE>never closed", "never closed"),
        ("<p>nothing", "Document"),
        ("", "Document"),
        ("<title>" + "long " * 100, None),
    ],
)
async def test_html_is_called_by_its_title_or_first_heading(html, title):
    found = (await compose_html(html, title=None)).title
    assert found == title if title else len(found) <= 120


async def test_a_given_title_wins():
    assert (await compose_html("<title>Own</title>", title=" Given ")).title == "Given"


@pytest.mark.parametrize("html", ["<script>1</script>", "<SCRIPT src=a.js>", "<p onclick=x>"])
async def test_scripts_are_told_to_be_off(html):
    assert await codes(html) == ["scripts_off"]


@pytest.mark.parametrize(
    "html",
    [
        "<img src=http://example.org/a.png>",
        "<img srcset='a.png 1x'>",
        "<link rel='preload stylesheet' href=a.css>",
        "<iframe src=//example.org>",
        "<video poster=a.png>",
        "<style>@import 'a.css'</style>",
        '<style>p{background:url( "a.png" )}</style>',
        "<p style='background:url(a.png)'>",
        "<svg><image xlink:href=a.png /></svg>",
    ],
)
async def test_what_will_not_load_is_named(html):
    (warning,) = (await compose_html(html, title=None)).warnings
    assert warning.code == "blocked_resource"
    assert "a.png" in warning.message or "a.css" in warning.message or "//example.org" in warning.message


async def test_what_is_inside_the_document_is_not_complained_about():
    html = (
        "<img src='data:image/png;base64,AA=='><a href=http://example.org>x</a><link rel=canonical href=http://a>"
        "<style>p{fill:url(#a)}</style><svg><use href=#b /></svg>"
    )
    assert await codes(html) == []


async def test_ten_are_named_and_the_rest_counted():
    made = await compose_html("".join(f"<img src={n}.png>" for n in range(12)), title=None)
    assert len(made.warnings) == 11
    assert "2 more" in made.warnings[-1].message


@pytest.mark.slow
async def test_html_too_complex_to_examine_is_still_shown(monkeypatch):
    monkeypatch.setattr("pressrun.sources.html.SCAN_LIMIT_S", 0.05)
    source = "<p>" * 1_600_000  # seconds of work in every Python; what is quadratic in one is mended in the next
    made = await compose_html(source, title="Given")
    assert made.html == source
    assert made.title == "Given"
    assert [warning.code for warning in made.warnings] == ["not_examined"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "way", ["<img src='{}'>", "<style>p{{background:url({})}}</style>", "<iframe src='{}'></iframe>"]
)
async def test_ten_thousand_blocked_addresses_are_told_in_eleven_warnings(way: str) -> None:
    addresses = [f"https://h{n}.example/p.png" for n in range(10_000)]
    html = "<p>x" + "".join(way.format(address) for address in addresses) + way.format(addresses[0]) * 2_000
    document = await compose_html(html, title=None)
    told = [warning.message for warning in document.warnings]
    assert [address for address in addresses if any(address in message for message in told)] == addresses[:10]
    assert len(told) == 11
    assert "9990 more" in told[-1]
    assert all(len(message) < 300 for message in told)
