"""What several tests of the command line start from."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def client_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the checkout or of whoever runs the tests says which server is asked, and how."""
    monkeypatch.chdir(tmp_path)  # no .env of the checkout
    for name in ("SERVER", "TOKEN", "LOG_LEVEL"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text("# Rivers\n\nनदी\n", encoding="utf-8")
    return path
