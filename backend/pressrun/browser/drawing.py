"""A whole document drawn with as many browsers as are free. Owns how one run is spread over the pool.

One worker for each browser that works for the run: a lease of its own with the same document, capturing whichever
slice is next. The first that has loaded it plans the slices; the others join in only if they have laid it out just the
same. The first worker waits in the pool's queue; the others take leases that nobody else wants, and give them back as
soon as somebody waits; a browser that does not run is started for many slides only. A browser that the run has for
itself gets a second worker, as long as it is alone there: one picture is made while the other waits for its frame
(decision 0021). A worker whose browser dies is replaced and its slice captured again. Slices are saved as they come,
so no picture is held longer than it takes to write it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.pool.supervisor import BrowserSupervisor
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.browser.slides.worklist import MAX_RETRIES, WorkList
from pressrun.errors import BrowserCrashed, BrowserFailure, BrowserUnavailable, PoolExhausted
from pressrun.groups import open_task_group
from pressrun.slide_texts import SlideTexts

_log = logging.getLogger(__name__)

Plan = Callable[[DocumentLayout], Awaitable[SlicePlan]]
Read = Callable[[SlideTexts], Awaitable[Sequence[tuple[int, Slice]]]]
Save = Callable[[int, bytes], Awaitable[None]]

# Slices under way for each capture at a time: one being captured, one being written, and one in hand.
_AHEAD = 3
# Slices left for each worker that make a second one in a browser worth what it takes: loading the document, and the
# memory of another page. With 20 slides it wins nothing, with 80 an eighth to a sixth (decision 0021).
_WORTH_LOADING = 10
# Slides left that make it worth starting a browser that does not run: its start takes as much of a core as about ten
# slides do (0.7 s; 14 slides a second, `benchmarks pool`), and takes it from the first slides of a cold server.
_WORTH_STARTING = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn: the document, on which screen, written how."""

    html: str
    screen: Screen
    options: ImageOptions
    opened: bool = True  # see `Lease.load`


