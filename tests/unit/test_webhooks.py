"""Webhooks: written with the end of a run, told at least once under one id, put off and given up politely."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook

from pressrun.db import webhooks as queries
from pressrun.egress.broker import open_egress
from pressrun.egress.policy import EgressPolicy
from pressrun.errors import DiskFull
from pressrun.events.model import Cancelled, Error
from pressrun.runs.model import Run
from pressrun.runs.webhooks import RETRY_AFTER_S, WebhookDeliverer
from pressrun.settings import Settings, new_webhook_secret
from tests.support.core import COMPLETE, Core, open_core
from tests.support.limits import fail_after
from tests.support.web_host import Behaviour, Say, WebHost, answering, open_web_host

pytestmark = pytest.mark.anyio

SECRET = new_webhook_secret()


class Stage:
    """A core, a receiver whose behaviour a test may change, and deliverers of one or more processes."""

    def __init__(self, core: Core, stack: AsyncExitStack) -> None:
        self.core = core
        self.behave: Behaviour = answering(b"ok")
        self.host: WebHost
        self._stack = stack

    async def open(self) -> None:
        async def behave(request: bytes, say: Say) -> None:
            await self.behave(request, say)

        self.host = await self._stack.enter_async_context(open_web_host(behave))
        self.first = await self.deliverer("process-1")

    async def deliverer(self, owner: str, *allowed: str) -> WebhookDeliverer:
        policy = EgressPolicy.parse(allowed or [self.host.authority])
        egress = await self._stack.enter_async_context(open_egress(policy))
        return WebhookDeliverer(self.core.database, self.core.clock, egress, SecretStr(SECRET), owner=owner)

    async def ended_run(self, body: object = COMPLETE, text: str = "hello", caller: str = "local") -> str:
        run = await self.core.begin(text, webhook_url=self.host.url + "/hook", lane=text, caller=caller)
        assert await self.core.lifecycle.finish(run.operation_id, 1, body)  # type: ignore[arg-type]
        return run.operation_id

    async def state(self, operation_id: str) -> tuple[str, int, int | None]:
        row = await self.core.database.read(queries.get, operation_id)
        assert row is not None
        return row.state, row.attempts, row.last_status


@pytest.fixture
async def stage(where: Path | str) -> AsyncIterator[Stage]:
    async with open_core(where) as core, AsyncExitStack() as stack:
        stage = Stage(core, stack)
        await stage.open()
        yield stage


def parts(request: bytes) -> tuple[dict[str, str], str]:
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}, body.decode()


async def test_the_end_of_a_run_is_told_once_and_signed(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    await stage.first.deliver_due()
    await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("delivered", 1, 200)
    headers, body = parts(*stage.host.requests)
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Webhook(SECRET).sign(headers["webhook-id"], at, body)
    assert headers["webhook-id"].startswith(operation_id)
    message = json.loads(body)
    assert message["type"] == "run.complete"
    assert datetime.fromisoformat(message["timestamp"]) == stage.core.clock.now()
    assert message["data"]["operation_id"] == operation_id
    assert message["data"]["links"]["run"] == f"/runs/{operation_id}"
    assert message["data"]["result"]["folder"] == "f"


@pytest.mark.promise("peers")
async def test_one_caller_s_many_webhooks_leave_another_s_among_the_next(stage: Stage) -> None:
    for number in range(12):
        await stage.ended_run(text=f"flood {number}", caller="flood")
        stage.core.clock.advance(1)
    quiet = await stage.ended_run(text="quiet", caller="quiet")
    now = stage.core.clock.now()
    claimed = await stage.core.database.write(queries.claim_due, "process-1", now=now, until=now, limit=4)
    assert len(claimed) == 4
    assert quiet in {delivery.operation_id for delivery in claimed}


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (Error(code="disk_full", message="full"), "run.error", ("error", "code", "disk_full")),
        (Cancelled(by="user"), "run.cancelled", ("cancelled_by", None, "user")),
    ],
)
async def test_failed_and_cancelled_runs_are_told_too(stage: Stage, body: object, kind: str, field: tuple) -> None:
    await stage.ended_run(body)
    await stage.first.deliver_due()
    message = json.loads(parts(*stage.host.requests)[1])
    name, key, value = field
    assert message["type"] == kind
    assert (message["data"][name][key] if key else message["data"][name]) == value


async def test_a_run_without_a_webhook_and_one_that_runs_are_not_told(stage: Stage) -> None:
    await stage.core.complete(await stage.core.begin("quiet", lane="quiet"))
    running = await stage.core.begin("runs", webhook_url=stage.host.url)
    await stage.first.deliver_due()
    assert not stage.host.requests
    assert await stage.state(running.operation_id) == ("waiting", 0, None)


async def test_a_refused_message_is_sent_again_later_with_the_same_id_and_body(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    stage.behave = answering(b"no", status="500 Oops")
    await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("due", 1, 500)
    stage.core.clock.advance(RETRY_AFTER_S[0] - 1)
    await stage.first.deliver_due()
    assert len(stage.host.requests) == 1
    stage.behave = answering(b"ok", status="204 No Content")
    stage.core.clock.advance(1)
    await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("delivered", 2, 204)
    (first, body), (second, body_again) = map(parts, stage.host.requests)
    assert (first["webhook-id"], body) == (second["webhook-id"], body_again)
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


async def test_after_the_last_attempt_the_message_is_given_up(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    stage.behave = answering(b"no", status="503 Busy")
    for wait_s in (*RETRY_AFTER_S, 10**6, 10**6):
        await stage.first.deliver_due()
        stage.core.clock.advance(wait_s)
    attempts = len(RETRY_AFTER_S) + 1
    assert await stage.state(operation_id) == ("given_up", attempts, 503)
    assert len(stage.host.requests) == attempts


async def test_a_message_that_we_fail_to_send_is_put_off_alone_and_given_up_at_last(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = await stage.ended_run(), await stage.ended_run(text="other")
    sign = Webhook.sign

    def refuse(signer: Webhook, message_id: str, at: datetime, body: str) -> str:
        if message_id.startswith(broken):
            raise RuntimeError("a defect of ours")
        return sign(signer, message_id, at, body)

    monkeypatch.setattr(Webhook, "sign", refuse)
    for wait_s in (*RETRY_AFTER_S, 10**6, 10**6):
        await stage.first.deliver_due()
        stage.core.clock.advance(wait_s)
    assert await stage.state(broken) == ("given_up", len(RETRY_AFTER_S) + 1, None)
    assert await stage.state(whole) == ("delivered", 1, 200)


async def test_a_disk_that_is_full_when_an_answer_is_to_be_noted_is_told_as_that(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the round waits for a disk, and takes a defect for one: so it must not come in a group."""
    await stage.ended_run()

    def full(*_arguments: object, **_fields: object) -> None:
        raise DiskFull

    monkeypatch.setattr(queries, "record", full)
    with pytest.raises(DiskFull):
        await stage.first.deliver_due()


