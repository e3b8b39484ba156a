"""Fingerprints and keys of caches as earlier releases made them: no upgrade changes what is asked or kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from pressrun.browser.slides.page_breaks import Slice
from pressrun.pipeline.captures import picture_key, plan_key
from pressrun.runs.fingerprint import fingerprint
from pressrun.spec import RunSpec


class Golden(NamedTuple):
    """The first 16 digits of each. Never to be changed: a run that was made with them may be there."""

    spec: dict[str, Any]
    fingerprint: str
    plan: str
    picture: str


GOLDEN = {
    "text": Golden({"text": "# Rivers\n\nÄ 🙂"}, "42156a83cc504f6d", "a2c70c13d7d723af", "c51e42e03de55ed8"),
    "html": Golden(
        {"html": "<p>x", "outputs": ["pdf", "images"]}, "5e9474413dd92f3d", "a2c70c13d7d723af", "c51e42e03de55ed8"
    ),
    "every field": Golden(
        {
            "text": "x",
            "composer": "ai",
            "model_choice": "m",
            "system_prompt": "be brief",
            "enable_verification": False,
            "use_cache": False,
            "title": "T",
            "theme": "ink",
            "output_name": "n",
            "zoom": 1.5,
            "viewport_width": 1080,
            "viewport_height": 1920,
            "overlap": 20.25,
            "page_breaks": "scroll",
            "max_screenshots": 7,
            "image_format": "webp",
            "image_quality": 70,
            "outputs": ["zip", "html"],
        },
        "b174c7bd7b1ac923",
        "ffa8c878b68cf8f4",
        "a1f2582f9e02fcc0",
    ),
    "small PNG": Golden({"text": "x", "png_mode": "size"}, "299a0c3f92c677af", "a2c70c13d7d723af", "711ddab63a0f6bae"),
    "jpeg": Golden(
        {"text": "x", "image_format": "jpeg", "image_quality": 60},
        "103fd71bfbebcf02",
        "a2c70c13d7d723af",
        "7bfa04dec339a6b8",
    ),
    "rerender": Golden(
        {"rerender_of": "01a212ed-8e8a-7000-93a4-dcf62dc594a0", "zoom": 3, "title": "T"},
        "3a653463676848fc",
        "eabc4f07fe97ecdd",
        "a8a3fade4bb1cd7e",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_request_and_what_is_kept_of_it_have_the_names_they_always_had(name: str) -> None:
    golden = GOLDEN[name]
    spec = RunSpec.model_validate(golden.spec)
    assert fingerprint("/generate-sse", spec).startswith(golden.fingerprint)
    assert plan_key(spec, "1" * 64, "2" * 64).startswith(golden.plan)
    assert picture_key(spec, "1" * 64, "2" * 64, Slice(0, 100.5, 0)).startswith(golden.picture)
