"""Groups are read flat, as the environment is, and are the configs of their rooms: no setting is without effect."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from pressrun.ai.client import AiConfig
from pressrun.browser.config import BrowserPoolConfig
from pressrun.cli.failures import lines_of
from pressrun.settings import AiSettings, BrowserSettings, ClientSettings, Settings

GROUPS = ("ai", "browser", "caller", "guard", "retention")
VARIABLES = [
    (group, field.name, f"PRESSRUN_{(info.alias or field.name).upper()}")
    for group in GROUPS
    for field in fields(getattr(Settings(), group))
    for info in [type(getattr(Settings(), group)).__pydantic_fields__[field.name]]
]
SAMPLES = {"PRESSRUN_LANES": ("wide=2", {"default": 1, "wide": 2}), "PRESSRUN_UNKNOWN_LANES": ("refuse", "refuse")}
OTHERS = [name for name in Settings.variables() if name not in {variable for *_, variable in VARIABLES}]


def sample(variable: str, default: object) -> tuple[str, Any]:
    """Another value than the default, as it is written and as it is read."""
    if variable in SAMPLES:
        return SAMPLES[variable]
    if isinstance(default, int | float):
        return str(default + 1), default + 1
    if isinstance(default, SecretStr) or variable == "PRESSRUN_AI_API_KEY":
        return "local:3", SecretStr("local:3")
    return ("/x", Path("/x")) if variable == "PRESSRUN_CHROMIUM" else ("17", "17" if "AI" in variable else 17)


@pytest.mark.parametrize(("group", "field", "variable"), VARIABLES, ids=[variable for *_, variable in VARIABLES])
def test_each_variable_reaches_its_room_and_changes_nothing_else(
    group: str, field: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Settings()
    text, value = sample(variable, getattr(getattr(before, group), field))
    monkeypatch.setenv(variable, text)
    changed = Settings()
    assert getattr(getattr(changed, group), field) == value
    others = [(name, each.name) for name in GROUPS for each in fields(getattr(before, name))]
    others.remove((group, field))
    for name, other in others:
        assert getattr(getattr(changed, name), other) == getattr(getattr(before, name), other)


def test_a_file_and_the_caller_are_read_as_flat_as_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("PRESSRUN_PAGE_TIMEOUT_S=7\nPRESSRUN_RETENTION_DAYS=3\nPRESSRUN_PAGE_MAX_NODES=5\n")
    monkeypatch.setenv("PRESSRUN_RETENTION_DAYS", "4")
    monkeypatch.setenv("PRESSRUN_BROWSER_IDLE_S", "")
    settings = Settings(page_max_nodes=9, port=8001)
    assert (settings.browser.load_timeout_s, settings.browser.max_nodes, settings.browser.idle_s) == (7, 9, 300)
    assert (settings.retention.days, settings.port) == (4, 8001)


def test_a_file_in_the_working_folder_names_no_server_to_a_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRESSRUN_SERVER", raising=False)
    monkeypatch.setenv("PRESSRUN_TOKEN", "mine")
    Path(".env").write_text("PRESSRUN_SERVER=https://evil.example\nPRESSRUN_TOKEN=theirs\n")
    settings = ClientSettings()
    assert settings.server == "http://127.0.0.1:8000"
    assert settings.token is not None
    assert settings.token.get_secret_value() == "mine"


@pytest.mark.parametrize(("name", "old"), [("run_max_s", "RUN_MAX_SECS"), ("dedup_window_s", "RUN_DEDUP_WINDOW_SECS")])
def test_two_variables_have_another_name_still(name: str, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(old, "77")
    assert getattr(Settings().guard, name) == 77


@pytest.mark.parametrize(
    ("variable", "wrong"),
    [
        ("PRESSRUN_PAGE_TIMEOUT_S", "-1"),
        ("PRESSRUN_PORT", "99999"),
        ("PRESSRUN_LANES", "x"),
        ("PRESSRUN_AI_TIMEOUT_S", "s"),
    ],
)
def test_a_wrong_one_is_told_by_the_name_that_was_set(
    variable: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, wrong)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (line,) = lines_of(refused.value)
    assert line.startswith(f"{variable}: ")


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PRESSRUN_PAGE_TIMEOUT_S", "PRESSRUN_PORT", "PRESSRUN_MAX_RUNS"):
        monkeypatch.setenv(variable, "-1")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert sorted(line.partition(":")[0] for line in lines_of(refused.value)) == [
        "PRESSRUN_MAX_RUNS",
        "PRESSRUN_PAGE_TIMEOUT_S",
        "PRESSRUN_PORT",
    ]


def test_a_room_s_config_has_the_settings_and_their_defaults() -> None:
    assert BrowserPoolConfig.of(BrowserSettings(browsers="local:1")) == BrowserPoolConfig(browsers="local:1")  # type: ignore[arg-type]
    tuned = BrowserPoolConfig.of(BrowserSettings(max_nodes=7, contexts=3, browsers="local:2"))  # type: ignore[arg-type]
    assert (tuned.max_nodes, tuned.contexts, tuned.local) == (7, 3, 2)
    ai = AiConfig(**vars(AiSettings(base_url="https://ai.test", model="m")))
    assert (ai.model, ai.timeout_s) == ("m", AiSettings().timeout_s)


def test_no_secret_is_shown() -> None:
    settings = Settings(ai_base_url="https://me:pass@ai.test", ai_api_key="key", browsers="wss://b?token=secret")  # type: ignore[call-arg]
    assert not any(secret in repr(settings) for secret in ("pass", "key'", "secret'", "token="))


def test_every_setting_is_in_a_group_or_by_itself() -> None:
    assert len(OTHERS) + len(VARIABLES) == len(Settings.variables()) == len(set(Settings.variables()))
