"""Lines that say when something happened: `1526: …`, `15 August 1947 – …`, `9:00 Welcome`. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TIME: Final = r"\d{1,2}[:.]\d{2}(?: ?[ap]\.?m\.?)?"
_TIMES: Final = rf"{_TIME}(?: ?[–-] ?{_TIME})?(?: Uhr| h)?"
_DAY: Final = r"\d{1,2}\.? [^\W\d_]{2,12}\.?,? "
_ERA: Final = r"(?: [^\W\d_.]{1,5}\.?){0,2}"  # BCE, n. Chr., ई.
_YEARS: Final = rf"(?:ca?\. ?)?(?:{_DAY})?\d{{3,4}}(?: ?[–-] ?\d{{2,4}})?{_ERA}"
_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_SIGNED: Final = re.compile(
    rf"\s*(?P<when>{_DATE}|{_TIMES}|{_YEARS})(?:\s?(?P<colon>[:：])|[ \t]+(?P<dash>[–—-]))[ \t]+(?P<what>\S.*)$"
)
_TIMED: Final = re.compile(rf"\s*(?P<when>{_TIMES})[ \t]+(?P<what>[^\W\d_].*)$")


class Moment(NamedTuple):
    """`sign`: what stands between; empty behind a time of day that has none."""

    when: str
    sign: str
    what: str


def moment_of(line: str) -> Moment | None:
    """None where a line begins with no moment."""
    if (found := _SIGNED.match(line)) is not None:
        return Moment(found["when"].strip(), found["colon"] or found["dash"], found["what"].strip())
    found = _TIMED.match(line)
    return None if found is None else Moment(found["when"], "", found["what"].strip())
