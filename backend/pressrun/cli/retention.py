"""`pressrun retention`: what the server is no longer to keep."""

from __future__ import annotations

from pressrun.cli.output import complain, say, say_json, size
from pressrun.client import Client, RemovedRun, RetentionInfo


def sweep(url: str, token: str | None, *, dry_run: bool, json: bool) -> None:
    """Removes, or tells of, everything that is to go now. Raises: ClientError."""
    runs, freed_bytes, staging = 0, 0, 0
    with Client(url, token) as client:
        while True:
            report = client.sweep(dry_run=dry_run)
            for run in report.runs:
                _print(run, json=json)
            runs, freed_bytes = runs + len(report.runs), freed_bytes + report.freed_bytes
            staging += len(report.staging)
            if dry_run or not report.more:
                break
    for folder in report.orphans:
        complain(f"batches/{folder} belongs to no run; look at it, and remove it by hand")
    if not json:
        say(_summary(report, runs, freed_bytes, staging))


def _print(run: RemovedRun, *, json: bool) -> None:
    if json:
        say_json(run.model_dump(mode="json"))
        return
    ended = f"{run.ended_at:%Y-%m-%d}" if run.ended_at else "?"
    say(f"{run.operation_id}  {ended}  {size(run.size_bytes):>8}  {run.reason}  {run.title or ''}".rstrip())


def _summary(report: RetentionInfo, runs: int, freed_bytes: int, staging: int) -> str:
    verb = "would go" if report.dry_run else "removed"
    more = ", and more after them" if report.dry_run and report.more else ""
    kept = f"; leftovers of {staging} failed or cancelled runs, too" if staging else ""
    return f"{runs} {'run' if runs == 1 else 'runs'} {verb}, {size(freed_bytes)}{more}{kept}."
