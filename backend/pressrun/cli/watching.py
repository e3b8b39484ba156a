"""`--watch`: which sources are others than when they were last looked at. Looks at files, by the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import anyio

_LOOK_EVERY_S = 0.2  # arbitrary (0.05..1): a change is seen before who made it has looked up
_SETTLED_S = 0.05  # arbitrary (0.02..0.5): editors write a file in several steps
_LOOKS_PER_SEARCH = 5  # for new files: a folder of thousands takes tens of milliseconds

_Signature = tuple[int, int, int] | None


class Watcher:
    """Used by one task. `search` tells the sources that there are now; made before they are read."""

    def __init__(self, search: Callable[[], Sequence[str]]) -> None:
        self._search = search
        self._seen = {file: {Path(file): _signature(Path(file))} for file in search()}

    @property
    def files(self) -> list[str]:
        """The sources that are watched."""
        return list(self._seen)

    def hangs_on(self, file: str, others: Sequence[Path]) -> None:
        """It was read just now, with these other files."""
        seen = self._seen.get(file, {})
        self._seen[file] = {path: seen.get(path, _signature(path)) for path in (Path(file), *others)}

    async def changed(self, interrupted: anyio.Event) -> list[str] | None:
        """Waits for the sources that are new, or are others, or hang on something that is; None once it is set."""
        found: list[str] | None = None
        async with anyio.create_task_group() as tasks:

            async def end_on_interrupt() -> None:
                await interrupted.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(end_on_interrupt)
            found = await self._wait()
            tasks.cancel_scope.cancel()
        return None if interrupted.is_set() else found

    async def _wait(self) -> list[str]:
        looks = 0
        while True:
            await anyio.sleep(_LOOK_EVERY_S)
            looks += 1
            if looks % _LOOKS_PER_SEARCH == 0:
                self._seen |= {file: {Path(file): None} for file in self._search() if file not in self._seen}
            if self._others():
                await anyio.sleep(_SETTLED_S)
                changed = self._others()
                self._seen |= changed
                if changed:
                    return list(changed)

    def _others(self) -> dict[str, dict[Path, _Signature]]:
        now = {file: {path: _signature(path) for path in seen} for file, seen in self._seen.items()}
        return {file: each for file, each in now.items() if each != self._seen[file] and each[Path(file)] is not None}


def _signature(path: Path) -> _Signature:
    """Another one after each change; None for a file that is not there, as for a moment while an editor saves."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
