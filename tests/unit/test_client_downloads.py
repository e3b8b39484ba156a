"""Downloads: verified, whole or not there, and never outside the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pressrun.client import AsyncClient, Client, DownloadDamaged, FileInfo, Patience, ProtocolError, ServerProblem
from tests.support.scripted_server import OPERATION_ID, RUN, Answer, Script, scripted_server

pytestmark = pytest.mark.anyio

IMPATIENT = Patience(first_wait_s=0.001, longest_wait_s=0.01, give_up_after_s=5)
CONTENT = b"hello" * 50_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WHOLE = Answer(200, CONTENT, {"ETag": f'"{DIGEST}"'}, content_type="image/png")
DAMAGED = Answer(200, CONTENT[:-1] + b"!", {"ETag": f'"{DIGEST}"'}, content_type="image/png")
# promises more than it sends: what a cut looks like where the length is known
CUT = Answer(200, CONTENT[:1000], {"ETag": f'"{DIGEST}"', "Content-Length": str(len(CONTENT))})


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "out"
    left = [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]
    assert left == [], "a part of a file was left behind"


async def test_every_file_of_a_run_arrives_under_its_own_name(folder: Path) -> None:
    files = {
        "screenshot_files": ["slides/0001.png", "slides/0002.png"],
        "artifacts": [{"name": "नदी-rivers.pdf", "size_bytes": len(CONTENT), "sha256": DIGEST}],
    }
    script = Script(run=[Answer(200, {**RUN, "status": "complete", "result": files})], files=[WHOLE])
    with scripted_server(script) as url:
        async with AsyncClient(url, patience=IMPATIENT) as client:
            paths = await client.download_all(OPERATION_ID, folder / "async")
        with Client(url) as client_too:
            assert len(client_too.download_all(OPERATION_ID, folder / "sync")) == 3
    assert [str(path.relative_to(folder)) for path in paths] == [
        "async/slides/0001.png",
        "async/slides/0002.png",
        "async/नदी-rivers.pdf",
    ]
    assert all(path.read_bytes() == CONTENT for path in folder.rglob("*.p*"))


async def test_a_cut_or_damaged_download_is_fetched_again(folder: Path) -> None:
    script = Script(files=[CUT, DAMAGED, WHOLE, CUT, DAMAGED, WHOLE])
    with scripted_server(script) as url:
        async with AsyncClient(url, patience=IMPATIENT) as client:
            await client.download("x", "a.png", folder / "a.png")
        with Client(url, patience=IMPATIENT) as client_too:
            client_too.download("x", "a.png", folder / "b.png")
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes() == CONTENT


async def test_bytes_with_another_digest_never_get_the_file_s_name(folder: Path) -> None:
    script = Script(files=[DAMAGED])
    with scripted_server(script) as url:
        async with AsyncClient(url, patience=IMPATIENT) as client:
            with pytest.raises(DownloadDamaged, match=DIGEST[:12]):
                await client.download("x", "a.png", folder / "a.png")
    assert not folder.exists()
    assert len(script.seen) == 4


async def test_a_given_digest_counts_more_than_the_server_s_header(folder: Path) -> None:
    with scripted_server(Script(files=[WHOLE])) as url, Client(url, patience=IMPATIENT) as client:
        right = client.download("x", "a.png", folder / "a.png", sha256=DIGEST)
        with pytest.raises(DownloadDamaged):
            client.download("x", "a.png", folder / "b.png", sha256="0" * 64)
    assert list(folder.iterdir()) == [right]


async def test_a_file_that_was_there_stays_until_the_new_one_is_whole(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.png").write_bytes(b"old")
    with (
        scripted_server(Script(files=[DAMAGED, DAMAGED, DAMAGED, DAMAGED, WHOLE])) as url,
        Client(url, patience=IMPATIENT) as client,
    ):
        with pytest.raises(DownloadDamaged):
            client.download("x", "a.png", folder / "a.png")
        assert (folder / "a.png").read_bytes() == b"old"
        client.download("x", "a.png", folder / "a.png")
    assert (folder / "a.png").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "", ".", "a\x00b", "a\nb", "C:\\x", "..\\x"])
async def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    script = Script(files=[WHOLE])
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        files = [FileInfo(name="good.png"), FileInfo(name=name)]
        with pytest.raises(ProtocolError, match="no name inside a folder"):
            client.download_all("x", folder, files=files)
    assert script.seen == [], "nothing is fetched while one name is bad"


async def test_a_file_that_is_not_there_is_told_at_once(folder: Path) -> None:
    script = Script(files=[Answer(404, {"detail": "no file of that name", "code": "not_found"})])
    with scripted_server(script) as url, Client(url, patience=IMPATIENT) as client:
        to = folder / "a.png"
        with pytest.raises(ServerProblem, match="no file of that name"):
            client.download("x", "a.png", to)
    assert len(script.seen) == 1
