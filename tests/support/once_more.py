"""`make test` runs this: `python -m tests.support.once_more -n 4 …` is `pytest -n 4 …`, few failures have a second try.

Where at most `MOST` tests failed they run once more, alone: what fails again is a fault, and what passes failed of its
company, or of a machine that stood still. Both stand in the output, with the first failure whole (decision 0137).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST = 3  # of some 6 000; more have one cause, and a second try is no answer to it
_TESTS_FAILED = 1  # pytest's exit code; what was interrupted or could not be collected has others
_LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")  # of pytest's cacheprovider: a JSON object, ids are its keys


def main(options: Sequence[str]) -> int:
    """The exit code: that of the run, or of the second try of what failed in it."""
    _LAST_FAILED.unlink(missing_ok=True)
    code = _pytest(options)
    if code != _TESTS_FAILED:
        return code
    failed = sorted(json.loads(_LAST_FAILED.read_text()))
    if len(failed) > MOST:
        return code
    print("\nOnce more, alone:", *failed, sep="\n  ", flush=True)
    code = _pytest(failed)
    if code == 0:
        print("\nFAILED IN COMPANY, PASSED ALONE (look into it):", *failed, sep="\n  ", flush=True)
    return code


def _pytest(options: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
