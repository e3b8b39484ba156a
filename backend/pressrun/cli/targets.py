"""`-o`: what is to be made of a file, and where it goes. Pure but for a look at what is there, and a try to write.

The ending of a name says what is made (export_kinds.py); a name without one is a folder for the pictures; `-` is
standard output. Without `-o` what is made lies beside the source, called like it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any

from pressrun.cli.exits import UsageError
from pressrun.cli.files import real_path
from pressrun.export_kinds import EXPORT_KINDS, IMAGE_ENDINGS, OUTPUTS, ending_of_name, kind_of_name

STDIO = "-"
PICTURES = "images"  # the row of export_kinds.py that is several files
_UNNAMED = "slides"  # what came from standard input has no name
_FORMATS = {ending: format for format, ending in IMAGE_ENDINGS.items()} | {".jpeg": "jpeg"}
_PICTURE = re.compile(rf"\d{{4}}({'|'.join(map(re.escape, IMAGE_ENDINGS.values()))})")


@dataclass(frozen=True, slots=True)
class Target:
    """A thing that is written: `output` is a row of export_kinds.py, `path` None is standard output.

    Of pictures `path` is a folder, unless `first`: then it is the file for the first of them.
    """

    output: str
    path: Path | None
    first: bool = False

    @property
    def is_folder(self) -> bool:
        return self.output == PICTURES and not self.first

    def paths(self, request: Mapping[str, Any]) -> list[Path]:
        """What is written in a run of that request: itself, and the files that are made along with it."""
        if self.path is None:
            return []
        kind = next((kind for kind in EXPORT_KINDS if kind.name == self.output and kind.ending), None)
        if kind is None:
            return [self.path]
        stem = self.path.name[: -len(ending_of_name(self.path.name) or kind.ending)]
        asked = SimpleNamespace(**{name: request.get(name) for name in kind.beside_by})
        return list(dict.fromkeys([self.path, *(self.path.with_name(stem + each) for each in kind.files_of(asked))]))

    def shown(self) -> str:
        """For people."""
        return "standard output" if self.path is None else f"{self.path}/" if self.is_folder else str(self.path)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for, and where it goes. `image_format` None: the server's own choice. `fields`: what else the
    endings ask for.
    """

    outputs: list[str]
    image_format: str | None
    targets: list[Target]
    fields: dict[str, str | bool] = field(default_factory=dict, hash=False)

    def taken(self, request: Mapping[str, Any]) -> str | None:
        """The first that is there already of what a run of that request would write, for people."""
        return next((taken for target in self.targets if (taken := _taken(target, request)) is not None), None)

    def require_writable(self) -> None:
        """Tries each folder that is written to, before anything is made. Raises: OSError that names the target."""
        for target in self.targets:
            if target.path is not None:
                _require_writable(target, target.path.absolute())


@dataclass(slots=True)
class _Given:
    """The values of `-o`, sorted."""

    files: dict[str, Target]
    folder: Path | None = None
    stdout: bool = False
    image_format: str | None = None
    fields: dict[str, str | bool] = field(default_factory=dict)


def plan_targets(
    file: str, outs: Sequence[str], outputs: Sequence[str] | None, image_format: str | None, beside: Path | None = None
) -> Plan:
    """For one source. `beside`: the folder for what `-o` does not name; the source's own unless given.

    Raises: UsageError.
    """
    given = _sort(outs)
    if given.image_format and image_format and given.image_format != image_format:
        raise UsageError(f"-o asks for {given.image_format} and --image-format for {image_format}.")
    wanted = list(dict.fromkeys([*(outputs or ()), *given.files]))
    if outputs is None and (given.folder or not (given.files or given.stdout)):
        wanted.append(PICTURES)
    if outputs is None and given.stdout:
        wanted.append("pdf")
    wanted = [name for name in OUTPUTS if name in wanted]  # in the order of the table, each once
    left = [name for name in wanted if name not in given.files]
    if outputs is None and given.folder is not None and PICTURES in given.files:
        left.append(PICTURES)  # one picture under a name of its own, and all of them in a folder
    targets = [*given.files.values(), *_place(file, given, left, beside)]
    if given.folder is not None and not left:
        raise UsageError(f"-o {given.folder}/: nothing would go there, each thing has a name of its own.")
    source = real_path(Path(file))
    for target in targets:
        if target.path is not None and file != STDIO and real_path(target.path) == source:
            raise UsageError(f"{target.path} is the source itself: give the result another name.")
    return Plan(wanted, given.image_format, targets, given.fields)


