"""Runs every benchmark but the long ones (or those named), prints a table and writes benchmarks/out/latest.json.

python -m benchmarks [NAME …]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    admission,
    cache,
    cancel,
    deck,
    durability,
    endurance,
    history,
    idle,
    pool,
    postgres,
    readers,
    refusals,
    resume,
    storms,
)
from benchmarks.figures import Figure
from benchmarks.rivals import compare as rivals

BENCHMARKS = {
    "idle": idle.measure,
    "admission": admission.measure,
    "cache": cache.measure,
    "deck": deck.measure,
    "readers": readers.measure,
    "refusals": refusals.measure,
    "pool": pool.measure,
    "postgres": postgres.measure,
    "resume": resume.measure,
    "storms": storms.measure,
    "rivals": rivals.measure,
    "history": history.measure,
}

# Minutes each: only when named.
LONG = {
    "linear": endurance.linear,
    "flat": endurance.flat,
    "leaks": endurance.leaks,
    "storm": endurance.storm,
    "cancel": cancel.measure,
    "durability": durability.measure,
}


def main(names: list[str]) -> int:
    known = {**BENCHMARKS, **LONG}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="pressrun-bench-") as folder:
            for figure in known[name](Path(folder)):
                print(figure, flush=True)
                figures.append(figure)
    out = Path(__file__).parent / "out" / "latest.json"
    out.parent.mkdir(exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.platform()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}",
        "figures": [figure.as_dict() for figure in figures],
    }
    out.write_text(json.dumps(report, indent=2) + "\n")
    missed = [figure for figure in figures if figure.met is False]
    print(f"\n{len(figures)} figures, {len(missed)} over their target; written to {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
