"""`pressrun generate --explain`: what the request would meet, for a person or as JSON. Starts nothing."""

from __future__ import annotations

import json as json_format
from typing import Any

from pressrun.cli.exits import Exit
from pressrun.cli.output import say, say_json
from pressrun.client import Client, Explanation

_SHOWN_CHARACTERS = 60


def explain(url: str, token: str | None, request: dict[str, Any], *, keyed: bool, json: bool) -> int:
    """Prints the explanation; 3 if the request would be rejected, else 0. Raises: ClientError."""
    with Client(url, token) as client:
        told = client.explain(request)
    chosen = _chosen(told, request, keyed=keyed)
    if json:
        say_json(told.model_dump(mode="json"))
    else:
        for line in _lines(told, chosen):
            say(line)
    rejected = not told.admitted and told.policies.get(chosen, "409").startswith("409")
    return Exit.REJECTED if rejected else Exit.COMPLETE


def _chosen(told: Explanation, request: dict[str, Any], *, keyed: bool) -> str:
    """The policy that would apply: the one given, or the default of the field that decides."""
    given = request.get(told.decided_by or "")
    return str(given or ("join" if keyed and told.decided_by == "on_duplicate" else "reject"))


def _lines(told: Explanation, chosen: str) -> list[str]:
    lines = [told.message]
    if told.run is not None:
        run = told.run
        doing = f"{run.status}, {run.stage} {run.progress} %" if run.status == "running" and run.stage else run.status
        lines.append(f"In the way: run {run.operation_id} ({doing})" + (f": {run.title}" if run.title else ""))
    if told.window_left_s is not None and told.window_left_s > 0:
        lines.append(f"The same request is a duplicate for another {told.window_left_s:.1f} s.")
    lines += _difference_lines(told)
    if told.decided_by:
        lines.append(f"What --{told.decided_by.replace('_', '-')} would do (* is what this command says):")
        width = max(map(len, told.policies), default=0)
        lines += [f"{'*' if name == chosen else ' '} {name:<{width}}  {does}" for name, does in told.policies.items()]
    lines.append(f"Fingerprint: {told.fingerprint}")
    return lines


def _difference_lines(told: Explanation) -> list[str]:
    if told.run is None:
        return []
    if not told.differences:
        return ["It is the very same request: no field differs."]
    rows = [("field", "this request", "the run in the way")]
    rows += [(each.field, _shown(each.requested), _shown(each.active)) for each in told.differences]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"  {name:<{widths[0]}}  {mine:<{widths[1]}}  {theirs}" for name, mine, theirs in rows]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())  # a chapter's line ends would break the table
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
