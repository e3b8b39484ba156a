"""The stages are told in one place: events/model.py."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: a stage more, known to events/model.py alone, and then everything else is imported.
_DRILL = """
import importlib.util, inspect, sys, types, typing
from pathlib import Path

name = "pressrun.events.model"
source = Path(importlib.util.find_spec(name).origin).read_text()
changed = source.replace('"publish"]', '"publish", "proof"]')
assert changed != source
module = types.ModuleType(name)
sys.modules[name] = module
exec(compile(changed, name, "exec"), module.__dict__)

import pressrun.api.wire.schemas, pressrun.client.models, pressrun.runs.model, pressrun.runs.history
from pydantic import BaseModel

def models(parent):
    for model in parent.__subclasses__():
        yield model
        yield from models(model)

for model in {*models(BaseModel)}:
    for field in ("stage", "resumed_from"):
        if model.__module__.startswith("pressrun") and field in model.model_fields:
            told = str(model.model_fields[field].annotation)
            known = "proof" in told or "Literal" not in told  # a client takes any word, for its server may be newer
            print(f"{model.__module__}.{model.__name__}.{field}", known)
"""


def test_a_stage_that_only_the_events_know_is_a_stage_everywhere() -> None:
    done = subprocess.run([sys.executable, "-c", _DRILL], capture_output=True, text=True, check=True, timeout=60)
    told = dict(line.split() for line in done.stdout.splitlines())
    assert "pressrun.runs.model.Run.stage" in told
    assert "pressrun.api.wire.schemas.RunOut.stage" in told
    assert [name for name, known in told.items() if known != "True"] == []
