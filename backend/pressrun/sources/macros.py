"""Macros that a text defines for its formulas (`\\newcommand`, `\\def`, `\\DeclareMathOperator`). For the parser child.

As MathJax and KaTeX have it: a definition holds for what follows it, in whatever formula it stands. A few lines of
macros can stand for gigabytes or for themselves, so unfolding ends after `MAX_STEPS`, or at the length that a formula
may have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pressrun.sources.fences import FENCE

MAX_STEPS: Final = 1_000  # of one formula; arbitrary: honest ones take tens
MAX_ALL_STEPS: Final = 20_000  # of a text: a tenth of a second
MAX_MACROS: Final = 200  # of a text
MAX_UNFOLDED: Final = 5_000  # characters, as long as a formula may be

_DEFINITION: Final = re.compile(
    r"\\(?:(?P<new>(?:re|provide)?newcommand|providecommand)\*?\s*(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))"
    r"\s*(?:\[(?P<count>[0-9])\])?\s*(?P<default>\[)?"
    r"|(?P<def>[gex]?def)\s*\\(?P<defined>[A-Za-z]+)\s*(?P<parameters>(?:#[1-9])*)\s*(?=\{)"
    r"|(?P<operator>DeclareMathOperator)(?P<star>\*?)\s*(?:\{\s*\\(?P<named>[A-Za-z]+)\s*\}|\\(?P<name>[A-Za-z]+)))\s*"
)
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\s*|\\.", re.DOTALL)
_BEGINS_DEFINITION: Final = re.compile(
    r" {0,3}\\(?:(?:re|provide)?newcommand|[gex]?def|DeclareMathOperator)(?![A-Za-z])"
)
_NAME: Final = re.compile(r"\\([A-Za-z]+)")
_PARAMETER: Final = re.compile(r"#([1-9])")
_BEFORE_PARAMETER: Final = re.compile(r"(\\[A-Za-z]+)(?=#[1-9])")
_READ_A_STEP: Final = 20  # characters of arguments: what they cost is charged


class NoMacros(Exception):
    """Why the macros of a formula cannot be read, for a person."""


@dataclass(frozen=True, slots=True)
class _Macro:
    parameters: int
    body: str


@dataclass(slots=True)
class Macros:
    """Those that a text has defined so far."""

    known: dict[str, _Macro] = field(default_factory=dict)
    version: int = 0  # one more with each definition
    steps: int = 0

    def take(self, tex: str) -> str:
        """The formula without its definitions, with the macros unfolded that are known by then. Raises: NoMacros."""
        parts: list[str] = []
        at = 0
        while found := _DEFINITION.search(tex, at):
            parts.append(tex[at : found.start()])
            at = self._define(tex, found)
        parts.append(tex[at:])
        rest = "".join(parts)
        return self._unfolded(rest) if self.known else rest

    def _define(self, tex: str, found: re.Match[str]) -> int:
        """Where it goes on behind the definition."""
        if found["default"]:
            raise NoMacros("a macro with an argument that may be left out is not read; write it out")
        body, end = _group(tex, found.end())
        name = found["braced"] or found["bare"] or found["defined"] or found["named"] or found["name"]
        if found["operator"]:
            body = rf"\operatorname{found['star']}{{{body}}}"
        count = int(found["count"] or 0) or len(found["parameters"] or "") // 2
        if any(int(number) > count for number in _PARAMETER.findall(body)):
            raise NoMacros(f"`\\{name}` uses more arguments than it has")
        if len(self.known) >= MAX_MACROS:
            raise NoMacros(f"a text has no more than {MAX_MACROS} macros")
        self.known[name] = _Macro(count, _BEFORE_PARAMETER.sub(r"\1 ", body))
        self.version += 1
        return end

    def _unfolded(self, tex: str) -> str:
        """From left to right, and again what a macro stands for."""
        done: list[str] = []
        length = steps = at = 0
        while found := _COMMAND.search(tex, at):
            macro = self.known.get(found[1] or "")
            if macro is None:
                done.append(tex[at : found.end()])
                at = found.end()
                if found[1] and tex.startswith("\\", at):
                    done.append(" ")  # else what the next one stands for would be part of its name
                continue
            done.append(tex[at : found.start()])
            arguments, end = _arguments(tex, found.end(), macro.parameters)
            said = _PARAMETER.sub(lambda one, given=arguments: given[int(one[1]) - 1], macro.body)  # type: ignore[misc]
            length += len(done[-1])
            steps += 1
            self.steps += 1 + (end - found.end()) // _READ_A_STEP
            if steps > MAX_STEPS or self.steps > MAX_ALL_STEPS or length + len(said) + len(tex) - end > MAX_UNFOLDED:
                raise NoMacros(f"its macros unfold to more than {MAX_UNFOLDED} characters, or without end")
            tex, at = f"{said} {tex[end:]}" if said[-1:].isalpha() else said + tex[end:], 0
        done.append(tex[at:])
        return "".join(done)


def without_definitions(tex: str) -> str:
    """A formula as far as a reader sees it."""
    parts: list[str] = []
    at = 0
    while found := _DEFINITION.search(tex, at):
        parts.append(tex[at : found.start()])
        try:
            _, at = _group(tex, found.end())
        except NoMacros:
            at = found.end()
    return "".join([*parts, tex[at:]])


def definition_blocks(lines: Sequence[str]) -> dict[int, int]:
    """Paragraphs that only define macros for what stands behind them, as Pandoc reads them: first line, line behind.

    One whose macros nobody uses is a text about TeX.
    """
    if not any(_BEGINS_DEFINITION.match(line) for line in lines):
        return {}
    used = {name: at for at, line in enumerate(lines) for name in _NAME.findall(line)}  # the last line of each
    found: dict[int, int] = {}
    fence, begin = "", -1
    for at, line in enumerate([*lines, ""]):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif fence:
            continue
        elif not line.strip() and begin >= 0:
            tex = "\n".join(lines[begin:at])
            defined = [
                one["braced"] or one["bare"] or one["defined"] or one["named"] or one["name"]
                for one in _DEFINITION.finditer(tex)
            ]
            if any(used.get(name, 0) >= at for name in defined) and not without_definitions(tex).strip():
                found[begin] = at
            begin = -1
        elif begin < 0 and _BEGINS_DEFINITION.match(line) and (at == 0 or not lines[at - 1].strip()):
            begin = at
    return found


def _arguments(tex: str, at: int, count: int) -> tuple[list[str], int]:
    found: list[str] = []
    for _ in range(count):
        while at < len(tex) and tex[at].isspace():
            at += 1
        argument, at = _group(tex, at)
        found.append(argument)
    return found, at


def _group(tex: str, at: int) -> tuple[str, int]:
    """What stands between braces there, or a single command or sign; and where it goes on. Raises: NoMacros."""
    if at >= len(tex):
        raise NoMacros("an argument of a macro is missing")
    if tex[at] != "{":
        command = _COMMAND.match(tex, at)
        end = command.end() if command else at + 1
        return tex[at:end], end
    depth = 0
    for sign in re.compile(r"\\.|[{}]", re.DOTALL).finditer(tex, at):
        depth += 1 if sign[0] == "{" else -1 if sign[0] == "}" else 0
        if not depth:
            return tex[at + 1 : sign.start()], sign.end()
    raise NoMacros("a brace has no other half")
