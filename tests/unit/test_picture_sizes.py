"""Pixels of embedded pictures, told by their headers: whichever way the document names them, and no picture decoded."""

from __future__ import annotations

import base64
import io
import time
from urllib.parse import quote

import pytest
from PIL import Image

from pressrun.browser.slides.picture_sizes import embedded_pixels, picture_pixels


def picture(format: str, size: tuple[int, int] = (30, 20), **options: object) -> bytes:
    data = io.BytesIO()
    Image.new("RGB" if format != "ICO" else "RGBA", size).save(data, format, **options)
    return data.getvalue()


def uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


PNG = uri(picture("PNG"))
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{PNG}" width="9"/></svg>'
CSS = f"p {{ background: url({PNG}) }}"
WAYS = {
    "img": f'<img src="{PNG}">',
    "no quotes": f"<img src={PNG} width=5>",
    "upper case": f"<IMG SRC='{PNG.replace('data', 'DATA')}'>",
    "lines of base64": '<img src="' + "\n".join(PNG[at : at + 76] for at in range(0, len(PNG), 76)) + '">',
    "srcset": f'<img srcset="{PNG} 2x">',
    "picture": f'<picture><source srcset="{PNG}"><img></picture>',
    "poster": f'<video poster="{PNG}"></video>',
    "input": f'<input type=image src="{PNG}">',
    "object": f'<object data="{PNG}"></object>',
    "embed": f'<embed src="{PNG}">',
    "frame": f'<iframe src="{PNG}"></iframe>',
    "document in an attribute": f"<iframe srcdoc='<img src=\"{PNG}\">'></iframe>",
    "the same with entities": f'<iframe srcdoc="&lt;img src=&quot;{PNG}&quot;&gt;"></iframe>',
    "svg": f"<svg><image href='{PNG}' /></svg>",
    "filter": f"<svg><filter><feImage xlink:href='{PNG}' /></filter></svg>",
    "background": f'<p style="background:red url({PNG}) 0 0">x',
    "border": f"<p style=\"border-image:url('{PNG}') 30\">x",
    "mask": f"<style>p{{mask:url({PNG})}}</style>",
    "content": f"<style>p::before{{content:url({PNG})}}</style>",
    "list": f"<style>li{{list-style-image:url({PNG})}}</style>",
    "image-set": f"<style>p{{background:image-set('{PNG}' 1x)}}</style>",
    "another type": f'<img src="{PNG.replace("image/png", "text/plain")}">',
    "no type": f'<img src="{PNG.replace("image/png", "")}">',
    "parameters": f'<img src="{PNG.replace(";base64", ";charset=x;base64")}">',
    "percent": f'<img src="data:image/png,{quote(picture("PNG"))}">',
    "svg as a picture": f'<img src="{uri(SVG.encode(), "image/svg+xml")}">',
    "svg by percent": f'<img src="data:image/svg+xml,{quote(SVG)}">',
    "svg as it is": f"<img src='data:image/svg+xml,{SVG}'>",
    "style sheet": f'<link rel=stylesheet href="{uri(CSS.encode(), "text/css")}">',
    "document in a document": f'<iframe src="{uri(f"<img src={PNG}>".encode(), "text/html")}"></iframe>',
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_picture_is_counted_whichever_way_it_is_named(way: str) -> None:
    assert embedded_pixels(f"<!doctype html><p>before</p>{WAYS[way]}<p>after") == 600


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO"])
def test_every_format_says_its_size(format: str) -> None:
    data = picture(format, (64, 32), **({"sizes": [(64, 32)]} if format == "ICO" else {}))
    assert picture_pixels(data) == 64 * 32
    assert embedded_pixels(f'<img src="{uri(data)}">') == 64 * 32


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 5}, {"exif": b"Exif\0\0" + bytes(40)}])
def test_every_kind_of_webp_says_its_size(options: dict[str, object]) -> None:
    assert picture_pixels(picture("WEBP", **options)) == 600


def test_a_jpeg_says_its_size_behind_whatever_stands_before_it() -> None:
    data = picture("JPEG", icc_profile=bytes(300_000), progressive=True)
    assert embedded_pixels(f'<img src="{uri(data, "image/jpeg")}">') == 600


def test_what_is_named_many_times_counts_once_and_two_count_twice() -> None:
    other = uri(picture("PNG", (10, 10)))
    assert embedded_pixels(f'<img src="{PNG}">' * 50 + f"<p style='background:url({PNG})'>x<img src={other}>") == 700


@pytest.mark.parametrize(
    "text",
    ["", "data:", "data:,", "data:image/png;base64,", "data:image/png;base64,????", "the data: 5, 6, 7", PNG[:40]],
)
def test_what_is_no_picture_counts_nothing(text: str) -> None:
    assert embedded_pixels(f'<img src="{text}">{text}') == 0


@pytest.mark.parametrize("cut", [4, 12, 17, 20, 24, 29])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO"])
def test_one_that_is_cut_off_is_no_error(format: str, cut: int) -> None:
    assert picture_pixels(picture(format)[:cut]) >= 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "data:image/png;base64," * 230_000,
        "data:x;base64,AAAA\n" * 260_000,
        'src="data:,' * 450_000,
        "data:" * 1_000_000,
        f'<img src="{uri(bytes(3_700_000))}">',
        "data:image/svg+xml," + "data:," * 800_000,
        "'data:image/svg+xml,x" * 240_000,
    ],
)
def test_the_largest_document_is_looked_through_in_seconds(text: str) -> None:
    begun_at = time.process_time()
    embedded_pixels(text)
    assert time.process_time() - begun_at < 24  # of CPU; linear, so 5 MB take one
