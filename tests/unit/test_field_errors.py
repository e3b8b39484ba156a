"""What a request with wrong fields is told: each field, what is wrong with it, what would be right."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from pressrun.api.wire.body import (
    parse_json_object,
    parse_model,
)
from pressrun.api.wire.problems import problem_response
from pressrun.api.wire.schemas import GenerateRequest
from pressrun.request_errors import FieldErrors
from pressrun.spec import RunSpec
from tests.support.json_values import json_values

pytestmark = pytest.mark.anyio


def errors_of(model: type[BaseModel], data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(FieldErrors) as caught:
        parse_model(model, data)
    return {error["field"]: (error["problem"], error["valid"]) for error in caught.value.errors}


def run_spec_errors(**fields: Any) -> dict[str, tuple[str, str]]:
    return errors_of(RunSpec, {"text": "x"} | fields)


def test_a_right_request_becomes_a_spec() -> None:
    spec = parse_model(RunSpec, parse_json_object(b'{"text": "x", "zoom": 3, "max_screenshots": 5.0}'))
    assert (spec.zoom, spec.max_screenshots) == (3.0, 5)


@pytest.mark.parametrize(
    ("field", "value", "problem", "valid"),
    [
        ("zoom", 10.5, "must be less than or equal to 10; got 10.5", "0.5..10"),
        ("zoom", "2", 'must be a valid number; got "2"', "0.5..10"),
        ("zoom", True, "must be a valid number; got true", "0.5..10"),
        ("zoom", None, "must be a valid number; got null", "0.5..10"),
        ("max_screenshots", 0, "must be greater than or equal to 1; got 0", "integer 1..500"),
        ("max_screenshots", 1.5, "must be a valid integer; got 1.5", "integer 1..500"),
        ("max_screenshots", True, "must be a valid integer; got true", "integer 1..500"),
        ("max_screenshots", [1], "must be a valid integer; got a list", "integer 1..500"),
        ("image_format", "gif", "must be 'png', 'jpeg' or 'webp'; got \"gif\"", "png, jpeg, webp"),
        ("use_cache", 1, "must be a valid boolean; got 1", "true or false"),
        ("title", "x" * 300, "must have at most 200 characters", "string of at most 200 characters"),
        ("title", {}, "must be a valid string; got an object", "string of at most 200 characters"),
    ],
)
def test_a_wrong_field_is_told_what_is_wrong_and_what_is_valid(
    field: str, value: Any, problem: str, valid: str
) -> None:
    assert run_spec_errors(**{field: value}) == {field: (problem, valid)}


def test_an_item_of_a_list_is_named_by_its_place() -> None:
    assert run_spec_errors(outputs=["images", "gif"])["outputs.1"][1].startswith("images, ")


def test_a_list_says_how_many_and_of_what() -> None:
    assert run_spec_errors(outputs=[])["outputs"][1].startswith("list of 1..")


def test_an_unknown_field_is_told_the_nearest_known_one_and_all_others() -> None:
    problem, valid = run_spec_errors(zom=2)["zom"]
    assert problem == "is not a known field; did you mean `zoom`?"
    assert set(RunSpec.model_fields) <= set(valid.split(", "))
    assert run_spec_errors(qqq=2)["qqq"][0] == "is not a known field"


def test_a_check_over_several_fields_blames_the_one_it_names() -> None:
    errors = run_spec_errors(overlap=1000)
    assert list(errors) == ["overlap"]
    assert errors["overlap"][0].startswith("1000 is more than half the viewport")
    assert list(errors_of(RunSpec, {})) == ["text"]


def test_a_validators_own_words_are_kept() -> None:
    assert run_spec_errors(text="a\x00")["text"][0] == "holds the control character U+0000 at position 1; remove it"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"text": "a\ud800"}', "text"),
        (rb'{"html": "\udfff\ud800"}', "html"),
        (rb'{"text": "a", "outputs": ["\ud800"]}', "outputs.0"),
        (rb'{"te\ud800": 1}', "te\\ud800"),
        (rb'{"x": {"y": [{"z": "\ud83d"}]}}', "x.y.0.z"),
    ],
)
def test_half_a_utf16_pair_is_refused_by_the_name_of_its_field(raw: bytes, field: str) -> None:
    errors = errors_of(RunSpec, parse_json_object(raw))
    assert list(errors) == [field]
    assert "lone surrogate" in errors[field][0]


def test_a_whole_utf16_pair_is_text() -> None:
    assert parse_model(RunSpec, parse_json_object(rb'{"text": "\ud83d\ude00"}')).text == "😀"


def test_at_most_20_errors_are_listed_and_long_values_are_cut() -> None:
    with pytest.raises(FieldErrors) as caught:
        parse_model(RunSpec, {"text": "x", "theme": "y" * 10_000} | {"f" * 5000 + str(n): n for n in range(500)})
    assert len(caught.value.errors) == 20
    assert all(len(error["field"]) <= 100 and len(error["problem"]) < 200 for error in caught.value.errors)
    assert len(str(caught.value)) < 1500


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    low: Annotated[int, Field(ge=0)] | None = None
    either: Annotated[int, Field(lt=5)] | Literal["all"] = "all"
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inner: Inner
    named: Annotated[str, Field(alias="wire-name", min_length=2)] = "xx"


def test_nested_fields_are_named_by_their_path() -> None:
    errors = errors_of(Outer, {"inner": {"low": -1, "lwo": 1, "share": 1}, "wire-name": "x"})
    assert errors["inner.low"][1] == "integer at least 0"
    assert errors["inner.lwo"] == ("is not a known field; did you mean `low`?", "low, either, share")
    assert errors["inner.share"][1] == "more than 0 and less than 1"
    assert errors["wire-name"][1] == "string of at least 2 characters"


def test_a_required_field_that_is_missing_is_named() -> None:
    assert errors_of(Outer, {})["inner"] == ("is required", "object")


@given(st.dictionaries(st.sampled_from([*RunSpec.model_fields, "zom", "\ud800"]), json_values, max_size=6))
@pytest.mark.slow
def test_any_object_is_a_spec_or_field_errors_that_can_be_sent(data: dict[str, Any]) -> None:
    try:
        assert isinstance(parse_model(RunSpec, data), RunSpec)
    except FieldErrors as exc:
        refusal = json.loads(problem_response(exc).body)
    else:
        return
    assert refusal["status"] == 422
    assert 1 <= len(refusal["errors"]) <= 20
    assert all(error["field"] and error["problem"] and error["valid"] for error in refusal["errors"])


@pytest.mark.parametrize(
    "name", ["title", "output_name", "system_prompt", "webhook_url", "lane", "model_choice", "html"]
)
def test_a_text_field_left_blank_is_as_if_it_were_not_there(name: str) -> None:
    plain = parse_model(GenerateRequest, {"text": "x"})
    assert parse_model(GenerateRequest, {"text": "x", name: ""}) == plain


@pytest.mark.parametrize("name", ["zoom", "on_busy", "theme", "outputs"])
def test_a_blank_where_a_number_a_choice_or_a_list_belongs_is_named(name: str) -> None:
    with pytest.raises(FieldErrors, match=name):
        parse_model(GenerateRequest, {"text": "x", name: ""})
