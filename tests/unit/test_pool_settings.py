"""What a page and the pool may do is for whoever runs the server to say: no setting is without effect."""

from __future__ import annotations

import pytest

from pressrun.app import pool_config
from pressrun.settings import Settings

LIMITS = sorted(name for name in Settings.model_fields if name.startswith(("page_", "browser_")))


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_reaches_the_pool(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = getattr(Settings(), name)
    monkeypatch.setenv(f"PRESSRUN_{name.upper()}", str(before + 1))
    changed, kept = pool_config(Settings()), pool_config(Settings.model_construct(**{name: before}))
    differing = [field for field in changed.__slots__ if getattr(changed, field) != getattr(kept, field)]
    assert [getattr(changed, field) for field in differing] == [before + 1]


def test_the_defaults_are_those_of_the_pool() -> None:
    pool = pool_config(Settings(browsers="local:1"))  # type: ignore[arg-type]
    assert pool == type(pool)(local=1)
