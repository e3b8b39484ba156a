"""Files that are sent with a source: pictures, style sheets and fonts that it names by a relative path. Pure.

They are part of the request: kept with its spec, in its fingerprint, gone with the run. A path is a name to compare
with what the source says and nothing else: no file is ever opened or made by it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

MAX_FILES = 100  # arbitrary: as many as a document may name on the web
MAX_BYTES = 20_000_000  # arbitrary: all together; in base64 it leaves 4 MB of the largest body for the source
MAX_PATH_CHARACTERS = 255  # what a file system takes for a name

# Where a source with attachments stands: what it names by a relative path is below, `..` does not lead out, and nobody
# has such a host (RFC 2606).
BASE = "https://attachments.invalid/"

_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")


def checked_attachments(files: dict[str, str]) -> dict[str, str]:
    """The files as they came, by path. Raises: ValueError that names the one that cannot be taken, and why."""
    if len(files) > MAX_FILES:
        raise ValueError(f"holds {len(files)} files; at most {MAX_FILES} are taken")
    total = 0
    for path, content in files.items():
        why = why_no_path(path)
        if why is not None:
            raise ValueError(f"holds a path that {why}: {path[:MAX_PATH_CHARACTERS]}")
        try:
            total += len(base64.b64decode(content, validate=True))
        except (binascii.Error, ValueError):
            raise ValueError(f"holds {path}, whose content is not base64") from None
        if total > MAX_BYTES:
            raise ValueError(f"holds more than {MAX_BYTES // 1_000_000} MB; leave out some, or make pictures smaller")
    return files


def why_no_path(path: str) -> str | None:
    """What is wrong with the path of a file, as the end of a sentence; None: nothing."""
    if not 0 < len(path) <= MAX_PATH_CHARACTERS:
        return f"has not 1 to {MAX_PATH_CHARACTERS} characters"
    if _UNUSABLE.search(path):
        return "holds a backslash or a control character; `/` stands between folders"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "does not lead from the source down, as in img/map.png"
    return None


def bytes_of(files: Mapping[str, str]) -> dict[str, bytes]:
    """What they hold, by path."""
    return {path: base64.b64decode(content) for path, content in files.items()}


def content_of(named: str, files: Mapping[str, str]) -> bytes:
    """What is named by a data: URI in base64, or by its path among the files. Raises: binascii.Error."""
    encoded = named.partition(",")[2] if is_data_uri(named) else files[named]
    return base64.b64decode(encoded)


def is_data_uri(named: str) -> bool:
    """Whether that holds its content itself, and is no path."""
    return named.startswith("data:")


def path_of(url: str) -> str | None:
    """The path that an absolute address below `BASE` means; None for any other address."""
    return unquote(urlsplit(url).path).removeprefix("/") if url.startswith(BASE) else None


def path_in(source: str) -> str | None:
    """The path that a source means by `img/map%20of%20it.png?v=2`; None where it names something on the web, or in
    itself.
    """
    try:
        return path_of(urljoin(BASE, source.strip())) or None
    except ValueError:
        return None


def without_contents(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec for people and lists: of each attachment its size and digest."""
    files = spec.get("attachments")
    return {**spec, "attachments": {path: _told(content) for path, content in files.items()}} if files else {**spec}


def _told(content: str) -> dict[str, Any]:
    data = base64.b64decode(content)
    return {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
