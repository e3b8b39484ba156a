"""`RunSpec`: the validated, normalised request of a run. Pure.

Every field here changes the result of a run, and so every field is part of the fingerprint; what does not change the
result (lane, policies, priority, webhook) belongs to `AdmissionFields` of api/wire/schemas.py. What a field changes it
says itself, by `Changes`: keys of caches, the fingerprint and what a rerender may give follow from that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pressrun.attachments import checked_attachments, is_data_uri, why_no_path
from pressrun.export_kinds import OUTPUTS, Output, need
from pressrun.ids import OPERATION_ID_PATTERN
from pressrun.source_kinds import BY_FIELD, FIELD_WORDS, FIELDS, SourceKind
from pressrun.themes.catalog import BUILT_IN, DEFAULT, NAME
from pressrun.themes.stylesheet import MAX_CHARACTERS, faults_of

FIRST_RELEASE = "0.1"

Composer = Literal["auto", "markdown", "ai"]
ImageFormat = Literal["png", "jpeg", "webp"]
Fit = Literal["shrink", "split", "clip"]
PngMode = Literal["speed", "size"]
PageBreaks = Literal["auto", "compose", "blocks", "scroll"]
PdfLayout = Literal["slides", "document"]
Transition = Literal["cut", "fade"]
RunningHeading = Literal["auto", "numbered", "plain", "none"]
WritingMode = Literal["auto", "horizontal", "vertical"]
VoiceName = Literal["none", "auto", "espeak", "piper", "api"]
PdfNotes = Literal["none", "annotations", "pages"]
PptxMode = Literal["editable", "exact", "both"]
VideoPreview = Literal["none", "gif", "webp"]

Part = Literal["document", "slices", "writing", "packing", "all"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What of a result a field changes; as metadata of the field.

    document: the HTML, whose digest is in every key; a rerender leaves it as it is. slices: which parts of the document
    become slides. writing: how a picture is written, with `formats` only in those. packing: names and kinds of files,
    what is asked of a result, and nothing that is shown. all: where slides are and how they look. A field that says
    nothing changes all.

    `since`: the release that has it first. At its default it is left out of the fingerprint if that is a later one: so
    a request and its Idempotency-Key are after an upgrade what they were before it. `keyed_at_default`: whether it is
    in the keys of caches even then; not where the keys are older than the field. `was`: how values are spelled in
    fingerprint and keys, where the default has another name than in the release before.
    """

    part: Part
    since: str = FIRST_RELEASE
    keyed_at_default: bool = True
    formats: tuple[ImageFormat, ...] = ()
    was: Mapping[str, str] = field(default_factory=dict)


# C0 and C1 controls: never in a name. Tab and the line ends are right in a source (PowerPoint's is the vertical tab),
# NUL and the rest never are.
_CONTROLS_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_IN_SOURCE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

_PICTURE_URI = re.compile(r"data:image/(?:png|jpeg|webp);base64,(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?")


def _clean_source(value: str) -> str:
    found = _CONTROLS_IN_SOURCE.search(value)
    if found is not None:
        raise ValueError(
            f"holds the control character U+{ord(found.group()):04X} at position {found.start()}; remove it"
        )
    return value


def _clean_name(value: str) -> str:
    found = _CONTROLS_IN_NAME.search(value)
    if found is not None:
        raise ValueError(f"holds the control character U+{ord(found.group()):04X}; use one line of plain text")
    return value.strip()


def _clean_css(value: str | None) -> str | None:
    """As the style sheet of a theme, but that it names no files."""
    faults = faults_of(value or "")
    if faults:
        raise ValueError("; ".join(map(str, faults)))
    return value


def _clean_cover(value: str | None) -> str | None:
    if value is None:
        return None
    why = None if is_data_uri(value) else why_no_path(value)
    if why is not None or (is_data_uri(value) and not _PICTURE_URI.fullmatch(value)):
        raise ValueError(
            "is neither a PNG, JPEG or WebP as `data:image/png;base64,…` nor the path of an attachment, `img/title.png`"
            + ("" if why is None else f"; the path {why}")
        )
    return value


