"""The driver: servers that die, runs that are under way, readers that stay; then the judge.

A storm has one data folder (and, with a URL, one Postgres) for all its kills, so that whatever one crash leaves behind
is there at the next. Lanes `lane-0`, `lane-1` … have one slot each.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from pressrun.export_kinds import EXPORT_KINDS, ExportKind
from tests.support.chaos.checker import judge
from tests.support.chaos.history import Event, History, World
from tests.support.chaos.witness import Witness, wait_until
from tests.support.chaos.world import read_world
from tests.support.limits import HANG_S
from tests.support.nursery import ForkedServer, Nursery
from tests.support.postgres import Postgres
from tests.support.processes import is_frozen
from tests.support.runs import chapter

_SLIDES = 4
_FEW_SLIDES = 2  # where all exports are made of them
_DURING_START = 0.1  # of the random kills
_LONGEST_EXPORT_S = 0.4  # of the small ones here; a video takes a second
_LET_GO_ON = 0.4  # else nearly every run is one that crashed its server three times

# What is made by a module of its own, and may be cut off while it is made
EXPORTED = ("pdf", "pptx", "viewer", "contact_sheet", "text", "markdown", "video", "zip")


def _began(events: Sequence[Event], since: int, kind: ExportKind) -> bool:
    """Whether an attempt has begun to make it, of the events from that number on."""
    return any(event["type"] == "progress" and event.get("message") == kind.making for event in events[since:])


@dataclass
class Storm:
    """One after the other: `strike…` as often as wanted, then `settle`, then `verdict`."""

    nursery: Nursery
    folder: Path
    url: str | None = None
    servers: int = 1
    browsers: int = 1
    env: dict[str, str] = field(default_factory=dict)
    body: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data_dir = self.folder / "data"
        data_dir.mkdir(parents=True)
        env = {"PRESSRUN_SHUTDOWN_GRACE_S": "0.1", "PRESSRUN_RUN_DEDUP_WINDOW_S": "0"}
        env |= {"PRESSRUN_BROWSERS": f"local:{self.browsers}", **self.env}
        if self.url is not None:
            env["PRESSRUN_DATABASE_URL"] = self.url
        self.fleet = [
            ForkedServer(self.nursery, data_dir, env, log=self.folder / f"server-{number}.log")
            for number in range(self.servers)
        ]
        self.data_dir = data_dir
        self.history = History()
        self.witnesses: list[Witness] = []
        self.recoveries_s: list[float] = []
        self._posted = 0

    @property
    def server(self) -> ForkedServer:
        return self.fleet[0]

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.fleet]

    def post(self, lane: str = "", **body: object) -> Witness:
        """A new run with its poster; it may have to wait for a server."""
        self._posted += 1
        lane = lane or f"lane-{self._posted}"
        witness = Witness(f"poster {self._posted}", self.urls, self.history, body=self._body(lane, body), lane=lane)
        self.witnesses.append(witness)
        witness.start()
        return witness

    def read(self, poster: Witness) -> None:
        """A second reader of the run, from its beginning."""
        assert poster.accepted.wait(HANG_S), f"{poster.name}: nobody accepted the run"
        reader = Witness(f"reader of {poster.name}", self.urls[::-1], self.history)
        self.witnesses.append(reader)
        reader.follow(poster.story.operation_id)

    def _body(self, lane: str, body: dict[str, object]) -> dict[str, object]:
        text = chapter(_SLIDES, f"{lane} {self._posted}")
        small = {"viewport_width": 320, "viewport_height": 240, "zoom": 0.5, "outputs": ["images", "html", "zip"]}
        return {"text": text, "lane": lane, **small, **self.body, **body}

    def kill(self, server: ForkedServer | None = None) -> None:
        """SIGKILL, now."""
        server = server or self.server
        self.history.killed_at.append(time.time())
        server.kill()

    def note_kill(self) -> None:
        """A kill that somebody else has done, just now."""
        self.history.killed_at.append(time.time())

    def stop(self, server: ForkedServer) -> None:
        """SIGTERM, until it is gone."""
        self.history.stopped_at.append(time.time())
        server.stop()

    def restart(self, orders: str = "", server: ForkedServer | None = None) -> bool:
        """Starts the server again; whether it came up. Measures how soon a run that was under way goes on."""
        server = server or self.server
        server.orders = orders
        begun_at = time.monotonic()
        waiting = [
            (witness.story, len(witness.story.events))
            for witness in self.witnesses
            if not witness.over.is_set() and witness.accepted.is_set()
        ]
        if not server.alive:
            server.begin()
        came_up = server.wait_until_up()
        if came_up and waiting:
            wait_until(lambda: any(len(story.events) > count for story, count in waiting), 10)
            news = [story.seen_at[count] for story, count in waiting if len(story.events) > count]
            self.recoveries_s += [min(news) - begun_at] if news else []
        return came_up

    def strike_at(self, point: str) -> None:
        """Runs of earlier strikes go on to their end, then a run of its own takes the server down at this place."""
        if not all(witness.accepted.is_set() or witness.story.operation_id for witness in self.witnesses):
            self.restart()  # somebody will post again: not into this trap
            wait_until(self._all_over, HANG_S)
            self.server.stop()
        self.restart(f"{point}=kill")
        if not wait_until(self._all_over, HANG_S):
            self.history.problems.append(f"before {point}: the runs did not go on")
        poster = self.post()
        self.die(point)
        if poster.accepted.is_set():
            self.read(poster)

    def strike_beside(self, point: str) -> None:
        """As `strike_at`, for a place that only a run passes which waits, is cancelled, handed back or taken over."""
        if not self.restart():
            self.history.problems.append(f"before {point}: the server did not start: {self.server.log[-1000:]}")
        wait_until(self._all_over, HANG_S)
        verb = point.partition(".")[0]
        if verb in ("claim", "adopt"):
            self._post_and_wait_for_a_slide()
            self.kill()
            self.server.orders = f"{point}=kill"
            self.server.begin()
        else:
            self.server.stop()
            self.restart(f"{point}=kill")
            poster = self._post_and_wait_for_a_slide(lane=point)
            if verb == "promote":
                self.post(lane=point.replace(".", "-"), on_busy="queue")
            elif verb == "cancel":
                self._cancel(poster)
            else:
                os.kill(self.server.pid, signal.SIGTERM)
        self.die(point)

    def die(self, point: str) -> None:
        """Waits until the server has died at that place, where it was told to."""
        if not self.server.wait_until_dead(HANG_S):
            self.history.problems.append(f"{point} was never passed")
            self.server.kill()
        self.history.killed_at.append(time.time())

    def _post_and_wait_for_a_slide(self, lane: str = "") -> Witness:
        poster = self.post(lane.replace(".", "-"), text=chapter(25, f"beside {self._posted}"))
        wait_until(lambda: any(event["type"] == "screenshot" for event in poster.story.events), HANG_S)
        return poster

    def _cancel(self, poster: Witness) -> None:
        operation_id = poster.story.operation_id
        self.history.cancelled.add(operation_id)
        with contextlib.suppress(httpx.TransportError):  # the answer is lost, what it was to tell is not
            httpx.post(f"{self.server.url}/runs/{operation_id}/cancel")

    def _all_over(self) -> bool:
        return all(witness.over.is_set() for witness in self.witnesses)

    def strike_anywhere(self, chance: random.Random, lanes: int) -> None:
        """Posts where too little is to be done, and kills the server at a random instant of start or runs."""
        self.server.orders = ""
        if chance.random() < _DURING_START:
            self.server.begin()
        elif not self.restart():
            self.history.problems.append(f"the server did not start: {self.server.log[-300:]}")
        if chance.random() < _LET_GO_ON:
            wait_until(self._all_over, 10)
        waiting = {witness.story.operation_id for witness in self.witnesses if not witness.over.is_set()}
        posted = [
            self.post(lane=f"lane-{chance.randrange(lanes)}", on_busy="queue") for _ in range(lanes - len(waiting))
        ]
        time.sleep(chance.uniform(0, 1.2))
        self.kill()
        for poster in posted:
            if poster.accepted.is_set():
                self.read(poster)

    def strike_in(self, outputs: Sequence[str], chance: random.Random) -> None:
        """One run, and for each of these exports (two at most: the third crash of a run ends it) a kill at a random
        instant from the one at which an attempt begins to make it; not always while it is made: what the export takes
        is not known.
        """
        poster: Witness | None = None
        for kind in (next(kind for kind in EXPORT_KINDS if kind.name == output) for output in outputs):
            before = 0 if poster is None else len(poster.story.events)
            if not self.restart():
                self.history.problems.append(f"the server did not start: {self.server.log[-300:]}")
            if poster is None:
                if not wait_until(self._all_over, HANG_S):
                    self.history.problems.append("the run before did not end")
                text = chapter(_FEW_SLIDES, f"to be struck {self._posted}")
                poster = self.post(
                    text=text, outputs=[*EXPORTED, "html", "images"], pptx_mode="both", slide_seconds=1, fps=10
                )
            if not wait_until(partial(_began, poster.story.events, before, kind), HANG_S):
                self.history.problems.append(f"no attempt began to make its {kind.name}")
            time.sleep(chance.uniform(0, _LONGEST_EXPORT_S))
            self.kill()
        if poster is not None:
            self.read(poster)

    def restart_database(self, postgres: Postgres) -> None:
        """A crash of the database, and its start. To its runs it is nothing: no process has died."""
        self.history.outages += 1
        postgres.stop()
        postgres.start()

    def freeze(self, server: ForkedServer) -> None:
        """SIGSTOP. To its runs it is as a kill."""
        self.history.killed_at.append(time.time())
        os.kill(server.pid, signal.SIGSTOP)

    def wait_until_frozen(self, server: ForkedServer, limit_s: float = HANG_S) -> None:
        """Until a `pause` failpoint has stopped it."""
        assert wait_until(lambda: is_frozen(server.pid), limit_s), "it was never frozen"
        self.history.killed_at.append(time.time())

    def thaw(self, server: ForkedServer) -> None:
        """SIGCONT."""
        os.kill(server.pid, signal.SIGCONT)

    def settle(self) -> None:
        """Lets everything come to its end with servers that nobody harms, then stops them."""
        for server in self.fleet:
            if not server.alive:
                server.orders = ""
                server.start()
        if not wait_until(lambda: all(witness.over.is_set() for witness in self.witnesses), HANG_S):
            stuck = [witness.story for witness in self.witnesses if not witness.over.is_set()]
            self.history.problems += [
                f"{story.reader} of {story.operation_id} still waits at {len(story.events)}" for story in stuck
            ]
        for witness in self.witnesses:
            witness.give_up()
        self._wait_until_clean()
        for server in self.fleet:
            server.stop()

    def _wait_until_clean(self) -> None:
        """A run's last act, the removal of its staging, comes after its end has been told."""
        wait_until(lambda: not any("left in staging" in problem for problem in self.verdict()), 3)

    def world(self) -> World:
        """What is left."""
        return read_world(self.data_dir, [server.log_path for server in self.fleet], self.url)

    def verdict(self, **allowed: int) -> list[str]:
        """What is wrong; call it after `settle`."""
        return judge(self.history, self.world(), browsers=self.browsers, **allowed)
