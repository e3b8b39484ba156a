"""Route + canonical body -> fingerprint. Pure.

The canonical form is RFC 8785 JSON of the normalised spec with every default filled in, so key order, `1` / `1.0` and
absent / default make no difference; every field of `RunSpec` does, also one added later. Such a one is left out while
it has its default: an Idempotency-Key that was used before an upgrade still names the same request after it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785

from pressrun.spec import RunSpec

_ADDED_LATER = ("rerender_of",)  # to the fields of the first release
_MAX_EXACT = 2**53  # from here on floats are spelled in ways of their own


def canonical(spec: RunSpec) -> dict[str, Any]:
    """What is hashed, readable."""
    fields = spec.model_dump(mode="json", include=set(RunSpec.model_fields))
    unused = {name for name in _ADDED_LATER if fields[name] == RunSpec.model_fields[name].default}
    return {name: value for name, value in fields.items() if name not in unused}


def fingerprint(route: str, spec: RunSpec) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(canonical_json({"route": route, "spec": canonical(spec)})).hexdigest()


def canonical_json(value: Any) -> bytes:
    """RFC 8785. Python's own encoder writes the same, in a tenth of the time, once its floats are settled.

    Keys must be plain identifiers (the RFC sorts others by UTF-16).
    """
    try:
        settled = _settle_floats(value)
    except OverflowError:
        return rfc8785.dumps(value)
    return json.dumps(settled, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _settle_floats(value: Any) -> Any:
    """Whole floats as integers. Raises: OverflowError for one that Python and ECMAScript spell differently."""
    if isinstance(value, dict):
        return {key: _settle_floats(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_settle_floats(child) for child in value]
    if isinstance(value, float):
        if abs(value) >= _MAX_EXACT or "e" in repr(value):
            raise OverflowError
        if value.is_integer():
            return int(value)
    return value
