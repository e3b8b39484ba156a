"""What `pressrun generate` takes as a source, and what it says of one that cannot be sent."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pressrun.cli import main
from tests.support.scripted_server import Script, Stream, scripted_server

pytestmark = pytest.mark.usefixtures("client_environment")


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_html_is_sent_as_html_and_options_as_fields(tmp_path: Path) -> None:
    page = tmp_path / "page.HTML"
    page.write_bytes(b"\xef\xbb\xbf<h1>Rivers</h1>")
    script = Script(generate=[Stream()])
    options = "--zoom 1.5 --outputs images,pdf --outputs zip --no-use-cache --theme ink --lane night --on-busy join"
    with scripted_server(script) as url:
        assert main(["generate", str(page), "--server", url, *options.split(), "--title", "--odd"]) == 2
        assert main(["generate", str(page), "--server", url, *options.split(), "--title=--odd"]) == 0
    assert script.seen[0].body == {
        "html": "<h1>Rivers</h1>",
        "zoom": 1.5,
        "outputs": ["images", "pdf", "zip"],
        "use_cache": False,
        "theme": "ink",
        "title": "--odd",
        "lane": "night",
        "on_busy": "join",
        "on_duplicate": "reject",
    }


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        stdin(monkeypatch, "नदी".encode())
        assert main(["generate", "-", "--server", url]) == 0
        stdin(monkeypatch, b"<p>x</p>")
        assert main(["generate", "-", "--source", "html", "--server", url]) == 0
    assert script.seen[0].body["text"] == "नदी"
    assert script.seen[1].body["html"] == "<p>x</p>"


def zipped(*names: str) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "x")  # of no time, for it names a test
    return file.getvalue()


@pytest.mark.parametrize("text", ["BMW builds cars", "MZ is a name", "ID3", "BZh", "RIFF is a format of 1991"])
def test_a_text_that_begins_like_another_kind_of_file_is_a_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(generate=[Stream()])
    with scripted_server(script) as url:
        stdin(monkeypatch, text.encode())
        assert main(["generate", "-", "--server", url]) == 0
    assert script.seen[0].body["text"] == text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"caf\xe9", "not UTF-8: byte 0xe9 at position 3"),
        (b"\x93caf\xe9\x94 and more", "If “ is right in ““café” and more”, convert it: iconv -f windows-1252"),
        (b"\x81", "perhaps: iconv -f latin1"),
        ("Fluß".encode("utf-16"), "UTF-16"),
        ("A river runs.".encode("utf-16le"), "is UTF-16; convert it: iconv -f utf-16le -t utf-8 "),
        ("A river runs.".encode("utf-16be"), "iconv -f utf-16be"),
        ("A river runs.".encode("utf-32"), "UTF-32"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF; convert it: pdftotext -layout "),
        (b"{\\rtf1 x}", "is RTF; convert it: pandoc "),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "soffice --headless"),
        (zipped("word/document.xml"), "is a Word document; convert it: pandoc "),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "is a PowerPoint presentation"),
        (zipped("word/document.xml")[:60], "is a Word document"),
        (zipped("xl/workbook.xml"), "is an Excel workbook"),
        (zipped("mimetype", "content.xml"), "is an OpenDocument file"),
        (zipped("lesson.md"), "is an archive: unpack it"),
        (b"\x1f\x8b\x08" + bytes(99), "is an archive: unpack it"),
        (bytes(257) + b"ustar", "is an archive: unpack it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "is a picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "is a picture"),
        (bytes(4) + b"ftypheic", "is a picture"),
        (bytes(4) + b"ftypisom", "is sound or film"),
        (b"\x7fELF" + bytes(99), "is a program"),
        (b"a" * 50 + b"\x00" + b"a" * 50, "is no text (byte 0x00 at position 50)"),
        (b"%PDF-" + bytes(1_600_001), "is a PDF"),
        (b"a" * 400_001, "400,001 characters; at most 400,000"),
        (b"a" * 1_600_001, "too large"),
    ],
)
def test_a_source_that_cannot_be_sent_is_told_before_anything_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    path = tmp_path / "x.md"
    if content is not None:
        path.write_bytes(content)
    assert main(["generate", str(path), "--server", "http://127.0.0.1:1"]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert str(path) in err
    assert err.count("\n") == 1
    assert out == ""


def test_a_folder_is_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(tmp_path)]) == 2
    assert "is a folder: `pressrun -I" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["generate"],
        ["generate", "x", "--zoom", "big"],
        ["generate", "x", "--fit", "pink"],
        ["generate", "x", "--bogus"],
        ["explode"],
        ["runs", "--status", "dead"],
        ["generate", "x", "y"],
        ["token", "new", "--scope", "everything"],
    ],
)
def test_wrong_usage_is_one_line_that_points_to_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pressrun: ")
    assert "--help" in err
    assert err.count("\n") == 1
