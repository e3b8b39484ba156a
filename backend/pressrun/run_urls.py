"""Where a client finds a run: paths of this server, as answers, events and webhooks name them."""

from __future__ import annotations


def run_url(operation_id: str) -> str:
    return f"/runs/{operation_id}"


def events_url(operation_id: str) -> str:
    return f"/runs/{operation_id}/events"


def cancel_url(operation_id: str) -> str:
    return f"/runs/{operation_id}/cancel"


def log_url(operation_id: str) -> str:
    return f"/runs/{operation_id}/log"


def archive_url(operation_id: str) -> str:
    return f"/runs/{operation_id}/archive.zip"


def file_url(operation_id: str, name: str) -> str:
    return f"/runs/{operation_id}/files/{name}"
