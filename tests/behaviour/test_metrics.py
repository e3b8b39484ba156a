"""GET /metrics tells what has happened, to Prometheus and to nobody without a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pressrun.meters import BOUNDS_S, Durations
from tests.support.runs import run_to_end
from tests.support.server import start_server

TOKEN_LINE = "ci:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08:"  # sha256 of "test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("metrics") / "data"
    with start_server(folder) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        yield http


def scrape(http: httpx.Client) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in order of the labels' names."""
    answer = http.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.promise("metrics")
@pytest.mark.chromium
@pytest.mark.slow
def test_a_run_is_counted_where_it_left_traces(server: httpx.Client) -> None:
    server.get("/readyz").raise_for_status()
    before = scrape(server)
    events = run_to_end(server, text="# One\n\nslide", image_format="jpeg")
    after = scrape(server)

    def more(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert more("pressrun_runs", "complete") == 1
    assert more("pressrun_events_appended_total") == len(events) - (events[0]["event"] == "snapshot")
    assert more("pressrun_captures_total", "jpeg") == 1
    assert more("pressrun_capture_seconds_count", "jpeg") == 1
    assert more("pressrun_capture_seconds_bucket", "jpeg", "+Inf") == 1
    assert 0 < more("pressrun_capture_seconds_sum", "jpeg") < 60
    assert more("pressrun_lease_wait_seconds_count") == 1
    assert more("pressrun_capture_cache_kept_total") == 1
    assert after["pressrun_browser_up",] == 1
    assert after["pressrun_child_memory_bytes", "browser"] > 50e6
    assert after["pressrun_pool_places", "running"] == 0
    run_to_end(server, text="# One\n\nslide", image_format="jpeg", output_name="again")
    again = scrape(server)
    assert again["pressrun_capture_cache_hits_total",] == after["pressrun_capture_cache_hits_total",] + 1
    assert again["pressrun_captures_total", "jpeg"] == after["pressrun_captures_total", "jpeg"]


def test_every_metric_has_its_type_and_a_line_that_says_what_it_is(server: httpx.Client) -> None:
    families = list(text_string_to_metric_families(server.get("/metrics").text))
    assert all(family.name.startswith("pressrun_") for family in families)
    assert all(family.documentation for family in families)
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}


@pytest.mark.promise("metrics")
@pytest.mark.slow
def test_with_tokens_configured_a_stranger_learns_nothing(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", PRESSRUN_TOKENS=TOKEN_LINE + "read") as server:
        assert httpx.get(server.url + "/metrics").status_code == 401
        answer = httpx.get(server.url + "/metrics", headers={"Authorization": "Bearer test"})
        assert answer.status_code == 200
        assert "ci" not in answer.text.split()


def test_durations_are_counted_in_the_bucket_they_fit() -> None:
    durations = Durations()
    for seconds in (0.0, BOUNDS_S[0], BOUNDS_S[0] + 0.001, 1_000):
        durations.add(seconds)
    assert durations.counts[:2] == [2, 1]
    assert durations.counts[-1] == 1
    assert durations.total_s == pytest.approx(1_000.051)
    ticks = iter([1.0, 1.5])
    with durations.timing(lambda: next(ticks)):
        pass
    assert sum(durations.counts) == 5


def test_what_failed_is_not_timed() -> None:
    durations = Durations()
    with pytest.raises(ZeroDivisionError), durations.timing():
        _ = 1 / 0
    assert sum(durations.counts) == 0
