"""A few failures of the suite get a second try, alone, and never silently."""

import textwrap
from pathlib import Path

import pytest

from tests.support import once_more

SUITE = """
    import pathlib
    def test_fails_at_first():
        tried = pathlib.Path("tried")
        if not tried.exists():
            tried.touch()
            raise AssertionError("the first time")
    def test_passes(): pass
"""
ALWAYS = """
    import pytest
    @pytest.mark.parametrize("n", range({n}))
    def test_fails(n):
        with open("tries", "a") as tries: tries.write("x")
        assert False
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a second of CPU for each process
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def _suite(folder: Path, text: str) -> list[str]:
    (folder / "test_it.py").write_text(textwrap.dedent(text))
    return ["-q", "test_it.py"]


def test_what_passes_alone_is_named_and_fails_no_suite(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert once_more.main(_suite(folder, SUITE)) == 0
    said = capfd.readouterr().out
    assert "the first time" in said
    assert said.rstrip().endswith("PASSED ALONE (look into it):\n  test_it.py::test_fails_at_first")


def test_what_fails_again_fails_the_suite(folder: Path) -> None:
    assert once_more.main(_suite(folder, ALWAYS.format(n=once_more.MOST))) == 1
    assert len((folder / "tries").read_text()) == 2 * once_more.MOST


def test_many_failures_get_no_second_try(folder: Path) -> None:
    assert once_more.main(_suite(folder, ALWAYS.format(n=once_more.MOST + 1))) == 1
    assert len((folder / "tries").read_text()) == once_more.MOST + 1


def test_a_suite_that_cannot_be_read_gets_no_second_try(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert once_more.main(_suite(folder, "import nothing_of_the_kind")) == 2
    assert "Once more" not in capfd.readouterr().out