async def draw(pool: BrowserPool, picture: Picture, *, run: str, plan: Plan, read: Read, save: Save) -> None:
    """Captures the slices that `read` chooses of those of `plan`; `save` takes each as soon as it is there.

    `plan` is asked once it is known how the document is laid out, `read` once it is known what its slides say: each
    once, and before anything is captured. `save` is called by several browsers at once, for each number once, nearly
    in order: never more than a few numbers early. `run` names the drawing in the pool's pressure view.

    Raises:
        BrowserFailure: the document cannot be shown, or browsers died too often.
    """
    drawing = _Drawing(pool, picture, run, plan, read, save)
    try:
        async with open_task_group() as tasks:
            await drawing.recruit(tasks)
    finally:
        pool.note_share(run, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Worker:
    """Who works for the drawing in a browser; eq=False: two in one browser are two."""

    supervisor: BrowserSupervisor


class _Drawing:
    """One document while it is being drawn. Lives as long as `draw`."""

    def __init__(self, pool: BrowserPool, picture: Picture, run: str, plan: Plan, read: Read, save: Save) -> None:
        self._pool = pool
        self._picture = picture
        self._run = run
        self._plan = plan
        self._read = read
        self._save = save
        self._planning = anyio.Lock()  # without it two workers that load at once would both plan
        self._layout: DocumentLayout | None = None
        self._slices: SlicePlan | None = None  # as planned for that layout
        self._work: WorkList | None = None
        self._workers: set[_Worker] = set()
        self._strangers: set[BrowserSupervisor] = set()  # they lay the document out in another way
        self._crashes_in_load = 0
        self._given_up = False
        self._news = anyio.Event()

    async def recruit(self, tasks: TaskGroup) -> None:
        """Sees to it that somebody works until all is done, and that idle browsers help."""
        while not self._is_done:
            if not self._workers:
                supervisor = await self._pool.take(avoid=self._strangers)
                self._start(tasks, supervisor, is_first=True)
            while self._needs_help and (helper := self._pool.try_take(self._of_no_help())) is not None:
                self._start(tasks, helper, is_first=False)
            await self._news.wait()

    @property
    def _is_done(self) -> bool:
        return self._work is not None and self._work.done

    @property
    def _needs_help(self) -> bool:
        return self._work is None or not self._work.exhausted

    def _of_no_help(self) -> set[BrowserSupervisor]:
        """Browsers in which no further worker is of use just now."""
        asleep = {supervisor for supervisor in self._pool.supervisors if supervisor.state == "stopped"}
        full = {supervisor for supervisor, own in self._own().items() if not self._may_add(supervisor, own)}
        return self._strangers | full | (set() if self._may_start else asleep)

    @property
    def _may_start(self) -> bool:
        """Not before it is known how many slides there are."""
        return self._work is not None and self._work.left >= _WORTH_STARTING

    def _own(self) -> Counter[BrowserSupervisor]:
        return Counter(worker.supervisor for worker in self._workers)

    def _may_add(self, supervisor: BrowserSupervisor, own: int) -> bool:
        """Where the run is alone, and another one still finds room."""
        if self._work is None or not own == supervisor.held < min(supervisor.captures, supervisor.capacity - 1):
            return False
        return self._work.left >= _WORTH_LOADING * (len(self._workers) + 1)

    def _start(self, tasks: TaskGroup, supervisor: BrowserSupervisor, *, is_first: bool) -> None:
        worker = _Worker(supervisor)
        self._workers.add(worker)
        self._note_share()
        tasks.start_soon(self._belong, worker, is_first, name=f"worker of {self._run}")

    def _note_share(self) -> None:
        self._pool.note_share(self._run, len(self._own()))

    async def _belong(self, worker: _Worker, is_first: bool) -> None:
        """A worker's whole life. What only concerns one browser is logged; the rest ends the drawing."""
        supervisor = worker.supervisor
        try:
            async with self._pool.lease_on(supervisor, self._picture.screen) as lease:
                await self._work_with(lease, worker)
        except BrowserCrashed as exc:
            if self._given_up:
                raise
            _log.warning("%s: %s was drawing run %s; its slice is captured again", supervisor.name, exc.code, self._run)
        except (BrowserUnavailable, PoolExhausted) as exc:
            self._strangers.add(supervisor)
            is_last = len(self._workers) == 1 and self._strangers.issuperset(self._pool.supervisors)
            if is_last or (is_first and isinstance(exc, PoolExhausted)):
                raise
            _log.warning("%s: does not help run %s: %s", supervisor.name, self._run, exc)
        finally:
            self._leave(worker)

    def _leave(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        self._note_share()
        self._tell()

    async def _work_with(self, lease: Lease, worker: _Worker) -> None:
        work = await self._join(lease, worker.supervisor)
        if work is None:
            return
        self._tell()
        crash: BrowserCrashed | None = None
        send, receive = anyio.create_memory_object_stream[tuple[int, str]](0)
        async with open_task_group() as tasks:
            tasks.start_soon(self._save_each, lease, work, receive)
            async with send:
                try:
                    await self._capture_each(lease, worker, work, send)
                except BrowserCrashed as exc:
                    crash = exc  # what was captured before is saved first
        if crash is not None:
            raise crash

    async def _join(self, lease: Lease, supervisor: BrowserSupervisor) -> WorkList | None:
        """Loads the document; None if this browser lays it out unlike the first one."""
        try:
            await lease.load(self._picture.html, opened=self._picture.opened)
            layout = await lease.layout()
            async with self._planning:
                await self._begin(lease, layout)
        except BrowserCrashed:
            self._crashes_in_load += 1
            self._given_up |= lease.crashed_alone or self._crashes_in_load > MAX_RETRIES
            raise
        except BrowserFailure as exc:
            if self._work is None:
                raise
            _log.warning("%s: could not load what another browser could: %s", supervisor.name, exc)
            self._strangers.add(supervisor)
            return None
        if layout != self._layout:
            _log.warning(
                "%s: lays the document of run %s out in another way; it does not help", supervisor.name, self._run
            )
            self._strangers.add(supervisor)
            return None
        return self._work

    async def _begin(self, lease: Lease, layout: DocumentLayout) -> None:
        """Plans, and reads what the slides say, unless that is done; whoever comes after a crash goes on from there."""
        if self._slices is None:
            self._slices, self._layout = await self._plan(layout), layout
        if self._work is None and layout == self._layout:
            slices = await self._read(await lease.texts(self._slices))
            self._work = WorkList(slices, window=_AHEAD * self._pool.pressure().capacity)

    async def _capture_each(
        self, lease: Lease, worker: _Worker, work: WorkList, send: MemoryObjectSendStream[tuple[int, str]]
    ) -> None:
        while await work.wait():
            if self._is_in_the_way(worker):
                self._leave(worker)
                return
            async with lease.slot():
                piece = work.next_nowait()
                shot = None if piece is None else await self._shoot(lease, work, *piece)
            if piece is not None and shot is not None:
                await send.send((piece[0], shot))
                self._tell()

    def _is_in_the_way(self, worker: _Worker) -> bool:
        """Somebody has no lease at all, or is in a browser with two of ours."""
        own = self._own()[worker.supervisor]
        return len(self._workers) > 1 and (self._pool.somebody_waits or worker.supervisor.held > own > 1)

    async def _shoot(self, lease: Lease, work: WorkList, index: int, slice: Slice) -> str:
        try:
            shot = await lease.shoot(slice, self._picture.options)
        except BaseException:
            self._given_up |= not work.give_back(index)
            raise
        self._crashes_in_load = 0
        return shot

    async def _save_each(
        self, lease: Lease, work: WorkList, receive: MemoryObjectReceiveStream[tuple[int, str]]
    ) -> None:
        async with receive:
            async for index, shot in receive:
                await self._save(index, await lease.finish(shot, self._picture.options))
                work.finish(index)

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()
