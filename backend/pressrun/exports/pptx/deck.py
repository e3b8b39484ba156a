"""A presentation as a file. python-pptx lives here: it keeps parts, relationships and the masters; the shapes are ours.

Pictures stay on disk until they are written, so what is held is the XML of the slides. The same slides, title and
instant give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.slide import Slide

from pressrun.exports.pptx import xml
from pressrun.exports.pptx.xml import Scale
from pressrun.worker_threads import stop_if_cancelled

_TITLE_ONLY = 5  # of the layouts of python-pptx' template: a title, date, footer and number
_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
_DARK = 0.4  # of the light of white: below it letters are light
_CHUNK_BYTES = 256 * 1024
_MOST_OF_ADDRESS = 2_000  # characters; PowerPoint takes 2 079


class _FilePart(Part):
    """A picture that is read when it is written."""

    path: Path

    @property
    def chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


class Deck:
    """One presentation while it is made. Slides are added in order, then it is saved once."""

    def __init__(self, width: float, height: float, *, title: str, made_at: datetime, ground: str = "") -> None:
        """`width` and `height` of a slide in CSS px; `ground` is the fill behind all slides."""
        self.scale = Scale.of(width, height)
        self._deck = Presentation()
        self._media: dict[Path, _FilePart] = {}
        wide, high = self.scale.emu(width), self.scale.emu(height)
        _resize(self._deck, wide, high)
        if ground:
            _set_background(self._deck.slide_master, ground)
        properties = self._deck.core_properties
        properties.title, properties.author, properties.last_modified_by = title[:255], "", ""
        properties.created = properties.modified = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        properties.revision = 1

    def add_slide(self) -> Slide:
        """An empty one."""
        slide: Slide = self._deck.slides.add_slide(self._deck.slide_layouts[_TITLE_ONLY])
        for shape in list(slide.shapes):
            shape._element.getparent().remove(shape._element)
        return slide

    def picture(self, slide: Slide, path: Path) -> str:
        """The id of the slide's relationship to a picture, PNG or JPEG."""
        part = self._media.get(path)
        if part is None:
            name = PackURI(f"/ppt/media/image{len(self._media) + 1}{path.suffix}")
            part = self._media[path] = _FilePart(name, _TYPES[path.suffix], self._deck.part.package)
            part.path = path
        return str(slide.part.relate_to(part, RT.IMAGE))

    def link(self, slide: Slide, address: str) -> str:
        """The id of the slide's relationship to an address."""
        whole = quote(address[:_MOST_OF_ADDRESS], safe="!#$%&'()*+,/:;=?@[]~")
        return str(slide.part.relate_to(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", whole), RT.HYPERLINK, is_external=True))

    def fill(self, slide: Slide, shapes: Iterable[str], *, background: str = "", notes: str = "") -> None:
        """Puts shapes, background and notes on it."""
        tree = slide.shapes._spTree
        for shape in shapes:
            tree.append(parse_xml(shape))
        etree.cleanup_namespaces(tree)
        if background:
            _set_background(slide, background)
        if notes:
            frame = slide.notes_slide.notes_text_frame
            if frame is not None:
                frame.text = xml.clean(notes)

    def save(self, path: Path) -> None:
        """Writes the file; a cancel stops it after each part.

        Pictures are stored as they are, XML is deflated.
        """
        package = self._deck.part.package
        for relation in [each for each in package._rels.values() if each.reltype == RT.THUMBNAIL]:
            package.drop_rel(relation.rId)  # of the template
        parts = list(package.iter_parts())
        with zipfile.ZipFile(path, "w") as archive:
            _put(archive, "[Content_Types].xml", _content_types(parts))
            _put(archive, "_rels/.rels", package._rels.xml)
            for part in parts:
                stop_if_cancelled()
                if isinstance(part, _FilePart):
                    with archive.open(_entry(part.partname.membername, zipfile.ZIP_STORED), "w") as entry:
                        for chunk in part.chunks:
                            entry.write(chunk)
                else:
                    _put(archive, part.partname.membername, part.blob)
                if part.rels:
                    _put(archive, part.partname.rels_uri.membername, part.rels.xml)


def _resize(deck: Any, wide: int, high: int) -> None:
    """Slides of that size, EMU; what is placed on master and layouts is placed alike."""
    across, down = wide / deck.slide_width, high / deck.slide_height
    deck.slide_width, deck.slide_height = wide, high
    deck.part._element.find("{*}sldSz").attrib.pop("type", None)  # the name of the template's size
    for sheet in (deck.slide_master, *deck.slide_layouts):
        for place in sheet._element.iter("{*}off", "{*}ext"):
            for name, factor in (("x", across), ("y", down), ("cx", across), ("cy", down)):
                if place.get(name) is not None:
                    place.set(name, str(round(int(place.get(name)) * factor)))


def _set_background(sheet: Any, fill: str) -> None:
    """Of a slide or of the master, whose letters become light on what is dark."""
    content = sheet._element.cSld
    for old in content.findall("{*}bg"):
        content.remove(old)
    content.insert(0, parse_xml(f"<p:bg {xml.NAMESPACES}><p:bgPr>{fill}<a:effectLst/></p:bgPr></p:bg>"))
    mapping = sheet._element.find("{*}clrMap")
    found = re.search(r'srgbClr val="(..)(..)(..)"', fill)
    if mapping is not None and found is not None:
        red, green, blue = (int(part, 16) / 255 for part in found.groups())
        if 0.2126 * red + 0.7152 * green + 0.0722 * blue < _DARK:
            for name, value in {"bg1": "dk1", "tx1": "lt1", "bg2": "dk2", "tx2": "lt2"}.items():
                mapping.set(name, value)


def _content_types(parts: Iterable[Part]) -> bytes:
    """ECMA-376, part 2, 10.1.2: each part by name, pictures by their ending."""
    defaults: Mapping[str, str] = {
        "jpg": "image/jpeg",
        "png": "image/png",
        "rels": "application/vnd.openxmlformats-package.relationships+xml",
        "xml": "application/xml",
    }
    written = "".join(f'<Default Extension="{ending}" ContentType="{kind}"/>' for ending, kind in defaults.items())
    for part in sorted(parts, key=lambda part: str(part.partname)):
        if not isinstance(part, _FilePart):
            written += f'<Override PartName="{part.partname}" ContentType="{part.content_type}"/>'
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<Types xmlns="{namespace}">{written}</Types>'.encode()


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # of 1980: the same bytes every time
    info.compress_type = compression
    info.external_attr = 0o644 << 16
    return info


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), data, compresslevel=6)
