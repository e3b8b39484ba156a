"""Runs every benchmark (or those named), prints a table and writes benchmarks/out/latest.json.

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

from benchmarks import admission, cache, deck, history, idle, postgres, readers, refusals, resume
from benchmarks.figures import Figure
from benchmarks.rivals import compare as rivals

BENCHMARKS = {
    "idle": idle.measure,
    "admission": admission.measure,
    "cache": cache.measure,
    "deck": deck.measure,
    "readers": readers.measure,
    "refusals": refusals.measure,
    "postgres": postgres.measure,
    "resume": resume.measure,
    "rivals": rivals.measure,
    "history": history.measure,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="pressrun-bench-") as folder:
            for figure in BENCHMARKS[name](Path(folder)):
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
