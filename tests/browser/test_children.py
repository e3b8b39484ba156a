"""What the children of a running server see of its environment: nothing that is secret."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.limits import HANG_S
from tests.support.processes import children_of
from tests.support.runs import chapter, starting
from tests.support.server import start_server

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

CANARY = "canary-5f1e0a7c9d2b4e68"
SECRETS = {
    "PRESSRUN_AI_API_KEY": f"sk-{CANARY}",
    "PRESSRUN_AI_BASE_URL": f"http://user:{CANARY}@127.0.0.1:9/v1",
    "PRESSRUN_AI_MODEL": f"model-{CANARY}",
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "GITHUB_TOKEN": CANARY,
    "SOMETHING_ELSE": CANARY,
}


@pytest.mark.promise("clean-children")
def test_no_child_of_the_server_sees_its_secrets(tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    started = start_server(tmp_path / "data", as_command=True, **SECRETS)  # /proc tells how a process began
    with started as server, httpx.Client(base_url=server.url, timeout=HANG_S) as http:
        with starting(http, text=chapter(5), composer="markdown", outputs=["images", "pdf"]) as (_, events):
            for event in events:
                assert event["type"] != "error", event
                for pid in children_of(server.pid):
                    process = Path(f"/proc/{pid}")
                    try:
                        name = process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()[:300]
                        seen[name] = process.joinpath("environ").read_bytes().decode()
                    except OSError:
                        continue  # it has just ended
        assert CANARY in Path(f"/proc/{server.pid}/environ").read_text()
    assert any("node" in name for name in seen), seen.keys()
    assert any("chrom" in name for name in seen), seen.keys()
    assert any("-I -c" in name for name in seen), seen.keys()
    assert [name for name, environment in seen.items() if CANARY in environment] == []
