"""`pressrun generate`: source and options -> a run -> what is printed at its end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio

from pressrun.cli.display import choose
from pressrun.cli.output import complain, say, size
from pressrun.cli.session import Session
from pressrun.client import AsyncClient


def generate(
    url: str, token: str | None, request: dict[str, Any], *, key: str | None, out: Path | None, json: bool
) -> int:
    """Sends the request and stays until the run has ended; the exit code. Raises: Left, ClientError, OSError."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # what cannot be written is better known before than after
    return anyio.run(partial(_generate, url, token, request, key=key, out=out, json=json))


async def _generate(
    url: str, token: str | None, request: dict[str, Any], *, key: str | None, out: Path | None, json: bool
) -> int:
    async with AsyncClient(url, token) as client:
        with choose(json=json) as display:
            stream = client.generate(
                request, idempotency_key=key, on_notice=lambda notice: display.note(notice.message)
            )
            session = Session(client, stream, display)
            code = await session.run(out)
        if json:
            return code
    _summary(session, out)
    return code


def _summary(session: Session, out: Path | None) -> None:
    last = session.last
    if last is None or last.type != "complete":
        _say_why(session)
        return
    say(f"Batch folder: {last.data.get('folder', '?')}")
    for file in session.files:
        say(f"{size(file.size_bytes):>10}  {file.name}")
    if out is not None:
        say(f"Saved to {out}: {len(session.saved)} files, digests verified")


def _say_why(session: Session) -> None:
    """By the wire's fields, not the typed ones: a newer server's odd word must not hide its reason."""
    data = session.last.data if session.last else {}
    if data.get("type") == "error":
        again = " Trying again may help." if data.get("retryable") is True else ""
        complain(f"The run failed: {data.get('message', 'no reason was given')}{again}")
    elif data.get("type") == "cancelled":
        kept = data.get("kept") or []
        complain(
            f"The run was cancelled (by {data.get('by')})." + (f" Kept: {', '.join(map(str, kept))}" if kept else "")
        )
