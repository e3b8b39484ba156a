"""The only reader of the environment. Everything else gets what it needs passed in.

Names are `PRESSRUN_` + the name in capitals. A server reads a `.env` file in its working folder too; what makes slides
from files, or only talks to a server, does not: it is called in folders of strangers (decision 0139). A group is the
config of the package it is handed to, as it is, or with what nobody may set; where a field of a group has another name
outside, that is its alias. The table in README is checked against `variables()`.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import (
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pressrun.errors import StartupError

_WHSEC = "whsec_"
_PREFIX = "PRESSRUN_"
_GROUP = ConfigDict(validate_by_name=True, validate_by_alias=True, extra="forbid")
_FORMERLY = {"run_dedup_window_s": "RUN_DEDUP_WINDOW_SECS", "run_max_s": "RUN_MAX_SECS"}


def _with_an_example(value: object, read: ValidatorFunctionWrapHandler) -> ByteSize:
    try:
        return ByteSize(read(value))
    except ValidationError:
        raise ValueError(f"{value!r} is no size: write bytes, or a size as in `10GB` or `500 MiB`") from None


Size = Annotated[ByteSize, Field(ge=0), WrapValidator(_with_an_example)]
"""`10GB`, `500 MB`, `2GiB`, or plain bytes."""


@dataclass(frozen=True, config=_GROUP)
class BrowserSettings:
    """What of a pool of browsers, and of the pages in them, is for whoever runs the server to say."""

    executable: Annotated[Path | None, Field(alias="chromium")] = None
    """None: `find_chromium` looks."""

    browsers: SecretStr = SecretStr("local")
    """What browser/addresses.py reads."""

    contexts: Annotated[int, Field(alias="browser_contexts", ge=1, le=64)] = 4
    """Pages open at a time in one browser (times its weight), 25 to 60 MB each; they capture in turns."""

    captures: Annotated[int, Field(alias="browser_captures", ge=1, le=16)] = 2
    """Captures under way at a time in one browser (times its weight): the second uses the time in which the first waits
    for its frame; a third gives nothing (decision 0021)."""

    idle_s: Annotated[float, Field(alias="browser_idle_s", gt=0)] = 300
    """A browser that nobody used for so long is closed; the first one stays, so that a run never waits for a start."""

    recycle_after: Annotated[int, Field(alias="browser_recycle_after", ge=1)] = 100
    """Contexts made by one browser before it is replaced; what other pools use."""

    load_timeout_s: Annotated[float, Field(alias="page_timeout_s", gt=0, le=600)] = 30
    """A document of 5 MB loads in under 5 s; what is not ready by then loops or waits for something unreachable."""

    capture_timeout_s: Annotated[float, Field(alias="page_capture_timeout_s", gt=0, le=600)] = 20
    """A slide takes 0.1 s, at 7680x4320 pixels 1.5 s."""

    pdf_timeout_s: Annotated[float, Field(alias="page_pdf_timeout_s", gt=0, le=3600)] = 120
    """20 pages take 0.6 s; grows with the document."""

    max_heap_mb: Annotated[int, Field(alias="page_max_heap_mb", ge=16, le=4096)] = 256
    """JavaScript heap of a page: a bomb ends after 0.2 s and 350 MB instead of 7 s and 4 GB (BROWSER.md)."""

    max_memory_mb: Annotated[int, Field(alias="page_max_memory_mb", ge=150, le=64_000)] = 1_000
    """Of a page's process, whatever takes it: 100 MB are there from the start, pictures up to their limit take 600 to
    800. Looked at ten times a second, so a page may have some 100 MB more for a moment; not for browsers elsewhere."""

    max_picture_pixels: Annotated[int, Field(alias="page_max_picture_pixels", ge=1)] = 150_000_000
    """Decoded pixels of all pictures together: 600 MB at 4 bytes each."""

    max_nodes: Annotated[int, Field(alias="page_max_nodes", ge=1)] = 300_000
    """Elements of a document. A million takes Chromium 2 GB."""

    max_boxes: Annotated[int, Field(alias="page_max_boxes", ge=1)] = 200_000
    """Lines and blocks that are measured; 500 slides need under 20 000."""

    max_height_css_px: Annotated[int, Field(alias="page_max_height_px", ge=1, le=10_000_000)] = 1_000_000
    """Twice of what was tested; Chromium's own layout ends at 33 million device pixels."""

    max_windows: Annotated[int, Field(alias="page_max_windows", ge=0, le=1000)] = 20
    """Windows a document may open; each is closed at once. One that opens more is ended."""

    max_frames: Annotated[int, Field(alias="page_max_frames", ge=0, le=1000)] = 100
    """Documents within the document: frames, iframes, objects, embeds. 100 take a second; of 1 000 that are refused
    what they name the browser dies after 38 s with all pages in it, of 1 000 others after 15 to 50 (measured once)."""


