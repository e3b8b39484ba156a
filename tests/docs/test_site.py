"""The documents as a site: built strictly, so that a link or a heading that is not there is an error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pressrun.api.wire.problems import STATUS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        ".ci/mkdocs.yml",
        "--site-dir",
        str(made),
    ]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.slow
def test_every_page_is_there_and_every_link_leads_somewhere(site: Path) -> None:
    for source in (ROOT / "docs").rglob("*.md"):
        page = source.relative_to(ROOT / "docs").with_suffix(".html")
        name = page.with_name("index.html") if page.name == "README.html" else page
        assert (site / name).is_file(), source
    for page in site.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text()):
            if page.name != "404.html" and not link.startswith(("https:", "http:", "data:")):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.slow
def test_every_error_code_is_told_with_what_it_means_and_what_helps(site: Path) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", (site / "errors.html").read_text(), re.DOTALL)
    cells = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in rows[1:]]
    told = {re.sub("<.*?>", "", row[0]): row for row in cells}
    assert set(told) == set(STATUS)
    for code, row in told.items():
        assert row[1] == str(STATUS[code])
        assert len(row[3]) > 10, code
        assert len(row[4]) > 10, f"{code} has no remedy"
