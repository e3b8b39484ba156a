"""The documents of docs/ say what is: their tables hold the fields, events, codes, routes and settings of the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from pressrun.api.connections.connection_limit import HEAD_LIMIT_S, PER_ADDRESS
from pressrun.api.endpoints.generate import MAX_BODY_BYTES
from pressrun.api.gate.middleware import MAX_HEADER_BYTES
from pressrun.api.routes import build_routes
from pressrun.api.wire.body import MAX_DEPTH, MAX_VALUES, PACE
from pressrun.api.wire.problems import STATUS
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.browser.config import BrowserPoolConfig
from pressrun.db.ballast import BALLAST_BYTES
from pressrun.db.tables import metadata
from pressrun.egress import broker
from pressrun.events.model import BODY
from pressrun.settings import ClientSettings, Settings
from pressrun.source_kinds import BY_FIELD
from pressrun.sources.parser_pool import MEMORY_LIMIT_BYTES
from pressrun.sources.pictures import MAX_PIXELS
from pressrun.stages import STAGES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "backend" / "pressrun"
CONTRACT = (DOCS / "contract.md").read_text()
ARCHITECTURE = (DOCS / "architecture.md").read_text()

POOL = BrowserPoolConfig()
TEXT, HTML = BY_FIELD["text"], BY_FIELD["html"]
# Limits as a person reads them, made of the constants whose comments point there.
SAID = {
    "contract": (
        f"text {(TEXT.max_characters or 0) // 1000} 000 characters, html {HTML.most_bytes // 1_000_000} MB",
        *(f"`: ping` every {Settings.model_fields['heartbeat_s'].default} s", "`retry: 2000` first"),
    ),
    "safety": (
        f"headers {HEAD_LIMIT_S:g} s and {MAX_HEADER_BYTES // 1024} KB",
        f"has {PACE.free_s:g} s for nothing, then {PACE.bytes_per_s / 1000:g} kB/s, and {PACE.total_s:g} s at most",
        f"{PER_ADDRESS} for each address but loopback",
        f"at most {MAX_DEPTH} levels and {MAX_VALUES // 1000} 000 values",
        f"the largest body is {MAX_BODY_BYTES // 1_000_000} MB",
        f"memory ({MEMORY_LIMIT_BYTES >> 30} GB)",
        f"{MAX_PIXELS // 1_000_000} megapixels each",
        f"{broker.LIMIT_S:g} s, {broker.MAX_BYTES >> 20} MB inflated",
        f"{BALLAST_BYTES >> 20} MB are kept in reserve",
    ),
    "browser": (
        f"waiting queue in front ({POOL.max_waiting}); the deadline ({POOL.lease_timeout_s:g} s",
        f"every {POOL.ping_interval_s} s with a deadline of {POOL.ping_timeout_s} s",
        f"wait {POOL.reconnect_s} s, doubled each time up to {POOL.reconnect_max_s:g} s",
        f"or {POOL.recycle_rss_bytes / 1e9:g} GB of its main process",
    ),
}


def section(document: str, heading: str) -> str:
    return re.split(r"^#+ ", document.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of a table's rows, without its head."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.replace(r"\|", "/").strip("|").split("|")]
        if line.startswith("| `") or re.match(r"\| \d{3} ", line):
            yield cells


def words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_contract_lists_every_field_of_a_request_with_its_default_and_values() -> None:
    schema = GenerateRequest.model_json_schema()["properties"]
    table = {name: cells for cells in rows(section(CONTRACT, "POST /generate-sse")) for name in words(cells[0])}
    assert table.keys() == schema.keys() - {"rerender_of"}
    for name, cells in table.items():
        default, values = said_default(cells[1]), schema[name].get("enum") or schema[name].get("items", {}).get("enum")
        assert default is UNSAID or default == schema[name].get("default"), name
        assert not values or cells[2].strip("`").split() == values, name


UNSAID = object()


def said_default(cell: str) -> Any:
    """The default that a cell spells; UNSAID where it explains one in words."""
    named: dict[str, Any] = {"true": True, "false": False, "none": None, '`["images"]`': ["images"]}
    if cell in named:
        return named[cell]
    if re.fullmatch(r"[\d.]+", cell):
        return float(cell)
    return cell.strip("`") if re.fullmatch(r"`\w+`", cell) else UNSAID


def test_the_contract_lists_every_event_with_its_fields() -> None:
    table = {words(cells[0])[0]: cells[1] for cells in rows(section(CONTRACT, "Events"))}
    kinds = {
        schema["properties"]["type"]["const"]: schema["properties"].keys() - {"type"}
        for schema in BODY.json_schema()["$defs"].values()
        if "type" in schema["properties"]
    }
    assert {kind: {*words(re.sub(r"\([^)]*\)", "", fields))} for kind, fields in table.items()} == kinds


def test_the_contract_lists_every_code_with_its_status() -> None:
    listed = {code: int(cells[0]) for cells in rows(section(CONTRACT, "Refusals")) for code in words(cells[1])}
    listed = {code: status for code, status in listed.items() if code != "Allow"}
    assert listed == STATUS


def test_the_contract_names_every_route_and_no_other() -> None:
    built = {
        (method, re.sub(r":path\}", "}", route.path).replace("{operation_id}", "{id}"))
        for route in build_routes()
        if isinstance(route, Route) and route.path not in ("/", "/docs/docs.css")  # the UI's page, and a style sheet
        for method in (route.methods or set()) - {"HEAD"}
    }
    wanted = section(CONTRACT, "Not built yet")
    assert set(said_routes(CONTRACT.replace(wanted, ""))) == built
    assert not set(said_routes(wanted)) & built


def said_routes(text: str) -> Iterator[tuple[str, str]]:
    """Method and path, without a query, as in `GET /runs?status=` or a heading."""
    yield from re.findall(r"(?:`|^## )(GET|POST|PUT|DELETE) (/[^\s`?]+)", text, re.MULTILINE)


def test_every_warning_that_is_sent_is_in_the_contract_and_no_other() -> None:
    listed = {*words(re.search(r"^Warnings: (.*?)\n\n", CONTRACT, re.DOTALL | re.MULTILINE)[1])}  # type: ignore[index]
    sources = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert not {code for code in listed if f'"{code}"' not in sources}
    sent = {*re.findall(r'(?:Warning\(\s*|Warning\(\s*code=|\.warn\(\s*|ATTEMPT_\w+ = )"([a-z_]+)"', sources)}
    assert sent <= listed


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_setting_that_a_document_names_is_one_and_has_that_default(path: Path) -> None:
    text = path.read_text()
    known = {*Settings.variables(), *(f"PRESSRUN_{name.upper()}" for name in ClientSettings.model_fields)}
    assert {*re.findall(r"PRESSRUN_[A-Z_]+[A-Z]\b(?!…|_)", text)} <= known
    for name, said in re.findall(r"`(PRESSRUN_[A-Z_]+)`(?:, | \()([\d.]+)\)", text):
        assert Settings.variables()[name].default == float(said), name


@pytest.mark.parametrize("name", sorted(SAID))
def test_the_limits_that_a_document_tells_are_those_of_the_code(name: str) -> None:
    text = re.sub(r"\s+", " ", (DOCS / f"{name}.md").read_text())
    assert not [phrase for phrase in SAID[name] if phrase not in text]


def test_every_list_of_the_stages_has_them_all() -> None:
    lists = {
        "architecture": " > ".join(STAGES),
        "contract": f"`{' '.join(STAGES)}`",
        "glossary": f"`{' '.join(STAGES)}`",
    }
    assert [name for name, said in lists.items() if said not in (DOCS / f"{name}.md").read_text()] == []
    assert " ▸ ".join(STAGES) in (ROOT / "README.md").read_text()


def test_the_architecture_lists_every_table() -> None:
    tables = {words(cells[0])[0] for cells in rows(section(ARCHITECTURE, "State"))}
    assert tables == metadata.tables.keys()


def test_the_architecture_lists_every_package_and_the_layers_of_the_import_linter() -> None:
    listed = {name for cells in rows(section(ARCHITECTURE, "Packages")) for name in words(cells[0])}
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert packages - listed == set()
    assert {name for name in listed if not (PACKAGE / name).exists()} <= {"web/"}  # which is made
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer.replace("pressrun.", "") for layer in contracts[0]["layers"]]
    drawn = section(ARCHITECTURE, "Packages").split("```\n")[1].splitlines()
    last = layers.index("db | egress") + 1  # the modules below it are pyproject's business
    assert drawn[:last] == layers[:last]
