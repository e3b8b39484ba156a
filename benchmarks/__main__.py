"""Runs every benchmark but the long ones (or those named), prints a table and writes benchmarks/out/latest.json.

python -m benchmarks [NAME …] [--minutes N] [--seed N]     the options are of `soak`
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks import (
    admission,
    ahead,
    cache,
    cancel,
    cluster,
    composition,
    coverage,
    deck,
    durability,
    encode,
    endurance,
    export_memory,
    exports,
    history,
    idle,
    many,
    neighbours,
    oneshot,
    pdf,
    pool,
    postgres,
    presentations,
    preview,
    readers,
    refusals,
    resume,
    soak,
    storms,
    styles,
    thumbnails,
    ui,
    ui_lighthouse,
    video,
    weight,
)
from benchmarks.figures import Figure
from benchmarks.rivals import compare as rivals
from benchmarks.rivals import exporters

BENCHMARKS = {
    "idle": idle.measure,
    "admission": admission.measure,
    "cache": cache.measure,
    "deck": deck.measure,
    "readers": readers.measure,
    "refusals": refusals.measure,
    "oneshot": oneshot.measure,
    "pool": pool.measure,
    "encode": encode.measure,
    "pdf": pdf.measure,
    "exports": exports.measure,
    "postgres": postgres.measure,
    "resume": resume.measure,
    "storms": storms.measure,
    "rivals": rivals.measure,
    "history": history.measure,
    "cluster": cluster.measure,
    "styles": styles.measure,
    "preview": preview.measure,
    "thumbnails": thumbnails.measure,
    "ui": ui.measure,
    "video": video.measure,
    "weight": weight.measure,
}

# Minutes each: only when named.
LONG = {
    "many": many.measure,
    "linear": endurance.linear,
    "flat": endurance.flat,
    "leaks": endurance.leaks,
    "storm": endurance.storm,
    "cancel": cancel.measure,
    "composition": composition.measure,
    "coverage": coverage.measure,
    "ahead": ahead.measure,
    "export_memory": export_memory.measure,
    "durability": durability.measure,
    "exporters": exporters.measure,
    "presentations": presentations.measure,
    "soak": soak.measure,
    "neighbours": neighbours.measure,
    **ui.PARTS,
    "ui-lighthouse": ui_lighthouse.measure,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--minutes", type=float, default=60, help="how long the soak lasts")
    parser.add_argument("--seed", type=int, default=17, help="what the soak draws its weather from")
    given = parser.parse_args(arguments)
    names: list[str] = given.names
    soaking = partial(soak.measure, minutes=given.minutes, seed=given.seed)
    known: dict[str, Callable[[Path], Iterator[Figure]]] = {**BENCHMARKS, **LONG, "soak": soaking}
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
    return 1 if any(figure.promise for figure in missed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
