"""The stages are told in one place: stages.py."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from pressrun.failpoints import KILL_POINTS
from pressrun.pipeline.pipeline import Pipeline
from pressrun.stages import PROGRESS_BANDS, STAGES, WORKFLOW_VERSION
from tests.support.limits import HANG_S

# In a process of its own: a stage more, known to stages.py alone, and then everything else is imported.
_DRILL = """
import importlib.util, inspect, sys, types, typing
from pathlib import Path

name = "pressrun.stages"
source = Path(importlib.util.find_spec(name).origin).read_text()
changed = source.replace('"export", "publish"]', '"export", "proof", "publish"]')
changed = changed.replace('"publish": 3', '"publish": 2, "proof": 1')
assert changed.count("proof") == 2
module = types.ModuleType(name)
sys.modules[name] = module
exec(compile(changed, name, "exec"), module.__dict__)

import pressrun.api.wire.schemas, pressrun.client.models, pressrun.runs.model, pressrun.runs.history
from pressrun.api.openapi.document import build_openapi
from pressrun.failpoints import KILL_POINTS
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
print("progress_bands", module.PROGRESS_BANDS["proof"] == (96, 97))
print("failpoints", {"proof.begin", "proof.end", "proof.checkpointed"} <= {*KILL_POINTS})
print("openapi", "proof" in build_openapi()["components"]["schemas"]["StageOut"]["properties"]["stage"]["enum"])
"""


@pytest.mark.slow
def test_a_stage_that_only_the_list_knows_is_a_stage_everywhere() -> None:
    done = subprocess.run([sys.executable, "-c", _DRILL], capture_output=True, text=True, check=True, timeout=HANG_S)
    told = dict(line.split() for line in done.stdout.splitlines())
    assert "pressrun.runs.model.Run.stage" in told
    assert "pressrun.api.wire.schemas.RunOut.stage" in told
    assert [name for name, known in told.items() if known != "True"] == []


def pipeline() -> Pipeline:
    """One whose stages are looked at and not called."""
    return Pipeline(*[None] * len(Pipeline.__dataclass_fields__))  # type: ignore[arg-type]


def test_every_stage_is_bound_to_its_call_in_the_order_of_the_list() -> None:
    stages = pipeline().stages
    assert tuple(stage.name for stage in stages) == STAGES
    assert [stage.call.__name__ for stage in stages] == [*STAGES]
    assert len({stage.result for stage in stages}) == len(stages), "a result is found by its class"
    assert [stage.name for stage in stages if not stage.checkpointed] == ["publish"]


def test_the_bands_of_the_stages_make_up_the_progress_bar() -> None:
    bands = [PROGRESS_BANDS[stage] for stage in STAGES]
    assert bands[0][0] == 0
    assert bands[-1][1] == 99, "100 is the run's end"
    assert all(before[1] == after[0] for before, after in itertools.pairwise(bands))


def test_the_version_of_the_workflow_is_raised_with_the_order_of_its_stages() -> None:
    """Checkpoints are read by the position of their stage: another order is another version (decision 0023)."""
    assert (WORKFLOW_VERSION, STAGES) == (2, ("compose", "render", "export", "publish"))


def test_the_places_where_a_run_may_be_killed_come_in_the_order_of_its_stages() -> None:
    begins = [point for point in KILL_POINTS if point.endswith(".begin") and point.partition(".")[0] in STAGES]
    assert begins == [f"{stage}.begin" for stage in STAGES]
