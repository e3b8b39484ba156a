"""The answer of GET /system: what is known of this server, for whoever runs it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from pressrun.api.wire.schemas import Answer
from pressrun.settings import Settings, fields_of


class CheckOut(Answer):
    """One thing that was looked at, as `pressrun doctor` says it."""

    name: str
    ok: Annotated[bool | None, Field(description="null: nothing is broken, but somebody may want to know")]
    detail: str
    remedy: str


class BrowserOut(Answer):
    """One browser of the pool, and what has happened to it since this process began."""

    name: str
    state: Literal["stopped", "starting", "up", "failed"]
    failure: Annotated[str | None, Field(description="why it cannot be used just now")]
    leases: Annotated[int, Field(description="pages that are lent")]
    capacity: Annotated[int, Field(description="pages that it lends at a time")]
    capturing: int
    waiting: Annotated[int, Field(description="captures that wait for their turn")]
    started: int
    recycled: int
    lost: Annotated[int, Field(description="it died")]
    frozen: Annotated[int, Field(description="it did not answer and was ended")]
    rss_bytes: int | None


class PoolOut(Answer):
    """All browsers together."""

    version: str | None
    waiting: Annotated[int, Field(description="who waits for a page")]
    captures: Annotated[int, Field(description="pictures since this process began")]
    capture_mean_s: Annotated[float | None, Field(description="how long Chromium took for one")]
    failures: Annotated[dict[str, int], Field(description="pages that failed, by code")]
    browsers: list[BrowserOut]


class SettingOut(Answer):
    """A setting in force."""

    name: str
    value: Annotated[str, Field(description="empty: not set; of a secret only whether it is set")]
    source: Annotated[Literal["environment", ".env", "command line", "default"], Field(description="where it was set")]


class FontProofOut(Answer):
    """A script, and how a slide of this server shows it."""

    script: str
    language: Annotated[str, Field(description="of the line, as BCP 47 has it")]
    line: Annotated[str, Field(description="the text of the picture")]
    drawn: Annotated[bool, Field(description="false: some of it is boxes, for no font has it")]
    font: Annotated[str | None, Field(description="the family that draws it; null: not known here")]
    remedy: Annotated[str, Field(description="empty where it is drawn; else what lacks, and the package that has it")]
    picture: Annotated[str, Field(description="the line as this server's browser draws it: WebP as data: URI")]


class FontProofList(Answer):
    """A line of text in each script, to be looked at."""

    scripts: list[FontProofOut]


class SystemOut(Answer):
    """Health, browsers and settings of the process that answers."""

    version: str
    python: str
    process_id: int
    checks: list[CheckOut]
    pool: PoolOut
    ai_model: Annotated[str | None, Field(description="who composes where `composer` is `ai`; null: nobody")]
    webhooks: Annotated[dict[str, int], Field(description="webhooks by state")]
    runs: Annotated[dict[str, int], Field(description="runs by status")]
    settings: list[SettingOut]


def settings_in_force(settings: Settings) -> list[SettingOut]:
    """Every setting with its value and where it was set; what is a secret, or may hold one, is not shown."""
    given = Settings.given_in()
    told = []
    for name, (field, value) in _values(settings).items():
        at_default = value == field.get_default(call_default_factory=True)
        # who passes one to `pressrun serve` by an option has not put it into the environment
        source = given.get(name, "default" if at_default else "command line")
        shown = _words(value) if at_default else _shown(name, value)
        told.append(SettingOut(name=name, value=shown, source=source))
    return told


def _values(settings: Settings) -> dict[str, tuple[Any, Any]]:
    variables = Settings.variables()
    values = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        group = fields_of(field)
        if not group:
            values[f"PRESSRUN_{name.upper()}"] = value
        for attribute, each in getattr(field.annotation, "__pydantic_fields__", {}).items() if group else ():
            values[f"PRESSRUN_{(each.alias or attribute).upper()}"] = getattr(value, attribute)
    return {name: (field, values[name]) for name, field in variables.items()}


def _shown(name: str, value: Any) -> str:
    if isinstance(value, SecretStr) or (name.endswith("_BASE_URL") and value is not None):
        return "set"  # an address may hold a password
    if name == "PRESSRUN_TOKENS":  # `name:sha256[:scopes]`
        return _words(tuple(line.partition(":")[0] for line in value))
    return _words(value)


def _words(value: Any) -> str:
    """As it would be written into the environment. What is at its default is no secret of anybody."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    return ", ".join(map(str, value if isinstance(value, tuple) else (value,)))