def _place(file: str, given: _Given, left: list[str], beside: Path | None) -> list[Target]:
    if given.stdout:
        if len(left) != 1:
            raise UsageError(f"-o - is for one thing, and {' and '.join(left) or 'nothing'} would go there.")
        return [Target(left[0], None, first=left[0] == PICTURES)]
    stem = _UNNAMED if file == STDIO else Path(file).stem
    folder = given.folder or beside or (Path() if file == STDIO else Path(file).parent)
    endings = {kind.name: kind.ending for kind in EXPORT_KINDS}
    return [
        Target(name, (given.folder or folder / stem) if name == PICTURES else folder / (stem + endings[name]))
        for name in left
    ]


def _sort(outs: Sequence[str]) -> _Given:
    given = _Given({})
    for out in outs:
        if out == STDIO:
            given.stdout = True
            continue
        _require_ordinary(out)
        if out.endswith("/") or Path(out).is_dir() or not Path(out).suffix:
            _require_folder(out)
            if given.folder is not None:
                raise UsageError(f"-o {out}: the pictures go into one folder, and {given.folder} was named already.")
            given.folder = Path(out)
        else:
            target = _file_target(out, given)
            if target.output in given.files:
                other = given.files[target.output].path
                raise UsageError(f"-o {out}: {other} was named already; copy it when it is made.")
            given.files[target.output] = target
    if given.stdout and given.folder is not None:
        raise UsageError(f"-o - and -o {given.folder}: give one of them, or a name with its ending.")
    return given


def _require_ordinary(out: str) -> None:
    """Raises: UsageError where it names a device, a pipe or a socket: what appears whole cannot appear there."""
    path = Path(out)
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise UsageError(f"-o {out} is neither a file nor a folder: -o - --outputs pdf > {out} writes to it.")


def _require_folder(out: str) -> None:
    """Raises: UsageError where the name says that it is a file, or is one."""
    path = Path(out)
    if path.is_file():
        raise UsageError(f"-o {out}: there is a file of that name, and one without an ending is a folder for pictures.")
    if path.is_dir() and not out.endswith("/") and (kind_of_name(out) or path.suffix.lower() in _FORMATS):
        raise UsageError(f"-o {out}: there is a folder of that name: give another one, or {out}/ for pictures in it.")


def _file_target(out: str, given: _Given) -> Target:
    ending = Path(out).suffix.lower()
    kind = kind_of_name(out)
    fields = None if kind is None else kind.fields_for(ending_of_name(out))
    if kind is None and ending in _FORMATS:
        given.image_format = _FORMATS[ending]
        return Target(PICTURES, Path(out), first=True)
    if kind is None or fields is None:
        made = [ending for kind in EXPORT_KINDS for ending in kind.files if kind.fields_for(ending) is not None]
        known = " ".join([*made, *_FORMATS])
        raise UsageError(f"-o {out}: nothing is made that ends in {ending}. Known: {known}; {out}/ is a folder.")
    given.fields |= fields
    return Target(kind.name, Path(out))


def _taken(target: Target, request: Mapping[str, Any]) -> str | None:
    path = target.path
    if path is not None and target.is_folder and path.is_dir():
        return target.shown() if any(_PICTURE.fullmatch(entry.name) for entry in path.iterdir()) else None
    return next((str(each) for each in target.paths(request) if each.exists() or each.is_symlink()), None)


def _require_writable(target: Target, path: Path) -> None:
    folder = next((each for each in (path, *path.parents) if each.is_dir()), path)
    try:
        with TemporaryFile(dir=folder):  # a file without a name, where the system has those
            pass
    except OSError as exc:
        raise OSError(exc.errno, exc.strerror, target.shown()) from exc


def older_pictures(folder: Path, written: Sequence[Path]) -> list[Path]:
    """Pictures in `folder` that are called like ours, and are not among `written`."""
    ours = {path.name for path in written}
    return sorted(path for path in folder.iterdir() if _PICTURE.fullmatch(path.name) and path.name not in ours)
