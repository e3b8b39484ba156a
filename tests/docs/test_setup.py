"""What the set-up promises: locks that can be trusted, commands that exist, CI that runs what a person runs."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.limits import HANG_S

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall(read(lock))}


def declared(extra: str | None) -> list[Requirement]:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    return [
        Requirement(line) for line in (project["optional-dependencies"][extra] if extra else project["dependencies"])
    ]


def make(*args: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--no-print-directory", *args],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_no_folder_and_no_index(lock: str) -> None:
    found = re.search(r"//|file:|find-links|index-url|/opt/|/root/|/home/|\.(com|org|io|net|dev)\b", read(lock))
    assert found is None


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_carries_a_hash(lock: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", read(lock), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock))
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("lock", "extra"),
    [("requirements.lock", None), ("requirements-dev.lock", None), ("requirements-dev.lock", "dev")],
)
def test_a_lock_is_in_step_with_pyproject(lock: str, extra: str | None) -> None:
    locked = pins(lock)
    wrong = [
        str(wanted) for wanted in declared(extra) if not _is_met(wanted, locked.get(canonicalize_name(wanted.name)))
    ]
    assert wrong == [], "run `make lock`"


def _is_met(wanted: Requirement, version: str | None) -> bool:
    return version is not None and wanted.specifier.contains(version)


def test_both_locks_pin_the_same_versions_of_what_runs() -> None:
    development = pins("requirements-dev.lock")
    assert {name: development.get(name) for name in pins("requirements.lock")} == pins("requirements.lock")


def test_development_tools_are_not_in_the_runtime_lock() -> None:
    tools = {canonicalize_name(requirement.name) for requirement in declared("dev")}
    assert tools & pins("requirements.lock").keys() == set()


def test_make_alone_lists_the_commands_of_the_readme() -> None:
    listed = set(re.findall(r"^  make (\w+)", make(), flags=re.MULTILINE))
    assert {"help", "setup", "demo", "test", "check", "serve", "dev", "bench", "lock", "clean"} <= listed


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/docker.md"])
def test_every_make_command_in_the_documents_exists(document: str) -> None:
    targets = sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", read(document), re.MULTILINE)))
    assert targets
    make("--dry-run", *targets)


def test_ci_runs_the_test_command_of_the_readme_and_nothing_less() -> None:
    lines = [line.strip() for line in read(".ci/run").splitlines()]
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_make_test_runs_every_test_and_every_static_check() -> None:
    plan = make("--dry-run", "--always-make", "test")
    for command in ("ruff check", "ruff format --check", "bin/mypy", "lint-imports", "tsc --noEmit", "--silent test"):
        assert command in plan
    pytest_line = next(line for line in plan.splitlines() if "tests.support.once_more" in line)
    options = pytest_line.split("once_more")[1].split()
    assert not {"-m", "-k"} & set(options), "nothing may be left out"


@pytest.mark.parametrize("script", [".ci/run", ".ci/make-venv", ".ci/pin-images", ".ci/system-packages"])
def test_scripts_are_valid_shell(script: str) -> None:
    shell = read(script).splitlines()[0].removeprefix("#!").split()[-1]
    done = subprocess.run([shell, "-n", ROOT / script], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("uid", "calls", "told"),
    [
        (0, ["update -qq", "install -y -qq --no-install-recommends strace"], ["· apt-get install strace"]),
        (
            1000,
            [],
            ["· not here, what wants it is skipped: strace", "· all of it at once: sudo apt-get install strace"],
        ),
    ],
    ids=["root", "somebody"],
)
def test_what_the_tests_want_is_installed_for_root_and_named_to_anybody_else(
    tmp_path: Path, uid: int, calls: list[str], told: list[str]
) -> None:
    """With tools of a machine on which strace is missing: no package manager is asked."""
    tools = {
        "id": f"echo {uid}",
        "dpkg-query": 'for last; do :; done; [ "$last" = strace ] || echo installed',
        "apt-get": f'echo "$@" >>{tmp_path}/calls',
    }
    (tmp_path / "calls").touch()
    for name, body in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci/system-packages"], check=True, env=env, capture_output=True, text=True)
    assert (tmp_path / "calls").read_text().splitlines() == calls
    assert done.stdout.splitlines() == told


def test_make_test_and_ci_ask_for_the_same_packages() -> None:
    for plan in (read(".ci/run"), make("--dry-run", "test")):
        assert ".ci/system-packages" in plan
    files = [path for path in (ROOT / ".ci").iterdir() if path.is_file()]  # and a folder of what Python compiled
    assert [path.name for path in files if "postgresql" in path.read_text()] == ["system-packages"]


def test_the_index_of_decisions_lists_every_record_and_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert records
    for path in records:
        number, title = re.fullmatch(r"# (\d{4}) (.+)", path.read_text().splitlines()[0]).groups()
        assert path.name.startswith(number + "-")
        assert f"| [{number}]({path.name}) | {title} |" in index


def test_the_image_runs_as_a_normal_user_with_a_health_check_and_its_data_in_a_volume() -> None:
    final = read("Dockerfile").rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.M)
    assert "/livez" in re.search(r"^HEALTHCHECK.*\n.*$", final, re.M).group()
    assert re.search(r"^VOLUME /data$", final, re.M)
    assert "PRESSRUN_DATA_DIR=/data" in final


def test_the_base_images_are_pinned_and_renewed_by_one_command(tmp_path: Path) -> None:
    """With a `docker` that knows every digest: no registry is asked."""
    (tmp_path / "Dockerfile").write_text(read("Dockerfile"))
    fake = tmp_path / "docker"
    for digit in "ab":
        fake.write_text(f'#!/bin/sh\ncase "$6" in *@*) exit 1 ;; *) echo sha256:{digit * 64} ;; esac\n')
        fake.chmod(0o755)
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run([ROOT / ".ci/pin-images", tmp_path / "Dockerfile"], check=True, env=env, capture_output=True)
        pinned = re.findall(r"^ARG [A-Z]+_IMAGE=\S+:\S+@sha256:(\w+)$", (tmp_path / "Dockerfile").read_text(), re.M)
        assert pinned == [digit * 64] * 2
    images = re.findall(r"^FROM (\S+)", read("Dockerfile"), re.M)
    assert images == ["${NODE_IMAGE}", "${DEBIAN_IMAGE}", "${DEBIAN_IMAGE}"]
    before = (tmp_path / "Dockerfile").read_text()
    fake.write_text("#!/bin/sh\necho unreachable\n")
    failed = subprocess.run(
        [ROOT / ".ci/pin-images", tmp_path / "Dockerfile"], check=False, env=env, capture_output=True
    )
    assert failed.returncode != 0
    assert (tmp_path / "Dockerfile").read_text() == before
