"""The child process in which untrusted text is parsed. The parent's side is `parser_pool`.

Reads a request (lengths, JSON, bytes), answers it alike, waits for the next; ends when its input closes. The limits of
a request are set before the request is read as text. Holds no state between requests but loaded modules.
"""

from __future__ import annotations

import json
import math
import os
import resource
import select
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from pressrun.sources.coverage import measure_coverage
from pressrun.sources.diagrams import clean_drawings
from pressrun.sources.encodings import Undecodable, decode_upload
from pressrun.sources.html_prepare import prepare_html
from pressrun.sources.html_scan import scan_html
from pressrun.sources.markdown import render_markdown
from pressrun.sources.parser_wire import HEADER
from pressrun.sources.pictures import judge_picture
from pressrun.sources.references import css_references, find_references
from pressrun.sources.slide_lines import coverage_and_lines

MAX_OPEN_FILES = 64  # arbitrary: a parse needs its pipes and a lexer's file


def decode_file(said: str | None, blob: bytes = b"") -> dict[str, Any]:
    """The `text` of a file, or `wrong`: the encoding, the byte that is none of it, and where that is."""
    try:
        return {"text": decode_upload(blob, said)}
    except Undecodable as exc:
        return {"wrong": [exc.label, exc.byte, exc.at]}


_TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "markdown": render_markdown,
    "html": scan_html,
    "references": find_references,
    "css": css_references,
    "picture": judge_picture,
    "prepare": prepare_html,
    "decode": decode_file,
    "coverage": measure_coverage,
    "drawings": clean_drawings,
    "coverage_and_lines": coverage_and_lines,
}


def main() -> None:
    """Serves requests until the parent goes away. argv: memory limit in bytes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_process(memory_bytes=int(sys.argv[1]))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not be read as an answer
    while header := requests.read(HEADER.size):
        length, blob_length, cpu_s = HEADER.unpack(header)
        _limit_cpu(cpu_s)
        _send(answers, _answer(requests.read(length), requests.read(blob_length)))


def _answer(request: bytes, blob: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(request)
        if blob:
            asked["blob"] = blob
        result = _TASKS[asked.pop("task")](**asked)
    except (MemoryError, RecursionError):
        return {"too_complex": True}
    except Exception:  # noqa: BLE001  (reported to the parent, which owns the log)
        return {"crash": traceback.format_exc(limit=20)}
    return {"result": result, "peak_memory_bytes": _peak_memory_bytes()}


def _peak_memory_bytes() -> int:
    """Of this program alone: Linux hands ru_maxrss on from the process that forked it, so a large server's child would
    count as large from its start."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    blob = answer.get("result", {}).pop("blob", b"")
    try:
        # each character as it is: spelled \uXXXX a text in most scripts would be twice as long
        body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except MemoryError:
        body, blob = b'{"too_complex": true}', b""
    answers.write(HEADER.pack(len(body), len(blob), 0) + body)
    answers.write(blob)
    answers.flush()


def _limit_process(memory_bytes: int) -> None:
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, 0)  # it has nothing to write but its answer
    _lower(resource.RLIMIT_CORE, 0)
    sys.dont_write_bytecode = True


def _limit_cpu(more_s: int) -> None:
    """Allows `more_s` of CPU from now on; past it the kernel ends the process, whatever it is doing."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime) + more_s
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def _end_with_parent() -> None:
    """Ends this process in the middle of a parse when the parent is gone: then nobody will read the answer."""
    hang_up = select.poll()
    hang_up.register(sys.stdin.fileno(), 0)  # no event asked for: POLLHUP and POLLERR are always reported
    hang_up.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
