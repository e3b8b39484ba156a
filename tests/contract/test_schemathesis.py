"""Schemathesis against the real server: what the OpenAPI document says is what happens, and nothing is a 500.

Positive and negative data for every parameter and field, undeclared methods, wrong media types. Bounded by examples.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.runs import run_to_end
from tests.support.server import Server, start_server

pytestmark = [pytest.mark.slow, pytest.mark.chromium]

SCHEMATHESIS = Path(sys.executable).with_name("st")
LIMIT_S = 400  # ends a hang; a run takes about 20 s on two free cores, and took 150 on a busy machine

# JSON Schema cannot say "text or html, not both, not blank" without spoiling the generated types, nor that overlap is
# at most half of viewport / zoom: there a 422 for data that the schema allows is right, and it names the field. Nor
# that a form needs `X-Pressrun` or a token: without them it is a 415.
CONFIG = """
[parameters]
"path.operation_id" = "{operation_id}"

[[operations]]
include-path = ["/generate-sse", "/admission/explain", "/preview"]
[operations.checks]
positive_data_acceptance.expected-statuses = [200, 202, 409, 415, 422, 503]

# as above, and a key that was used for another body
[[operations]]
include-path-regex = "/rerender"
[operations.checks]
positive_data_acceptance.expected-statuses = [200, 202, 204, 400, 404, 409, 422, 503]

# the run has ended: 409, and a cursor beyond its last event is 400
[[operations]]
include-path-regex = "/(cancel|events)"
[operations.checks]
positive_data_acceptance.expected-statuses = [200, 202, 204, 400, 404, 409]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("schemathesis") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as server:
        yield server


@pytest.mark.first
def test_the_server_keeps_to_its_openapi_document(server: Server, tmp_path: Path) -> None:
    with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        operation_id = run_to_end(http, text="for schemathesis")[-1]["operation_id"]
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(operation_id=operation_id))
    command = [SCHEMATHESIS, "--no-color", "run", server.url + "/openapi.json", "--phases", "coverage,fuzzing"]
    command += ["--max-examples", "10", "--seed", "1", "--generation-deterministic"]
    command += ["--request-timeout", "10", "--warnings", "off", "--continue-on-failure"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert "unexpected error" not in server.log
