"""The front end's API types are the server's own: generated, committed, and never stale."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pressrun.api.openapi.document import build_openapi

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
GENERATOR = FRONTEND / "node_modules/.bin/openapi-typescript"
COMMITTED = FRONTEND / "src/api/schema.gen.ts"


@pytest.mark.slow
def test_the_committed_types_are_those_of_the_servers_openapi_document(tmp_path: Path) -> None:
    document, fresh = tmp_path / "openapi.json", tmp_path / "schema.gen.ts"
    document.write_text(json.dumps(build_openapi()))
    command = [GENERATOR, document, "--default-non-nullable=false", "-o", fresh]
    subprocess.run(command, check=True, capture_output=True, cwd=FRONTEND)
    stale = "the API has changed: run `npm run gen:api && npm run check` in frontend/ and commit src/api/schema.gen.ts"
    assert COMMITTED.read_text() == fresh.read_text(), stale
