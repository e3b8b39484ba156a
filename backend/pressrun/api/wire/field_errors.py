"""What is wrong with a field, in words: pydantic's errors as `errors[]` of CONTRACT "Refusals" (field, problem, valid).

The valid values are read from the model's JSON schema, so that they cannot differ from what is enforced. Nothing that
a client sent is repeated beyond 100 characters.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pressrun.request_errors import FieldProblem

MAX_PROBLEMS = 20
_MAX_ECHO = 100
_MAX_WORDS = 400
_BODY = "(body)"

Schema = dict[str, Any]


def field_problems(model: type[BaseModel], exc: ValidationError) -> list[FieldProblem]:
    """The first 20 problems, in the order of the model's fields."""
    schema = _schema_of(model)
    errors = exc.errors(include_url=False)[:MAX_PROBLEMS]
    return [_problem(schema, error) for error in errors]


def surrogate_problems(data: dict[str, Any]) -> list[FieldProblem]:
    """The strings that hold half of a UTF-16 pair: JSON can spell them, but they are no text and cannot be encoded."""
    problems: list[FieldProblem] = []
    for path, text in _strings(data, ""):
        position = _lone_surrogate(text)
        if position is not None and len(problems) < MAX_PROBLEMS:
            problem = f"holds the lone surrogate U+{ord(text[position]):04X} at position {position}; remove it"
            problems.append({"field": _cut(path) or _BODY, "problem": problem, "valid": "Unicode text"})
    return problems


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            name = f"{path}.{key}" if path else key
            yield name, key
            yield from _strings(child, name)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _strings(child, f"{path}.{index}")


def _lone_surrogate(text: str) -> int | None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        return exc.start
    return None


@functools.lru_cache(maxsize=64)
def _schema_of(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _problem(schema: Schema, error: ErrorDetails) -> FieldProblem:
    location, words = error["loc"], _words(error)
    names = list(schema.get("properties", {}))
    if not location:
        # A check over several fields blames one by beginning with its name.
        blamed, colon, rest = words.partition(": ")
        if colon and blamed in names:
            location, words = (blamed,), rest
    if error["type"] == "extra_forbidden":
        parent = _resolve(schema, schema, location[:-1])
        return _unknown_field(location, list(parent.get("properties", {})))
    valid = describe(schema, _resolve(schema, schema, location))
    return {"field": _dotted(location), "problem": words, "valid": valid}


def _unknown_field(location: tuple[int | str, ...], names: list[str]) -> FieldProblem:
    close = difflib.get_close_matches(str(location[-1])[:_MAX_ECHO], names, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return {"field": _dotted(location), "problem": f"is not a known field{hint}", "valid": ", ".join(names)}


def _dotted(location: tuple[int | str, ...]) -> str:
    return _cut(".".join(map(str, location))) or _BODY


def _words(error: ErrorDetails) -> str:
    """What is wrong, as the end of a sentence that begins with the field's name."""
    kind = error["type"]
    if kind == "missing":
        return "is required"
    if kind in {"value_error", "assertion_error"}:
        return str(error["ctx"]["error"])[:_MAX_WORDS]
    words = re.sub(r"^\w+ should ", "must ", error["msg"]).replace(" after validation", "")[:_MAX_WORDS]
    if isinstance(error["input"], str):
        words = words.replace(" items", " characters")  # pydantic's word where more than a length is checked
    return words if kind in _ABOUT_LENGTH else f"{words}; got {_echo(error['input'])}"


_ABOUT_LENGTH = frozenset({"string_too_long", "string_too_short", "too_long", "too_short"})


def _echo(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        value = value[: _MAX_ECHO + 1]
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    shown = text if len(text) <= _MAX_ECHO else text[: _MAX_ECHO - 1] + "…"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def _resolve(root: Schema, schema: Schema, location: tuple[int | str, ...]) -> Schema:
    """The schema of the value at `location`; an empty one where the location leads out of the schema."""
    schema = _follow(root, schema)
    for part in location:
        child = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part)
        if child is None:
            return {}
        schema = _follow(root, child)
    return schema


def _follow(root: Schema, schema: Schema) -> Schema:
    """Through `$ref`, and past the null of an optional field."""
    described = schema.get("description")
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
            continue
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        if len(choices) != 1:
            break
        schema = choices[0]
    return schema | {"description": described} if described else schema


def describe(root: Schema, schema: Schema) -> str:
    """The values that `schema` takes, in words: `0.5..10`, `png, jpeg, webp`, `integer 1..500`."""
    schema = _follow(root, schema)
    values = _describe_type(root, schema)
    note = schema.get("description")
    return f"{values} ({note})" if note and values != "object" else values


def _describe_type(root: Schema, schema: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(str(value) for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " or ".join(describe(root, choice) for choice in schema["anyOf"])
    kind = schema.get("type", "")
    if kind in {"integer", "number"}:
        return f"{kind} {_range(schema)}".strip() if kind == "integer" else _range(schema) or kind
    if kind == "array":
        items = describe(root, schema.get("items", {}))
        return f"list{_count(schema, 'Items', ' items')}: {items}"
    if kind == "string":
        pattern = f" matching {schema['pattern']}" if "pattern" in schema else ""
        return f"string{_count(schema, 'Length', ' characters')}{pattern}"
    return {"boolean": "true or false", "": "any value"}.get(kind, str(kind))


def _range(schema: Schema) -> str:
    low: float | None = schema.get("minimum", schema.get("exclusiveMinimum"))
    high: float | None = schema.get("maximum", schema.get("exclusiveMaximum"))
    more = "more than " if "exclusiveMinimum" in schema else "at least "
    less = "less than " if "exclusiveMaximum" in schema else "at most "
    if "minimum" in schema and "maximum" in schema:
        return f"{_number(schema['minimum'])}..{_number(schema['maximum'])}"
    ends = [*([more + _number(low)] if low is not None else []), *([less + _number(high)] if high is not None else [])]
    return " and ".join(ends)


def _number(value: float) -> str:
    return str(int(value) if float(value).is_integer() else value)


def _count(schema: Schema, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    if high is None:
        return f" of at least {low}{unit}" if low else ""
    return f" of {low}..{high}{unit}" if low else f" of at most {high}{unit}"
