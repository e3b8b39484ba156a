"""`make demo`: the real server, the real command-line client, the example lesson, and what came out of it.

Starts a server of its own on a free port with `./data` as its data folder, and stops it at the end, also on Ctrl-C.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PRESSRUN = Path(sys.executable).parent / "pressrun"
START_LIMIT_S = 30  # a start takes about one second; a cold disk many
STOP_LIMIT_S = 30  # over the server's own grace


def main() -> int:
    data = Path(os.environ.get("PRESSRUN_DATA_DIR", ROOT / "data")).absolute()
    before = batch_folders(data)
    print(f"· a server of its own, with its data in {data}", flush=True)
    with running_server(data) as url:
        print(f"· examples/lesson.md to {url}", flush=True)
        lesson = ROOT / "examples" / "lesson.md"
        # The same lesson twice within a few seconds is what this demo is for, so the duplicate rule is set aside.
        options = ["--composer", "markdown", "--on-duplicate", "run", "--server", url]
        status = subprocess.run([PRESSRUN, "generate", lesson, *options], check=False).returncode
    made = sorted(batch_folders(data) - before)
    if status == 0 and not made:
        print(f"demo: no batch folder appeared in {data / 'batches'}", file=sys.stderr)
        return 1
    for folder in made:
        print_folder(folder)
    if status == 0:
        print("\nNext: make serve, and open http://127.0.0.1:8000")
    return status


def batch_folders(data: Path) -> set[Path]:
    return {path for path in (data / "batches").glob("*") if path.is_dir() and not path.name.startswith(".")}


def print_folder(folder: Path) -> None:
    print(f"\n{folder}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            print(f"{path.stat().st_size:>12,}  {path.relative_to(folder)}")


@contextmanager
def running_server(data: Path) -> Iterator[str]:
    """The server's URL while it runs. What it logs is shown only if it does not start."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PRESSRUN_DATA_DIR": str(data)}
    command = [PRESSRUN, "serve", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        # A session of its own: Ctrl-C is the client's to handle (it cancels the run), the server is stopped after it.
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until_alive(port, server, log)
            yield url
        finally:
            stop(server)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_alive(port: int, server: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while server.poll() is None and time.monotonic() < deadline:
        if is_alive(port):
            return
        time.sleep(0.05)
    log.seek(0)
    sys.exit(f"demo: the server did not start\n{log.read().decode(errors='replace')}")


def is_alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)  # unlike urllib it heeds no proxy settings
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then, too
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
