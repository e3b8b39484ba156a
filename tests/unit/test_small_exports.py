"""Exports that are made of pictures and words alone: text, Markdown, contact sheet; and what files are called."""

from __future__ import annotations

import html
import io
import re
import unicodedata
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.from_thread
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from pressrun.artifacts.model import MANIFEST_NAME
from pressrun.export_kinds import EXPORT_KINDS
from pressrun.exports import contact_sheet
from pressrun.exports.pdf import finished
from pressrun.exports.zip import stream_zip
from pressrun.pipeline.context import DECK_NAME, DOCUMENT_NAME, SOURCE_NAME
from pressrun.pipeline.export import base_name, file_name
from pressrun.slide_texts import SLIDES_NAME, SlideText
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from pressrun.sources.words import folded_words
from pressrun.spec import RunSpec
from pressrun.worker_threads import stop_if_cancelled
from tests.support.export_work import COLOURS, SLIDES, made, work_in
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


async def test_the_text_says_what_is_on_each_slide_with_rows_pictures_and_notes(tmp_path: Path) -> None:
    text = (await made("text", work_in(tmp_path)[0])).decode()
    slides = re.split(r"--- Slide \d ---\n\n", text)
    assert slides[0] == 'The "title"\n\n'
    assert "1. is no list\n# is no heading\n\n[Picture: A [river]]\n\n- first\n" in slides[1]
    assert "a|b\tc\n\nd\te\n" in slides[1]
    assert slides[1].endswith("Notes:\nSay it -- slowly --> now\n\n")
    assert slides[2] == "layout: center\n\nمرحبا\n\n"
    assert len(slides) == 4


async def test_the_markdown_is_read_again_as_the_same_words_on_as_many_slides(tmp_path: Path) -> None:
    markdown = (await made("markdown", work_in(tmp_path)[0])).decode()
    document = await compose_text(markdown, title=None, look=Look("paper"))
    body = document.html.partition("<body")[2]
    assert document.title == 'The "title"'
    assert body.count("slide-break") == len(SLIDES) - 1
    for tag, times in {
        "<h1": 1,
        "<h2": 1,
        "<li": 2,
        "<table": 1,
        "<th": 2,
        "<td": 2,
        "<pre": 1,
        "<blockquote": 1,
    }.items():
        assert len(re.findall(tag + r"[\s>]", body)) == times, tag
    assert "<script" not in body
    said = Counter(folded_words(html.unescape(re.sub(r"<[^>]*>", " ", body))))
    for slide in SLIDES:
        for part in slide.blocks:
            assert not Counter(folded_words(part.text)) - said, part.text
    (comment,) = re.findall("<!--(.*?)-->", markdown, re.DOTALL)
    assert comment.replace("\u200b", "") == f"\n{SLIDES[0].notes}\n"


async def test_a_cancel_stops_the_contact_sheet_while_it_is_deflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[int] = []

    def stop() -> None:
        stops.append(1)
        anyio.from_thread.run_sync(scope.cancel)
        stop_if_cancelled()

    monkeypatch.setattr(contact_sheet, "stop_if_cancelled", stop)
    with fail_after(60), anyio.CancelScope() as scope:
        await made("contact_sheet", work_in(tmp_path)[0])
    assert scope.cancelled_caught
    assert len(stops) == 1


@pytest.mark.parametrize("total", [1, 7, pytest.param(150, marks=pytest.mark.slow)])
async def test_the_contact_sheet_shows_each_slide_in_its_place_and_stays_of_a_size(tmp_path: Path, total: int) -> None:
    slides = [SlideText(index=number + 1, blocks=[]) for number in range(total)]
    work, shares = work_in(tmp_path, slides)
    sheet = Image.open(io.BytesIO(await made("contact_sheet", work)))
    assert sheet.format == "PNG"
    assert 100_000 < sheet.width * sheet.height < 20_000_000
    # columns of pixels in the upper row of slides are of the colours of the slides, in order
    row = [sheet.getpixel((x, 60)) for x in range(sheet.width)]
    shown = [colour for colour in dict.fromkeys(row) if sum(1 for pixel in row if pixel == colour) > 20]
    wanted = [tuple(bytes.fromhex(colour[1:])) for colour in COLOURS[:total]]
    assert [colour for colour in shown if colour in wanted] == wanted
    assert len(shares) == total // 10


