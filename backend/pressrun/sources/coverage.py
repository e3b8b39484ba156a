"""The words of a source against those that its slides show. For the parser child; about linear.

Words are counted, not aligned: slides may show them in another order (footnotes, columns, tables), but never fewer.
What a slide joins or parts (`<i>H</i>ello`, letters in boxes of their own) is put together before it is called missing.
Which of several places of a word is the missing one is told by its neighbours: the longest passage of missing words is
taken first.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pressrun.sources.said import Said, said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import WordPlaces, folded_words, is_dense

MAX_EXAMPLES: Final = 10
_EXAMPLE_CHARACTERS: Final = 120  # arbitrary: a line of a person's screen
_WORDS_BEFORE: Final = 5
_MAX_JOINED: Final = 40  # parts of one word; the letters of the longest
_MAX_JOINED_LETTERS: Final = 100
_SHARES: Final = 10_000  # a share is told in hundredths of a percent
# kinds of blocks that hold what the source has not as text: values of forms, notes about missing pictures
_ADDED: Final = frozenset(("value",))
_WHYS: Final = ("side", "clipped", "truncated", "hidden")


def measure_coverage(kind: str, source: str, blob: bytes = b"") -> dict[str, Any]:
    """`source`: `text`, `html` or the `document`; `blob`: slides.json. Coverage as `Coverage` has it."""
    return coverage_of(said_in_source(kind, source), kind, source, json.loads(blob))


def said_in_source(kind: str, source: str) -> Said:
    """`kind`: as `measure_coverage` has it."""
    return said_in_text(source) if kind == "text" else said_in_html(source)


def coverage_of(said: Said, kind: str, source: str, slides: dict[str, Any]) -> dict[str, Any]:
    """Of what was read of a source already; `slides`: slides.json."""
    found = compare(said, source, slides)
    return {**found, **_pictures(said, slides, kind), "compared_with": kind}


class _Passage(NamedTuple):
    """Missing words of the source that follow each other, by their numbers."""

    first: int
    last: int

    @property
    def words(self) -> int:
        return self.last - self.first + 1


def compare(said: Said, source: str, slides: dict[str, Any]) -> dict[str, Any]:
    """What of the words is missing, and why."""
    text = said.text
    needed = folded_words(text)
    blocks = [block for slide in slides["slides"] for block in slide["blocks"]]
    shown = folded_words(_text_of(blocks))
    added = folded_words("\n".join(part for block in blocks for part in block["added"]))
    missing = Counter([*needed, *added])
    missing.subtract(shown)
    surplus = Counter({word: -count for word, count in missing.items() if count < 0})
    missing = +missing
    unseen = _Unseen(slides["not_shown"], shown) if slides["not_shown"] else None
    forgiven = 0
    if missing and unseen is not None:
        forgiven = _take(missing, unseen.said_elsewhere)
    if missing:  # what an author says to a slide is not meant to be seen
        forgiven += _take(missing, Counter(_note_words(slides)))
    if missing:
        _take(missing, Counter(_added_words(blocks, slides)))
        missing = +missing
    if missing and surplus:
        _join(missing, surplus, needed, shown)
    total = max(0, len(needed) - forgiven)
    lost = missing.total()
    result: dict[str, Any] = {
        "words": total,
        "words_missing": lost,
        "share": _share(total - lost, total),
        "missing": [],
        "cut_at_sides": 0.0,
        "hidden_content": unseen.hidden_content(total) if unseen else {},
    }
    if lost:
        whys, examples = _told(said, text, source, needed, missing, unseen)
        result["missing"] = examples
        result["cut_at_sides"] = 1 - _share(total - whys["side"], total)
        result["cut_at_sides"] = round(result["cut_at_sides"], 4)
    return result


def _text_of(blocks: Iterable[dict[str, Any]]) -> str:
    """A word that was too long for a slide is one again, without the heading that is repeated between its parts."""
    parts: list[str] = []
    repeated: list[str] = []
    for block in blocks:
        if block["kind"] in _ADDED:
            continue
        if block.get("joined") and parts:
            parts[-1] += block["text"]
        elif block["added"] and block["kind"] == "heading":
            repeated.append(block["text"])
        else:
            parts.append(block["text"])
    return "\n".join([*parts, *repeated])


def _share(part: int, whole: int) -> float:
    """Never 1 for less than the whole."""
    return math.floor(_SHARES * part / whole) / _SHARES if whole else 1.0


def _take(missing: Counter[str], found: Counter[str]) -> int:
    """Takes from `missing` what was found; how much that was."""
    taken = 0
    for word in found.keys() & missing.keys():
        count = min(found[word], missing[word])
        missing[word] -= count
        taken += count
    return taken


def _added_words(blocks: Iterable[dict[str, Any]], slides: dict[str, Any]) -> Iterator[str]:
    for block in blocks:
        if block["kind"] in _ADDED:
            yield from folded_words(block["text"])
    for slide in slides["slides"]:
        for picture in slide["pictures"]:
            yield from folded_words(picture["words"])


def _note_words(slides: dict[str, Any]) -> Iterator[str]:
    for slide in slides["slides"]:
        yield from folded_words(slide.get("notes", ""))


class _Unseen:
    """The text of the document that no slide shows."""

    def __init__(self, not_shown: Sequence[dict[str, Any]], shown: Sequence[str]) -> None:
        self.words: dict[str, Counter[str]] = {why: Counter() for why in _WHYS}
        self.said_elsewhere: Counter[str] = Counter()  # what is hidden and says the same as what is seen
        self._hidden: list[str] = []
        self._hidden_words = 0
        singles, pairs = set(shown), set(pairwise(shown))
        for part in not_shown:
            words = folded_words(part["text"])
            if part["why"] == "hidden" and _is_said(words, singles, pairs):
                self.said_elsewhere.update(words)
                continue
            self.words[part["why"]].update(words)
            if part["why"] == "hidden" and words:
                self._hidden.append(_short(part["text"]))
                self._hidden_words += len(words)

    def hidden_content(self, total: int) -> dict[str, Any]:
        """As `HiddenContent` has it."""
        share = min(1.0, self._hidden_words / total) if total else 0.0
        return {
            "words": self._hidden_words,
            "share": math.ceil(_SHARES * share) / _SHARES,
            "examples": self._hidden[:MAX_EXAMPLES],
        }


def _is_said(words: Sequence[str], singles: set[str], pairs: set[tuple[str, str]]) -> bool:
    if len(words) == 1:
        return words[0] in singles
    return all(pair in pairs for pair in pairwise(words))


def _join(missing: Counter[str], surplus: Counter[str], needed: Sequence[str], shown: Sequence[str]) -> None:
    """Takes from both what is the same but for where words are parted."""
    left_over = [list(shown[run.first : run.last + 1]) for run in _runs(shown, surplus)]
    wanted = [list(needed[run.first : run.last + 1]) for run in _runs(needed, missing)]
    _match(wanted, missing, left_over, surplus)
    if missing and surplus:
        _match(left_over, surplus, wanted, missing)


def _match(wholes: list[list[str]], whole: Counter[str], pieces: list[list[str]], part: Counter[str]) -> None:
    """Each word of `wholes` that some words of `pieces` make when they are put together; taken from both counts."""
    wanted = {word for run in wholes for word in run if whole[word] > 0}
    longest = min(_MAX_JOINED_LETTERS, max(map(len, wanted), default=0))
    for run in pieces:
        at = 0
        while at < len(run):
            at += _match_at(run, at, wanted, longest, whole, part) or 1


def _match_at(run: list[str], at: int, wanted: set[str], longest: int, whole: Counter[str], part: Counter[str]) -> int:
    """How many words of the run make one that is wanted, beginning there; 0 for none."""
    joined = ""
    for count, word in enumerate(run[at : at + _MAX_JOINED], start=1):
        joined += word
        if len(joined) > longest:
            return 0
        if count > 1 and joined in wanted and whole[joined] > 0:
            own = Counter(run[at : at + count])
            if all(part[word] >= number for word, number in own.items()):
                whole[joined] -= 1
                part.subtract(own)
                if not whole[joined]:
                    del whole[joined]
                return count
    return 0


def _told(
    said: Said, text: str, source: str, words: Sequence[str], missing: Counter[str], unseen: _Unseen | None
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """How many words are missing for which reason, and the longest passages of them, in their order."""
    left = {why: Counter(counts) for why, counts in unseen.words.items()} if unseen else {}
    whys: Counter[str] = Counter()
    told: list[tuple[_Passage, str]] = []
    for passage in _passages(words, missing):
        own = _whys(Counter(words[passage.first : passage.last + 1]), left)
        whys.update(own)
        told.append((passage, own.most_common(1)[0][0]))
    told.sort(key=lambda one: -one[0].words)
    first = sorted(told[:MAX_EXAMPLES], key=lambda one: one[0].first)
    places = WordPlaces(text)
    line_ends = [found.start() for found in re.finditer("\n", source)]
    return whys, [_example(passage, why, words, places, text, said, line_ends) for passage, why in first]


def _whys(words: Counter[str], left: dict[str, Counter[str]]) -> Counter[str]:
    """How many of the words are missing for which reason; taken from what is left of each."""
    found: Counter[str] = Counter()
    for why, unseen in left.items():
        for word in words.keys() & unseen.keys():
            count = min(words[word], unseen[word])
            words[word] -= count
            unseen[word] -= count
            found[why] += count
    found["lost"] = words.total()
    return +found


def _passages(words: Sequence[str], missing: Counter[str]) -> list[_Passage]:
    """Which of the words are the missing ones: where many of them stand together, first."""
    candidates = list(_runs(words, missing))
    candidates.sort(key=lambda passage: -passage.words)
    left = Counter(missing)
    found: list[_Passage] = []
    for candidate in candidates:
        begun = -1
        for number in range(candidate.first, candidate.last + 2):
            word = words[number] if number <= candidate.last else ""
            if word and left[word] > 0:
                left[word] -= 1
                begun = number if begun < 0 else begun
            elif begun >= 0:
                found.append(_Passage(begun, number - 1))
                begun = -1
    return sorted(found)


def _runs(words: Sequence[str], counts: Counter[str]) -> Iterator[_Passage]:
    """Passages of words that are counted, in order."""
    counted = {word for word, count in counts.items() if count > 0}
    begun = -1
    for number, word in enumerate(words):
        if word in counted:
            begun = number if begun < 0 else begun
        elif begun >= 0:
            yield _Passage(begun, number - 1)
            begun = -1
    if begun >= 0:
        yield _Passage(begun, len(words) - 1)


def _example(
    passage: _Passage,
    why: str,
    words: Sequence[str],
    places: WordPlaces,
    text: str,
    said: Said,
    line_ends: Sequence[int],
) -> dict[str, Any]:
    start, end = places.span_of(passage.first)[0], places.span_of(passage.last)[1]
    dense = is_dense(words[passage.first])
    before = max(0, passage.first - _WORDS_BEFORE * (3 if dense else 1))
    after = text[places.span_of(before)[0] : places.span_of(passage.first - 1)[1]] if before < passage.first else ""
    return {
        "text": _short(text[start:end]),
        "words": passage.words,
        "line": bisect_right(line_ends, said.place_of(start) - 1) + 1,
        "after": _short(after),
        "why": why,
    }


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _EXAMPLE_CHARACTERS].split())
    return line if len(line) <= _EXAMPLE_CHARACTERS else line[: _EXAMPLE_CHARACTERS - 1].rstrip() + "…"


def _pictures(said: Said, slides: dict[str, Any], kind: str) -> dict[str, Any]:
    """Pictures: of HTML those that the document holds, of a text also those that never came to be in it."""
    shown = sum(len(slide["pictures"]) for slide in slides["slides"])
    lost = [{"alt": _short(one["alt"]), "why": one["why"]} for one in slides["lost_pictures"]]
    more = max(0, len(said.pictures) - shown - len(lost)) if kind == "text" else 0
    known = Counter(picture["alt"] for slide in slides["slides"] for picture in slide["pictures"])
    known.update(one["alt"] for one in lost)
    unknown = [alt for alt in said.pictures if not known[alt]] if more else []
    lost += [{"alt": _short(unknown[at] if at < len(unknown) else ""), "why": "lost"} for at in range(more)]
    return {
        "pictures": shown + len(lost),
        "pictures_missing": len(lost),
        "missing_pictures": lost[:MAX_EXAMPLES],
    }
