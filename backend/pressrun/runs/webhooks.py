"""`WebhookDeliverer`: tells whoever asked of the end of a run, at least once, by a signed POST (Standard Webhooks).

The message is written in the transaction that ends the run, so none is lost and none is made up; its `webhook-id` is
the same at each attempt, so a receiver can drop what it knows. Between attempts the wait grows, over restarts too;
after the last the message is given up. A 2xx is a delivery, a 410 asks for no more; whatever else is said is ignored,
and answers are not read. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio
import structlog
from pydantic import BaseModel, Field, SecretStr

from pressrun import run_urls
from pressrun.db import webhooks as queries
from pressrun.errors import Conflict, EgressBlocked, FetchFailed
from pressrun.groups import open_task_group
from pressrun.telemetry import on_one_line

if TYPE_CHECKING:
    from pressrun.clock import Clock
    from pressrun.db.engine import Database
    from pressrun.db.webhooks import Delivery
    from pressrun.egress.broker import Egress
    from pressrun.runs.model import Run

# Standard Webhooks' own schedule, without its last days: a receiver that is down for a night is told in the morning.
RETRY_AFTER_S = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)
_MAX_RETRY_AFTER_S = 3600  # what a receiver may ask for with Retry-After
_CLAIM_S = 60  # an attempt has 10 s; by then the process that made it is dead or frozen
_AT_ONCE = 8  # arbitrary: attempts at the same time
_IDLE_LOOK_S = 60.0  # arbitrary (30..300): while nothing is due and no run can end
_LOOK_EVERY_S = 5.0  # arbitrary: for what another process wrote, or left behind

# the envelope of an event, and up to 500 names: bodies are to be small
_LEFT_OUT = {"type", "seq", "operation_id", "at", "v", "screenshot_files"}

_log = structlog.get_logger(__name__)


class WebhookLinks(BaseModel):
    """Paths on the server."""

    run: str
    events: str
    archive: str


class WebhookData(BaseModel):
    """The run, at its end."""

    operation_id: str
    status: Literal["complete", "error", "cancelled"]
    title: str | None
    lane: str
    attempt: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime
    duration_s: float
    fingerprint: str
    result: Annotated[
        dict[str, Any] | None, Field(description="the fields of the `complete` event without `screenshot_files`")
    ]
    error: Annotated[dict[str, Any] | None, Field(description="code, message, stage, retryable")]
    cancelled_by: str | None
    links: WebhookLinks


class WebhookMessage(BaseModel):
    """The body of a webhook (Standard Webhooks)."""

    type: Literal["run.complete", "run.error", "run.cancelled"]
    timestamp: datetime
    data: WebhookData


def message_of(run: Run, ended: Mapping[str, Any], at: datetime, duration_s: float) -> str:
    """The body for the end of `run`; `ended` is its terminal event as on the wire."""
    status = ended["type"]
    fields = {name: value for name, value in ended.items() if name not in _LEFT_OUT}
    data = WebhookData(
        **run.model_dump(
            include={"operation_id", "title", "lane", "attempt", "created_at", "started_at", "fingerprint"}
        ),
        status=status,
        ended_at=at,
        duration_s=round(duration_s, 3),
        result=fields if status == "complete" else None,
        error=fields if status == "error" else None,
        cancelled_by=fields.get("by"),
        links=WebhookLinks(
            run=run_urls.run_url(run.operation_id),
            events=run_urls.events_url(run.operation_id),
            archive=run_urls.archive_url(run.operation_id),
        ),
    )
    message = WebhookMessage.model_validate({"type": f"run.{status}", "timestamp": at, "data": data})
    return on_one_line(message.model_dump_json())


class WebhookDeliverer:
    """One per process; any number of processes on one database share the work."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        egress: Egress,
        secret: SecretStr,
        *,
        owner: str,
        mask: Callable[[str], str] = str,
        busy: Callable[[], bool] = lambda: True,
    ) -> None:
        from standardwebhooks import Webhook  # noqa: PLC0415 - 20 ms that only a server with a secret pays

        self._database = database
        self._clock = clock
        self._egress = egress
        self._signer = Webhook(secret.get_secret_value())
        self._owner = owner
        self._mask = mask
        self._busy = busy  # whether runs may end, here or in another process
        self._look_s = 0.0  # at first: for what is due from before
        self._news = anyio.Event()
        self._recovered = False
        self._ahead_s = 0.0  # wall clock minus ticks, at the last look

    def wake(self) -> None:
        """There may be something to deliver."""
        self._news.set()

    async def send_again(self, operation_id: str) -> None:
        """A message that was delivered or given up goes out once more, under its id. Raises: Conflict."""
        if not await self._database.write(queries.make_due_again, operation_id, self._clock.now()):
            raise Conflict(
                f"run {operation_id} has no webhook that can be sent again: none was asked for, it is still to be "
                "delivered, or an older version has not kept its message"
            )
        self.wake()

    async def watch(self) -> None:
        """Waits until something may be due, and delivers it."""
        with anyio.move_on_after(self._look_s):
            await self._news.wait()
        self._look_s = _LOOK_EVERY_S
        self._news = anyio.Event()
        if not self._recovered:
            await self._recover()
            self._recovered = True
        await self.deliver_due()
        if not self._busy() and await self._database.read(queries.next_due_at) is None:
            self._look_s = _IDLE_LOOK_S

    async def deliver_due(self) -> None:
        """Tries everything that is due now, some at the same time."""
        while True:
            now = self._clock.now()
            until = now + timedelta(seconds=_CLAIM_S)
            if self._was_set_back():
                await self._hasten(now)
            if not await self._anything_due(now):
                return
            claimed = await self._database.write(queries.claim_due, self._owner, now=now, until=until, limit=_AT_ONCE)
            async with open_task_group() as tasks:
                for delivery in claimed:
                    tasks.start_soon(self._try, delivery)
            if len(claimed) < _AT_ONCE:
                return

    async def _recover(self) -> None:
        await self._database.write(queries.release_claims_of_the_dead, self._owner, self._clock.now())
        await self._hasten(self._clock.now())

    async def _anything_due(self, now: datetime) -> bool:
        due_at = await self._database.read(queries.next_due_at)
        return due_at is not None and due_at <= now

    def _was_set_back(self) -> bool:
        """Whether the wall clock was, since the last look."""
        before, self._ahead_s = self._ahead_s, self._clock.now().timestamp() - self._clock.ticks_s()
        return before - self._ahead_s > 1

    async def _hasten(self, now: datetime) -> None:
        """What is due later than it would have been put off to now was put off before the clock was set back.

        (Or a receiver has asked for more: that is told once too early, rather than an hour too late.)
        """
        for attempts, last_at in (await self._database.read(queries.last_due_by_attempts)).items():
            wait_s = RETRY_AFTER_S[min(attempts, len(RETRY_AFTER_S)) - 1] if attempts else 0
            due_at = now + timedelta(seconds=wait_s)
            if last_at > due_at:
                await self._database.write(queries.hasten, attempts, last_at=last_at, due_at=due_at)

    async def _try(self, delivery: Delivery) -> None:
        status, wait_s, final = None, 0, False
        try:
            status, headers = await self._egress.post(delivery.url, *self._signed(delivery))
            wait_s, final = _retry_after_s(headers), status == HTTPStatus.GONE
            reason = f"answered with {status}"
        except EgressBlocked as exc:
            reason, final = str(exc), True
        except FetchFailed as exc:
            reason = str(exc)
        except Exception:  # noqa: BLE001 - logged whole
            # Ours to mend; the message is tried again as often as any other, and takes no other of its round along.
            _log.exception("webhook could not be sent", operation_id=delivery.operation_id)
            reason = "internal"
        if status is not None and HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES:
            await self._database.write(queries.record, delivery, state="delivered", last_status=status)
            _log.info("webhook delivered", operation_id=delivery.operation_id, attempts=delivery.attempts)
            return
        await self._put_off(delivery, status, reason, wait_s, final=final)

    async def _put_off(self, delivery: Delivery, status: int | None, reason: str, wait_s: int, *, final: bool) -> None:
        tell = {"operation_id": delivery.operation_id, "attempts": delivery.attempts, "reason": reason}
        if final or delivery.attempts > len(RETRY_AFTER_S):
            await self._database.write(queries.record, delivery, state="given_up", last_status=status)
            _log.warning("webhook given up", **tell)
            return
        wait_s = max(wait_s, RETRY_AFTER_S[delivery.attempts - 1])
        due_at = self._clock.now() + timedelta(seconds=wait_s)
        await self._database.write(queries.record, delivery, state="due", last_status=status, due_at=due_at)
        _log.info("webhook not delivered yet", **tell, retry_in_s=wait_s)

    def _signed(self, delivery: Delivery) -> tuple[bytes, dict[str, str]]:
        """Body and headers."""
        at = self._clock.now()
        body = self._mask(delivery.body)
        headers = {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(delivery.message_id, at, body),
        }
        return body.encode(), headers


def _retry_after_s(headers: Mapping[str, str]) -> int:
    text = headers.get("retry-after", "")
    return min(int(text), _MAX_RETRY_AFTER_S) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - a date is as good as none