@dataclass(frozen=True, config=_GROUP)
class GuardConfig:
    """Limits of the guard. `lanes`: slots of the lanes named there; any other has one, or is refused.

    `caller_…`: one caller's share of them. None: it may have them all.
    """

    dedup_window_s: Annotated[float, Field(alias="run_dedup_window_s", ge=0, le=3600)] = 5
    run_max_s: Annotated[float, Field(gt=0)] = 1800
    max_runs: Annotated[int, Field(ge=1, le=1000)] = 16
    max_queued: Annotated[int, Field(ge=0, le=10_000)] = 100
    caller_max_runs: Annotated[int | None, Field(ge=0, le=1000)] = None
    caller_max_queued: Annotated[int | None, Field(ge=0, le=10_000)] = None
    lanes: Mapping[str, int] = Field(default_factory=lambda: {"default": 1})
    unknown_lanes: Literal["one", "refuse"] = "one"

    def slots_of(self, lane: str) -> int:
        """How many runs may run in this lane at once."""
        return self.lanes.get(lane, 1 if self.unknown_lanes == "one" else 0)

    def shared(self, *, several: bool) -> GuardConfig:
        """With the shares settled: where there are several callers, half, unless it was said; 0 means no limit."""
        runs, queued = self.caller_max_runs, self.caller_max_queued
        if several:  # else there is nobody to be protected from the one caller there is
            runs = max(1, self.max_runs // 2) if runs is None else runs
            queued = max(1, self.max_queued // 2) if queued is None else queued
        return replace(self, caller_max_runs=runs or None, caller_max_queued=queued or None)

    @field_validator("lanes", mode="before")
    @classmethod
    def _parse_lanes(cls, value: object) -> object:
        """`default=1,bulk=3`"""
        if not isinstance(value, str):
            return value
        lanes: dict[str, int] = {}
        for entry in re.findall(r"[^\s,]+", value):
            match = re.fullmatch(r"([a-z0-9_-]{1,64})=([1-9][0-9]{0,2})", entry)
            if match is None:
                raise ValueError(f"{entry!r} is no lane: write `name=slots`, as in `default=1,bulk=3`")
            lanes[match[1]] = int(match[2])
        return {"default": 1, **lanes}


@dataclass(frozen=True, config=_GROUP)
class CallerLimits:
    """What one caller may use; 0: without limit. `request_burst`: at once, after a pause.

    `open_requests`: that are not answered yet, streams among them; each has a connection. None: half of the connections
    where there are several callers (app.py).
    """

    streams: Annotated[int, Field(alias="caller_max_streams", ge=0)] = 200
    open_requests: Annotated[int | None, Field(alias="caller_max_open_requests", ge=0)] = None
    requests_per_s: Annotated[float, Field(alias="caller_requests_per_s", ge=0)] = 100
    request_burst: Annotated[int, Field(alias="caller_request_burst", ge=1)] = 1_000
    bytes_per_day: Annotated[Size, Field(alias="caller_max_bytes_per_day")] = ByteSize(10_000_000_000)


@dataclass(frozen=True, config=_GROUP)
class RetentionPolicy:
    """None: no such limit. `max_bytes` is over the files of all ended runs."""

    days: Annotated[float | None, Field(alias="retention_days", gt=0)] = None
    max_bytes: Annotated[Size | None, Field(alias="retention_max_bytes")] = None
    staging_days: Annotated[float, Field(alias="retention_staging_days", gt=0)] = 7


@dataclass(frozen=True, config=_GROUP)
class AiSettings:
    """The endpoint that splits and asks; without `base_url` there is none."""

    base_url: str | None = Field(default=None, alias="ai_base_url", repr=False)  # may hold a password
    api_key: Annotated[SecretStr | None, Field(alias="ai_api_key")] = None
    model: Annotated[str | None, Field(alias="ai_model")] = None
    timeout_s: Annotated[float, Field(alias="ai_timeout_s", gt=0)] = 300


@dataclass(frozen=True, config=_GROUP)
class VoiceSettings:
    """Voices for the narration of videos, besides espeak-ng, which is there or not: a voice file of Piper, and an
    endpoint that speaks as OpenAI's does. `timeout_s` bounds one sentence."""

    piper_voice: Annotated[Path | None, Field(alias="piper_voice")] = None
    base_url: str | None = Field(default=None, alias="voice_base_url", repr=False)  # may hold a password
    api_key: Annotated[SecretStr | None, Field(alias="voice_api_key")] = None
    model: Annotated[str, Field(alias="voice_model")] = "tts-1"
    name: Annotated[str, Field(alias="voice_name")] = "alloy"
    timeout_s: Annotated[float, Field(alias="voice_timeout_s", gt=0, le=3600)] = 60


class _Flat(EnvSettingsSource):
    """The environment, in which the fields of a group stand beside all others."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        given = {}
        for name in fields_of(field):
            value = self.env_vars.get(f"{_PREFIX}{name}".lower(), self.env_vars.get(_FORMERLY.get(name, "").lower()))
            if value is not None:
                given[name] = value
        return (given or None, field_name, False) if fields_of(field) else super().get_field_value(field, field_name)

    def prepare_field_value(self, field_name: str, field: FieldInfo, value: Any, value_is_complex: bool) -> Any:
        return value if fields_of(field) else super().prepare_field_value(field_name, field, value, value_is_complex)


class _FlatFile(_Flat, DotEnvSettingsSource):
    """The same of a `.env` file."""

    def __call__(self) -> dict[str, Any]:
        """Without what else the file holds, which pydantic-settings would hand on: it would go before a group."""
        return {name: value for name, value in super().__call__().items() if name in self.settings_cls.model_fields}


class Settings(BaseSettings):
    """How this server runs. Units are in the names; None means "not set"."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    database_direct_url: SecretStr | None = None
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    tokens: Annotated[tuple[str, ...], NoDecode] = ()
    egress: Annotated[tuple[str, ...], NoDecode] = ("deny",)
    webhook_secret: SecretStr | None = None

    max_connections: Annotated[int | None, Field(ge=16, le=1_000_000)] = None
    max_connections_per_address: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    capture_cache_max_bytes: Size = ByteSize(1_000_000_000)
    themes_dir: Path | None = None
    run_deadline_s: Annotated[float, Field(gt=0)] = 7200
    heartbeat_s: Annotated[float, Field(gt=0)] = 10
    shutdown_grace_s: Annotated[float, Field(ge=0)] = 5
    log_level: str = "INFO"
    log_json: bool | None = None

    ai: AiSettings = Field(default_factory=AiSettings)
    browser: BrowserSettings = Field(default_factory=BrowserSettings)
    caller: CallerLimits = Field(default_factory=CallerLimits)
    guard: GuardConfig = Field(default_factory=GuardConfig)
    retention: RetentionPolicy = Field(default_factory=RetentionPolicy)
    voice: VoiceSettings = Field(default_factory=VoiceSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Those of pydantic-settings, flat."""
        file = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, _Flat(settings_cls), _FlatFile(settings_cls, env_file=file), file_secret_settings

    @classmethod
    def variables(cls) -> dict[str, FieldInfo]:
        """Each setting by its name in the environment."""
        known = [fields_of(field) or {name: field} for name, field in cls.model_fields.items()]
        return {f"{_PREFIX}{name.upper()}": field for group in known for name, field in group.items()}

    @classmethod
    def given_in(cls) -> dict[str, Literal["environment", ".env"]]:
        """Which of `variables()` are set where, as of now; the environment goes before the `.env` file."""
        file, environment = _FlatFile(cls).env_vars, _Flat(cls).env_vars
        found: dict[str, Literal["environment", ".env"]] = {}
        for name in cls.variables():
            older = _FORMERLY.get(name.removeprefix(_PREFIX).lower(), "").lower()
            if environment.get(name.lower()) or environment.get(older):
                found[name] = "environment"
            elif file.get(name.lower()) or file.get(older):
                found[name] = ".env"
        return found

    @model_validator(mode="before")
    @classmethod
    def _sort_into_groups(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`Settings(ai_model=…)`, as the environment has it."""
        for group, field in cls.model_fields.items():
            given = {name: values.pop(name) for name in fields_of(field) if name in values}
            if given:
                values[group] = {**values.get(group, {}), **given}
        return values

    @field_validator("allowed_hosts", "cors_origins", "tokens", "egress", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value

    @field_validator("webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_webhook_secret(value.get_secret_value()):
            raise ValueError("is no secret of Standard Webhooks; `pressrun webhook-secret` makes one")
        return value

    def database_urls(self) -> tuple[str | None, str | None]:
        """Of the database, and of what needs a session of its own in it; None: SQLite. Raises: StartupError."""
        url, direct_url = self.database_url, self.database_direct_url
        if url is None and direct_url is not None:
            raise StartupError(
                "PRESSRUN_DATABASE_DIRECT_URL is set and PRESSRUN_DATABASE_URL is not: the first is the way past a "
                "pooler, set the second to the pooler's URL, or to this one if there is none"
            )
        if url is None:
            return None, None
        return url.get_secret_value(), (direct_url or url).get_secret_value()

    def secrets(self) -> list[str]:
        """The values that must never be seen in a log, an event, an error or a file."""
        both = (self.database_url, self.database_direct_url)
        database_url = " ".join(url.get_secret_value() for url in both if url)
        urls = f"{self.ai.base_url or ''} {self.voice.base_url or ''} {database_url}"
        passwords = [unquote(found) for found in re.findall(r"//[^/@:\s]*:([^/@\s]+)@", urls)]
        passwords += [unquote(found) for found in re.findall(r"[?&]password=([^&\s]+)", database_url)]
        keys = [key.get_secret_value() for key in (self.ai.api_key, self.voice.api_key) if key]
        if self.webhook_secret:
            keys += [self.webhook_secret.get_secret_value(), self.webhook_secret.get_secret_value()[len(_WHSEC) :]]
        browsers = self.browser.browsers.get_secret_value()  # browserless and others take their token in the query
        passwords += [unquote(found) for found in re.findall(r"//[^/@:\s]*:([^/@\s]+)@", browsers)]
        passwords += [unquote(found) for found in re.findall(r"[?&][^=&\s,]+=([^&\s,*]{6,})", browsers)]
        digests = [digest for line in self.tokens for digest in line.split(":")[1:2]]
        return [secret for secret in (*passwords, *keys, *digests) if secret]


def variable_of(location: Sequence[str | int]) -> str:
    """The name in the environment of what pydantic says is wrong there."""
    names = [f"{_PREFIX}{str(part).upper()}" for part in location]
    return next((name for name in names if name in Settings.variables()), (names or ["settings"])[0])


def fields_of(group: FieldInfo) -> dict[str, FieldInfo]:
    """A group's fields by their names outside; of a field that is no group, nothing."""
    fields: dict[str, FieldInfo] = getattr(group.annotation, "__pydantic_fields__", {})
    return {field.alias or name: field for name, field in fields.items()}


def new_webhook_secret() -> str:
    """A fresh value for PRESSRUN_WEBHOOK_SECRET."""
    return _WHSEC + base64.b64encode(secrets.token_bytes(32)).decode()


def _is_webhook_secret(value: str) -> bool:
    """`whsec_` and 24 to 64 bytes in base64, as the specification wants."""
    try:
        size_bytes = len(base64.b64decode(value.removeprefix(_WHSEC), validate=True))
    except ValueError:
        return False
    return value.startswith(_WHSEC) and 24 <= size_bytes <= 64  # noqa: PLR2004


class ClientSettings(BaseSettings):
    """Where the command line finds its server: PRESSRUN_SERVER and PRESSRUN_TOKEN."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    server: str = "http://127.0.0.1:8000"
    token: SecretStr | None = None
    log_level: str = "INFO"


def read_variable(name: str) -> str | None:
    """An environment variable that is no setting: named on the command line (`--token-env NAME`), or for tests only."""
    return os.environ.get(name)
