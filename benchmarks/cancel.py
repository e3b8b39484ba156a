"""From the request to cancel to the `cancelled` event at a reader, at random instants of a run."""

from __future__ import annotations

import base64
import io
import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.figures import Figure, percentile
from tests.support.ai_server import MODEL, SILENT, ai_server
from tests.support.runs import chapter, posting
from tests.support.server import start_server

_CANCELS = 100
_SILENT_CANCELS = 20
_CONFLICT, _NOTHING = 409, 204
_PICTURES, _SIDE = 150, 1080  # 1.2 MB each
_LARGE_BYTES = 10_000_000


def measure(folder: Path) -> Iterator[Figure]:
    with ai_server(SILENT) as endpoint:
        env = {
            "PRESSRUN_AI_BASE_URL": endpoint.url,
            "PRESSRUN_AI_MODEL": MODEL,
            "PRESSRUN_RUN_DEDUP_WINDOW_S": "0",
        }
        with start_server(folder / "data", **env) as server, httpx.Client(base_url=server.url, timeout=60) as http:
            times, late = _cancel_anywhere(http)
            silent = [_cancel(http, 0.1, composer="ai", text=f"silent {n}") for n in range(_SILENT_CANCELS)]
            in_zip, size_bytes = _cancel_in_zip(http, folder / "data")
    note = f"{len(times)} cancels over compose, render, export; {late} came too late"
    yield Figure("cancel to `cancelled`, p50", percentile(times, 0.5), "s", note=note)
    yield Figure("cancel to `cancelled`, p99", percentile(times, 0.99), "s", target=1)
    waited = [took_s for took_s in silent if took_s is not None]
    yield Figure(
        "cancel before the AI's first token, slowest", max(waited), "s", target=1, note=f"{len(waited)} cancels"
    )
    told = f"of {_PICTURES} pictures of grain, {size_bytes / 1e6:.0f} MB of it written"
    yield Figure("cancel while a large ZIP is packed", in_zip, "s", target=1, note=told)


def _cancel_in_zip(http: httpx.Client, data_dir: Path) -> tuple[float, int]:
    """And how much of the archive was written when it was asked for."""
    grain = Image.effect_noise((_SIDE, _SIDE), 80)
    file = io.BytesIO()
    grain.save(file, "PNG", compress_level=0)
    style = f"body{{margin:0}}div{{height:{_SIDE}px;background:url(grain.png)}}"  # once for all of them
    body = {
        "html": f"<style>{style}</style>" + "<div>.</div>" * _PICTURES,
        "attachments": {"grain.png": base64.b64encode(file.getvalue()).decode()},
        "outputs": ["images", "zip"],
        **{"viewport_width": _SIDE, "viewport_height": _SIDE, "zoom": 1, "page_breaks": "scroll", "overlap": 0},
        "max_screenshots": _PICTURES,
    }
    with posting(http, **body) as (_, events):
        operation_id = next(events)["operation_id"]
        packing = next(event for event in events if "ZIP" in event.get("message", ""))
        while (size_bytes := max(map(_size_of, data_dir.glob(f"*/*{operation_id}*/**/*")), default=0)) < _LARGE_BYTES:
            time.sleep(0.001)  # until some of the archive is there; nothing else is as large
        asked_at = time.monotonic()
        http.post(f"/runs/{operation_id}/cancel").raise_for_status()
        end = list(events)[-1]
        took_s = time.monotonic() - asked_at
    assert packing["stage"] == "export"
    assert end["type"] == "cancelled", end
    assert http.get("/runs/current").status_code == _NOTHING, "the slot is free"
    assert not [path for path in data_dir.glob(f"*/*{operation_id}*/**/*") if _size_of(path) >= _LARGE_BYTES]
    return took_s, size_bytes


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it has just gone
        return 0


def _cancel_anywhere(http: httpx.Client) -> tuple[list[float], int]:
    chance, times, late = random.Random(1), [], 0
    while len(times) < _CANCELS:
        took_s = _cancel(
            http,
            chance.uniform(0, 2),
            composer="markdown",
            text=chapter(40, str(len(times) + late)),
            outputs=["images", "pdf", "zip"],
        )
        if took_s is None:
            late += 1
        else:
            times.append(took_s)
    return times, late


def _cancel(http: httpx.Client, after_s: float, **body: object) -> float | None:
    """None: the run was published already."""
    with posting(http, **body) as (_, events):
        operation_id = next(events)["operation_id"]
        time.sleep(after_s)
        asked_at = time.monotonic()
        answer = http.post(f"/runs/{operation_id}/cancel")
        end = list(events)[-1]
        took_s = time.monotonic() - asked_at
    if answer.status_code == _CONFLICT:
        return None
    assert end["type"] == "cancelled", end
    return took_s
