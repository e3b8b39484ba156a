"""What of the UI a browser has to load before the first page can be used."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from pressrun.api.gate.hosts import HostList
from pressrun.api.gate.middleware import Gate, GateConfig
from pressrun.api.pages import WEB_ROOT, index
from tests.support.raw_asgi import HERE, ask

pytestmark = pytest.mark.anyio

_MOST_BYTES = 120_000  # of issue 15: gzip, without the editor, which comes later


async def test_the_first_page_names_less_script_than_its_limit() -> None:
    app = Gate(Starlette(routes=[Route("/", index)]), GateConfig(hosts=HostList("127.0.0.1")))
    page = (await ask(app, "GET", "/", HERE)).body.decode()
    names = set(re.findall(r'(?:src|href)="/assets/([^"]+\.js)"', page))
    assert any(name.startswith("ComposeRoute") for name in names), "its screen's code does not come beside it"
    twins = [WEB_ROOT / "assets" / f"{name}.gz" for name in names]
    sizes = {path.name: (path if path.is_file() else path.with_suffix("")).stat().st_size for path in twins}
    assert sum(sizes.values()) <= _MOST_BYTES, sizes
