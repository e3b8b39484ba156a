"""A query string is validated by the model that OpenAPI tells it by: what is wrong is named with what is valid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request

from pressrun.api.wire.queries import (
    LaneQuery,
    ListQuery,
    LogQuery,
    Query,
    RetentionQuery,
    parameters_of,
    parse_query,
)
from pressrun.request_errors import FieldErrors


def parse(model: type[Query], query: str) -> dict[str, Any]:
    request = Request({"type": "http", "headers": [], "query_string": query.encode()})
    return parse_query(model, request).model_dump()


def test_a_list_without_a_word_is_the_first_fifty_of_all() -> None:
    assert parse(ListQuery, "") == {
        "status": None, "lane": None, "q": None, "since": None, "pinned": None, "limit": 50, "cursor": None,
        "sort": "newest", "counts": "0",
    }  # fmt: skip


def test_each_parameter_is_read() -> None:
    cursor = "0199f000-0000-7000-8000-000000000000"
    query = f"status=error&lane=bulk&q=a+%F0%9F%8C%8A&since=2026-11-25T13:00:00Z&pinned=1&limit=200&cursor={cursor}&x=1"
    query += "&sort=oldest&counts=1"
    assert parse(ListQuery, query) == {
        "status": "error",
        "lane": "bulk",
        "q": "a 🌊",
        "since": datetime(2026, 11, 25, 13, tzinfo=UTC),
        "pinned": "1",
        "limit": 200,
        "cursor": cursor,
        "sort": "oldest",
        "counts": "1",
    }
    assert parse(ListQuery, "since=2026-11-25")["since"] == datetime(2026, 11, 25, tzinfo=UTC)
    assert parse(LogQuery, "format=jsonl&after=12") == {"format": "jsonl", "after": 12}
    assert parse(LaneQuery, "lane=a&lane=b") == {"lane": "b"}


@pytest.mark.parametrize(
    ("model", "query", "field", "valid"),
    [
        (ListQuery, "status=done", "status", "queued, running, complete, error, cancelled"),
        (ListQuery, "limit=0", "limit", "integer 1..200"),
        (ListQuery, "limit=201", "limit", "integer 1..200"),
        (ListQuery, "limit=%2B5", "limit", "integer 1..200"),
        (ListQuery, "limit=1_0", "limit", "integer 1..200"),
        (ListQuery, "limit=%D9%A1", "limit", "integer 1..200"),
        (ListQuery, "limit=", "limit", "integer 1..200"),
        (ListQuery, "since=yesterday", "since", "2026-11-25T13:00:00Z"),
        (ListQuery, "since=1700000000", "since", "2026-11-25T13:00:00Z"),
        (ListQuery, "pinned=yes", "pinned", "0, 1"),
        (ListQuery, "cursor=x", "cursor", "`next_cursor` of the page before"),
        (ListQuery, "q=%00", "q", "string"),
        (LaneQuery, "lane=%00", "lane", "string"),
        (LogQuery, "format=xml", "format", "text, jsonl"),
        (LogQuery, "after=-1", "after", "integer at least 0"),
        (LogQuery, "after=9999999999", "after", "integer at least 0"),
        (RetentionQuery, "dry_run=true", "dry_run", "0, 1"),
        (RetentionQuery, "dry_run=", "dry_run", "0, 1"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_valid(model: type[Query], query: str, field: str, valid: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        parse(model, query)
    (problem,) = refused.value.errors
    assert problem["field"] == field
    assert valid in problem["valid"]


def test_openapi_tells_what_is_enforced() -> None:
    told = {each["name"]: each for each in parameters_of(ListQuery)}
    assert set(told) == set(ListQuery.model_fields)
    assert told["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert told["pinned"]["schema"] == {"type": "string", "enum": ["0", "1"]}
    assert told["since"]["schema"] == {"type": "string", "format": "date-time"}
    assert {each["in"] for each in told.values()} == {"query"}
