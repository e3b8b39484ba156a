"""GET /metrics of the real server, read with Prometheus' own parser: what it tells is what has happened."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.runs import cancel, chapter, run_to_end, starting
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

METRICS_DOC = Path(__file__).parents[2] / "docs" / "metrics.md"
Samples = dict[tuple[str, tuple[str, ...]], float]


def scrape(http: httpx.Client) -> Samples:
    """Every sample by its name and the values of its labels."""
    answer = http.get("/metrics").raise_for_status()
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, tuple(sample.labels.values())): sample.value for f in families for sample in f.samples}


@pytest.mark.promise("metrics")
def test_a_run_is_counted_with_its_captures_and_its_events(http: httpx.Client) -> None:
    before = scrape(http)
    events = run_to_end(http, text=chapter(3), image_format="jpeg")
    after = scrape(http)
    slides = sum(event["type"] == "screenshot" for event in events)

    def grew(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert slides == grew("pressrun_capture_seconds_count", "jpeg") == grew("pressrun_events_total", "screenshot") == 3
    assert 0 < grew("pressrun_capture_seconds_sum", "jpeg") < 60
    assert grew("pressrun_capture_seconds_bucket", "jpeg", "+Inf") == 3
    assert grew("pressrun_events_total", "complete") == grew("pressrun_runs", "complete") == 1
    assert grew("pressrun_lease_wait_seconds_count") >= 1
    assert max(value for (name, _), value in after.items() if name == "pressrun_browser_up") == 1
    assert max(value for (name, _), value in after.items() if name == "pressrun_browser_resident_bytes") > 30e6
    assert after["process_resident_memory_bytes", ()] > 50e6
    assert after["pressrun_child_resident_bytes", ("browser",)] > 50e6
    assert grew("pressrun_capture_cache_kept_total") == 3
    run_to_end(http, text=chapter(3), image_format="jpeg", output_name="again")
    again = scrape(http)
    hits = "pressrun_capture_cache_hits_total", ()
    captures = "pressrun_capture_seconds_count", ("jpeg",)
    assert (again[hits] - after[hits], again[captures]) == (3, after[captures])


def test_who_runs_waits_and_reads_is_told(http: httpx.Client) -> None:
    with starting(http, text=chapter(40, "runs")) as (_, events):
        running = next(events)["operation_id"]
        with starting(http, text="waits", on_busy="queue") as (_, waiting_events):
            waiting = next(waiting_events)["operation_id"]
            told = scrape(http)
            assert (told["pressrun_runs", ("running",)], told["pressrun_runs", ("queued",)]) == (1, 1)
            assert told["pressrun_open_streams", ()] == 2
            cancel(http, waiting)
        cancel(http, running)
    assert scrape(http)["pressrun_runs", ("running",)] == 0


def test_an_error_is_counted_by_its_code(http: httpx.Client) -> None:
    end = run_to_end(http, html="<!doctype html><title>t</title><body></body>")[-1]
    assert end["code"] == "empty_document"
    assert scrape(http)["pressrun_run_errors_total", ("empty_document",)] == 1


BASE_UNITS = ("_seconds", "_bytes")
OTHER_UNITS = re.compile(r"_(ms|milliseconds|minutes|kb|mb|megabytes|percent)(_|$)")


@pytest.mark.promise("metrics")
def test_every_metric_keeps_the_conventions_of_prometheus_and_is_in_the_docs(http: httpx.Client) -> None:
    run_to_end(http, text=chapter(1, "lint"), image_format="webp")
    text = http.get("/metrics").text
    told = {family.name: family for family in text_string_to_metric_families(text)}
    documented = set(re.findall(r"`(pressrun_[a-z_]+)`", METRICS_DOC.read_text()))
    ours = {name: family for name, family in told.items() if name.startswith("pressrun_")}
    names = {f"{name}_total" if family.type == "counter" else name for name, family in ours.items()}
    assert documented == names
    for name, family in ours.items():
        assert family.documentation, name
        assert family.type in ("counter", "gauge", "histogram"), name
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", name), name
        assert not OTHER_UNITS.search(name), name
        assert not name.endswith(("_total", "_count", "_sum", "_bucket")), name  # suffixes that the types add
        assert family.type != "histogram" or name.endswith(BASE_UNITS), name
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter"), sample
            assert all(re.fullmatch(r"[a-z]+", label) for label in sample.labels), sample
            assert family.type == "gauge" or sample.value >= 0
    assert text.count("# TYPE ") == len(told) + text.count("_created ")  # each family stands there once


def test_nothing_a_client_chose_is_in_it(http: httpx.Client, server: Server) -> None:
    run_to_end(http, text="# A title nobody else has", lane="peculiar", output_name="unheard")
    text = http.get("/metrics").text
    assert not any(word in text for word in ("nobody else", "peculiar", "unheard", str(server.data_dir)))


def test_with_tokens_configured_a_stranger_learns_nothing(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"test").hexdigest()
    with start_server(tmp_path / "data", PRESSRUN_TOKENS=f"ci:{digest}:read") as server:
        assert httpx.get(server.url + "/metrics").status_code == 401
        assert httpx.get(server.url + "/metrics", headers={"Authorization": "Bearer test"}).is_success
