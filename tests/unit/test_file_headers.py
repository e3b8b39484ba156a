from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from pressrun.api.pages import UI_CSP
from pressrun.api.wire.file_headers import content_disposition, headers_for


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "application/pdf", "video/mp4"])
def test_pictures_pdf_and_video_are_shown_with_their_type(media_type: str) -> None:
    headers = headers_for("a", media_type)
    assert headers["Content-Type"] == media_type
    assert headers["Content-Disposition"].startswith("inline")
    assert headers_for("a", media_type, inline=False)["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "media_type",
    ["image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml", "text/javascript", "text/css", "", "x"],
)
def test_what_a_browser_could_run_is_a_download_of_unknown_type(media_type: str) -> None:
    headers = headers_for("a.svg", media_type, inline=True)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("media_type", ["text/html", "text/html; charset=utf-7", "Text/HTML"])
def test_a_document_is_sandboxed_and_a_download_unless_asked_for_inline(media_type: str) -> None:
    headers = headers_for("document.html", media_type)
    assert headers["Content-Disposition"] == 'attachment; filename="document.html"'
    assert headers_for("document.html", media_type, inline=True)["Content-Disposition"].startswith("inline")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


@given(st.sampled_from(["image/png", "text/html", "image/svg+xml", "application/zip"]), st.booleans() | st.none())
def test_every_file_is_fenced_in(media_type: str, inline: bool | None) -> None:
    headers = headers_for("a", media_type, inline)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_name_in_another_script_is_there_twice() -> None:
    assert content_disposition("slides/पाठ 1.png", True) == (
        "inline; filename=\"___ 1.png\"; filename*=UTF-8''%E0%A4%AA%E0%A4%BE%E0%A4%A0%201.png"
    )


@given(st.text(st.characters(codec=None)))
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    value = content_disposition(name, False)
    assert value.isascii()
    assert value.isprintable()
    plain = value.partition('filename="')[2].partition('"')[0]
    assert not set(plain) & set('/\\";')
    Response(headers={"Content-Disposition": value})


def test_the_ui_may_load_its_own_and_nobody_may_frame_it() -> None:
    policy = dict(directive.strip().split(" ", 1) for directive in UI_CSP.split(";"))
    for directive in ("default-src", "script-src", "style-src", "connect-src"):
        assert policy[directive] == "'self'"
    for directive in ("object-src", "base-uri", "form-action", "frame-ancestors"):
        assert policy[directive] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "pressrun-worker"
