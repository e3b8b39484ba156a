"""The common refusal, on the event loop, in microseconds and without a transaction: `AdmissionCache` where the tables
are in a file of this machine, `Remembered` where they are over a network. Both only refuse: a transaction admits.

It remembers what it has read for as long as the database has not changed, which the database itself tells; the
clock is asked each time, so windows and stale slots end to the tick.

That nobody ever ran a request, and that nobody is in its lane, is what is asked most, once for each new one: index
look-ups without SQLAlchemy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pressrun.db.lanes import IN_USE
from pressrun.db.runs import EVER_RAN
from pressrun.runs.lane_state import Lane

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db import Row
    from pressrun.db.engine import LocalReads
    from pressrun.events.log import EventLog
    from pressrun.runs.lane_state import LaneStates
    from pressrun.runs.rejection import LanePaused, RunRejected
    from pressrun.runs.submission import Submission

_REMEMBERED_S = 0.2  # arbitrary (0.05..0.5): what a client that is refused for a lane just freed elsewhere may lose
_MOST_REMEMBERED = 1_000  # arbitrary (100..10 000): clients may send what they like; some 2 MB


@dataclass(frozen=True, slots=True)
class _Refused:
    outcome: str
    row: Row[Any]
    at_ticks_s: float


class Remembered:
    """Of one guard on a database that decides by itself, used on its loop: what it has just refused.

    A refusal is given again for 0.2 s, unless this process has begun, ended or moved a run since: so it is late only by
    what another process has done, and never by more than that.
    """

    def __init__(self, states: LaneStates, log: EventLog, clock: Clock) -> None:
        self._states = states
        self._log = log
        self._clock = clock
        self._transitions = 0
        self._refused: dict[tuple[str, str, str, bool], _Refused] = {}

    def remember(self, submission: Submission, digest: str, row: Row[Any], transitions: int) -> None:
        """`row` names the run in the way, `outcome` how; `transitions` is the log's from before it was asked for."""
        self._forget_what_changed()
        if transitions == self._transitions:
            self._refused[_key(submission, digest)] = _Refused(row.outcome, row, self._clock.ticks_s())

    def refusal(self, submission: Submission, digest: str) -> RunRejected | None:
        """Who was in the way a moment ago; None: ask."""
        self._forget_what_changed()
        refused = self._refused.get(_key(submission, digest))
        if refused is None or not 0 <= self._clock.ticks_s() - refused.at_ticks_s < _REMEMBERED_S:
            return None
        if refused.outcome == "recent" and not self._states.is_recent(refused.row):
            return None
        return self._states.by_outcome(refused.row, submission, digest)

    def _forget_what_changed(self) -> None:
        if self._log.transitions != self._transitions or len(self._refused) > _MOST_REMEMBERED:
            self._transitions = self._log.transitions
            self._refused.clear()


def _key(submission: Submission, digest: str) -> tuple[str, str, str, bool]:
    return submission.lane, submission.caller, digest, submission.ignore_duplicates


class AdmissionCache:
    """Of one guard, used on its loop."""

    def __init__(self, database: LocalReads, states: LaneStates) -> None:
        self._database = database
        self._states = states
        self._version = -1
        self._lanes: dict[str, Lane] = {}
        self._recent: dict[tuple[str, str], Row[Any] | None] = {}

    def refusal(self, submission: Submission, digest: str) -> RunRejected | LanePaused | None:
        """Who is surely in the way; None when nobody seems to be."""
        self._forget_what_changed()
        lane = self._lane(submission.lane)
        identical = None
        if not submission.ignore_duplicates:
            identical = self._states.find_identical(lane, self._recent_of(submission, digest), submission, digest)
        return identical or self._states.find_busy(lane, submission, digest)

    def _forget_what_changed(self) -> None:
        version = self._database.version_nowait()  # before anything is read: what is read is at least that new
        if version != self._version or len(self._lanes) > _MOST_REMEMBERED:
            self._version = version
            self._lanes.clear()
            self._recent.clear()
        elif len(self._recent) > _MOST_REMEMBERED:
            self._recent.clear()

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            in_use = self._database.holds_nowait(IN_USE, lane=name)
            lane = self._database.read_nowait(self._states.read, name) if in_use else Lane(name, (), ())
            self._lanes[name] = lane
        return lane

    def _recent_of(self, submission: Submission, digest: str) -> Row[Any] | None:
        key = (submission.caller, digest)
        if key in self._recent:
            row = self._recent[key]
            if row is None or self._states.is_recent(row):
                return row
        row = None
        if self._database.holds_nowait(EVER_RAN, fingerprint=digest):
            row = self._database.read_nowait(self._states.read_recent, submission, digest)
        self._recent[key] = row
        return row
