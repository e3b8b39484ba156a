"""curl, the browser's EventSource and Node's fetch hear what httpx-sse hears: each message once, in order."""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from tests.conformance.conftest import HEADERS, EndedRun, Message, new_body
from tests.support.chromium import open_chromium
from tests.support.limits import HANG_S

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

NODE = """
const [url, body, headers] = process.argv.slice(1);
const answer = await fetch(url, {method: body ? 'POST' : 'GET', body: body || undefined,
                                 headers: {'Content-Type': 'application/json', ...JSON.parse(headers)}});
if (answer.status !== 200) throw new Error(await answer.text());
let text = '';
for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) text += chunk;
console.log(text);
"""

# Listens to every type, lets the browser reconnect by itself, and is done when a 204 has closed the source for good.
EVENT_SOURCE = """([path, types]) => new Promise(done => {
  const seen = [], source = new EventSource(path);
  const opened = [];
  for (const type of types) source.addEventListener(type, e => seen.push([e.lastEventId, e.type, e.data]));
  source.onopen = () => opened.push(seen.length);
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) done({seen, opened}); };
})"""


def parse(stream: str) -> list[Message]:
    """The messages of a stream as plain text, by the standard's rules as far as we use them."""
    last_id, messages = "", []
    for block in stream.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.strip("\n").split("\n") if line and not line.startswith(":")]
        fields = {name: value for name, _, value in lines}
        last_id = fields.get("id", last_id)
        if "data" in fields:
            messages.append((last_id, fields.get("event", "message"), fields["data"]))
    return messages


def curl(*arguments: str) -> str:
    headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
    command = ["curl", "-sSN", "--max-time", "60", *headers, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def node(url: str, body: str = "") -> str:
    command = ["node", "--input-type=module", "-e", NODE, url, body, json.dumps(HEADERS)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG_S).stdout


@pytest.mark.parametrize("client", ["curl", "node"])
def test_a_client_follows_an_ended_run(url: str, ended: EndedRun, client: str) -> None:
    assert shutil.which(client), f"{client} is part of the set-up"
    text = (curl if client == "curl" else node)(url + ended.events_path)
    first, *rest = parse(text)
    assert first[1] == "snapshot"
    assert rest == ended.messages


@pytest.mark.parametrize("client", ["curl", "node"])
def test_a_client_starts_a_run_and_hears_it_live(url: str, http: httpx.Client, client: str) -> None:
    body = json.dumps(new_body())
    if client == "curl":
        text = curl("-H", "Content-Type: application/json", "-d", body, f"{url}/generate-sse")
    else:
        text = node(f"{url}/generate-sse", body)
    messages = parse(text)
    assert messages[-1][1] == "complete"
    operation_id = json.loads(messages[0][2])["operation_id"]
    assert parse(http.get(f"/runs/{operation_id}/events").text)[1:] == messages


@pytest.mark.skipif(bool(HEADERS), reason="EventSource can send no token: with tokens browsers use fetch (CONTRACT)")
def test_an_event_source_hears_all_reconnects_once_and_is_ended_by_204(url: str, http: httpx.Client) -> None:
    posted = http.post("/generate-sse", json=new_body(), headers={"Prefer": "respond-async"})
    types = ["snapshot", "queued", "started", "progress", "html_generated", "screenshot", "artifact", "warning"]
    types += ["log", "complete", "cancelled"]  # `error` events share their name with EventSource's own: not here
    with open_chromium() as browser:
        page = browser.new_page()
        page.goto(url + "/")
        heard = page.evaluate(EVENT_SOURCE, [posted.headers["location"], types])
    messages = [tuple(message) for message in heard["seen"] if message[1] != "snapshot"]
    assert messages == parse(http.get(posted.headers["location"]).text)[1:]
    assert len(heard["opened"]) == 1, "after the end the browser asked once more, and 204 opened nothing"