async def test_a_receiver_may_ask_for_more_time_or_for_no_more_at_all(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    stage.behave = answering(b"", "Retry-After: 100", status="429 Too Many Requests")
    await stage.first.deliver_due()
    stage.core.clock.advance(99)
    await stage.first.deliver_due()
    assert len(stage.host.requests) == 1
    stage.behave = answering(b"", status="410 Gone")
    stage.core.clock.advance(1)
    await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("given_up", 2, 410)


async def test_a_run_that_is_retried_is_told_of_again_under_another_id(stage: Stage) -> None:
    operation_id = await stage.ended_run(Error(code="render_timeout", message="slow"))
    await stage.first.deliver_due()
    again = replace(stage.core.submission("hello", lane="hello"), operation_id=operation_id, retry=True)
    run = await stage.core.guard.admit(again)
    assert isinstance(run, Run)
    assert await stage.core.lifecycle.finish(operation_id, run.attempt, COMPLETE)
    await stage.first.deliver_due()
    (first, failed), (second, complete) = map(parts, stage.host.requests)
    assert (json.loads(failed)["type"], json.loads(complete)["type"]) == ("run.error", "run.complete")
    assert first["webhook-id"] != second["webhook-id"]


async def test_a_redirect_is_no_delivery(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    stage.behave = answering(b"", "Location: /other", status="308 Permanent")
    await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("due", 1, 308)


async def test_a_host_that_is_not_allowed_is_never_connected_to(stage: Stage) -> None:
    operation_id = await stage.ended_run()
    sealed = await stage.deliverer("process-2", "public")
    await sealed.deliver_due()
    assert await stage.state(operation_id) == ("given_up", 1, None)
    assert not stage.host.requests


async def test_two_processes_send_each_message_once(stage: Stage) -> None:
    for number in range(20):
        await stage.ended_run(text=f"run-{number}")
    second = await stage.deliverer("process-2")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.first.deliver_due)
        tasks.start_soon(second.deliver_due)
    ids = [parts(request)[0]["webhook-id"] for request in stage.host.requests]
    assert len(ids) == len(set(ids)) == 20


async def test_what_a_dead_process_had_claimed_is_sent_at_once_by_the_next(stage: Stage) -> None:
    operation_id = await stage.ended_run()

    with anyio.CancelScope() as crash:

        async def crash_now(_request: bytes, _say: Say) -> None:
            crash.cancel()
            await anyio.sleep_forever()

        stage.behave = crash_now
        await stage.first.deliver_due()
    assert await stage.state(operation_id) == ("due", 1, None)
    stage.behave = answering(b"ok")
    second = await stage.deliverer("process-2")
    await second.deliver_due()
    assert len(stage.host.requests) == 1, "the claim still holds"

    with fail_after(5):
        await second.watch()
    assert await stage.state(operation_id) == ("delivered", 2, 200)
    first, again = (parts(request)[0]["webhook-id"] for request in stage.host.requests)
    assert first == again


async def test_a_slow_receiver_does_not_hold_up_the_others(stage: Stage) -> None:
    slow = await stage.ended_run(text="slow")
    seen = anyio.Event()

    async def behave(request: bytes, say: Say) -> None:
        if slow.encode() in request:
            await seen.wait()
        await answering(b"")(request, say)
        if slow.encode() not in request:
            seen.set()

    stage.behave = behave
    await stage.ended_run(text="fast")
    with fail_after(5):
        await stage.first.deliver_due()
    assert len(stage.host.requests) == 2


@pytest.mark.parametrize(
    "secret",
    ["x", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", SECRET.removeprefix("whsec_")],
    ids=["a letter", "empty", "short", "not base64", "no prefix"],
)
def test_a_secret_that_signs_nothing_is_refused_with_how_to_make_one(secret: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(webhook_secret=secret)  # type: ignore[arg-type]
    assert "pressrun webhook-secret" in str(raised.value)
    Settings(webhook_secret=SECRET)  # type: ignore[arg-type]


def test_the_secret_is_masked_with_and_without_its_prefix() -> None:
    assert {SECRET, SECRET.removeprefix("whsec_")} <= set(Settings(webhook_secret=SECRET).secrets())  # type: ignore[arg-type]
