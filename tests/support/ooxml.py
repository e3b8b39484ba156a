"""Parts of Office files against the schemas of ISO/IEC 29500 (data/ooxml, transitional: what PowerPoint writes)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

_SCHEMAS = Path(__file__).parents[1] / "data" / "ooxml"
_BY_NAMESPACE = {
    "http://schemas.openxmlformats.org/presentationml/2006/main": "pml.xsd",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "dml-main.xsd",
    "http://schemas.openxmlformats.org/package/2006/content-types": "opc-contentTypes.xsd",
    "http://schemas.openxmlformats.org/package/2006/relationships": "opc-relationships.xsd",
}


def schema_errors(name: str, root: etree._Element) -> list[str]:
    """What the schema of a part does not allow; nothing for parts that are of none of these schemas."""
    found = _BY_NAMESPACE.get(etree.QName(root).namespace or "")
    if found is None:
        return []
    schema = _schema(found)
    return [] if schema.validate(root) else [f"{name}:{error.line}: {error.message}" for error in schema.error_log]


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMAS / name))
