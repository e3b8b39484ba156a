"""The commands about this machine: serve, doctor, install-browser, openapi, token."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from pressrun.cli.exits import Exit
from pressrun.cli.imports import importing
from pressrun.cli.output import say, say_json
from pressrun.settings import Settings

_WORDS = {True: "ok  ", False: "FAIL", None: "note"}


def serve(host: str | None, port: int | None, data_dir: Path | None) -> int:
    """Runs the server until it is told to stop; the exit code. Raises: StartupError, ValidationError."""
    with importing():
        from pressrun.app import serve as run_server

    try:
        run_server(_settings(host=host, port=port, data_dir=data_dir))
    except SystemExit as exc:  # uvicorn ends so when it cannot start, with a code that here means "rejected"
        return Exit.ERROR if exc.code else Exit.COMPLETE
    return Exit.COMPLETE


def doctor(url: str, token: str | None, *, named: bool, json: bool, browser: bool) -> int:
    """Prints every check; the exit code. Raises: ValidationError."""
    from pressrun.doctor import Server, run_doctor

    server = Server(url, token, named)
    checks = anyio.run(partial(run_doctor, _settings(), browser=browser, server=server))
    for check in checks:
        if json:
            say_json(asdict(check))
            continue
        say(f"{_WORDS[check.ok]}  {check.name}: {check.detail}")
        if check.remedy and check.ok is not True:
            say(f"      {check.remedy}")
    return Exit.ERROR if any(check.ok is False for check in checks) else Exit.COMPLETE


def install_browser() -> None:
    """Raises: BrowserUnavailable."""
    from pressrun.browser.setup.install import install_chromium

    install_chromium(_settings().browser.executable)


def adopt_store() -> None:
    """Raises: StartupError."""
    from pressrun.app import adopt_store as adopt

    settings = _settings()
    anyio.run(adopt, settings)
    say(f"{settings.data_dir.resolve()} is the store of the database now.")


def openapi() -> None:
    """Prints the OpenAPI document."""
    from pressrun.api.openapi.document import build_openapi

    # printed line by line: `say` escapes line ends, which JSON has none of inside its strings
    for line in json_format.dumps(build_openapi(), indent=2).splitlines():
        say(line)


def new_token(name: str) -> None:
    """Prints a token, once, and the line that lets the server know it."""
    from pressrun.api.gate import tokens

    token, line = tokens.new_token(name)
    say("Token, shown only now:")
    say(f"  {token}")
    say("For the server, in PRESSRUN_TOKENS (several with commas between):")
    say(f"  {line}")
    say("For the client, in PRESSRUN_TOKEN: the token itself.")


def new_webhook_secret() -> None:
    """Prints a secret, once."""
    from pressrun.settings import new_webhook_secret as make

    say("For the server, in PRESSRUN_WEBHOOK_SECRET, and for whoever verifies its webhooks; shown only now:")
    say(f"  {make()}")


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})
