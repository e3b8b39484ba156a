"""The order in which a Chromium is looked for and installed, on machines made of tiny executables in a folder."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pressrun.browser.setup.install import FONT_PACKAGES, install_chromium, install_fonts
from pressrun.errors import BrowserUnavailable

WORKING_CHROMIUM = "#!/bin/sh\necho Chromium 1.2.3\n"


class Machine:
    """A PATH of tiny executables. Each writes its command line to a log; `does` is what it does besides."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self.said: list[str] = []

    @property
    def driver_node(self) -> Path:
        """Playwright's own Node; not there unless a test adds it."""
        return self.bin / "driver-node"

    @property
    def chromium(self) -> Path:
        return self.bin / "chromium"

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    def add(self, name: str, does: str = "exit 0") -> Path:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.log}\n{does}\n')
        path.chmod(0o755)
        return path

    def makes_chromium(self, *, when: str, body: str = WORKING_CHROMIUM) -> str:
        """Shell that makes a Chromium if the command line has `when` in it, and fails otherwise."""
        made = self.bin.parent / "made"
        made.write_text(body)
        copy = f'while read -r line; do echo "$line"; done < {made} > {self.chromium}; /bin/chmod 755 {self.chromium}'
        return f'case "$*" in *"{when}"*) {copy}; exit 0;; esac; exit 1'

    def find(self, explicit: Path | None) -> Path:
        path = explicit or self.chromium
        if not path.exists():
            raise BrowserUnavailable
        return path

    def install(self, *, as_root: bool, explicit: Path | None = None) -> Path:
        return install_chromium(
            explicit,
            say=self.said.append,
            as_root=as_root,
            python=str(self.bin / "python"),
            find=self.find,
            driver_node=self.driver_node,
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    return made


def test_a_chromium_that_is_there_is_used_and_nothing_is_installed(machine: Machine) -> None:
    machine.add("python")
    machine.add("apt-get")
    machine.add("chromium")
    assert machine.install(as_root=True) == machine.chromium
    assert machine.calls == ["chromium --version"]


def test_playwright_is_tried_before_the_package_manager(machine: Machine) -> None:
    machine.add("python", machine.makes_chromium(when="only-shell"))
    machine.add("apt-get")
    assert machine.install(as_root=True) == machine.chromium
    assert machine.calls == ["python -m playwright install chromium --only-shell"]


def test_root_on_debian_gets_the_headless_shell_by_apt_when_playwright_has_no_net(machine: Machine) -> None:
    machine.add("python", "exit 1")
    machine.add("apt-get", f'[ "$1" = update ] && exit 0; {machine.makes_chromium(when="chromium-headless-shell")}')
    assert machine.install(as_root=True) == machine.chromium
    assert [call.split()[0] for call in machine.calls] == ["python", "apt-get", "apt-get"]


def test_the_whole_chromium_follows_when_there_is_no_headless_shell_package(machine: Machine) -> None:
    machine.add("python", "exit 1")
    chromium = machine.makes_chromium(when="recommends chromium")
    machine.add("apt-get", f'case "$*" in *shell) exit 1;; esac; {chromium}')
    assert machine.install(as_root=True) == machine.chromium
    assert machine.calls[-1].endswith("--no-install-recommends chromium")


def test_a_downloaded_chromium_that_does_not_start_is_not_the_end_of_the_search(machine: Machine) -> None:
    """As on bare Ubuntu: the download works, its libraries are missing, and there is no package besides."""
    broken = machine.makes_chromium(when="only-shell", body="#!/bin/sh\nexit 127\n")
    mended = f"printf '#!/bin/sh\\nexit 0\\n' > {machine.chromium}"
    machine.add("python", f'case "$*" in *install-deps*) {mended}; exit 0;; esac; {broken}')
    machine.add("apt-get", "exit 1")
    assert machine.install(as_root=True) == machine.chromium
    assert machine.calls[-1] == "python -m playwright install-deps chromium"


@pytest.mark.parametrize("tool", ["dnf", "apk"])
def test_other_package_managers_are_used_by_root(machine: Machine, tool: str) -> None:
    machine.add("python", "exit 1")
    machine.add(tool, machine.makes_chromium(when="chromium"))
    assert machine.install(as_root=True) == machine.chromium


def test_without_root_no_package_manager_is_called_and_one_sentence_says_what_to_run(machine: Machine) -> None:
    machine.add("python", "exit 1")
    machine.add("apt-get")
    with pytest.raises(BrowserUnavailable, match="run: sudo apt-get install chromium-headless-shell") as caught:
        machine.install(as_root=False)
    assert "\n" not in str(caught.value)
    assert machine.calls == ["python -m playwright install chromium --only-shell"]


def test_an_explicit_chromium_that_does_not_start_is_named_and_not_replaced(machine: Machine) -> None:
    broken = machine.add("my-chrome", "exit 1")
    machine.add("python")
    with pytest.raises(BrowserUnavailable, match=f"PRESSRUN_CHROMIUM names {broken}"):
        machine.install(as_root=True, explicit=broken)
    assert machine.calls == ["my-chrome --version"]


def test_root_gets_just_the_fonts_that_are_missing(machine: Machine) -> None:
    machine.add("dpkg-query", 'case "$*" in *cjk) exit 1;; *core) printf config-files;; *) printf installed;; esac')
    machine.add("apt-get")
    install_fonts(as_root=True, say=machine.said.append)
    assert machine.calls[-1] == "apt-get install -y -qq --no-install-recommends fonts-noto-core fonts-noto-cjk"


def test_without_root_missing_fonts_are_said_and_do_not_fail(machine: Machine) -> None:
    machine.add("dpkg-query", "exit 1")
    machine.add("apt-get")
    install_fonts(as_root=False, say=machine.said.append)
    assert machine.said == [
        f"Fonts for some scripts may be missing; run: sudo apt-get install {' '.join(FONT_PACKAGES)}"
    ]
    assert not [call for call in machine.calls if call.startswith("apt-get")]


def test_the_library_of_the_driver_is_installed_by_root(machine: Machine, tmp_path: Path) -> None:
    library = tmp_path / "library"
    machine.add("chromium")
    machine.add("driver-node", f"[ -e {library} ]")
    machine.add("apt-get", f'[ "$*" = "install -y -qq --no-install-recommends libatomic1" ] && : > {library}')
    assert machine.install(as_root=True) == machine.chromium
    assert not machine.driver_node.is_symlink()


def test_without_root_the_driver_takes_the_node_of_the_machine(machine: Machine) -> None:
    machine.add("chromium")
    machine.add("driver-node", "exit 127")
    node = machine.add("node", "echo v20.20.2")
    machine.add("apt-get")
    assert machine.install(as_root=False) == machine.chromium
    assert machine.driver_node.readlink() == node


@pytest.mark.parametrize("does", ["echo v18.1.0", "exit 1"])
def test_a_driver_without_any_node_that_fits_says_what_to_run(machine: Machine, does: str) -> None:
    machine.add("chromium")
    machine.add("driver-node", "exit 127")
    machine.add("node", does)
    with pytest.raises(BrowserUnavailable, match="run: sudo apt-get install libatomic1"):
        machine.install(as_root=False)


def test_a_way_that_hangs_is_ended_with_all_it_started(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    machine.add("python", f"/bin/sleep 60 & echo $! > {child}; wait")
    monkeypatch.setattr("pressrun.browser.setup.install._DOWNLOAD_LIMIT_S", 0.3)
    with pytest.raises(BrowserUnavailable):
        machine.install(as_root=False)
    assert _eventually(lambda: _is_gone(int(child.read_text())))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    if sys.platform == "linux":  # killed, but in a container without an init nobody may have reaped it
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return False


def _eventually(condition: Callable[[], bool], limit_s: float = 5) -> bool:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        signal.sigtimedwait([], 0.01)
    return False
