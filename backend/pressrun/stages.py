"""The stages of a run: their names, their order, and which part of the progress bar is each one's. Pure.

The only list of them. What a stage calls is bound to its name in pipeline/pipeline.py; failpoints, the wire's words,
OpenAPI and the front end follow from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Literal, get_args

Stage = Literal["compose", "render", "export", "publish"]  # in the order of a run
STAGES: tuple[Stage, ...] = get_args(Stage)
LAST_STAGE = STAGES[-1]  # from here on a run cannot be cancelled; its batch folder is its checkpoint

# To be raised by one when the order of the stages or their results change; runs under way go on (decision 0023).
WORKFLOW_VERSION = 2

# How much of the bar in percent. Arbitrary, by where the time goes for 20 slides; the last percent is the run's end.
_PERCENT: Mapping[Stage, int] = {"compose": 15, "render": 75, "export": 6, "publish": 3}
_ENDS = dict(zip(STAGES, accumulate(_PERCENT[stage] for stage in STAGES), strict=True))
PROGRESS_BANDS: Mapping[Stage, tuple[int, int]] = {stage: (end - _PERCENT[stage], end) for stage, end in _ENDS.items()}
