"""A PDF of pictures, for the documents that a browser cannot print as they are shown. Blocks; pure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream, String
from PIL import Image

from pressrun.worker_threads import stop_if_cancelled


def pdf_of_pictures(
    jpegs: Sequence[bytes], width_pt: float, height_pt: float, *, title: str, lang: str, made_at: datetime
) -> bytes:
    """A page for each picture, which fills it. The same input gives the same bytes."""
    with Pdf.new() as pdf:
        for jpeg in jpegs:
            stop_if_cancelled()
            with Image.open(io.BytesIO(jpeg)) as picture:
                width, height = picture.size
            image = Stream(pdf, jpeg)
            for key, value in {
                "/Type": Name.XObject,
                "/Subtype": Name.Image,
                "/Width": width,
                "/Height": height,
                "/ColorSpace": Name.DeviceRGB,
                "/BitsPerComponent": 8,
                "/Filter": Name.DCTDecode,
            }.items():
                image[key] = value
            content = b"q %.4f 0 0 %.4f 0 0 cm /Slide Do Q" % (width_pt, height_pt)
            page = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, width_pt, height_pt]),
                Contents=Stream(pdf, content),
                Resources=Dictionary(XObject=Dictionary(Slide=image)),
            )
            pdf.pages.append(Page(pdf.make_indirect(page)))
        if lang:
            pdf.Root.Lang = String(lang)
        pdf.docinfo["/Title"] = title
        for key in ("/CreationDate", "/ModDate"):
            pdf.docinfo[key] = made_at.strftime("D:%Y%m%d%H%M%S+00'00'")
        made = io.BytesIO()
        pdf.save(made, deterministic_id=True)
    return made.getvalue()
