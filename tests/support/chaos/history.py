"""What was done to the servers and what their clients saw; and what is there when the storm is over. Pure shapes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class RunHistory:
    """What one reader saw of one run, over all its connections; instants are the reader's, monotonic."""

    reader: str
    operation_id: str = ""
    events: list[Event] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    connections: int = 0


@dataclass
class History:
    """Instants (`…_at`): wall clock, as the events' `at`. `accepted`: by the lane they were posted to."""

    stories: list[RunHistory] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    killed_at: list[float] = field(default_factory=list)
    stopped_at: list[float] = field(default_factory=list)  # SIGTERM: what ran there is handed back
    outages: int = 0  # crashes of the database
    cancelled: set[str] = field(default_factory=set)
    replaced_in: set[str] = field(default_factory=set)  # lanes in which somebody replaced whoever ran
    may_leave: set[str] = field(default_factory=set)  # whose poster may go, and take the run with it
    struck_at: list[float] = field(default_factory=list)  # a browser, a page or the driver was killed or frozen
    may_fail: dict[str, frozenset[str]] = field(default_factory=dict)  # the codes that such a document may end with
    problems: list[str] = field(default_factory=list)

    def kills_between(self, begin: float, end: float) -> int:
        return sum(begin <= at <= end for at in self.killed_at)

    def stops_between(self, begin: float, end: float) -> int:
        return sum(begin <= at <= end for at in self.stopped_at)

    def strikes_between(self, begin: float, end: float) -> int:
        return sum(begin <= at <= end for at in self.struck_at)


@dataclass
class LoggedEvent:
    """A row of the events table; `at`: seconds since 1970."""

    seq: int
    attempt: int
    type: str
    at: float
    data: Event


@dataclass
class RunRow:
    """A row of the runs table."""

    operation_id: str
    lane: str
    status: str
    attempt: int
    last_seq: int
    folder: str | None = None
    error: str | None = None
    handed_back: bool = False


@dataclass
class World:
    """The state at rest. `folders`: what is wrong with each batch folder, None if it verifies.

    From the log lines of all servers: `captures`, how often each (run, attempt, slide) was captured; `exports`, the
    attempts that made each (run, export kind); `begun`, the instants at which attempts of each run began.
    """

    runs: list[RunRow]
    slots: list[str]
    events: dict[str, list[LoggedEvent]]
    folders: dict[str, str | None]
    staging: list[str]
    captures: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    exports: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    integrity: str = "ok"
    begun: dict[str, list[float]] = field(default_factory=dict)
