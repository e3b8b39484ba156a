"""The guard in ten lines, without a database: what a submission must be told, by the words of CONTRACT alone."""

from __future__ import annotations

from dataclasses import dataclass, field

LANES = {"default": 1, "wide": 2}
WINDOW_S, STALE_S, MAX_QUEUED, FRONT = 5, 60, 3, 1_000
SHARE_RUNS, SHARE_QUEUED = 2, 2  # of one caller


@dataclass
class ModelRun:
    """A run as the model sees it; `slot` is whether it holds one, `begun` is (epoch, ticks) of its begin."""

    name: str
    text: str
    lane: str
    priority: int
    status: str = "queued"
    slot: bool = False
    begun: tuple[str, float] = ("", 0)
    slot_since: tuple[str, float] = ("", 0)
    attempt: int = 1
    crashes: int = 0
    retries: int = 0
    paused: bool = False
    caller: str = "local"
    key: str | None = None
    number: int = 0  # of its slot
    turn: int = 0
    entered: int = 0  # the how-manieth to wait


@dataclass
class GuardModel:
    """Everything that was ever accepted, oldest first."""

    runs: dict[str, ModelRun] = field(default_factory=dict)
    epoch: str = "boot-1"
    ticks: float = 1_000
    paused: set[str] = field(default_factory=set)
    entries: int = 0
    # by lane and priority: the turn that is served, and who has had it
    turns: dict[tuple[str, int], tuple[int, set[str]]] = field(default_factory=dict)

    # -- the ten lines ------------------------------------------------------------------------------------------
    def held(self, lane: str) -> list[ModelRun]:
        taken = [run for run in self.runs.values() if run.slot and run.lane == lane]
        fresh = [run for run in taken if run.slot_since[0] != self.epoch or self.ticks - run.slot_since[1] <= STALE_S]
        return sorted(fresh, key=lambda run: (run.slot_since[1], run.number))

    def waiting(self, lane: str) -> list[ModelRun]:
        queued = [run for run in self.runs.values() if run.status == "queued" and run.lane == lane]
        return sorted(queued, key=lambda run: (run.paused, -run.priority, run.turn, run.entered))

    def line(self, lane: str) -> list[ModelRun]:
        """Those who take a slot as soon as there is one, one more than there are slots at most."""
        front = [run for run in self.waiting(lane) if not run.paused and self.has_share(run.caller)]
        return front[: LANES[lane] + 1]

    def count(self, caller: str, status: str) -> int:
        return sum((run.caller, run.status) == (caller, status) for run in self.runs.values())

    def has_share(self, caller: str) -> bool:
        return self.count(caller, "running") < SHARE_RUNS

    def passes(self, lane: str, caller: str) -> bool:
        """Whether who replaces goes before all others: where these wait, in the place of a run that did not."""
        if all(run.caller == caller for run in self.waiting(lane)):
            return all(run.priority < FRONT for run in self.waiting(lane))
        holder = self.busy(lane)[0]
        kept = holder.slot and holder.status == "running" and holder.priority < FRONT
        return kept and not any(run.caller == caller for run in self.waiting(lane))

    def enter(self, run: ModelRun) -> None:
        """Callers take turns: who had nothing in this one is in it, before the others' next."""
        queued = [other for other in self.waiting(run.lane) if other is not run and not other.paused]
        peers = [other for other in queued if other.priority == run.priority]
        own = [other.turn + 1 for other in peers if other.caller == run.caller]
        now = min([other.turn for other in peers], default=1)
        holders = {other.caller for other in self.runs.values() if other.slot and other.lane == run.lane}
        if (run.lane, run.priority) not in self.turns and holders:
            self.turns[run.lane, run.priority] = now, holders
        now, had = self.turns.get((run.lane, run.priority), (now, set()))
        run.turn = max([now + (run.caller in had | holders), *own])
        self.entries += 1
        run.entered = self.entries

    def identical(self, text: str, lane: str, caller: str) -> list[ModelRun]:
        mine = [run for run in self.runs.values() if (run.text, run.caller) == (text, caller)]
        recent = [run for run in mine if run.status == "queued" or self.fresh(run)]
        return [run for run in self.held(lane) if run in mine] or recent[-1:]

    def fresh(self, run: ModelRun) -> bool:
        in_window = run.begun[0] == self.epoch and self.ticks - run.begun[1] < WINDOW_S
        return in_window and run.status in {"running", "complete"}

    def busy(self, lane: str) -> list[ModelRun]:
        full = lane in self.paused or LANES[lane] - len(self.held(lane)) <= len(self.line(lane))
        paused = [run for run in self.waiting(lane) if run.paused]
        return (self.held(lane) + self.line(lane) + paused) if full else []

    # -- what follows from them ---------------------------------------------------------------------------------
    def expect(  # noqa: PLR0911 - one for each answer there is
        self,
        text: str,
        lane: str,
        on_busy: str,
        on_duplicate: str | None,
        caller: str = "local",
        key: str | None = None,
    ) -> tuple[str, set[str]]:
        """What happens, and who may be named."""
        keyed = [run for run in self.runs.values() if key is not None and (run.caller, run.key) == (caller, key)]
        if keyed:
            return self.by_key(keyed[0], text, on_duplicate)
        another = key is not None and on_duplicate is None
        same = self.identical(text, lane, caller) if on_duplicate != "run" and not another else []
        if same:
            names = {run.name for run in same}
            ended = same[0].status == "complete"
            if on_duplicate == "join":
                return ("replayed" if ended else "joined"), names
            return ("duplicate" if ended else "in_flight"), names
        busy = self.busy(lane)
        if not busy and lane in self.paused:  # nobody to name
            return ("paused" if on_busy in {"reject", "join"} else self.waits("queued", caller)), set()
        if not busy and not self.has_share(caller):
            return ("limit" if on_busy in {"reject", "join"} else self.waits("queued", caller)), set()
        if not busy:
            return "started", set()
        if on_busy == "reject" or (
            on_busy != "queue" and busy[0].caller != caller
        ):  # a stranger's is nobody's business
            return "in_flight", {busy[0].name}
        if on_busy == "join":
            return "joined", {busy[0].name}
        # who only waits, in a paused lane for instance, is passed by and not cancelled
        told = self.waits("replaced" if on_busy == "replace" and busy[0].slot else "queued", caller)
        return told, {busy[0].name} if told not in {"full", "limit"} else set()

    def by_key(self, run: ModelRun, text: str, on_duplicate: str | None) -> tuple[str, set[str]]:
        """A key names one intention: its run, whatever else is in the way."""
        if run.text != text:
            return "key_reused", set()
        ended = run.status not in {"queued", "running"}
        if on_duplicate == "reject" and not ended:
            return "in_flight", {run.name}
        return ("replayed" if ended else "joined"), {run.name}

    def waits(self, told: str, caller: str) -> str:
        if self.count(caller, "queued") >= SHARE_QUEUED:
            return "limit"
        return "full" if sum(run.status == "queued" for run in self.runs.values()) >= MAX_QUEUED else told

    def begin(self, run: ModelRun) -> None:
        """Takes a slot; whoever's is stale loses it."""
        for other in self.runs.values():
            if other.lane == run.lane and other not in self.held(run.lane):
                other.slot = False
        taken = {held.number for held in self.held(run.lane)}
        run.number = next(number for number in range(1, LANES[run.lane] + 1) if number not in taken)
        run.status, run.slot = "running", True
        run.begun = run.slot_since = (self.epoch, self.ticks)

    def end(self, run: ModelRun, status: str) -> None:
        run.status, run.slot = status, False

    def promote(self, lane: str) -> list[str]:
        free = 0 if lane in self.paused else max(0, LANES[lane] - len(self.held(lane)))
        turn = []
        for run in self.line(lane):
            if len(turn) == free or not self.has_share(run.caller):
                continue
            turn.append(run)
            self.begin(run)
            now, had = self.turns.get((lane, run.priority), (1, set()))
            self.turns[lane, run.priority] = max(now, run.turn), (had if run.turn <= now else set()) | {run.caller}
        if not self.waiting(lane) and not turn:
            self.turns = {key: served for key, served in self.turns.items() if key[0] != lane}
        return [run.name for run in turn]

    def retry(self, run: ModelRun, priority: int) -> None:
        """It waits again, as its next attempt; whoever calls begins it where there is a slot."""
        run.status, run.priority, run.paused = "queued", priority, False
        run.attempt, run.retries, run.crashes = run.attempt + 1, run.retries + 1, 0
        run.begun = ("", 0)

    def restart(self) -> None:
        """A new process: slots of an earlier boot count from now, every running run is taken over or given up."""
        for run in self.runs.values():
            if run.slot and run.slot_since[0] != self.epoch:
                run.slot_since = (self.epoch, self.ticks)
            if run.status == "running":
                run.crashes += 1
                if run.crashes >= 3:
                    self.end(run, "error")
                else:
                    run.attempt += 1
