"""What PowerPoint is known to refuse or repair, as assertions about a file: the schemas of ISO/IEC 29500, and what they
do not say (ids, relationships, sizes).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path

from lxml import etree

from tests.support.ooxml import schema_errors

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"


def check_presentation(path: Path) -> None:
    """Raises AssertionError for the first thing that PowerPoint would not take as it is."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert len(set(map(str.lower, names))) == len(names), "two parts of one name"
        assert archive.testzip() is None
        assert names[0] == "[Content_Types].xml"
        parts = {name: archive.read(name) for name in names}
    _check_types(parts)
    _check_size(parts)
    for name, data in parts.items():
        if name.endswith((".xml", ".rels")):
            assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", data), name
            root = etree.fromstring(data)
            assert schema_errors(name, root) == []
            if name.startswith("ppt/slides/") and name.endswith(".xml"):
                _check_slide(name, root, _relations(name, parts))
        elif name.endswith(".png"):
            assert data.startswith(b"\x89PNG\r\n"), name
        elif name.endswith(".jpg"):
            assert data.startswith(b"\xff\xd8"), name


def _check_size(parts: dict[str, bytes]) -> None:
    size = etree.fromstring(parts["ppt/presentation.xml"]).find(f"{P}sldSz")
    assert size.get("type") in (None, "custom"), "the name of another size"
    assert all(914_400 <= int(size.get(key)) <= 51_206_400 for key in ("cx", "cy"))


def _check_types(parts: dict[str, bytes]) -> None:
    types = etree.fromstring(parts["[Content_Types].xml"])
    defaults = {each.get("Extension") for each in types.findall(f"{TYPES}Default")}
    overrides = [each.get("PartName") for each in types.findall(f"{TYPES}Override")]
    assert len(set(overrides)) == len(overrides)
    for part in overrides:
        assert part[1:] in parts, f"{part} is listed and not there"
    for name in parts:
        assert "/" + name in overrides or name.rpartition(".")[2] in defaults, f"{name} is of no type"
        if name.startswith("ppt/") and name.endswith(".xml"):
            assert "/" + name in overrides, name


def _relations(name: str, parts: dict[str, bytes]) -> set[str]:
    folder, _, file = name.rpartition("/")
    root = etree.fromstring(parts[f"{folder}/_rels/{file}.rels"])
    for relation in root.findall(f"{RELATIONS}Relationship"):
        target = relation.get("Target")
        if relation.get("TargetMode") == "External":
            assert re.fullmatch(r"[!-~]+", target), f"{target!r} is no address"
            assert '"' not in target
        else:
            assert posixpath.normpath(posixpath.join(folder, target)) in parts, f"{target} is not there"
    return {relation.get("Id") for relation in root}


def _check_slide(name: str, root: etree._Element, relations: set[str]) -> None:
    ids = [each.get("id") for each in root.iter(f"{P}cNvPr")]
    assert len(set(ids)) == len(ids), f"{name}: two shapes of one id"
    assert all(0 < int(each) < 2**31 for each in ids)
    assert len([each for each in root.iter(f"{P}ph") if each.get("type") == "title"]) == 1, f"{name}: one title"
    for element in root.iter():
        for key in (f"{R}id", f"{R}embed", f"{R}link"):
            assert element.get(key) is None or element.get(key) in relations, f"{name}: {element.get(key)}"
    for place in root.iter(f"{A}off", f"{A}ext"):
        for key in ("x", "y", "cx", "cy"):
            value = place.get(key)
            assert value is None or -(2**31) < int(value) < 2**31, value
            assert not key.startswith("c") or value is None or int(value) >= 0
    for text in root.iter(f"{A}t"):
        assert "\n" not in (text.text or "")
    for table in root.iter(f"{A}tbl"):
        columns = len(table.findall(f"{A}tblGrid/{A}gridCol"))
        assert all(len(row.findall(f"{A}tc")) == columns for row in table.findall(f"{A}tr"))
    for body in root.iter(f"{P}txBody", f"{A}txBody"):
        assert body.findall(f"{A}p"), f"{name}: a text without a paragraph"
