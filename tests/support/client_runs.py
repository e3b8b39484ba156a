"""What the tests of the client ask a scripted server for, and what they expect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pressrun.client import (
    ClientEvent,
    Patience,
)
from tests.support.scripted_server import LOG

IMPATIENT = Patience(first_wait_s=0.001, longest_wait_s=0.02, stall_s=5, give_up_after_s=10)


REQUEST = {"text": "# Rivers"}


WHOLE = list(LOG)


def wires(events: Iterable[ClientEvent]) -> list[dict[str, Any]]:
    return [event.data for event in events]
