"""The fingerprint: blind to spelling, sensitive to every field that changes the result."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pressrun.api.wire.body import parse_json_object, parse_model
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.runs.fingerprint import canonical, canonical_json, fingerprint
from pressrun.spec import RunSpec

ROUTE = "/generate-sse"

# For every field of RunSpec a value that differs from BASE's. A new field without an entry fails the test below.
BASE: dict[str, Any] = {"text": "x"}
OTHER: dict[str, dict[str, Any]] = {
    "text": {"text": "y"},
    "rerender_of": {"text": None, "rerender_of": "01a212ed-8e8a-7000-93a4-dcf62dc594a0"},
    "html": {"text": None, "html": "x"},
    "attachments": {"attachments": {"a.png": "AAAA"}},
    "composer": {"composer": "ai"},
    "model_choice": {"model_choice": "other"},
    "system_prompt": {"system_prompt": "be brief"},
    "enable_verification": {"enable_verification": False},
    "use_cache": {"use_cache": False},
    "title": {"title": "T"},
    "theme": {"theme": "ink"},
    "theme_css": {"theme_css": "p { color: red }"},
    "brand_accent": {"brand_accent": "#0b57d0"},
    "brand_logo": {"brand_logo": "data:image/png;base64,AAAA"},
    "brand_heading_font": {"brand_heading_font": "Georgia"},
    "brand_body_font": {"brand_body_font": "Georgia"},
    "footer": {"footer": "Us"},
    "page_numbers": {"page_numbers": True},
    "running_heading": {"running_heading": "none"},
    "writing_mode": {"writing_mode": "vertical"},
    "output_name": {"output_name": "n"},
    "zoom": {"zoom": 2.2},
    "viewport_width": {"viewport_width": 1921},
    "viewport_height": {"viewport_height": 1081},
    "overlap": {"overlap": 16},
    "page_breaks": {"page_breaks": "scroll"},
    "fit": {"fit": "split"},
    "max_screenshots": {"max_screenshots": 51},
    "image_format": {"image_format": "webp"},
    "image_quality": {"image_quality": 86},
    "png_mode": {"png_mode": "size"},
    "require_coverage": {"require_coverage": 0.9},
    "pdf_layout": {"pdf_layout": "document"},
    "slide_seconds": {"slide_seconds": 5},
    "transition": {"transition": "fade"},
    "fps": {"fps": 25},
    "video_intro": {"video_intro": "data:image/png;base64,AAAA"},
    "video_outro": {"video_outro": "data:image/png;base64,AAAA"},
    "video_webm": {"video_webm": True},
    "video_preview": {"video_preview": "gif"},
    "voice": {"voice": "auto"},
    "voice_rate": {"voice_rate": 1.5},
    "pdf_notes": {"pdf_notes": "annotations"},
    "pptx_mode": {"pptx_mode": "exact"},
    "outputs": {"outputs": ["html"]},
}


def of(body: dict[str, Any]) -> str:
    return fingerprint(ROUTE, RunSpec.model_validate(body))


def test_every_field_that_changes_the_result_changes_the_fingerprint() -> None:
    assert set(OTHER) == set(RunSpec.model_fields), "a new field needs a value here"
    digests = [of(BASE)] + [of({**BASE, **other}) for other in OTHER.values()]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("other", [{}, *OTHER.values()])
def test_what_is_hashed_and_kept_is_the_spec_as_json_without_policies(other: dict[str, Any]) -> None:
    values = {**BASE, **other}
    request = GenerateRequest.model_construct(**dict(RunSpec.model_validate(values)), lane="bulk", priority=7)
    as_json = json.loads(RunSpec.model_validate(values).model_dump_json())
    kept = canonical(request)
    assert kept == {name: as_json[name] for name in kept}
    assert set(BASE) | set(other) <= set(kept) <= set(RunSpec.model_fields)


def test_the_route_is_part_of_it() -> None:
    assert fingerprint("/a", RunSpec(text="x")) != fingerprint("/b", RunSpec(text="x"))


@pytest.mark.parametrize("field", [name for name, info in RunSpec.model_fields.items() if not info.is_required()])
def test_an_explicit_default_is_no_difference(field: str) -> None:
    default = RunSpec(text="x").model_dump(mode="json")[field]
    assert of({**BASE, field: default}) == of(BASE)


def test_policies_are_not_part_of_it() -> None:
    policies: dict[str, Any] = {
        "lane": "bulk",
        "on_busy": "queue",
        "on_duplicate": "join",
        "on_disconnect": "cancel",
        "priority": 7,
        "webhook_url": "https://example.org/",
    }
    assert set(policies) == set(GenerateRequest.model_fields) - set(RunSpec.model_fields)
    request = parse_model(GenerateRequest, {**BASE, **policies})
    assert fingerprint(ROUTE, request) == of(BASE)


@given(
    st.fixed_dictionaries(
        {"text": st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip)},
        optional={
            "zoom": st.sampled_from([1, 2, 3]),
            "overlap": st.sampled_from([0, 15, 20]),
            "viewport_width": st.integers(320, 7680),
            "theme": st.sampled_from(["paper", "ink"]),
        },
    ),
    st.randoms(),
)
def test_key_order_white_space_and_the_spelling_of_numbers_are_no_difference(
    body: dict[str, Any], chance: random.Random
) -> None:
    keys = list(body)
    chance.shuffle(keys)
    spelled = {key: float(body[key]) if isinstance(body[key], int) else body[key] for key in keys}
    raw = json.dumps(spelled, indent=chance.choice([None, 3]), ensure_ascii=chance.choice([True, False]))
    request = parse_model(GenerateRequest, parse_json_object(raw.encode()))
    assert fingerprint(ROUTE, request) == of(body)


_PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_KEYS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@given(st.recursive(_PLAIN | _TEXT, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner)))
@pytest.mark.slow
def test_the_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)
