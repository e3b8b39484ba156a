"""A model's thoughts, where its server leaves them in the answer: cut, also those that never begin or never end. Pure.

What a document says of such marks is escaped in an answer, as in `&lt;think&gt;`. Where the source itself holds one, a
sloppy model may not have escaped it: then only thoughts at the very beginning are taken for some.
"""

from __future__ import annotations

import re

_FLAGS = re.DOTALL | re.IGNORECASE
# DeepSeek, Qwen and most others; Seed; Cohere
_WORD = r"(?:(?:seed:)?(?:think|thinking|thoughts?|reasoning|reflection|scratchpad))"
_BEGIN = rf"(?:<{_WORD}(?:\s[^<>]*)?>|<\|START_THINKING\|>)"
_END = rf"(?:</{_WORD}\s*>|<\|END_THINKING\|>)"
_MARK = re.compile(f"{_BEGIN}|{_END}|<\\|channel\\|>", _FLAGS)
_PAIR = re.compile(f"{_BEGIN}(?:(?!{_BEGIN}).)*?{_END}", _FLAGS)
_BEGUN_BEFORE = re.compile(rf"\A.*{_END}", _FLAGS)
_NEVER_ENDED = re.compile(rf"{_BEGIN}.*\Z", _FLAGS)
_LEADING = re.compile(rf"\A\s*{_BEGIN}.*?{_END}", _FLAGS)
# Mistral, Kimi: marks that need no escaping in HTML, so that only leading ones are surely theirs
_LEADING_PLAIN = re.compile(r"\A\s*(?:\[THINK\].*?(?:\[/THINK\]|\Z)|◁think▷.*?(?:◁/think▷|\Z))", re.DOTALL)
# gpt-oss, where its server does not read its format: channels of thoughts, and `final` is the answer
_FINAL_CHANNEL = re.compile(r"\A.*<\|channel\|>\s*final[^<]*<\|message\|>", re.DOTALL)
_CHANNEL = re.compile(r"<\|channel\|>.*\Z", re.DOTALL)
_TOKEN = re.compile(r"<\|[a-zA-Z_]{2,30}\|>")


def without_thoughts(answer: str, source: str = "") -> str:
    """What the model meant to answer with."""
    answer = _LEADING_PLAIN.sub("", answer)
    if _MARK.search(source):
        return _LEADING.sub("", answer)
    length = -1
    while length != len(answer):  # they may be nested
        length = len(answer)
        answer = _PAIR.sub("", answer)
    answer = _NEVER_ENDED.sub("", _BEGUN_BEFORE.sub("", answer))
    return _TOKEN.sub("", _CHANNEL.sub("", _FINAL_CHANNEL.sub("", answer)))
