"""What a server may say to the command line."""

from __future__ import annotations

import json
from typing import Any

from pressrun.client.models import ClientEvent, parse_event

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202e"


def told(event_: dict[str, Any]) -> ClientEvent:
    parsed = parse_event(json.dumps(event_))
    assert parsed is not None
    return parsed
