"""Style sheets from an allowed host, many and large at once: how long the server answers nobody else meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from benchmarks.figures import Figure, percentile
from tests.support.runs import post_to_end
from tests.support.server import start_server

_SIZE_BYTES = 3_000_000
# Labels of the web in all sizes of characters, and names of codecs that are none of the web's
_CHARSETS = (
    *("utf-8", "utf-16le", "utf-16be", "gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"),
    *("ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic", "windows-874", "x-user-defined", "replacement"),
    *(f"windows-{number}" for number in range(1250, 1259)),
    *(f"iso-8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10)),
    *("punycode", "idna", "undefined", "rot13", "unicode_escape", ""),
)


class _Styles(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        charset = self.path.rpartition("/")[2]
        body = b"p{}" * ((_SIZE_BYTES - 60_000) // 3) + b"-" + b"a" * 60_000
        self.send_response(200)
        self.send_header("Content-Type", f"text/css; charset={charset}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def _host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Styles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def measure(folder: Path) -> Iterator[Figure]:
    with _host() as host, start_server(folder / "styles", PRESSRUN_EGRESS=host) as server:
        alone = _pulses(server.url, lambda: time.sleep(3))
        html = "".join(f'<link rel="stylesheet" href="http://{host}/{charset}">' for charset in _CHARSETS)

        def render() -> None:
            with httpx.Client(base_url=server.url, timeout=120) as http:
                post_to_end(http, html=f"<title>Styles</title>{html}<p>x", outputs=["html"])

        beside = _pulses(server.url, render)
    note = f"{len(_CHARSETS)} of {_SIZE_BYTES / 1e6:.0f} MB, {len(beside)} answers, load {os.getloadavg()[0]:.0f}"
    yield Figure("beside style sheets: /livez, slowest", max(beside) * 1000, "ms", target=250, note=note)
    yield Figure("the same, p99", percentile(beside, 0.99) * 1000, "ms")
    yield Figure("the former alone, slowest", max(alone) * 1000, "ms")


def _pulses(url: str, work: object) -> list[float]:
    """Seconds of each answer of /livez, one after the other on one connection, while `work()` lasts."""
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    took = []
    with httpx.Client(base_url=url, timeout=60) as http:
        http.get("/livez").raise_for_status()
        thread.start()
        while thread.is_alive():
            begun_at = time.perf_counter()
            http.get("/livez").raise_for_status()
            took.append(time.perf_counter() - begun_at)
            time.sleep(0.005)
        thread.join()
    return took
