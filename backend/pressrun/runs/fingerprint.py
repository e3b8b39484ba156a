"""Route + canonical body -> fingerprint. Pure.

The canonical form is RFC 8785 JSON of the normalised spec with every default filled in, so key order, `1` / `1.0` and
absent / default make no difference; every field of `RunSpec` does, also one added later.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from pressrun.spec import RunSpec


def canonical(spec: RunSpec) -> dict[str, Any]:
    """What is hashed, readable."""
    return spec.model_dump(mode="json", include=set(RunSpec.model_fields))


def fingerprint(route: str, spec: RunSpec) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(rfc8785.dumps({"route": route, "spec": canonical(spec)})).hexdigest()
