"""docs/how-to-change.md lists the files that each kind of change takes: the changes are made in a copy, and it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.drills import DRILLS, Drill, place_of
from tests.support.limits import HANG_S
from tests.support.runs import check_folder, run_to_end
from tests.support.server import start_server

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "how-to-change.md").read_text()
MOST_FILES = {
    "An event": 5,
    "A stage": 4,
    "A source kind": 3,
    "An export": 2,
    "A field of the spec": 4,
    "A theme": 2,
    "A setting": 2,
    "An error code": 2,
    "A language": 2,
}


def listed(heading: str) -> set[str]:
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def test_every_recipe_is_tried_and_keeps_to_its_number_of_files() -> None:
    headings = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)
    assert [drill.heading for drill in DRILLS] == headings == [*MOST_FILES]
    assert {heading: len(listed(heading)) for heading in headings} == MOST_FILES


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.heading)
def test_a_recipe_lists_the_files_that_its_change_takes(drill: Drill) -> None:
    named = {path.replace("NAME", drill.name) for path in listed(drill.heading)}
    assert named == {*drill.edits, *drill.files}
    assert not [path for path in drill.edits if not place_of(ROOT, path).is_file()]
    assert not [path for path in drill.files if place_of(ROOT, path).exists()], "the name of a drill is to be a new one"


def copied(to: Path) -> Path:
    """The project with every change made in it."""
    left_out = shutil.ignore_patterns("__pycache__", "web", "node_modules")
    shutil.copytree(ROOT / "backend", to / "backend", ignore=left_out)
    shutil.copytree(ROOT / "frontend", to / "frontend", ignore=left_out)
    for drill in DRILLS:
        drill.apply(to)
    return to


@pytest.mark.slow
def test_a_server_with_one_more_of_everything_works(tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    env = {"PYTHONPATH": str(copy / "backend"), "PRESSRUN_HIDE_PATHS": "1", "PRESSRUN_RUN_DEDUP_WINDOW_S": "0"}
    with (
        start_server(tmp_path / "data", as_command=True, **env) as server,
        httpx.Client(base_url=server.url, timeout=HANG_S) as http,
    ):
        plain = run_to_end(http, text="x", outputs=["html"])[-1]["operation_id"]
        impossible = {"text": "x", "outputs": ["html", "outline"]}
        for path, body in (
            ("/generate-sse", impossible),
            ("/admission/explain", impossible),
            (f"/runs/{plain}/rerender", {"outputs": ["outline"]}),
        ):
            refused = http.post(path, json=body)
            assert refused.status_code == 422, path
            (error,) = refused.json()["errors"]
            assert (error["field"], error["valid"]) == ("outputs", "leave it out; or: touch outliner")
        (tmp_path / "outliner").touch()
        # by a form, for what a file is comes from the table
        form = {"outputs": "html,outline", "footer_text": "below"}
        files = {"files": ("rows.csv", "a,b\n1,2", "text/csv")}
        headers = {"X-Pressrun": "1", "Prefer": "respond-async"}
        name = http.post("/generate-sse", data=form, files=files, headers=headers).json()["operation_id"]
        told = http.get(f"/runs/{name}/events?named=0").text
        events = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: ")]
        kinds = [event["type"] for event in events]
        assert kinds[-1] == "complete", events[-1]
        assert kinds.count("chapter") == 1
        assert "/" not in events[-1]["folder"], "the setting hides the path"
        assert [file["name"] for file in events[-1]["artifacts"]] == ["document.html", "a-table-outline.txt"]
        check_folder(tmp_path / "data" / "batches" / events[-1]["folder"])
        assert http.get(f"/runs/{name}/files/a-table-outline.txt").text == "a\nb\n1\n2"
        assert "below</main>" in http.get(f"/runs/{name}/files/document.html").text
        stages = [stage["stage"] for stage in http.get(f"/runs/{name}").json()["stages"]]
        assert [stage for stage in stages if stage != "render"] == ["compose", "narrate", "export", "publish"]
        failed = run_to_end(http, csv="one row only", outputs=["html"])[-1]
        assert (failed["code"], failed["message"]) == ("too_few_rows", "A table has at least two rows.")
        explained = http.post("/admission/explain", json={"csv": "a", "footer_text": "f"}).json()["canonical"]
        assert (explained["csv"], explained["footer_text"]) == ("a", "f")
        assert "footer_text" not in http.post("/admission/explain", json={"text": "a"}).json()["canonical"]
        document = http.get("/openapi.json").json()
    assert "chapter" in document["components"]["schemas"]["RunEvent"]["discriminator"]["mapping"]
    assert "too_few_rows" in document["components"]["schemas"]["ErrorCode"]["enum"]
    command = [Path(sys.executable).with_name("pressrun"), "generate", "--help"]
    shown = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=True).stdout
    assert all(word in shown for word in ("--footer-text", "csv", "outline"))


@pytest.mark.slow
def test_the_front_end_asks_for_the_words_of_what_is_new_and_for_nothing_else(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    env = {**os.environ, "PYTHONPATH": str(copy / "backend")}
    frontend = copy / "frontend"
    (frontend / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    document = tmp_path / "openapi.json"
    with document.open("wb") as stream:
        command = [Path(sys.executable).with_name("pressrun"), "openapi"]
        subprocess.run(command, env=env, stdout=stream, check=True)
    types = ["node_modules/.bin/openapi-typescript", document, "--default-non-nullable=false"]
    for command in (
        [*types, "-o", "src/api/schema.gen.ts"],
        ["node", "generate-tables.mjs", document, "src/api/tables.gen.ts"],
    ):
        subprocess.run(command, cwd=frontend, check=True, capture_output=True)
    # of a language no type tells: its catalogue does, in catalogues.test.ts
    languages = frontend / "src" / "locales"
    subprocess.run(["node", "messages.mjs"], cwd=frontend, check=True, capture_output=True)
    english = json.loads((languages / "en.json").read_text())
    assert {"Narrate", "Below the document"} < set(english)
    assert json.loads((languages / "pt.json").read_text()) == dict.fromkeys(english, "")
    front_end = [drill for drill in DRILLS if drill.heading != "A language"]
    asked = {path for drill in front_end for path in drill.edits if path.startswith("frontend/")}
    for path in asked:
        shutil.copy(ROOT / path, copy / path)  # as if they had been forgotten
    config = json.loads((frontend / "tsconfig.json").read_text())
    # without the tests, whose libraries take half of the time
    config |= {"include": ["src"], "exclude": ["src/**/*.test.*", "src/test"]}
    (frontend / "tsconfig.json").write_text(json.dumps(config))
    command = ["node_modules/.bin/tsc", "--noEmit", "--pretty", "false"]
    done = subprocess.run(command, cwd=frontend, capture_output=True, text=True, check=False)
    wrong = {line.partition("(")[0] for line in done.stdout.splitlines() if "error TS" in line}
    assert wrong == {path.removeprefix("frontend/") for path in asked}
