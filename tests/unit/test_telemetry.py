from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from urllib.parse import quote

import anyio
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pressrun import telemetry
from pressrun.settings import Settings
from pressrun.telemetry import SecretMask, printable
from tests.support.logs import bind_run, captured_log

CANARY = 'k"ey/with\\odd ch+ärs'
log = structlog.stdlib.get_logger("pressrun.test")


def raised(message: str, cause: str = "") -> ValueError:
    """An exception with a traceback and a cause."""

    def fail() -> None:
        raise ValueError(message) from RuntimeError(cause)

    with pytest.raises(ValueError) as caught:  # noqa: PT011 any message may be asked for
        fail()
    return caught.value


@pytest.mark.parametrize("terminal", [True, False])
def test_a_secret_is_in_no_line_wherever_it_was_put(terminal: bool) -> None:
    with captured_log(SecretMask([CANARY]), terminal=terminal) as captured:
        log.info(f"in the message {CANARY}", field=CANARY, nested={"a": [CANARY]}, **{CANARY: "as a name"})
        log.info("positional %s", CANARY, raw=CANARY.encode())
        logging.getLogger("some.library").warning("GET https://x.test/?key=%s", quote(CANARY, safe=""))
        logging.getLogger("uvicorn.error").error("traceback", exc_info=raised(CANARY, json.dumps(CANARY)))
        with bind_run(CANARY):
            log.warning("in a bound name")
    assert "traceback" in captured.text
    assert captured.text.count("[secret]") >= 9
    for form in (CANARY, CANARY[3:], quote(CANARY), json.dumps(CANARY)[1:-1], repr(CANARY)[1:-1]):
        assert form not in captured.text


def test_the_mask_takes_a_secret_out_of_serialised_text() -> None:
    mask = SecretMask([CANARY])
    for text in (json.dumps({"a": CANARY}), json.dumps({"a": CANARY}, ensure_ascii=False)):
        assert json.loads(mask.mask(text)) == {"a": "[secret]"}


def test_of_two_secrets_with_one_beginning_the_longer_goes_whole() -> None:
    assert SecretMask(["secret-key", "secret-key-long"]).mask("a secret-key-long b") == "a [secret] b"


def test_a_placeholder_for_a_key_does_not_blot_out_words() -> None:
    assert SecretMask(["none", "ollama", ""]).mask("none of ollama's") == "none of ollama's"


@given(secret=st.text(min_size=8, max_size=40), before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_secret_survives_the_mask(secret: str, before: str, after: str) -> None:
    masked = SecretMask([secret]).mask(before + secret + after)
    assert "[secret]" in masked
    assert len(masked) <= len(before) + len(after) + len("[secret]") or secret in before + after


def test_all_secrets_of_the_settings_are_known_to_the_mask() -> None:
    settings = Settings(
        ai_api_key="key-of-the-ai",
        ai_base_url="https://user:pass%2Fword@ai.test/v1",
        tokens=("robot:" + "ab" * 32 + ":read",),
        database_url="postgresql+psycopg://me:tables%20secret@db.test/pressrun",
    )
    mask = SecretMask(settings.secrets())
    for secret in ("key-of-the-ai", "pass%2Fword", "pass/word", "ab" * 32, "tables%20secret", "tables secret"):
        assert mask.mask(secret) == "[secret]"
    assert mask.mask("https://ai.test robot user") == "https://ai.test robot user"


@pytest.mark.parametrize("evil", ["\x1b[2J", "\r\nFORGED", "a\x9b31m", "\u202egnp.exe", "\u2028x", "\x00", "\x7f"])
def test_a_terminal_gets_no_control_character_from_what_is_logged(evil: str) -> None:
    with captured_log(terminal=True) as captured:
        log.info(f"message {evil}", field=evil, thing=Exception(evil), **{f"k{evil}": 1})
        logging.getLogger("some.library").warning("library %s", evil)
        log.error("trace", exc_info=raised(evil))
    assert evil not in captured.text
    assert "\nFORGED" not in captured.text
    assert printable(evil) in captured.text


def test_a_traceback_keeps_its_lines_on_a_terminal() -> None:
    with captured_log(terminal=True) as captured:
        log.error("trace", exc_info=raised("x"))
    assert "\n  Traceback (most recent call last):\n    File" in captured.text


@given(st.text(st.characters(codec=None), max_size=30))
def test_any_text_makes_exactly_one_json_line(text: str) -> None:
    with captured_log() as captured:
        log.info(text, field=text)
    [line] = captured.text.split("\n")[:-1]
    assert json.loads(line)["field"] == text


def test_a_line_names_its_run_also_in_the_tasks_that_the_run_starts() -> None:
    async def run() -> None:
        with bind_run("op-1"):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.to_thread.run_sync, log.info, "from a thread")
            logging.getLogger("some.library").warning("from a library")
        log.info("after")

    with captured_log() as captured:
        anyio.run(run)
    assert {line["event"]: line.get("operation_id") for line in captured.lines()} == {
        "from a thread": "op-1",
        "from a library": "op-1",
        "after": None,
    }


def test_chatty_libraries_are_quiet_and_the_level_holds_for_ours() -> None:
    with captured_log(level="debug") as captured:
        for name in ("httpx", "httpcore.connection", "uvicorn.access", "dbos", "pyvips"):
            logging.getLogger(name).info("chat")
            logging.getLogger(name).warning("matter")
        log.debug("ours")
    assert [line["event"] for line in captured.lines()] == ["matter"] * 5 + ["ours"]


def test_a_higher_level_holds_for_libraries_with_a_level_of_their_own() -> None:
    with captured_log(level="error") as captured:
        logging.getLogger("dbos").setLevel(logging.WARNING)  # as it does itself when it is launched
        logging.getLogger("dbos").warning("a step was cancelled")
        logging.getLogger("dbos").error("matter")
        log.warning("ours")
    assert [line["event"] for line in captured.lines()] == ["matter"]


def test_a_line_says_when_who_and_how_grave() -> None:
    with captured_log() as captured:
        log.warning("hello", number=1)
    [line] = captured.lines()
    assert line.pop("at").endswith("Z")
    assert line == {"event": "hello", "level": "warning", "logger": "pressrun.test", "number": 1}


def test_a_basic_auth_header_is_not_what_the_mask_looks_for() -> None:
    """States a limit: values are known as text, JSON, URL and repr, not encoded otherwise."""
    hidden = base64.b64encode(b"user:key-of-the-ai").decode()
    assert SecretMask(["key-of-the-ai"]).mask(hidden) == hidden


def test_lines_of_the_log_are_written_with_structlog_but_in_browser() -> None:
    """docs/style.md, "Logging"; whoever sets the loggers of others up names them."""
    package = Path(telemetry.__file__).parent
    texts = {path.relative_to(package).as_posix(): path.read_text() for path in package.rglob("*.py")}
    standard = {name for name, text in texts.items() if "logging.getLogger(__name__)" in text}
    assert {name for name in standard if not name.startswith("browser/")} == {"groups.py"}
    assert [name for name, text in texts.items() if name.startswith("browser/") and "structlog" in text] == []
