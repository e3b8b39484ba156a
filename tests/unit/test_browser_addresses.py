"""PRESSRUN_BROWSERS: what it may say, and that its secrets stay where they are."""

from __future__ import annotations

import pytest

from pressrun.browser.addresses import BrowserAddresses, RemoteAddress, default_local, parse_addresses
from pressrun.errors import StartupError
from pressrun.settings import Settings


def test_local_alone_is_one_browser_for_each_core_and_at_most_four() -> None:
    assert parse_addresses("local") == BrowserAddresses(local=default_local())
    assert 1 <= default_local() <= 4


def test_several_with_weights_make_one_pool() -> None:
    found = parse_addresses("local:2, ws://one:3000/x*3,cdp+http://two:9222,cdp+wss://three/?token=abcdefgh*2")
    assert found.local == 2
    assert found.remote == (
        RemoteAddress("playwright", "ws://one:3000/x", 3),
        RemoteAddress("cdp", "http://two:9222", 1),
        RemoteAddress("cdp", "wss://three/?token=abcdefgh", 2),
    )


@pytest.mark.parametrize(
    "text",
    ["", "local:0", "http://host:9222", "cdp+ftp://host", "ws://", "ws://h:99999", "local:2*2", "local:99 local:9"],
)
def test_what_is_no_browser_is_a_clear_error_without_its_secret(text: str) -> None:
    with pytest.raises(StartupError, match="PRESSRUN_BROWSERS"):
        parse_addresses(text)
    with pytest.raises(StartupError) as caught:
        parse_addresses(f"{text or 'x'} gopher://user:hunter22@host")
    assert "hunter22" not in str(caught.value)


def test_a_name_for_people_holds_no_secret() -> None:
    (address,) = parse_addresses("cdp+wss://user:hunter22@host:8443/path?token=canary-token*2").remote
    assert address.name == "cdp+wss://host:8443"
    assert "hunter22" not in repr(address)
    assert "canary" not in repr(address)


def test_secrets_of_the_setting_are_masked_wherever_they_might_be_seen() -> None:
    text = "local,cdp+wss://user:hunter%2122@host/?token=canary-token,ws://other/?apiKey=canary-key*2"
    settings = Settings(browsers=text)  # type: ignore[arg-type]
    assert {"hunter!22", "canary-token", "canary-key"} <= set(settings.secrets())
    assert "canary" not in repr(settings)
