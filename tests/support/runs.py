"""Starting, following and judging runs over HTTP, with nothing but httpx: what a script would do."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.limits import HANG_S, pauses_s
from tests.support.server import Server

Event = dict[str, Any]
TERMINAL = {"complete", "error", "cancelled"}
# The default's layout (1920 × 1080 at 2.1) on a ninth of its pixels: a slide takes 40 ms of CPU instead of 130.
SMALL: dict[str, Any] = {"viewport_width": 640, "viewport_height": 360, "zoom": 0.7}
_SIZES = {*SMALL, "aspect", "preset"}


def chapter(slides: int, salt: str = "") -> str:
    """Markdown of about that many slides (a level-1 heading begins a slide)."""
    words = "The river carries sand and stones down to the sea, and lays them down where it slows. " * 5
    return "\n\n".join(f"# Part {number} {salt}\n\n{words}" for number in range(1, slides + 1))


def events_of(response: httpx.Response) -> Iterator[Event]:
    """The events of a stream, as dictionaries with `id` (None for a snapshot) and `event` beside the data."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "data" in fields:
            yield {**json.loads(fields["data"]), "id": fields.get("id"), "event": fields.get("event")}
            fields = {}


def small(**body: Any) -> dict[str, Any]:
    """The request with small pictures, unless it says a size itself."""
    return body if _SIZES & body.keys() else {**SMALL, **body}


@contextmanager
def posting(http: httpx.Client, **body: Any) -> Iterator[tuple[httpx.Response, Iterator[Event]]]:
    """POSTs a run of exactly this and yields its open stream; closes the connection at the end."""
    headers = body.pop("headers", {})
    with http.stream("POST", "/generate-sse", json=body, headers=headers) as response:
        if response.status_code != 200:
            response.read()
        yield response, events_of(response)


def starting(http: httpx.Client, **body: Any) -> AbstractContextManager[tuple[httpx.Response, Iterator[Event]]]:
    """As `posting`, with small pictures unless the body says a size itself."""
    return posting(http, **small(**body))


def post_to_end(http: httpx.Client, **body: Any) -> list[Event]:
    """All events of a new run of exactly this: what is measured, or looked at, has the size that people get."""
    with posting(http, **body) as (response, events):
        assert response.status_code == 200, response.text
        return list(events)


def run_to_end(http: httpx.Client, **body: Any) -> list[Event]:
    """As `post_to_end`, with small pictures unless the body says a size itself."""
    return post_to_end(http, **small(**body))


def follow(http: httpx.Client, operation_id: str, after: int = 0) -> list[Event]:
    """All events after the cursor, without the snapshot."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    with http.stream("GET", f"/runs/{operation_id}/events", headers=headers) as response:
        if response.status_code == 204:
            return []
        return [event for event in events_of(response) if event["event"] != "snapshot"]


def wait_for_status(http: httpx.Client, operation_id: str, *statuses: str, limit_s: float = HANG_S) -> Event:
    """The run, once it has one of the statuses."""
    deadline = time.monotonic() + limit_s
    for pause_s in pauses_s():
        run: Event = http.get(f"/runs/{operation_id}").raise_for_status().json()
        if run["status"] in statuses:
            return run
        if time.monotonic() > deadline:
            break
        time.sleep(pause_s)  # polling over HTTP is what this helper is
    raise AssertionError(f"the run is {run['status']} after {limit_s} s, not one of {statuses}")


def wait_for_title(http: httpx.Client, title: str, limit_s: float = HANG_S) -> Event:
    """The newest run, once it has this title."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        for run in http.get("/runs", params={"limit": 1}).json()["runs"]:
            if run["title"] == title:
                return dict(run)
        time.sleep(0.01)
    raise AssertionError(f"no run {title!r} within {limit_s} s")


def cancel(http: httpx.Client, operation_id: str) -> None:
    """Cancels the run and waits for its end."""
    http.post(f"/runs/{operation_id}/cancel").raise_for_status()
    wait_for_status(http, operation_id, "cancelled")


def was_cut_off(server: Server, operation_id: str) -> bool:
    """Whether a cancelled run was ended by force. On a busy machine one may be, so a test asks of several: the seconds
    that it has are the product's, and measured in benchmarks/cancel.py.
    """
    return any(operation_id in line and "did not stop by itself" in line for line in server.log.splitlines())


def check_events(events: list[Event]) -> None:
    """1..n without gap or repetition, one terminal event, at the end; progress never falls; each slide told once."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] in TERMINAL for event in events] == [False] * (len(events) - 1) + [True]
    told = [event["progress"] for event in events if event["type"] == "progress"]
    assert told == sorted(told)
    slides = [event["index"] for event in events if event["type"] == "screenshot"]
    assert slides == list(range(1, len(slides) + 1))
    assert all(event["id"] == str(event["seq"]) and event["event"] == event["type"] for event in events)


def check_folder(folder: Path) -> dict[str, Any]:
    """The manifest of a batch folder that verifies: every file listed, every listed file there with its digest."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    listed = {file["name"]: file for file in manifest["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*listed, "manifest.json"}
    for name, file in listed.items():
        data = (folder / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size_bytes"], file["sha256"]), name
    return manifest


def wait_until_admitted(http: httpx.Client) -> None:
    """Until the reserve of a disk that was full is taken back, which the watch does every three seconds."""
    wait_until(lambda: http.post("/generate-sse", json={"text": "is there room?", "outputs": ["html"]}).is_success)


def wait_until(holds: Callable[[], bool], limit_s: float = HANG_S) -> None:
    """Returns when `holds()`; for what a server does by itself some time after an answer."""
    deadline = time.monotonic() + limit_s
    for pause_s in pauses_s():
        if holds():
            return
        assert time.monotonic() < deadline, f"not so within {limit_s} s"
        time.sleep(pause_s)  # nothing to wait for but the server's own state
