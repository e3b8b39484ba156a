"""/docs in a real Chromium: readable, complete, and nothing from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.openapi.document import build_openapi
from pressrun.api.routes import build_routes
from tests.support.threaded_server import serve

pytestmark = [pytest.mark.chromium]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(Gate(Starlette(routes=build_routes()), GateConfig(hosts=HostList("127.0.0.1")))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_its_window_and_breaks_no_policy(browser: Browser, url: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: hosts.add(request.url.partition("://")[2].partition("/")[0]))
    page.goto(url + "/docs")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(246, 243, 236)" if scheme == "light" else "rgb(18, 20, 25)"
    )
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []
    assert hosts == {url.removeprefix("http://")}
    page.close()


def test_every_path_event_schema_and_field_can_be_read_and_every_link_leads_somewhere(
    browser: Browser, url: str
) -> None:
    page = browser.new_page()
    page.goto(url + "/docs")
    text = page.inner_text("main")
    document = build_openapi()
    for path, item in document["paths"].items():
        assert path in text
        for method in item.keys() - {"parameters"}:
            assert item[method]["summary"].replace("`", "") in text
    for item in document["webhooks"].values():
        for parameter in item["post"]["parameters"]:
            assert parameter["name"] in text
    schemas = document["components"]["schemas"]
    for kind in schemas["RunEvent"]["discriminator"]["mapping"]:
        assert page.locator(f"#event-{kind}").count() == 1
    for field in schemas["GenerateRequest"]["properties"]:
        assert page.locator("#schema-GenerateRequest td:first-child code", has_text=re.compile(f"^{field}$")).count()
    targets = page.eval_on_selector_all("a[href^='#']", "links => links.map(a => a.getAttribute('href').slice(1))")
    ids = set(page.eval_on_selector_all("[id]", "all => all.map(e => e.id)"))
    assert set(targets) - ids == set()
    page.close()


def test_the_curl_lines_name_the_server_that_the_page_came_from(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.goto(url + "/docs")
    lines = page.eval_on_selector_all("pre", "all => all.map(e => e.innerText)")
    assert len(lines) == sum(len(item) - ("parameters" in item) for item in build_openapi()["paths"].values())
    assert all(line.startswith("curl ") and url in line for line in lines)
    assert not any("{" in line.partition(" -d ")[0] for line in lines), "curl would take braces for a pattern"
    page.close()
