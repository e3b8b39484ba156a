"""The only reader of the environment. Everything else gets what it needs passed in.

Names are `PRESSRUN_` + the field in capitals; a `.env` file in the working folder is read too. The table in README is
checked against this class.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_WHSEC = "whsec_"


class Settings(BaseSettings):
    """How this server runs. Units are in the names; None means "not set"."""

    model_config = SettingsConfigDict(
        env_prefix="PRESSRUN_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
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
    caller_max_streams: Annotated[int, Field(ge=0)] = 200
    caller_max_open_requests: Annotated[int | None, Field(ge=0)] = None
    caller_requests_per_s: Annotated[float, Field(ge=0)] = 100
    caller_request_burst: Annotated[int, Field(ge=1)] = 1_000
    caller_max_bytes_per_day: Annotated[int, Field(ge=0)] = 10_000_000_000
    retention_days: Annotated[float | None, Field(gt=0)] = None
    retention_max_bytes: Annotated[int | None, Field(ge=0)] = None
    retention_staging_days: Annotated[float, Field(gt=0)] = 7

    run_dedup_window_s: Annotated[
        float,
        Field(ge=0, le=3600, validation_alias=AliasChoices("PRESSRUN_RUN_DEDUP_WINDOW_S", "RUN_DEDUP_WINDOW_SECS")),
    ] = 5
    run_max_s: Annotated[float, Field(gt=0, validation_alias=AliasChoices("PRESSRUN_RUN_MAX_S", "RUN_MAX_SECS"))] = 1800

    ai_base_url: str | None = None
    ai_api_key: SecretStr | None = None
    ai_model: str | None = None
    ai_timeout_s: Annotated[float, Field(gt=0)] = 300

    chromium: Path | None = None
    browsers: SecretStr = SecretStr("local")
    browser_contexts: Annotated[int, Field(ge=1, le=64)] = 4
    browser_captures: Annotated[int, Field(ge=1, le=16)] = 2
    browser_idle_s: Annotated[float, Field(gt=0)] = 300
    browser_recycle_after: Annotated[int, Field(ge=1)] = 100
    page_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30
    page_capture_timeout_s: Annotated[float, Field(gt=0, le=600)] = 20
    page_pdf_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120
    page_max_heap_mb: Annotated[int, Field(ge=16, le=4096)] = 256
    page_max_memory_mb: Annotated[int, Field(ge=150, le=64_000)] = 1_000
    page_max_picture_pixels: Annotated[int, Field(ge=1)] = 150_000_000
    page_max_nodes: Annotated[int, Field(ge=1)] = 300_000
    page_max_boxes: Annotated[int, Field(ge=1)] = 200_000
    page_max_height_px: Annotated[int, Field(ge=1, le=10_000_000)] = 1_000_000
    page_max_windows: Annotated[int, Field(ge=0, le=1000)] = 20
    page_max_frames: Annotated[int, Field(ge=0, le=1000)] = 100
    capture_cache_max_bytes: Annotated[int, Field(ge=0)] = 1_000_000_000

    lanes: Annotated[dict[str, int], NoDecode] = Field(default_factory=lambda: {"default": 1})
    unknown_lanes: Literal["one", "refuse"] = "one"
    max_queued: Annotated[int, Field(ge=0, le=10_000)] = 100
    max_runs: Annotated[int, Field(ge=1, le=1000)] = 16
    caller_max_runs: Annotated[int | None, Field(ge=0, le=1000)] = None
    caller_max_queued: Annotated[int | None, Field(ge=0, le=10_000)] = None
    run_deadline_s: Annotated[float, Field(gt=0)] = 7200
    heartbeat_s: Annotated[float, Field(gt=0)] = 10
    shutdown_grace_s: Annotated[float, Field(ge=0)] = 5
    log_level: str = "INFO"
    log_json: bool | None = None

    @field_validator("allowed_hosts", "cors_origins", "tokens", "egress", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value

    @field_validator("retention_max_bytes", "caller_max_bytes_per_day", mode="before")
    @classmethod
    def _parse_size(cls, value: object) -> object:
        """`10GB`, `500 MB`, `2GiB`, or plain bytes"""
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?", value.strip().lower())
        if match is None or (match[3] and not match[2]):
            raise ValueError(f"{value!r} is no size: write bytes, or a size as in `10GB` or `500 MiB`")
        power = "kmgt".index(match[2]) + 1 if match[2] else 0
        return int(float(match[1]) * (1024 if match[3] else 1000) ** power)

    @field_validator("webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_webhook_secret(value.get_secret_value()):
            raise ValueError("is no secret of Standard Webhooks; `pressrun webhook-secret` makes one")
        return value

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

    def secrets(self) -> list[str]:
        """The values that must never be seen in a log, an event, an error or a file."""
        both = (self.database_url, self.database_direct_url)
        database_url = " ".join(url.get_secret_value() for url in both if url)
        urls = f"{self.ai_base_url or ''} {database_url}"
        passwords = [unquote(found) for found in re.findall(r"//[^/@:\s]*:([^/@\s]+)@", urls)]
        passwords += [unquote(found) for found in re.findall(r"[?&]password=([^&\s]+)", database_url)]
        keys = [self.ai_api_key.get_secret_value()] if self.ai_api_key else []
        if self.webhook_secret:
            keys += [self.webhook_secret.get_secret_value(), self.webhook_secret.get_secret_value()[len(_WHSEC) :]]
        browsers = self.browsers.get_secret_value()  # browserless and others take their token in the query
        passwords += [unquote(found) for found in re.findall(r"//[^/@:\s]*:([^/@\s]+)@", browsers)]
        passwords += [unquote(found) for found in re.findall(r"[?&][^=&\s,]+=([^&\s,*]{6,})", browsers)]
        digests = [digest for line in self.tokens for digest in line.split(":")[1:2]]
        return [secret for secret in (*passwords, *keys, *digests) if secret]


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

    model_config = SettingsConfigDict(
        env_prefix="PRESSRUN_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    server: str = "http://127.0.0.1:8000"
    token: SecretStr | None = None
    log_level: str = "INFO"


def read_variable(name: str) -> str | None:
    """An environment variable that is no setting: named on the command line (`--token-env NAME`), or for tests only."""
    return os.environ.get(name)
