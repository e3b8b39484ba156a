"""What of a run's source is on its slides: measured as soon as the browser has told what they say.

The comparison itself runs in the parser child (sources/coverage.py), and so has limits of its own: a source that is too
much for it is shown all the same, and the run says that nobody counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pressrun.coverage import Coverage, MissingPicture, MissingText
from pressrun.errors import CoverageTooLow, NotFound, SourceTooComplex
from pressrun.pipeline.context import DOCUMENT_NAME, SOURCE_NAME, Composed, RunContext
from pressrun.slide_texts import SlideTexts
from pressrun.sources.parser_pool import parse

_LIMIT_S = 20.0  # 5 MB of HTML take four; a text of 25 000 characters 20 ms
_EXAMPLES = 3  # in a sentence; `coverage` has more
_WHY = {
    "lost": "not in the document",
    "hidden": "hidden by the document itself",
    "truncated": "behind the last slide",
    "clipped": "cut off by something of a fixed height",
    "side": "beyond the edge at the side",
    "not_loaded": "not loaded",
}


async def settle_coverage(context: RunContext, composed: Composed, texts: bytes) -> Coverage | None:
    """The coverage of the slides that say so (slides.json), told where something is missing; None: it is too much.

    Raises: CoverageTooLow where less than `require_coverage` is shown.
    """
    required = context.spec.require_coverage
    try:
        coverage = await _measure(context, composed, texts)
    except SourceTooComplex:
        if required is not None:
            raise CoverageTooLow(
                "The source is too complex to be compared with its slides, and require_coverage asks for that; "
                "split it into several, or leave require_coverage out."
            ) from None
        await context.warn("not_examined", "The source is too complex to be compared with its slides, word by word.")
        return None
    if coverage.is_whole:
        return coverage
    told = coverage.summary
    if required is not None and shown_of(coverage) < required:
        raise CoverageTooLow(
            f"{told} require_coverage asks for {_percent(required)}. Change what hides or cuts it, or ask for less."
        )
    await context.warn("content_missing", told)
    return coverage


async def _measure(context: RunContext, composed: Composed, texts: bytes) -> Coverage:
    kind, source = composed.compared_with, context.spec.source
    if kind == "document":
        text = (await context.staging.read(DOCUMENT_NAME)).decode()
    elif source is not None:
        text = source[1]
    else:
        try:
            text = (await context.staging.read(SOURCE_NAME)).decode()
        except NotFound:
            kind, text = "document", (await context.staging.read(DOCUMENT_NAME)).decode()
    return told_coverage(await parse("coverage", kind=kind, source=text, blob=texts, timeout_s=_LIMIT_S))


def told_coverage(found: Mapping[str, Any]) -> Coverage:
    """The answer of the parser child, with its summary for a person."""
    coverage = Coverage.model_validate(found)
    return coverage.model_copy(update={"summary": summary_of(coverage)})


def shown_of(coverage: Coverage) -> float:
    """The lesser of the shares of words and of pictures."""
    shown = coverage.pictures - coverage.pictures_missing
    return min(coverage.share, shown / coverage.pictures if coverage.pictures else 1.0)


def summary_of(coverage: Coverage) -> str:
    """For a person: what is missing, with the first examples; or that nothing is."""
    if not coverage.is_whole:
        return " ".join(_sentences(coverage))
    pictures = coverage.pictures and f" and {_counted(coverage.pictures, 'picture')}"
    return f"On the slides: all of {_counted(coverage.words, 'word')}{pictures or ''}."


def _sentences(coverage: Coverage) -> Iterator[str]:
    if coverage.words_missing:
        examples = "; ".join(map(_text, coverage.missing[:_EXAMPLES]))
        yield (
            f"{_percent(coverage.share)} of {_counted(coverage.words, 'word')} are on the slides, "
            f"{coverage.words_missing} {'is' if coverage.words_missing == 1 else 'are'} not: {examples}."
        )
    if coverage.pictures_missing:
        examples = "; ".join(map(_picture, coverage.missing_pictures[:_EXAMPLES]))
        be = "is" if coverage.pictures_missing == 1 else "are"
        yield f"{coverage.pictures_missing} of {_counted(coverage.pictures, 'picture')} {be} on no slide: {examples}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _text(missing: MissingText) -> str:
    return f"“{missing.text}” (line {missing.line}, {_WHY[missing.why]})"


def _picture(missing: MissingPicture) -> str:
    return f"“{missing.alt or 'without a name'}” ({_WHY[missing.why]})"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def encoded(texts: SlideTexts) -> bytes:
    """slides.json."""
    return texts.model_dump_json().encode()
