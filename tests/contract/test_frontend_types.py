"""The front end's API types are the server's own: generated, committed, and never stale."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pressrun.api.openapi.document import build_openapi

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
GENERATOR = FRONTEND / "node_modules/.bin/openapi-typescript"
API = FRONTEND / "src/api"


@pytest.mark.slow
def test_the_committed_types_are_those_of_the_servers_openapi_document(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(build_openapi()))
    fresh = {name: tmp_path / name for name in ("schema.gen.ts", "tables.gen.ts", "remedies.gen.ts")}
    for command in (
        [GENERATOR, document, "--default-non-nullable=false", "-o", fresh["schema.gen.ts"]],
        ["node", "generate-tables.mjs", document, fresh["tables.gen.ts"]],
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=FRONTEND)
    stale = "the API has changed: run `npm run gen:api && npm run check` in frontend/ and commit src/api/"
    assert {name: (API / name).read_text() == made.read_text() for name, made in fresh.items()} == dict.fromkeys(
        fresh, True
    ), stale