def _within(kind: SourceKind) -> Callable[[str | None], str | None]:
    """Checks the bytes; the characters are the schema's business."""

    def check(value: str | None) -> str | None:
        if value is not None and kind.max_bytes is not None and (size_bytes := len(value.encode())) > kind.max_bytes:
            raise ValueError(f"is {size_bytes} bytes long; at most {kind.max_bytes} bytes are taken")
        return value

    return check


def _normalise_outputs(value: list[Output]) -> list[Output]:
    return [output for output in OUTPUTS if output in value]


def none_if_blank(value: str | None) -> str | None:
    """What low-code tools send for a field that was left blank is no value, as in a form."""
    return value if value and value.strip() else None


def _source(field: str) -> tuple[Any, AfterValidator, AfterValidator]:
    """What its row of the table says of a field."""
    kind = BY_FIELD[field]
    declared = Field(max_length=kind.max_characters, description=kind.description)
    return declared, AfterValidator(_within(kind)), AfterValidator(none_if_blank)


ThemeName = Annotated[
    str,
    Field(
        pattern=f"^(?:auto|{NAME})$",
        examples=["auto", *BUILT_IN],
        description="look of a document made from text, one of GET /themes; auto: what its front matter names, else "
        f"`{DEFAULT}`",
    ),
]
FontName = Annotated[
    str | None,
    Changes("document", since="0.2"),
    Field(
        pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9 _-]{0,79})?$",
        description="a family of fonts that the server has, before those of the theme",
    ),
    AfterValidator(none_if_blank),
]
Cover = Annotated[
    str | None,
    Changes("packing", since="0.2"),
    Field(
        max_length=2_000_000,
        description="for video: a picture in front of the slides (outro: behind), for `slide_seconds`, else 3 s: a "
        "PNG, JPEG or WebP as data: URI, or the path of one among the attachments",
    ),
    AfterValidator(none_if_blank),
    AfterValidator(_clean_cover),
]
COVERS = ("video_intro", "video_outro")
SourceText = Annotated[str, AfterValidator(_clean_source)]
Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_clean_name)]


