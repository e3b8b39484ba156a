"""What Lighthouse says of the first page, a run and the library: desktop and phone, each category of 100.

Needs npm's registry once; its version is pinned in lighthouse/package.json. The phone is emulated with a processor four
times slower, so that its first category tells of the page only where the machine is quiet.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figures import Figure
from benchmarks.rivals.install import install_node
from pressrun.browser.chromium.executable import find_chromium
from tests.support.runs import chapter, run_to_end
from tests.support.server import start_server

_HERE = Path(__file__).parent
_PERFORMANCE, _OTHERS = 95, 100  # of issue 15
_LOOKS = {"desktop": ["--preset=desktop"], "phone": []}
_LIMIT_S = 300


def measure(folder: Path) -> Iterator[Figure]:
    command = install_node(_HERE / "out" / "lighthouse", _HERE / "lighthouse") / "lighthouse"
    with start_server(folder / "data") as server:
        with httpx.Client(base_url=server.url, timeout=_LIMIT_S) as http:
            run = run_to_end(http, text=chapter(12), outputs=["images", "pdf"])[-1]["operation_id"]
        for page, path in {"first page": "/", "a run": f"/runs/{run}", "library": "/runs"}.items():
            for look, options in _LOOKS.items():
                said = _look(command, server.url + path, options)
                shift = said["audits"]["cumulative-layout-shift"]["numericValue"]
                blocked_ms = said["audits"]["total-blocking-time"]["numericValue"]
                for name, category in said["categories"].items():
                    first = name == "performance"
                    yield Figure(
                        f"lighthouse, {page}, {look}: {name}",
                        100 * category["score"],
                        "of 100",
                        target=_PERFORMANCE if first else _OTHERS,
                        more_is_better=True,
                        note=f"blocked for {blocked_ms:.0f} ms, shifted by {shift:.3f}" if first else "",
                    )


def _look(command: Path, url: str, options: list[str]) -> dict[str, Any]:
    flags = ["--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox", *options]
    environment = {**os.environ, "CHROME_PATH": str(find_chromium(None))}
    done = subprocess.run([command, url, *flags], env=environment, capture_output=True, check=True, timeout=_LIMIT_S)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
