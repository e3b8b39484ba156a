"""`make dist`: wheel and sdist of Pressrun, and of the client alone (decision 0107). The same source is the same bytes.

Called with the folder that they go into, and `--client` for the second alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from modulefinder import ModuleFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"
_BUILD = "import sys; from setuptools import build_meta as b; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
_README = """# Pressrun's client

`pressrun.client` alone, sync and async, for programs that talk to a server elsewhere. The package `pressrun` has
everything, this client included: install one of the two, not both.

```python
from pressrun.client import Client

with Client("https://slides.example.org", token="...") as client:
    for event in client.generate({"text": "# Rivers", "outputs": ["pdf"]}):
        print(event.type)
```
"""


def main(words: list[str]) -> None:
    """Builds them."""
    target = Path(next(word for word in words if not word.startswith("-"))).resolve()
    os.environ["SOURCE_DATE_EPOCH"] = os.environ.get("SOURCE_DATE_EPOCH") or _time_of_the_commit()
    os.umask(0o022)
    target.mkdir(parents=True, exist_ok=True)
    if "--client" not in words:
        _build(ROOT, target)
    _build(client_tree(ROOT / "build" / "client"), target)


def client_tree(folder: Path) -> Path:
    """What the second distribution is built from: the modules that `pressrun.client` imports, and what these need."""
    shutil.rmtree(folder, ignore_errors=True)
    modules, others = _imports_of_the_client()
    for path in modules:
        copy = folder / "backend" / path.relative_to(BACKEND)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    for path in (BACKEND / "pressrun" / "py.typed", ROOT / "LICENSE"):
        shutil.copy(path, folder / path.relative_to(ROOT))
    (folder / "README.md").write_text(_README)
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [each for each in whole["dependencies"] if re.split(r"[^\w-]", each)[0].replace("-", "_") in others]
    project = {
        "name": "pressrun-client",
        "dynamic": ["version"],
        "description": "The Python client of a Pressrun server, alone.",
        "readme": "README.md",
        "license": whole["license"],
        "license-files": whole["license-files"],
        "requires-python": whole["requires-python"],
        "classifiers": [each for each in whole["classifiers"] if not each.startswith(("Environment", "Topic"))],
        "dependencies": needed,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in project.items()]
    tables = {
        "build-system": ['requires = ["setuptools>=77"]', 'build-backend = "setuptools.build_meta"'],
        "project": lines,
        "tool.setuptools.dynamic": ['version = { attr = "pressrun.__version__" }'],
        "tool.setuptools.packages.find": ['where = ["backend"]'],
        "tool.setuptools.package-data": ['pressrun = ["py.typed"]'],
    }
    text = "\n\n".join("\n".join([f"[{name}]", *rows]) for name, rows in tables.items())
    (folder / "pyproject.toml").write_text(text + "\n")
    shutil.copy(ROOT / "setup.py", folder)
    return folder


def _imports_of_the_client() -> tuple[list[Path], set[str]]:
    """Our own files, and the packages of others."""
    finder = ModuleFinder(path=[str(BACKEND)])
    for path in sorted((BACKEND / "pressrun" / "client").glob("*.py")):
        finder.import_hook("pressrun.client" if path.stem == "__init__" else f"pressrun.client.{path.stem}")
    ours = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return sorted(ours), {name.partition(".")[0] for name in finder.badmodules}


def _build(tree: Path, target: Path) -> None:
    shutil.rmtree(tree / "build" / "lib", ignore_errors=True)  # a module that is gone would be in the wheel
    subprocess.run([sys.executable, "-c", _BUILD, str(target)], cwd=tree, check=True)  # noqa: S603


def _time_of_the_commit() -> str:
    git = shutil.which("git")
    asked = [git, "log", "-1", "--format=%ct"]
    found = git and subprocess.run(asked, cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
    return found or "1700000000"  # no checkout: any one will do


if __name__ == "__main__":
    main(sys.argv[1:])
