"""Lines that belong together by how they begin: questions with answers, words with meanings, marks that count,
bullets, speakers, values between tabs. For `structure`; pure and linear.

Each is written as the Markdown that means it. Only tabs and bullets go, and a sign between a word and its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from pressrun.sources.heading_words import ANSWER, QUESTION, QUESTION_WITH_MARK
from pressrun.sources.line_numbers import Lines
from pressrun.sources.moments import moment_of
from pressrun.sources.typed_marks import ITEM, MARKED, begins_choice, lines_of, mark_depths
from pressrun.sources.value_tables import cells_of, count_rows

Kind = Literal["questions", "question", "vocabulary", "typed-marks", "bullets", "dialogue", "table"]

# Those that say nothing else: a tick, an arrow or an empty box would be missed. A point in the middle also parts words.
BULLETS: Final = "•‣⁃▪▫●■◆◇❖➢➤◦・"
BULLET: Final = re.compile(rf"\s*(?:(?P<sign>[{BULLETS}])|(?P<point>[·∙])(?=\s)|(?P<dash>[–—])(?=\t))\s*(?=\S)")
_MAX_BULLET_LEVEL: Final = 3

_TERM: Final = re.compile(
    r"\s*(?P<term>[^\s–—=\-:][^–—=:\n]{0,40}?)[ \t]+(?P<sign>[–—=-])[ \t]+(?P<meaning>\S.{0,160})$"
)
_LABEL: Final = re.compile(  # `Dr. A. Rao: …`
    r"\s*(?P<label>(?:[^\W\d_]{1,4}\. ?){0,2}[^\W\d_][^:：\n.!?]{0,30}?)\s{0,2}[:：](?!//)(?=\s*\S)"
)
_NUMBERED: Final = re.compile(r"\s*[(（]?\d{1,3}[.)）]\s*\S")
_INDENTED: Final = re.compile(r"(?P<tabs>\t+)[ ]*(?P<words>[^\s\t][^\t]*)$")
_MIN_INDENTED: Final = 2
_MAX_TERM_WORDS: Final = 4
_MAX_LABEL_WORDS: Final = 3
_MIN_VOCABULARY: Final = 3
_MIN_MOMENTS: Final = 2
_MIN_DIALOGUE: Final = 3
_MAX_SPEAKERS: Final = 12  # before one of them speaks again, and lines of one before another speaks


@dataclass(slots=True)
class Passage:
    """Units of one kind: `rows` are what each says."""

    kind: Kind
    count: int
    rows: list[list[str]]

    @property
    def is_definitions(self) -> bool:
        """Whether it becomes a `<dl>`."""
        return self.kind in ("questions", "vocabulary")

    def write(self, lines: Lines, classes: dict[int, str], numbers: Sequence[Sequence[int]]) -> None:
        """Adds it to a text as Markdown."""
        classes[len(lines.lines)] = self.kind
        at = [own[0] for own in numbers]
        if self.kind == "table":
            self._write_table(lines, at)
        elif self.kind == "typed-marks":
            for (indent, text, *more), own in zip(self.rows, numbers, strict=True):
                lines.add(f"{indent}- {text}" + ("  " if more else ""), own[0])
                lines.extend([f"{indent}  {line}" for line in more], list(own[1:]))
        elif self.kind == "bullets":
            for (indent, *texts), own in zip(self.rows, numbers, strict=True):
                for row, (text, number) in enumerate(zip(texts, own, strict=True)):
                    lines.add(f"{indent}{'  ' if row else '- '}{text}", number)
        elif self.kind in ("dialogue", "question"):
            for row, ((text,), number) in enumerate(zip(self.rows, at, strict=True)):
                if row:
                    lines.add("", number)
                classes[len(lines.lines)] = self.kind
                lines.add(text, number)
        else:
            for row, number in enumerate(at if self.kind == "vocabulary" else at[::2]):
                if row:
                    lines.add("", number)
                term, meaning = self.rows[row]
                lines.add(term, number)
                lines.add(f": {meaning}", number)

    def _write_table(self, lines: Lines, at: list[int]) -> None:
        cells = [[re.sub(r"(?=[|\\])", r"\\", cell.strip()) for cell in row] for row in self.rows]
        if not _has_head(self.rows):
            cells.insert(0, [""] * len(cells[0]))
            at = [at[0], *at]
        for row, (own, number) in enumerate(zip(cells, at, strict=True)):
            lines.add("| " + " | ".join(own) + " |", number)
            if not row:
                lines.add("|" + "---|" * len(own), number)


def find_passages(texts: Sequence[str | None]) -> dict[int, Passage]:
    """By the first unit of each; None for a unit that is something else already."""
    made: dict[int, Passage] = {}
    depths = mark_depths(texts)
    at = 0
    while at < len(texts):
        passage = None
        for find in (
            _bullets,
            _indented,
            _table,
            _questions,
            partial(_marks, depths=depths),
            _vocabulary,
            _timeline,
            _explained,
            _dialogue,
        ):
            passage = find(texts, at)
            if passage is not None:
                break
        if passage is not None:
            made[at] = passage
        at += passage.count if passage else 1
        if passage is not None and passage.kind == "questions":
            at = _unanswered(texts, at, made)
    return made


def _unanswered(texts: Sequence[str | None], at: int, made: dict[int, Passage]) -> int:
    """Questions behind others that have answers; where they end."""
    while (text := _lines_from(texts, at)) is not None and QUESTION.match(text.strip()):
        made[at] = Passage("question", 1, [[_unmarked(text.strip())]])
        at += 1
    return at


def _lines_from(texts: Sequence[str | None], at: int) -> str | None:
    """The text of a unit if it is one line."""
    text = texts[at] if at < len(texts) else None
    return text if text is not None and "\n" not in text else None


def _questions(texts: Sequence[str | None], at: int) -> Passage | None:
    rows: list[list[str]] = []
    while (question := _lines_from(texts, at + 2 * len(rows))) is not None:
        answer = _lines_from(texts, at + 2 * len(rows) + 1)
        asks = QUESTION.match(question.strip()) or (
            question.rstrip()[-1:] in "?？؟;।"
            and (_NUMBERED.match(question) or QUESTION_WITH_MARK.match(question.strip()))
        )
        if answer is None or not asks or not ANSWER.match(answer.strip()):
            break
        rows.append([_unmarked(question.strip()), _unmarked(answer.strip())])
    return (
        Passage("questions", 2 * len(rows), rows) if rows and (len(rows) > 1 or re.search(r"\d", rows[0][0])) else None
    )


def _unmarked(text: str) -> str:
    """`1. What` would be a list."""
    return re.sub(r"^(\d{1,9})([.)])(?=\s)", r"\1\\\2", text)


def _vocabulary(texts: Sequence[str | None], at: int) -> Passage | None:
    rows: list[list[str]] = []
    sign, terms = "", set[str]()
    while (text := _lines_from(texts, at + len(rows))) is not None and (found := _TERM.match(text)) is not None:
        words = found["term"].split()
        if len(words) > _MAX_TERM_WORDS or found["term"][:1].isdigit() or found["sign"] != (sign or found["sign"]):
            break
        if (folded := found["term"].strip().casefold()) in terms:
            break
        terms.add(folded)
        sign = found["sign"]
        rows.append([found["term"].strip(), found["meaning"].strip()])
    return Passage("vocabulary", len(rows), rows) if len(rows) >= _MIN_VOCABULARY else None


def _explained(texts: Sequence[str | None], at: int) -> Passage | None:
    """`Evaporation: the change to gas`, `Energy: 412 kcal`: other words each, and meanings as nobody speaks: they begin
    small, or with a number, or are no question where a script has no capitals.
    """
    rows: list[list[str]] = []
    seen: set[str] = set()
    while (text := _lines_from(texts, at + len(rows))) is not None and (found := _LABEL.match(text)) is not None:
        label, meaning = found["label"].strip(), text[found.end() :].strip()
        if len(label.split()) > _MAX_LABEL_WORDS or not _explains(meaning):
            break
        if label.casefold() in seen:  # somebody speaks again; behind many words it is another list that begins
            return None if len(rows) <= _MAX_SPEAKERS else Passage("vocabulary", len(rows), rows)
        seen.add(label.casefold())
        rows.append([label, meaning])
    return Passage("vocabulary", len(rows), rows) if len(rows) >= _MIN_VOCABULARY else None


def _explains(meaning: str) -> bool:
    first = meaning[:1]
    return (
        first.islower() or first.isdigit() or (first.isalpha() and not first.isupper() and meaning[-1] not in "?？؟!！")
    )


def _timeline(texts: Sequence[str | None], at: int) -> Passage | None:
    """Moments and what happened, with one sign from the first to the last; their numbers need not go up."""
    rows: list[list[str]] = []
    sign = None
    while (text := _lines_from(texts, at + len(rows))) is not None and (moment := moment_of(text)) is not None:
        if moment.sign != (moment.sign if sign is None else sign):
            break
        sign = moment.sign
        rows.append([_unmarked(moment.when), moment.what])
    return Passage("vocabulary", len(rows), rows) if len(rows) >= _MIN_MOMENTS else None


def is_named(line: str) -> bool:
    """`Time: …`"""
    label = _LABEL.match(line)
    return label is not None and len(label["label"].split()) <= _MAX_LABEL_WORDS and not label["label"][:1].islower()


def begins_entry(line: str) -> bool:
    """`Time: …`, `3. …`: as a line begins that stands for itself."""
    return is_named(line) or MARKED.match(line) is not None


def _marks(texts: Sequence[str | None], at: int, depths: Mapping[int, int]) -> Passage | None:
    """Marks that count, of which Markdown does not know that they do."""
    end = at
    while end in depths:
        end += 1
    least = min((depths[n] for n in range(at, end)), default=0)
    rows = [["  " * (depths[n] - least), *lines_of(texts[n])] for n in range(at, end)]
    return Passage("typed-marks", len(rows), rows) if rows else None


def _bullets(texts: Sequence[str | None], at: int) -> Passage | None:
    """Another sign stands one level deeper, until one of those above comes again; an item may have several lines."""
    rows: list[list[str]] = []
    signs: list[str] = []
    while at + len(rows) < len(texts):
        text = texts[at + len(rows)]
        found = BULLET.match(text) if text is not None else None
        if text is None or found is None:
            break
        sign = found["sign"] or found["point"] or found["dash"]
        signs = [*signs[: signs.index(sign)], sign] if sign in signs else [*signs, sign]
        indent = "  " * min(signs.index(sign), _MAX_BULLET_LEVEL)
        rows.append([indent, *(_unmarked(line.strip()) for line in text[found.end() :].split("\n"))])
    return Passage("bullets", len(rows), rows) if len(rows) > 1 else None


def _indented(texts: Sequence[str | None], at: int) -> Passage | None:
    """Lines behind tabs, as an outline is typed: one level for each tab more than the first has."""
    rows: list[list[str]] = []
    while (text := _lines_from(texts, at + len(rows))) is not None and (found := _INDENTED.match(text)) is not None:
        if ITEM.match(found["words"]) or BULLET.match(found["words"]) or begins_choice(found["words"]):
            break
        rows.append([found["tabs"], _unmarked(found["words"])])
    if len(rows) < _MIN_INDENTED:
        return None
    least = min(len(tabs) for tabs, _ in rows)
    depth = 0
    indented: list[list[str]] = []
    for tabs, words in rows:
        depth = min(len(tabs) - least, depth + 1, _MAX_BULLET_LEVEL) if indented else 0
        indented.append(["  " * depth, words])
    return Passage("bullets", len(rows), indented)


def _dialogue(texts: Sequence[str | None], at: int) -> Passage | None:
    rows: list[list[str]] = []
    labels: list[str] = []
    while (text := _lines_from(texts, at + len(rows))) is not None and (found := _LABEL.match(text)) is not None:
        if len(found["label"].split()) > _MAX_LABEL_WORDS:
            break
        labels.append(found["label"])
        if len(labels) > _MAX_SPEAKERS and len(set(labels)) in (1, len(labels)):
            return None  # nobody answers, or nobody speaks twice
        rows.append([text.strip()])
    spoken = len(rows) >= _MIN_DIALOGUE and 1 < len(set(labels)) <= len(labels) - 1
    return Passage("dialogue", len(rows), rows) if spoken else None


def speaker_length(text: str) -> int:
    """How much of a line of a dialogue names who speaks, the colon included."""
    found = _LABEL.match(text)
    return found.end() if found else 0


def _table(texts: Sequence[str | None], at: int) -> Passage | None:
    first = texts[at] or ""
    count = count_rows(texts, at) if "\t" in first or "  " in first else 0
    return Passage("table", count, [cells_of(text or "") for text in texts[at : at + count]]) if count else None


def _has_head(rows: list[list[str]]) -> bool:
    """Whether the first row only names columns: some of them hold numbers, and it does not."""
    head, *body = rows
    return any(
        not re.search(r"\d", head[column]) and any(re.search(r"\d", row[column]) for row in body)
        for column in range(len(head))
    )
