"""`RunEstimates`: how long a run will take, by how long runs like it took in this server's own history.

Like is a run with the same kind of source, the same composer and the same rendering, whose source is up to twice as
long or half as long. What is known is held in memory and read anew when a run has ended; a run that begins is told what
is known then, and waits for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from pressrun.db import runs as run_queries
from pressrun.events.model import Started
from pressrun.spec import SHOWING

if TYPE_CHECKING:
    from pressrun.db.engine import Database
    from pressrun.db.runs import Duration
    from pressrun.spec import RunSpec

_LOOKED_AT = 1_000  # arbitrary (200..10 000): the newest runs; some milliseconds in a thread
_MOST_LIKE = 50  # arbitrary (10..200): the newest of those that are like it; a machine may have become slower
_FEWEST_LIKE = 5  # a quarter of fewer says nothing
_PAUSE_S = 1.0  # arbitrary (0.2..10): between two looks, however many runs end

_ALIKE = {"composer", *SHOWING} - {"output_name"}


class Likeness(NamedTuple):
    """What decides how long a run takes: the name of its kind, and how long its source is (None: not known)."""

    likeness: str
    source_characters: int | None


class Estimate(NamedTuple):
    """Seconds from the start of a run to its end: half of those like it took no longer, and three quarters."""

    median_s: float
    p75_s: float


def likeness_of(spec: RunSpec) -> Likeness:
    """Of a run to be. Pure."""
    kind = None if spec.source is None else spec.source[0].field
    parts = [kind, spec.model_dump(mode="json", include=_ALIKE)]
    name = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    return Likeness(name, None if spec.source is None else len(spec.source[1]))


def estimate(known: Sequence[Duration], of: Likeness) -> Estimate | None:
    """From what is known, newest first; None where that are too few. Pure."""
    length = of.source_characters
    if length is None:
        return None
    alike = (past for past in known if past.likeness == of.likeness)
    like = [past.duration_s for past in alike if length / 2 <= past.source_characters <= 2 * length][:_MOST_LIKE]
    if len(like) < _FEWEST_LIKE:
        return None
    _, median_s, p75_s = quantiles(like, n=4, method="inclusive")
    return Estimate(round(median_s, 1), round(p75_s, 1))


def foreseen_by(spec: RunSpec, known: Sequence[Duration]) -> dict[str, Any]:
    """The columns of a run to be. Pure."""
    likeness = likeness_of(spec)
    told = estimate(known, likeness)
    return {
        **likeness._asdict(),
        "estimated_total_s": None if told is None else told.median_s,
        "estimated_total_p75_s": None if told is None else told.p75_s,
    }


def unforeseen(spec: RunSpec) -> dict[str, Any]:
    """The columns of a run to be, where nothing is known."""
    return foreseen_by(spec, ())


def first_start(foreseen: Mapping[str, Any]) -> Started:
    """The event with which a run begins whose columns, or fields, these are. Pure."""
    return Started(attempt=1, **{name: foreseen[name] for name in ("estimated_total_s", "estimated_total_p75_s")})


class RunEstimates:
    """One per process, on its loop; `foresee` may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Sequence[Duration] = ()
        self._news = anyio.Event()
        self._news.set()  # what there is from before

    def hint(self) -> None:
        """A run has ended."""
        self._news.set()

    async def watch(self) -> None:
        """Waits for a hint, and reads how long the newest runs took."""
        await self._news.wait()
        self._news = anyio.Event()
        self._known = await self._database.read(run_queries.list_durations, _LOOKED_AT)
        await anyio.sleep(_PAUSE_S)

    def foresee(self, spec: RunSpec) -> dict[str, Any]:
        """The columns of a run to be."""
        return foreseen_by(spec, self._known)
