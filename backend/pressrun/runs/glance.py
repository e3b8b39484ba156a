"""`Glance`: the common no, on the event loop, in microseconds and without a transaction.

Remembers what it has read for as long as the database has not changed, which the database itself tells; the clock is
asked each time, so windows and stale slots end to the tick. It only ever refuses: a yes is the transaction's.

That nobody ever ran a request, and that nobody is in its lane, is what is asked most, once for each new one: index
look-ups without SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pressrun.db.lanes import IN_USE
from pressrun.db.runs import EVER_RAN
from pressrun.runs.places import Lane

if TYPE_CHECKING:
    from pressrun.db import Row
    from pressrun.db.engine import LocalReads
    from pressrun.runs.places import Places
    from pressrun.runs.rejection import LanePaused, RunRejected
    from pressrun.runs.submission import Submission

_MOST_REMEMBERED = 1_000  # arbitrary (100..10 000): clients may send what they like; some 2 MB


class Glance:
    """Of one guard, used on its loop."""

    def __init__(self, database: LocalReads, places: Places) -> None:
        self._database = database
        self._places = places
        self._version = -1
        self._lanes: dict[str, Lane] = {}
        self._recent: dict[tuple[str, str], Row[Any] | None] = {}

    def refusal(self, submission: Submission, digest: str) -> RunRejected | LanePaused | None:
        """Who is surely in the way; None when nobody seems to be."""
        self._forget_what_changed()
        lane = self._lane(submission.lane)
        identical = None
        if not submission.ignore_duplicates:
            identical = self._places.find_identical(lane, self._recent_of(submission, digest), submission, digest)
        return identical or self._places.find_busy(lane, submission, digest)

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
            lane = self._database.read_nowait(self._places.read, name) if in_use else Lane(name, (), ())
            self._lanes[name] = lane
        return lane

    def _recent_of(self, submission: Submission, digest: str) -> Row[Any] | None:
        key = (submission.caller, digest)
        if key in self._recent:
            row = self._recent[key]
            if row is None or self._places.is_recent(row):
                return row
        row = None
        if self._database.holds_nowait(EVER_RAN, fingerprint=digest):
            row = self._database.read_nowait(self._places.read_recent, submission, digest)
        self._recent[key] = row
        return row
