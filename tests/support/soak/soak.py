"""A soak: a real server under mixed runs, cancels, reloads, refusals and harm to its browsers, for as long as wanted.

Seeded: which requests, strikes and cancels come, and after how long, is drawn from one seed (threads and processes do
the rest). Bounded: `rate` actions a second, `most` callers at a time. `soak` returns what was broken, and the figures;
tests/unit/test_chaos_checker.py and tests/behaviour/test_soak.py hold its judges red.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tests.support.chaos.checker import judge
from tests.support.chaos.history import History, World
from tests.support.chaos.witness import wait_until
from tests.support.chaos.world import read_world
from tests.support.limits import HANG_S
from tests.support.processes import is_running
from tests.support.server import PRESSRUN, Server, start_server
from tests.support.soak.levels import Levels, family_of, read_levels
from tests.support.soak.logbook import read_log
from tests.support.soak.strikes import Striker
from tests.support.soak.traffic import Asked, Traffic
from tests.support.soak.visitor import Visitor
from tests.support.soak.watch import Watch

_BROWSERS: Final = 2
_ENV: Final = {
    "PRESSRUN_RUN_DEDUP_WINDOW_S": "1",
    "PRESSRUN_BROWSERS": f"local:{_BROWSERS}",
    "PRESSRUN_BROWSER_IDLE_S": "5",  # so that browsers go to sleep and are started again, and one is left at rest
    "PRESSRUN_BROWSER_RECYCLE_AFTER": "40",
    "PRESSRUN_CAPTURE_CACHE_MAX_BYTES": "20000000",  # so that it has to make room
}
_SETTLE_LIMIT_S: Final = 180
# At rest beyond what there was at the beginning. Threads: anyio keeps those that waited, 40 at most by its limiter, and
# lets one go when it was idle for 10 s and another ends. Descriptors: a connection to the database for each of some.
_MORE_DESCRIPTORS: Final = 16
_MORE_THREADS: Final = 40
_MORE_MB: Final = 80
_MOST_AT_REST: Final = {"browser": 1, "renderer": 2, "driver": 1, "parser": 1}


@dataclass
class Outcome:
    """`problems`: the promises that were broken. `log`: the server's, as long as its folder is there."""

    problems: list[str]
    world: World
    history: History
    log: Path
    before: Levels
    after: Levels
    peak_mb: float
    kinds: Counter[str]
    refusals: Counter[int]
    strikes: Counter[str]
    warnings: Counter[str]
    ready: Counter[int]
    pulses_s: list[float]
    cancels: int

    def table(self) -> str:
        ends = Counter(run.error or run.status for run in self.world.runs)
        pulses = sorted(self.pulses_s) or [0.0]
        stories = [story for story in self.history.stories if story.operation_id]
        rows = {
            "runs": f"{len(self.world.runs)}: {_counts(ends)}",
            "asked for": _counts(self.kinds),
            "refused": _counts(self.refusals),
            "readers": f"{len(stories)}, came back {sum(max(0, story.connections - 1) for story in stories)} times",
            "events": sum(map(len, self.world.events.values())),
            "cancels": self.cancels,
            "strikes": _counts(self.strikes),
            "/livez": f"{len(pulses)} times, p99 {pulses[int(0.99 * len(pulses))] * 1000:.0f} ms, "
            f"slowest {pulses[-1] * 1000:.0f} ms",
            "/readyz": _counts(self.ready),
            "at first": self.before,
            "at rest": f"{self.after}; most {self.peak_mb:.0f} MB",
            "warnings": _counts(self.warnings),
            "broken promises": len(self.problems),
        }
        return "\n".join(f"{name:<16}{value}" for name, value in rows.items())