class RunSpec(BaseModel):
    """What a run is to make, with every default filled in. Immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    output_name: Annotated[Name | None, Changes("packing"), AfterValidator(none_if_blank)] = None
    zoom: Annotated[float, Changes("all"), Field(ge=0.5, le=10)] = 2.1
    viewport_width: Annotated[int, Changes("all"), Field(ge=320, le=7680, description="pixels of every image")] = 1920
    viewport_height: Annotated[int, Changes("all"), Field(ge=240, le=4320, description="pixels of every image")] = 1080
    overlap: Annotated[float, Changes("slices"), Field(ge=0, description="CSS px; at most half the viewport")] = 15
    page_breaks: Annotated[
        PageBreaks,
        Changes("slices", was={"auto": "blocks", "blocks": "cut"}),
        Field(
            description="where slides end: composed, each laid out on its own, or windows of the document, cut between "
            "its blocks or by height alone; auto composes what was made from text, and cuts HTML between blocks"
        ),
    ] = "auto"
    fit: Annotated[
        Fit,
        Changes("all", since="0.2", keyed_at_default=False),
        Field(description="content wider than a slide: shown smaller, down to half, then split; split; or cut off"),
    ] = "shrink"
    max_screenshots: Annotated[int, Changes("slices"), Field(ge=1, le=500)] = 50
    image_format: Annotated[ImageFormat, Changes("writing")] = "png"
    image_quality: Annotated[
        int, Changes("writing", formats=("jpeg", "webp")), Field(ge=1, le=100, description="for jpeg and webp")
    ] = 85
    png_mode: Annotated[
        PngMode,
        Changes("writing", since="0.2", formats=("png",)),
        Field(description="for png: written fast, or with half the bytes; same pixels"),
    ] = "speed"
    require_coverage: Annotated[
        float | None,
        Changes("packing", since="0.2"),
        Field(ge=0, le=1, description="the share of words and of pictures that a slide must show; less is an error"),
    ] = None
    pdf_layout: Annotated[
        PdfLayout,
        Changes("packing", since="0.2"),
        Field(description="for pdf: a page for each slide, or the document on pages of its own"),
    ] = "slides"
    slide_seconds: Annotated[
        float | None,
        Changes("packing", since="0.2"),
        Field(
            ge=1,
            le=3600,
            description="for video: how long a slide is shown, longer if it takes longer to say; null: as long as it "
            "takes to say, else to read",
        ),
    ] = None
    transition: Annotated[
        Transition,
        Changes("packing", since="0.2"),
        Field(description="for video: from slide to slide at once, or by a cross-fade of half a second"),
    ] = "cut"
    fps: Annotated[
        int, Changes("packing", since="0.2"), Field(ge=10, le=60, description="for video: frames a second")
    ] = 30
    video_intro: Cover = None
    video_outro: Cover = None
    video_webm: Annotated[
        bool,
        Changes("packing", since="0.2"),
        Field(description="for video: the same as WebM besides, of VP9 and Opus, which need no licence"),
    ] = False
    video_preview: Annotated[
        VideoPreview,
        Changes("packing", since="0.2"),
        Field(description="for video: a small animated picture besides, of the slides at a pace of 1.5 s"),
    ] = "none"
    voice: Annotated[
        VoiceName,
        Changes("packing", since="0.2"),
        Field(description="for video: who says the notes of a slide, else its text; auto: the server's best"),
    ] = "none"
    voice_rate: Annotated[
        float,
        Changes("packing", since="0.2"),
        Field(ge=0.5, le=2, description="for video: how fast is spoken, as a multiple of the voice's own pace"),
    ] = 1.0
    pdf_notes: Annotated[
        PdfNotes,
        Changes("packing", since="0.2"),
        Field(
            description="for pdf: the author's notes are left out, are annotations on their slide, or stand below it"
        ),
    ] = "none"
    pptx_mode: Annotated[
        PptxMode,
        Changes("packing", since="0.2"),
        Field(
            description="for pptx: text boxes, tables and shapes to edit; a picture of each slide; or a file of each"
        ),
    ] = "editable"
    outputs: Annotated[
        list[Output],
        Changes("packing"),
        Field(min_length=1, max_length=len(OUTPUTS)),
        AfterValidator(_normalise_outputs),
    ] = ["images"]
    text: Annotated[SourceText | None, Changes("document"), *_source("text")] = None
    rerender_of: Annotated[
        str | None,
        Changes("document", since="0.2"),
        Field(pattern=f"^{OPERATION_ID_PATTERN}$", description="the run whose saved document is shown"),
    ] = None
    html: Annotated[SourceText | None, Changes("document"), *_source("html")] = None
    attachments: Annotated[
        dict[str, str],
        Changes("document", since="0.2"),
        Field(
            description="files that the source names: path from the source -> content in base64; at most 100, and "
            "20 MB together"
        ),
        AfterValidator(checked_attachments),
    ] = {}
    composer: Annotated[Composer, Changes("document"), Field(description="who turns text into the document")] = "auto"
    model_choice: Annotated[
        str,
        Changes("document"),
        Field(pattern=r"^[A-Za-z0-9._:/-]{0,128}$", description="empty is `default`"),
        AfterValidator(lambda value: value or "default"),
    ] = "default"
    system_prompt: Annotated[
        SourceText | None, Changes("document"), Field(max_length=20_000), AfterValidator(none_if_blank)
    ] = None
    enable_verification: Annotated[bool, Changes("document")] = True
    use_cache: Annotated[bool, Changes("document")] = True
    title: Annotated[Name | None, Changes("document"), AfterValidator(none_if_blank)] = None
    theme: Annotated[ThemeName, Changes("document", was={"auto": DEFAULT, DEFAULT: f"{DEFAULT} by its name"})] = "auto"
    theme_css: Annotated[
        str | None,
        Changes("document", since="0.2"),
        Field(max_length=MAX_CHARACTERS, description="rules behind those of the theme, of a document made from text"),
        AfterValidator(_clean_css),
        AfterValidator(none_if_blank),
    ] = None
    brand_accent: Annotated[
        str | None,
        Changes("document", since="0.2"),
        Field(pattern=r"^(?:#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}))?$", description="instead of the theme's: #0b57d0"),
        AfterValidator(none_if_blank),
    ] = None
    brand_logo: Annotated[
        str | None,
        Changes("document", since="0.2"),
        Field(
            pattern=r"^(?:data:image/(?:png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2})?$",
            max_length=700_000,
            description="a PNG, JPEG, WebP or SVG as data: URI, at the foot of each slide",
        ),
        AfterValidator(none_if_blank),
    ] = None
    brand_heading_font: FontName = None
    brand_body_font: FontName = None
    footer: Annotated[
        Name | None,
        Changes("document", since="0.2"),
        Field(description="at the foot of each slide; null: what the front matter says"),
        AfterValidator(none_if_blank),
    ] = None
    page_numbers: Annotated[
        bool | None, Changes("document", since="0.2"), Field(description="null: as the front matter says, else none")
    ] = None
    running_heading: Annotated[
        RunningHeading,
        Changes("document", since="0.2"),
        Field(
            description="a heading that goes on is repeated with its part (2/3), without it, or not; auto: as the text "
            "says, else with it"
        ),
    ] = "auto"
    writing_mode: Annotated[
        WritingMode,
        Changes("document", since="0.2"),
        Field(
            description="of composed slides: lines from side to side, or from above to below in columns from right to "
            "left, as Japanese may be written; auto: as the text says, else from side to side"
        ),
    ] = "auto"

    @property
    def source(self) -> tuple[SourceKind, str] | None:
        """What is to become the document; None where a saved one is shown anew."""
        return next(((BY_FIELD[field], value) for field in FIELDS if (value := getattr(self, field))), None)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        given = [name for name in (*FIELDS, "rerender_of") if getattr(self, name)]
        if not given:
            raise ValueError(f"{FIELDS[0]}: one of {FIELD_WORDS} is required and must not be empty")
        if len(given) > 1:
            raise ValueError(f"{given[1]}: give either {FIELD_WORDS}, not both")
        if self.require_coverage is not None and not need(self, "slides"):
            raise ValueError("require_coverage: is about slides, and no output has any; add `images` to outputs")
        if self.pdf_notes != "none" and self.pdf_layout != "slides":
            raise ValueError("pdf_notes: are of slides, and the pages are the document's; use pdf_layout=slides")
        for cover in COVERS:
            named = getattr(self, cover)
            if named is not None and not is_data_uri(named) and named not in self.attachments:
                raise ValueError(
                    f"{cover}: {named[:100]} is not among the attachments; send it as one, under this very path, or as "
                    "a data: URI"
                )
        limit = self.viewport_height / self.zoom / 2
        if self.overlap > limit:
            raise ValueError(
                f"overlap: {self.overlap:g} is more than half the viewport, which is {limit:g} CSS px at this zoom"
            )
        return self


def changes_of(field: str) -> Changes:
    """What the field of a spec says of itself."""
    said = (mark for mark in RunSpec.model_fields[field].metadata if isinstance(mark, Changes))
    return next(said, Changes("all"))


CHANGES = {field: changes_of(field) for field in RunSpec.model_fields}
# What a rerender may give: the document stays as it is.
SHOWING = frozenset(field for field, changes in CHANGES.items() if changes.part != "document")
