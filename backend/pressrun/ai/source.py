"""The source as it is shown to the AI, and what was taken out of it to be put back. Pure.

Pictures inside the text (data: addresses) become short names: they would cost tokens, and no model copies base64
without fault. Link definitions go with the parts that use them. The addresses of the source are the only ones that
the document may link to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pressrun.ai.split import split_text

_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|svg\+xml)(?:;[a-z0-9=-]+)*,[^\s<>()\"'`\\]+", re.IGNORECASE)
_DEFINITION = re.compile(r"^ {0,3}\[([^\^\[\]\n][^\[\]\n]*)\]:[ \t]+\S[^\n]*(?:\n|\Z)", re.MULTILINE)
_LABEL = re.compile(r"\[([^\[\]\n]+)\]")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"`\\^{}|]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TRAILING = ".,;:!?'*_~)]"
_MAX_TRAILING = 8  # arbitrary: "…/page).**" and alike


@dataclass(frozen=True, slots=True)
class Source:
    """`parts`: what to send, in order. `pictures`: name -> data: address. `addresses`: what may be linked to."""

    parts: tuple[str, ...]
    pictures: Mapping[str, str]
    addresses: frozenset[str]


def read_source(text: str, part_chars: int) -> Source:
    """Takes a text apart; definitions may lengthen a part beyond `part_chars`."""
    names: dict[str, str] = {}
    text = _PICTURE.sub(lambda found: _name(names, found.group()), text.replace("\r\n", "\n"))
    body, definitions = _take_definitions(text) if len(text) > part_chars else (text, {})
    parts = [_with_definitions(part, definitions) for part in split_text(body, part_chars) if part.strip()]
    return Source(tuple(parts), {name: address for address, name in names.items()}, _addresses_in(text))


def _name(names: dict[str, str], address: str) -> str:
    return names.setdefault(address, f"picture:{len(names) + 1}")


def _take_definitions(text: str) -> tuple[str, dict[str, str]]:
    """The text without its `[label]: address` lines, and these by label."""
    found = {match.group(1).casefold(): match.group().rstrip("\n") for match in _DEFINITION.finditer(text)}
    return _DEFINITION.sub("", text), found


def _with_definitions(part: str, definitions: Mapping[str, str]) -> str:
    labels = dict.fromkeys(label.casefold() for label in _LABEL.findall(part)) if definitions else {}
    used = [definitions[label] for label in labels if label in definitions]
    return part.rstrip("\n") + "\n\n" + "\n".join(used) if used else part


def _addresses_in(text: str) -> frozenset[str]:
    found: set[str] = set()
    for address in _ADDRESS.findall(text):
        found.add(address)
        for length in range(1, _MAX_TRAILING):
            if address[-length] not in _TRAILING:
                break
            found.add(address[:-length])
    return frozenset(found | {f"mailto:{address}" for address in _MAIL.findall(text)})