def _counts(counted: Counter[str] | Counter[int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.most_common()) or "none"


@dataclass
class Soak:
    """One soak in a folder of its own. `duration_s`: of the weather; warming up and coming to rest take longer."""

    folder: Path
    duration_s: float
    seed: int = 17
    rate: float = 1.0
    most: int = 8
    strike_every_s: float = 8.0
    history: History = field(default_factory=History)

    def run(self) -> Outcome:
        """Returns when the server has been stopped."""
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True)
        self._chance = random.Random(self.seed)
        self._traffic = Traffic(random.Random(self.seed + 1))
        self._visitors: list[Visitor] = []
        self._kinds: Counter[str] = Counter()
        self._cancels = 0
        self._peak_mb = 0.0
        with start_server(self.folder / "data", TMPDIR=str(temporary), **_ENV) as server:
            self._server = server
            before = self._warm_up(temporary)
            watch = Watch(server.url, self.history)
            watch.start()
            striker = Striker(server.pid, self.history, random.Random(self.seed + 2))
            with httpx.Client(base_url=server.url, timeout=HANG_S) as http:
                self._weather(http, striker, temporary)
                self._settle()
                watch.stop()
            after = self._rest(temporary, before)
            family = [pid for _, pid in family_of(server.pid)]
            self._stop(server)
        self._after_the_end(family, temporary)
        world = read_world(server.data_dir, [server.log_path])
        told, warnings = read_log(server.log_path)
        return Outcome(
            problems=[*judge(self.history, world, browsers=_BROWSERS), *told, *self._verify(server)],
            world=world,
            history=self.history,
            log=server.log_path,
            before=before,
            after=after,
            peak_mb=self._peak_mb,
            kinds=self._kinds,
            refusals=Counter(visitor.status for visitor in self._visitors if visitor.status not in (0, 200)),
            strikes=striker.struck,
            warnings=warnings,
            ready=watch.ready,
            pulses_s=watch.pulses_s,
            cancels=self._cancels,
        )

    def _warm_up(self, temporary: Path) -> Levels:
        for asked in self._traffic.warm_up():
            self._post(asked)
        self._settle()
        self._wait_for_rest(temporary)
        return read_levels(self._server.pid, temporary)

    def _weather(self, http: httpx.Client, striker: Striker, temporary: Path) -> None:
        over_at = time.monotonic() + self.duration_s
        strike_at = time.monotonic() + self._chance.expovariate(1 / self.strike_every_s)
        while (now := time.monotonic()) < over_at:
            if now >= strike_at:
                striker.strike()
                strike_at = now + self._chance.expovariate(1 / self.strike_every_s)
            self._act(http)
            self._peak_mb = max(self._peak_mb, read_levels(self._server.pid, temporary).rss_mb)
            time.sleep(self._chance.uniform(0.5, 1.5) / self.rate)

    def _act(self, http: httpx.Client) -> None:
        """One thing that somebody does."""
        under_way = [visitor for visitor in self._visitors if visitor.is_alive()]
        known = [visitor.story.operation_id for visitor in self._visitors if visitor.story.operation_id]
        drawn = self._chance.random()
        try:
            if drawn < 0.1 and under_way:
                self._cancel(http, self._chance.choice(under_way).story.operation_id)
            elif drawn < 0.2 and known:
                self._look_around(http, self._chance.choice(known))
            elif drawn < 0.35 and known and len(under_way) < self.most:
                reader = self._visitor("reader", None)
                reader.follow(self._chance.choice(known[-20:]))
            elif len(under_way) < self.most:
                self._post(self._traffic.next())
        except httpx.HTTPError as exc:
            self.history.problems.append(f"the server did not answer: {exc!r}")

    def _post(self, asked: Asked) -> None:
        self._kinds[asked.kind] += 1
        self._visitor(asked.kind, asked).start()

    def _visitor(self, kind: str, asked: Asked | None) -> Visitor:
        name = f"{kind} {len(self._visitors) + 1}"
        leaves = self._chance.choice((0, 0, 0.05, 0.3))
        chance = random.Random(self._chance.random())
        visitor = Visitor(name, self._server.url, self.history, chance, asked=asked, leaves=leaves)
        self._visitors.append(visitor)
        return visitor

    def _cancel(self, http: httpx.Client, operation_id: str) -> None:
        if not operation_id:
            return
        self.history.cancelled.add(operation_id)
        self._cancels += 1
        status = http.post(f"/runs/{operation_id}/cancel").status_code
        if status not in (200, 202, 409):
            self.history.problems.append(f"a cancel of {operation_id} was answered {status}")

    def _look_around(self, http: httpx.Client, operation_id: str) -> None:
        """What the UI asks for; an archive is there only of a run that is complete."""
        paths = ("/runs?limit=20", "/runs?q=river", "/lanes", "/metrics", f"/runs/{operation_id}")
        path = self._chance.choice((*paths, f"/runs/{operation_id}/log", f"/runs/{operation_id}/archive.zip"))
        status = http.get(path).status_code
        if status != 200 and not (path.endswith(".zip") and status in (404, 409)):
            self.history.problems.append(f"GET {path} was answered {status}")

    def _settle(self) -> None:
        if not wait_until(lambda: not any(visitor.is_alive() for visitor in self._visitors), _SETTLE_LIMIT_S):
            stuck = [visitor for visitor in self._visitors if visitor.is_alive()]
            for visitor in stuck:
                seen = len(visitor.story.events)
                self.history.problems.append(f"{visitor.name} of {visitor.story.operation_id} still waits at {seen}")
                visitor.give_up()

    def _rest(self, temporary: Path, before: Levels) -> Levels:
        """The levels when all is over; what is beyond those of the beginning is written down."""
        self._wait_for_rest(temporary)
        after = read_levels(self._server.pid, temporary)
        problems = self.history.problems
        for kind, most in _MOST_AT_REST.items():
            if after.processes[kind] > most:
                problems.append(f"{after.processes[kind]} processes of kind {kind} at rest, at most {most} are right")
        if after.descriptors > before.descriptors + _MORE_DESCRIPTORS:
            problems.append(f"{after.descriptors} descriptors at rest, {before.descriptors} at first")
        if after.threads > before.threads + _MORE_THREADS:
            problems.append(f"{after.threads} threads at rest, {before.threads} at first")
        if after.rss_mb > before.rss_mb + _MORE_MB:
            problems.append(f"{after.rss_mb:.0f} MB at rest, {before.rss_mb:.0f} MB at first")
        if len(after.temporary) > len(before.temporary):
            problems.append(f"left in the folder for temporary files: {after.temporary}")
        return after

    def _wait_for_rest(self, temporary: Path) -> None:
        def rests() -> bool:
            levels = read_levels(self._server.pid, temporary)
            with contextlib.suppress(httpx.HTTPError):
                lanes = httpx.get(self._server.url + "/lanes").json()["lanes"]
                busy = any(lane["running"] or lane["waiting"] for lane in lanes)
                return not busy and all(levels.processes[kind] <= most for kind, most in _MOST_AT_REST.items())
            return False

        wait_until(rests, HANG_S)

    def _stop(self, server: Server) -> None:
        try:
            code = server.stop()
        except AssertionError as exc:
            self.history.problems.append(str(exc)[:200])
            return
        if code not in (0, -signal.SIGTERM):  # uvicorn ends by the signal that it was sent, once all is closed
            self.history.problems.append(f"the server ended with {code}")

    def _after_the_end(self, family: list[int], temporary: Path) -> None:
        if not wait_until(lambda: not any(map(is_running, family)), 10):
            left = [pid for pid in family if is_running(pid)]
            self.history.problems.append(f"processes outlive the server: {left}")
        left_behind = sorted(path.name for path in temporary.iterdir())
        if left_behind:
            self.history.problems.append(f"the server left temporary files: {left_behind}")

    def _verify(self, server: Server) -> list[str]:
        command = [str(PRESSRUN), "verify", "--data-dir", str(server.data_dir)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return [] if done.returncode == 0 else [f"pressrun verify: {done.stdout[-500:]}{done.stderr[-500:]}"]
