"""How quickly 10 000 runs are listed, filtered and searched: over HTTP, with specs of the size that people send.

The rows are put into the tables of a server that is not running, by the product's own queries; then the real server is
asked, one request after the other, for first pages, pages deep in the history, and words that one run or none has.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx

from benchmarks.figures import Figure, percentile
from pressrun.db import Connection
from pressrun.db import retention as retention_queries
from pressrun.db import runs as run_queries
from pressrun.db.engine import open_database
from pressrun.db.searching import searchable
from pressrun.ids import OperationIds
from tests.support.server import start_server

_RUNS = 10_000
_ASKED = 100  # of each kind
_SPEC = json.dumps({"text": "All the words of a chapter. " * 700})  # 20 kB
_WORDS = ["river", "sea", "mountain", "sand", "light", "engine", "music", "bread", "stone", "winter", "paper", "salt"]


def measure(folder: Path) -> Iterator[Figure]:
    ids = anyio.run(fill, folder / "data")
    deep = ids[_RUNS // 10]
    kinds = {
        "list, first page": {},
        "list, a page deep in it": {"cursor": deep},
        "list, failed runs": {"status": "error"},
        "list, pinned runs": {"pinned": "1"},
        "search, words that many runs have": {"q": "river sea"},
        "search, a word that one run has": {"q": "needle"},
        "search, a word that none has": {"q": "nowhere to be found"},
        "search, an operation_id": {"q": deep},
    }
    with start_server(folder / "data") as server, httpx.Client(base_url=server.url, timeout=30) as http:
        for name, query in kinds.items():
            times_ms = [_ask(http, query) for _ in range(_ASKED)]
            yield Figure(f"{name}, p95", percentile(times_ms, 0.95), "ms", target=20, note=f"{_RUNS} runs, 50 a page")
        shown_ms = [_ask(http, {}, f"/runs/{deep}") for _ in range(_ASKED)]
        yield Figure("show a run, p95", percentile(shown_ms, 0.95), "ms", target=20)


def _ask(http: httpx.Client, query: dict[str, str], path: str = "/runs") -> float:
    begun = time.perf_counter()
    http.get(path, params=query).raise_for_status().json()
    return (time.perf_counter() - begun) * 1000


async def fill(data_dir: Path) -> list[str]:
    """A data folder with so many runs, none with files; their names."""
    await anyio.Path(data_dir).mkdir(exist_ok=True)
    ids = OperationIds()
    names = [ids.new() for _ in range(_RUNS)]
    async with open_database(data_dir / "pressrun.sqlite") as database:
        for start in range(0, _RUNS, 500):
            await database.write(_insert, names[start : start + 500], start)
    return names


def _insert(connection: Connection, names: list[str], start: int) -> None:
    chance = random.Random(start)
    for number, name in enumerate(names, start):
        failed = number % 50 == 0
        title = " ".join(chance.sample(_WORDS, 5)) + (" needle" if number == _RUNS // 2 else "")
        error = {"code": "ai_failed", "message": "The endpoint was silent", "stage": "compose", "retryable": True}
        slides = [f"slides/{index:04d}.png" for index in range(1, 21)]
        artifact = {"name": f"{title}.pdf", "url": "u", "media_type": "application/pdf", "size_bytes": 1, "sha256": "0"}
        result = {"screenshot_count": 20, "screenshot_files": slides, "artifacts": [artifact], "folder": name}
        run_queries.insert_run(
            connection,
            {
                "operation_id": name,
                "lane": "default" if number % 3 else "bulk",
                "caller": "local",
                "route": "/generate-sse",
                "fingerprint": f"{number:064x}",
                "spec": _SPEC,
                "title": title,
                "searchable": searchable(title, error["code"] if failed else None, names=[artifact["name"]]),  # type: ignore[arg-type]
                "on_disconnect": "continue",
                "priority": 0,
                "status": "error" if failed else "complete",
                "stage": "publish",
                "progress": 100,
                "attempt": 1,
                "crashes": 0,
                "handed_back": False,
                "last_seq": 0,
                "created_at": datetime.now(UTC),
                "started_at": datetime.now(UTC),
                "ended_at": datetime.now(UTC),
                "error": json.dumps(error) if failed else None,
                "result": None if failed else json.dumps(result),
                "pinned": number % 1000 == 0,
            },
        )
    retention_queries.set_sizes(connection, {(name, 1): 1_000_000 for name in names})  # as after a sweep