def test_notes_of_a_pdf_are_annotations_of_their_pages() -> None:
    empty = pikepdf.new()
    for _ in SLIDES:
        empty.add_blank_page(page_size=(400, 300))
    written = io.BytesIO()
    empty.save(written)
    notes = [SLIDES[0].notes, "", "नोट\nзаметка 中"]
    made = finished(written.getvalue(), "", notes)
    assert made == finished(written.getvalue(), "", notes)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        found = [[str(note.Contents) for note in page.get("/Annots", [])] for page in pdf.pages]
        assert found == [[notes[0]], [], [notes[2]]]
        (annotation,) = pdf.pages[0].Annots
        assert annotation.Subtype == "/Text"
        assert [float(edge) for edge in annotation.Rect] == [380, 280, 400, 300]


def test_notes_are_of_slides_alone() -> None:
    with pytest.raises(ValidationError, match="pdf_notes: are of slides"):
        RunSpec(text="x", outputs=["pdf"], pdf_layout="document", pdf_notes="annotations")


OWN = {DECK_NAME, DOCUMENT_NAME, MANIFEST_NAME, SLIDES_NAME, SOURCE_NAME}


@pytest.mark.parametrize("title", ["source", "document", "deck", "manifest", "slides", "x"])
def test_no_export_takes_the_name_of_another_or_of_what_each_run_has(title: str) -> None:
    names = [file_name(base_name(title), ending) for kind in EXPORT_KINDS for ending in kind.files]
    assert len({name.casefold() for name in names}) == len(names)
    assert OWN.isdisjoint(names)


# what FAT, NTFS, SMB, HFS+ and shells do not take, or take for something else
_NOT_EVERYWHERE = re.compile(r'[<>:"/\\|?*\x00-\x20\x7f$`;&\']')


# drawn as nothing, or from the right: what makes two names look like one, and one look like another
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]")


@given(st.text(max_size=300) | st.text("\u200d\u200f\u202e\u3164\u034f\u0301\U0001f469\ufe0f\u20e3.a ", max_size=300))
@settings(max_examples=150)
def test_whatever_a_run_is_called_its_files_have_names_that_every_file_system_takes(title: str) -> None:
    names = [file_name(base_name(title), ending) for kind in EXPORT_KINDS for ending in kind.files]
    alike = {unicodedata.normalize("NFC", name.casefold()) for name in names}
    assert len(alike) == len(names), "two exports never share a name, whatever cases and compositions are one"
    assert OWN.isdisjoint(alike)
    for name in names:
        assert len(name.encode()) <= 255
        assert not _NOT_EVERYWHERE.search(name)
        assert unicodedata.category(name[0])[0] in "LN", (
            "neither hidden, nor an option, nor a mark on what is before it"
        )
        assert not _UNSEEN.search(name)
        assert not name.endswith((".", " "))
        assert unicodedata.normalize("NFC", name) == name


@pytest.mark.parametrize(
    "title", ["x" * 300, "é" * 300, "河" * 300, "\U0001f469\u200d" * 300, "x\u0301" * 300, "source", "deck"]
)
def test_all_that_a_run_can_make_lies_in_one_folder_and_in_one_archive(title: str, tmp_path: Path) -> None:
    names = [*OWN, *(file_name(base_name(title), ending) for kind in EXPORT_KINDS for ending in kind.files)]
    for name in names:
        with (tmp_path / name).open("xb") as file:  # that fails where there is one of that name
            file.write(name.encode())
    packed = io.BytesIO(
        b"".join(
            stream_zip(
                [(name, len(name.encode()), iter([(tmp_path / name).read_bytes()])) for name in names],
                modified_at=datetime(2026, 11, 30, tzinfo=UTC),
            )
        )
    )
    with zipfile.ZipFile(packed) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {name: name for name in names}
        assert len(archive.namelist()) == len(names)


@pytest.mark.parametrize("title", ["CON", "nul", "Aux.", "com1", "LPT\u00b9", "prn"])
def test_no_file_has_the_name_of_a_device_on_windows(title: str) -> None:
    assert base_name(title) == base_name(title).lower()
    assert base_name(title).endswith("-slides")
    assert base_name("concert") == "concert"
