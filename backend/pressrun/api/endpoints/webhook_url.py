"""The field `webhook_url`: refused at once where it can be seen that it would never be told."""

from __future__ import annotations

from pressrun.api.state import AppState
from pressrun.errors import EgressBlocked
from pressrun.request_errors import FieldErrors


def checked_webhook_url(state: AppState, url: str | None) -> str | None:
    """The URL in one spelling. Raises: FieldErrors, naming the setting that is in the way."""
    if url is None:
        return None
    if state.settings.webhook_secret is None:
        raise _refused("this server signs no webhooks, for PRESSRUN_WEBHOOK_SECRET is not set")
    try:
        return state.egress.check(url)
    except EgressBlocked as exc:
        raise _refused(str(exc).rstrip(".")) from exc


def _refused(problem: str) -> FieldErrors:
    return FieldErrors([{"field": "webhook_url", "problem": problem, "valid": "a URL that PRESSRUN_EGRESS allows"}])
