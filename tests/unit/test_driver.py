"""What Playwright's helper process leaves behind: nothing."""

from __future__ import annotations

import pytest

from pressrun.browser.chromium import driver as module
from pressrun.browser.chromium.driver import Driver
from pressrun.browser.chromium.playwright import load

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_driver_that_does_not_end_in_time_is_killed_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a machine that stands still for a second leaves a process that nobody reaps, and its pipes."""
    await load()
    driver = Driver()
    await driver.start()
    process = driver._process
    monkeypatch.setattr(module, "_POLITE_TIMEOUT_S", 0)
    await driver.kill()
    assert process.returncode is not None
