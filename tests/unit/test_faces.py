"""Each script has a family in the stacks of the themes: one with strokes of its kind and a bold of its own."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

import pressrun.themes

BASE = (Path(pressrun.themes.__file__).parent / "base.css").read_text()
SIGNS = {
    "Latin": "R", "Greek": "Π", "Cyrillic": "Р", "Devanagari": "न", "Bengali": "ন", "Gurmukhi": "ਨ", "Gujarati": "ન",
    "Oriya": "ନ", "Tamil": "ந", "Telugu": "న", "Kannada": "ನ", "Malayalam": "ന", "Sinhala": "න", "Thai": "ม",
    "Lao": "ມ", "Khmer": "ទ", "Myanmar": "မ", "Tibetan": "ག", "Georgian": "მ", "Armenian": "գ", "Ethiopic": "ወ",
    "Hebrew": "נ", "Arabic": "ن", "Thaana": "ކ", "Cherokee": "Ꭱ", "Canadian": "ᐃ", "Adlam": "𞤀", "Ol Chiki": "ᱜ",
    "Meetei Mayek": "ꯇ", "Javanese": "ꦏ", "Balinese": "ᬢ", "Han": "河", "Kana": "か", "Hangul": "강",
}  # fmt: skip


@lru_cache
def families(name: str) -> list[str]:
    stack = re.search(rf"--{name}: (.*?);", BASE, re.DOTALL)
    assert stack is not None, name
    found: list[str] = []
    for quoted, other in re.findall(r'"([^"]+)"|var\(--([\w-]+)\)', stack[1]):
        found += [quoted] if quoted else families(other)
    return found


@lru_cache
def bold_ones(sign: str) -> frozenset[str]:
    """Families of this machine with a bold face that has that sign."""
    told = subprocess.run(
        ["fc-list", f":charset={ord(sign):x}:style=Bold", "family"], capture_output=True, text=True, check=True
    ).stdout
    return frozenset(name.strip() for line in told.splitlines() for name in line.split(","))


@pytest.mark.parametrize("script", SIGNS)
@pytest.mark.parametrize("stack", ["sans", "serif"])
def test_each_script_has_a_family_of_its_kind_with_a_bold_of_its_own(stack: str, script: str) -> None:
    there = {name for name in bold_ones(SIGNS[script]) if name.startswith("Noto")}
    if not there:
        pytest.skip(f"no Noto family for {script} is installed")
    drawn = next((name for name in families(stack) if name in there), None)
    assert drawn is not None, there
    kind = {"sans": "Sans", "serif": r"Serif|Naskh"}[stack]
    of_kind = {name for name in there if re.search(rf"Noto (?:{kind})", name) and "Display" not in name}
    assert drawn in of_kind or not of_kind, (drawn, of_kind)
