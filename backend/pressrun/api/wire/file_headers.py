"""The headers under which a run's files are served: hostile until proven a picture.

A run's document is somebody else's HTML on our origin. Sandboxed it has no origin, no script and nothing to fetch;
all that a browser could take for active content and that is not the document is a download of unknown type. The viewer
is our own page with one script, which its policy names by its digest: that one runs, without an origin either.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from pressrun.export_kinds import VIEWER_ENDING
from pressrun.exports import viewer

DOCUMENT_CSP = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
# Without `sandbox`, which Chromium's PDF viewer cannot work in; the style is the browser's own for a lone picture.
_MEDIA_CSP = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "video/mp4", "video/webm", "image/gif"})
_DOWNLOADED = frozenset(
    {
        "application/zip",
        "application/json",
        "text/plain",
        "text/markdown",
        "application/x-subrip",
        "text/vtt",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
_UNKNOWN = "application/octet-stream"


def headers_for(name: str, media_type: str, inline: bool | None = None) -> dict[str, str]:
    """Headers for the artifact `name` of `media_type`, as the manifest has both.

    `inline` is what the client asked for: None takes the type's own way (pictures, PDF and video are shown, all else
    is downloaded). True has an effect on the document only; SVG, XML and unknown types are downloads whatever is asked.
    """
    kind = media_type.partition(";")[0].strip().lower()
    document = kind == "text/html"
    policy = _MEDIA_CSP if kind in _SHOWN else DOCUMENT_CSP
    if document and name.endswith(VIEWER_ENDING):
        policy = f"sandbox allow-scripts; {viewer.policy()}; frame-ancestors 'self'"
    shown = (kind in _SHOWN and inline is not False) or (document and inline is True)
    known = kind if kind in _SHOWN | _DOWNLOADED else _UNKNOWN
    served_as = f"{kind}; charset=utf-8" if document or known.startswith("text/") else known
    return {
        "Content-Type": served_as,
        "Content-Disposition": content_disposition(name, shown),
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN" if document else "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def content_disposition(name: str, shown: bool) -> str:
    """RFC 6266: the last part of `name`, in ASCII for everybody and in UTF-8 for those who can."""
    base = name.replace("\\", "/").rpartition("/")[2] or "file"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", base)
    full = "" if plain == base else f"; filename*=UTF-8''{quote(base, safe='', errors='replace')}"
    return f'{"inline" if shown else "attachment"}; filename="{plain}"{full}'
