"""What GET /system tells of settings: where each was set, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pressrun.api.wire.system import settings_in_force
from pressrun.settings import Settings, new_webhook_secret

DIGEST = "a" * 64


def test_each_setting_says_where_it_was_set_and_no_secret_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = new_webhook_secret()
    hidden = {
        "PRESSRUN_DATABASE_URL": "postgresql://kim:pass-word@db/x",
        "PRESSRUN_AI_BASE_URL": "https://kim:other-word@ai.test/v1",
        "PRESSRUN_AI_API_KEY": "sk-very-secret",
        "PRESSRUN_WEBHOOK_SECRET": secret,
        "PRESSRUN_BROWSERS": "local,ws://far.test?token=third-word",
    }
    shown = {
        "PRESSRUN_TOKENS": f"kim:{DIGEST}:admin, lee:{'b' * 64}",
        "PRESSRUN_LANES": "bulk=3",
        "PRESSRUN_AI_MODEL": "small",
    }
    for name, value in (hidden | shown).items():
        monkeypatch.setenv(name, value)
    Path(".env").write_text("PRESSRUN_MAX_QUEUED=7\nPRESSRUN_AI_MODEL=large\nRUN_MAX_SECS=60\n")
    told = {setting.name: setting for setting in settings_in_force(Settings(port=8123))}
    assert set(told) == set(Settings.variables())
    assert {name: told[name].value for name in hidden} == dict.fromkeys(hidden, "set")
    for name, value, source in (
        ("PRESSRUN_TOKENS", "kim, lee", "environment"),
        ("PRESSRUN_LANES", "default=1, bulk=3", "environment"),
        ("PRESSRUN_AI_MODEL", "small", "environment"),
        ("PRESSRUN_MAX_QUEUED", "7", ".env"),
        ("PRESSRUN_RUN_MAX_S", "60.0", ".env"),
        ("PRESSRUN_PORT", "8123", "command line"),
        ("PRESSRUN_HOST", "127.0.0.1", "default"),
        ("PRESSRUN_THEMES_DIR", "", "default"),
    ):
        assert (told[name].value, told[name].source) == (value, source), name
    everything = json.dumps([setting.model_dump() for setting in told.values()])
    for word in ("pass-word", "other-word", "sk-very-secret", secret, "third-word", DIGEST):
        assert word not in everything


def test_what_is_at_its_default_is_shown_though_it_might_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRESSRUN_BROWSERS", "PRESSRUN_AI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    told = {setting.name: (setting.value, setting.source) for setting in settings_in_force(Settings(_env_file=None))}
    assert told["PRESSRUN_BROWSERS"] == ("local", "default")
    assert told["PRESSRUN_AI_API_KEY"] == ("", "default")
