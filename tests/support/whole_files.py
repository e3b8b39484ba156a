"""Whether a file of a run is whole, by what it is: opened with what people open it with."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pikepdf
from PIL import Image


def check_whole(path: Path) -> None:
    """Raises: AssertionError, OSError, ValueError where it is not."""
    if path.suffix == ".pdf":
        with pikepdf.open(path) as opened:
            assert len(opened.pages) > 0, path.name
    elif path.suffix in (".pptx", ".zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None, path.name
            assert archive.namelist(), path.name
    elif path.suffix in (".png", ".jpg"):
        with Image.open(path) as picture:
            picture.load()
    elif path.suffix == ".html" and path.name != "document.html":  # which may be as somebody sent it, without an end
        assert "</html>" in path.read_text(encoding="utf-8")[-500:].lower(), path.name
    elif path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".mp4" and shutil.which("ffprobe"):
        shown = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert not shown.stderr, shown.stderr
        assert float(shown.stdout) > 0, path.name
