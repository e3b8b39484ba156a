"""The UI's hashed files over HTTP: compressed for whoever reads it, and kept for good."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from pressrun.api.assets import Assets

pytestmark = pytest.mark.anyio

SCRIPT = b"export const rain = 'falls';\n" * 100
PLAIN = b"svg"


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    tmp_path.joinpath("app-abc.js").write_bytes(SCRIPT)
    tmp_path.joinpath("app-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    tmp_path.joinpath("app-abc.js.br").write_bytes(b"as if brotli")
    tmp_path.joinpath("icon-abc.svg").write_bytes(PLAIN)
    app = Starlette(routes=[Mount("/assets", Assets(directory=tmp_path))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("identity", None),
        ("", None),
        ("gzip;q=0.0", None),
        ("gzipped", None),
    ],
)
async def test_a_file_comes_as_the_client_reads_it(http: httpx.AsyncClient, accepted: str, coding: str | None) -> None:
    async with http.stream("GET", "/assets/app-abc.js", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    if coding == "gzip":
        raw = gzip.decompress(raw)
    assert raw == (b"as if brotli" if coding == "br" else SCRIPT)


async def test_a_file_without_twins_comes_as_it_is(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/icon-abc.svg", headers={"Accept-Encoding": "gzip, br"})
    assert answer.content == PLAIN
    assert "content-encoding" not in answer.headers
    assert "immutable" in answer.headers["cache-control"]


async def test_a_part_of_a_file_is_of_the_file_itself(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/app-abc.js", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-5"})
    assert answer.status_code == 206
    assert answer.content == SCRIPT[:6]
    assert "content-encoding" not in answer.headers


async def test_an_unchanged_file_is_not_sent_again_and_a_missing_one_is_not_kept(http: httpx.AsyncClient) -> None:
    first = await http.get("/assets/app-abc.js", headers={"Accept-Encoding": "gzip"})
    headers = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]}
    assert (await http.get("/assets/app-abc.js", headers=headers)).status_code == 304
    missing = await http.get("/assets/app-old.js", headers={"Accept-Encoding": "gzip"})
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")
