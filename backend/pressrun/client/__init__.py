"""Pressrun's Python client: typed events, resuming by itself, safe repeats; sync and async.

    from pressrun.client import Client

    with Client("http://127.0.0.1:8000") as client:
        for event in client.generate({"text": "# Hello"}):
            print(event.type, event.data.get("message", ""))

Knows of the server only what the wire contract says: of this package it imports nothing but the event vocabulary.
"""

from pressrun.client.aio import AsyncClient, AsyncRunStream
from pressrun.client.conversation import Notice
from pressrun.client.errors import (
    ClientError,
    ConnectionFailed,
    ConnectionLost,
    DownloadDamaged,
    InvalidUse,
    LanePausedError,
    ProtocolError,
    RunRejectedError,
    ServerProblem,
)
from pressrun.client.models import (
    ClientEvent,
    Difference,
    Explanation,
    FileInfo,
    LaneInfo,
    RemovedRun,
    RetentionInfo,
    RunInfo,
    RunPage,
    RunResult,
    Unknown,
)
from pressrun.client.patience import Patience
from pressrun.client.sync import Client, RunStream

__all__ = [
    "AsyncClient",
    "AsyncRunStream",
    "Client",
    "ClientError",
    "ClientEvent",
    "ConnectionFailed",
    "ConnectionLost",
    "Difference",
    "DownloadDamaged",
    "Explanation",
    "FileInfo",
    "InvalidUse",
    "LaneInfo",
    "LanePausedError",
    "Notice",
    "Patience",
    "ProtocolError",
    "RemovedRun",
    "RetentionInfo",
    "RunInfo",
    "RunPage",
    "RunRejectedError",
    "RunResult",
    "RunStream",
    "ServerProblem",
    "Unknown",
]
