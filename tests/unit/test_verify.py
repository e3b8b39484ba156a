"""`pressrun verify`: whatever is done to a batch folder behind our back is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from pressrun.artifacts.model import Manifest
from pressrun.artifacts.names import batch_folder_name
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.artifacts.verify import find_batches, verify_batch, verify_batches
from pressrun.cli import main
from pressrun.ids import OperationIds
from tests.support.scripted_server import OPERATION_ID, Answer, Script, scripted_server
from tests.support.server import free_port

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
IDS = OperationIds()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRESSRUN_DATA_DIR", raising=False)
    monkeypatch.setenv("PRESSRUN_SERVER", "embedded")  # none: whoever tests here may have one at the default address


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return publish(tmp_path / "data")


def publish(data_dir: Path) -> Path:
    """A batch folder as the product makes them."""
    return anyio.run(_publish, data_dir)


async def _publish(data_dir: Path) -> Path:
    store, operation_id = LocalArtifactStore(data_dir), IDS.new()
    await store.prepare()
    staging = await store.open_staging(operation_id, 1)
    files = [await staging.write(f"slides/000{n}.png", f"picture {n}".encode() * 1000) for n in (1, 2)]
    files.append(await staging.write("document.html", b"<p>hello"))
    manifest = Manifest(
        operation_id=operation_id,
        attempt=1,
        created_at=NOW,
        published_at=NOW,
        title="t",
        versions={},
        spec={"text": "x"},
        truncated=False,
        files=files,
    )
    folder = batch_folder_name(NOW, operation_id)
    await store.publish(operation_id, 1, folder, manifest)
    return Path(store.location(folder))


def flip_a_bit(batch: Path) -> None:
    path = batch / "slides" / "0002.png"
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)


def rewrite(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def damage(batch: Path) -> None:
        manifest = json.loads((batch / "manifest.json").read_text())
        change(manifest)
        (batch / "manifest.json").write_text(json.dumps(manifest))

    return damage


def replace_by_a_link(batch: Path) -> None:
    (batch / "document.html").rename(batch.parent.parent / "elsewhere.html")
    (batch / "document.html").symlink_to(batch.parent.parent / "elsewhere.html")


def take_on_the_name_of_another_run(batch: Path) -> None:
    batch.rename(batch.with_name(batch.name[:-36] + IDS.new()))


DAMAGE: dict[str, tuple[Callable[[Path], object], set[tuple[str, str]]]] = {
    "a flipped bit": (flip_a_bit, {("digest", "slides/0002.png")}),
    "a cut file": (lambda b: os.truncate(b / "document.html", 3), {("size", "document.html")}),
    "a missing file": (lambda b: (b / "slides" / "0001.png").unlink(), {("missing", "slides/0001.png")}),
    "a file too many": (lambda b: (b / "slides" / "new.png").write_bytes(b""), {("extra", "slides/new.png")}),
    "a hidden leftover": (lambda b: (b / ".x.partial").write_bytes(b""), {("extra", ".x.partial")}),
    "a link in place of a file": (replace_by_a_link, {("missing", "document.html")}),
    "a folder in place of a file": (
        lambda b: ((b / "document.html").unlink(), (b / "document.html").mkdir()),
        {("missing", "document.html")},
    ),
    "a link to a folder": (lambda b: (b / "more").symlink_to("/"), {("extra", "more")}),
    "no manifest": (lambda b: (b / "manifest.json").unlink(), {("manifest", "manifest.json")}),
    "half a manifest": (lambda b: os.truncate(b / "manifest.json", 100), {("manifest", "manifest.json")}),
    "an empty manifest": (lambda b: os.truncate(b / "manifest.json", 0), {("manifest", "manifest.json")}),
    "a manifest in no UTF-8": (
        lambda b: (b / "manifest.json").write_bytes(b'{"a": "\xff"}'),
        {("manifest", "manifest.json")},
    ),
    "a manifest that lacks a field": (rewrite(lambda m: m.pop("files")), {("manifest", "manifest.json")}),
    "a manifest that leads out of the folder": (
        rewrite(lambda m: m["files"][2].update(name="../../../etc/passwd")),
        {("manifest", "../../../etc/passwd"), ("extra", "document.html")},
    ),
    "a file listed twice": (rewrite(lambda m: m["files"].append(m["files"][0])), {("manifest", "slides/0001.png")}),
    "a torn folder": (lambda b: shutil.rmtree(b / "slides"), {("missing", f"slides/000{n}.png") for n in (1, 2)}),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_and_named(batch: Path, kind: str) -> None:
    damage, found = DAMAGE[kind]
    assert verify_batch(batch).whole
    damage(batch)
    assert {(each.kind, each.file) for each in verify_batch(batch).damage} == found


def test_a_folder_that_holds_another_runs_batch_is_damaged(batch: Path, tmp_path: Path) -> None:
    take_on_the_name_of_another_run(batch)
    (folder,) = find_batches(tmp_path / "data", None)
    assert [each.kind for each in verify_batch(folder).damage] == ["manifest"]


def test_all_folders_are_checked_and_one_damaged_one_is_exit_code_1(
    batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = publish(tmp_path / "data")
    assert main(["verify"]) == 0
    assert f"ok    {batch.name}: 3 files, " in (out := capsys.readouterr().out)
    assert out.endswith("2 folders checked, none damaged.\n")
    flip_a_bit(second)
    assert main(["verify"]) == 1
    out = capsys.readouterr().out
    assert f"FAIL  {second.name}" in out
    assert "slides/0002.png has other contents" in out
    assert out.endswith("2 folders checked, 1 damaged.\n")


def test_one_run_is_checked_by_its_id_its_folders_name_or_a_path(
    batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip_a_bit(publish(tmp_path / "data"))
    moved = shutil.copytree(batch, tmp_path / "moved")
    for wanted in (batch.name[-36:], batch.name, str(batch), str(moved)):
        assert main(["verify", wanted, "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line)["whole"] is True
    assert main(["verify", IDS.new()]) == 1
    assert "there is no batch folder of" in capsys.readouterr().err


def test_the_json_says_what_is_damaged(batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_a_bit(batch)
    assert main(["verify", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["damage"] == [
        {"kind": "digest", "file": "slides/0002.png", "detail": "has other contents than when it was published"}
    ]
    assert (report["operation_id"], report["whole"]) == (batch.name[-36:], False)


HELLO = hashlib.sha256(b"hello").hexdigest()


def served(files: list[Answer], sha256: str = HELLO) -> Script:
    """A server with one complete run, whose manifest names two files; `files` is what it sends for them, in order."""
    manifest = {"files": [{"name": name, "sha256": sha256, "size_bytes": 5} for name in ("a.pdf", "slides/0001.png")]}
    result = {"folder": f"20261121T080000Z_{OPERATION_ID}"}
    complete = {"operation_id": OPERATION_ID, "status": "complete", "result": result}
    return Script(run=[Answer(200, complete)], runs=[Answer(200, {"runs": [complete]})], files=[
        Answer(200, json.dumps(manifest).encode()), *files,
    ])  # fmt: skip


def test_a_server_is_asked_for_every_file_of_its_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with scripted_server(served([Answer(200, b"hello")])) as url:
        assert main(["verify", "--server", url]) == 0
    out = capsys.readouterr().out
    assert f"{OPERATION_ID}: 2 files, 10 B" in out
    assert "1 folder checked, none damaged." in out
    assert list(tmp_path.iterdir()) == [], "nothing is made"


def test_what_a_server_sends_otherwise_than_its_manifest_says_is_damage(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_server(served([Answer(200, b"hullo"), Answer(404, {"code": "not_found", "detail": "gone"})])) as url:
        assert main(["verify", OPERATION_ID, "--server", url, "--json"]) == 1
    (report,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(each["kind"], each["file"]) for each in report["damage"]] == [
        ("digest", "a.pdf"), ("unreadable", "slides/0001.png"),
    ]  # fmt: skip


def test_without_runs_or_server_there_is_nothing_to_look_at_and_it_says_where_it_looked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with scripted_server(Script(runs=[Answer(200, {"runs": []})])) as url:
        assert main(["verify", "--server", url]) == 0
    assert f"Nothing to look at: the server at {url} has no complete run." in capsys.readouterr().out
    nowhere = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr("pressrun.cli.jobs.find_server", lambda *_args, **_named: None)
    monkeypatch.setenv("PRESSRUN_SERVER", nowhere)
    assert main(["verify"]) == 0
    said = capsys.readouterr().out
    assert f"data is no data folder: name one by --data-dir, and no server answers at {nowhere}." in said
    assert list(tmp_path.iterdir()) == []


def test_a_server_is_not_asked_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_server(Script()) as url:
        assert main(["verify", "data/batches/x", "--server", url]) == 2
    assert "--data-dir" in capsys.readouterr().err


def test_nothing_to_check_is_no_damage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", "--data-dir", str(tmp_path / "none")]) == 0
    assert "Nothing to look at: " in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_a_folder_that_a_server_removes_while_others_are_checked_is_not_told_as_damaged(tmp_path: Path) -> None:
    first, gone, damaged = (publish(tmp_path / "data") for _ in range(3))
    (damaged / "manifest.json").unlink()
    reports = verify_batches([first, gone, damaged])
    assert next(reports).whole
    shutil.rmtree(gone)
    assert [(report.folder, report.whole) for report in reports] == [(damaged.name, False)]
