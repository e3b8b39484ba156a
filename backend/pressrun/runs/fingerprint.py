"""Route + canonical body -> fingerprint. Pure.

The canonical form is RFC 8785 JSON of the normalised spec with every default filled in, so key order, `1` / `1.0` and
absent / default make no difference; every field of `RunSpec` does. One that a later release added (`Changes.since`) is
left out while it has its default: an Idempotency-Key that was used before an upgrade names the same request after it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from pydantic_core import to_json

from pressrun.spec import CHANGES, FIRST_RELEASE, RunSpec

_MAX_EXACT = 2**53  # from here on floats are spelled in ways of their own
_FIELDS = tuple(RunSpec.model_fields)
_LATER = {name: RunSpec.model_fields[name].default for name in _FIELDS if CHANGES[name].since != FIRST_RELEASE}
_WAS = {name: CHANGES[name].was for name in _FIELDS if CHANGES[name].was}
_SETTLED = frozenset({str, int, bool, type(None)})


def canonical(spec: RunSpec) -> dict[str, Any]:
    """What is hashed, readable. Its fields hold strings, numbers, truth values, null, lists and objects of strings."""
    values = spec.__dict__
    return {name: values[name] for name in _FIELDS if name not in _LATER or values[name] != _LATER[name]}


def fingerprint(route: str, spec: RunSpec) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(canonical_json({"route": route, "spec": _spelled(canonical(spec))})).hexdigest()


def _spelled(values: dict[str, Any]) -> dict[str, Any]:
    """With the names that values had in the release before (`Changes.was`)."""
    return values | {name: was.get(values[name], values[name]) for name, was in _WAS.items() if name in values}


def canonical_json(value: Any) -> bytes:
    """RFC 8785. Pydantic's encoder writes the same, in a fraction of the time, once keys and floats are settled."""
    try:
        settled = _settle(value)
    except OverflowError:
        return rfc8785.dumps(value)
    return to_json(settled)


def _in_utf16(key: str) -> bytes:
    """As the RFC sorts names (section 3.2.3)."""
    return key.encode("utf-16-be")


def _settle(value: Any) -> Any:
    """Keys sorted, whole floats as integers. Raises: OverflowError for a float that ECMAScript spells otherwise."""
    if type(value) in _SETTLED:
        return value
    if isinstance(value, dict):
        return {key: _settle(value[key]) for key in sorted(value, key=_in_utf16)}
    if isinstance(value, list):
        return [_settle(child) for child in value]
    if isinstance(value, float):
        if abs(value) >= _MAX_EXACT or "e" in repr(value):
            raise OverflowError
        if value.is_integer():
            return int(value)
    return value
