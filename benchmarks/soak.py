"""A server in bad weather for an hour: mixed runs, cancels, reloads, refusals, killed and frozen browsers.

`python -m benchmarks soak --minutes 10 --seed 3`; fails when a promise is broken, and keeps the server's log then.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, percentile
from tests.support.soak.soak import Soak

_KEPT_LOG = Path(__file__).parent / "out" / "soak-server.log"


def measure(folder: Path, minutes: float = 60, seed: int = 17) -> Iterator[Figure]:
    """Prints the table of what happened, then what was broken."""
    outcome = Soak(folder, minutes * 60, seed=seed).run()
    print(outcome.table())
    for problem in outcome.problems:
        print(f"BROKEN: {problem}")
    if outcome.problems:
        _KEPT_LOG.parent.mkdir(exist_ok=True)
        shutil.copyfile(outcome.log, _KEPT_LOG)
        print(f"the server's log is kept in {_KEPT_LOG}")
    failed = sum(run.status == "error" for run in outcome.world.runs)
    strikes = sum(outcome.strikes.values())
    yield Figure("soak: runs", len(outcome.world.runs), "", note=f"in {minutes:g} minutes, {strikes} strikes")
    yield Figure("soak: runs that ended as error", failed, "", note="hostile documents, and those struck too often")
    yield Figure("soak: /livez p99", percentile(outcome.pulses_s, 0.99) * 1000, "ms")
    yield Figure("soak: memory at rest above that at first", outcome.after.rss_mb - outcome.before.rss_mb, "MB")
    yield Figure("soak: promises broken", len(outcome.problems), "", target=0, promise=True)
