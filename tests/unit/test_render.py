"""Saving slides while the next are captured."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pressrun.artifacts.model import StoredFile
from pressrun.browser.page_breaks import Slice
from pressrun.errors import DiskFull
from pressrun.events.model import AnyBody
from pressrun.pipeline.captures import RunCaptures
from pressrun.pipeline.context import RunContext
from pressrun.pipeline.render import _capture_all
from pressrun.spec import RunSpec

pytestmark = pytest.mark.anyio


class FullStaging:
    """A staging folder without room."""

    async def write(self, name: str, data: bytes | Iterable[bytes]) -> StoredFile:
        raise DiskFull

    async def read(self, name: str) -> bytes:
        raise NotImplementedError

    async def verify(self, name: str, sha256: str) -> StoredFile | None:
        return None

    async def adopt(self, name: str, source: Path, sha256: str) -> StoredFile | None:
        raise NotImplementedError

    def path(self, name: str) -> Path:
        raise NotImplementedError


class QuickLease:
    """Captures faster than anybody saves, so that it waits for the one who saves."""

    async def capture(self, slice: Slice, format: str, quality: int) -> bytes:
        return b"picture"


async def test_what_stopped_the_saving_is_what_the_stage_fails_with() -> None:
    async def nobody(_: AnyBody) -> None: ...

    async def unsealed() -> None: ...

    context = RunContext("id", 1, RunSpec(text="x"), datetime.now(UTC), FullStaging(), nobody, unsealed, {})
    slices = [Slice(top=0, bottom=10, offset=0)] * 5
    with pytest.raises(DiskFull):
        await _capture_all(context, QuickLease(), slices, RunCaptures(context, None))  # type: ignore[arg-type]
