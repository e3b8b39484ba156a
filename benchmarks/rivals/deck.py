"""The deck that all are given: 20 slides of 1920 x 1080, about 91 KB of HTML, served over loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLIDES = 20
_WORDS = "The river carries sand and stones down to the sea, and lays them down where it slows. "
_STYLE = (
    "body{margin:0;font:24px/1.5 sans-serif;color:#222}"
    "section{height:1080px;overflow:hidden;padding:60px 120px;box-sizing:border-box}h1{font-size:56px;margin:0 0 20px}"
)


def deck() -> str:
    """Text, a list, a table and a drawing on each slide."""
    slides = "".join(map(_slide, range(SLIDES)))
    return f"<!doctype html><meta charset=utf-8><title>Deck</title><style>{_STYLE}</style>{slides}"


def _slide(number: int) -> str:
    rows = "".join(f"<tr><td>{row}<td>{row * number}<td>{_WORDS[:40]}" for row in range(4))
    return (
        f"<section style='background:hsl({number * 18},60%,95%)'><h1>Part {number + 1}</h1><p>{_WORDS * 24}</p>"
        f"<svg viewBox='0 0 100 12'><defs><linearGradient id=g{number}><stop stop-color='hsl({number * 17},70%,60%)'/>"
        f"<stop offset=1 stop-color='#fff'/></linearGradient></defs><rect width=100 height=12 fill='url(#g{number})'/>"
        f"<circle cx=50 cy=6 r=5 fill='hsl({number * 40},50%,50%)'/></svg>"
        f"<ul><li>one<li>two<li>three</ul><table border=1>{rows}</table><p>{_WORDS * 22}</section>"
    )


@contextmanager
def serving(html: str) -> Iterator[str]:
    """The URL of the deck, for those that only take one."""
    body = html.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/deck.html"
        server.shutdown()
