"""The options of `pressrun generate`: the fields of `RunSpec` and the policies, each None unless given.

Written by hand and not derived from the models, because importing those costs more than the whole of `--help`; a test
keeps names, choices and ranges in step. Ranges are the server's to check: it may be newer than this command line.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from pressrun.cli.exits import UsageError
from pressrun.cli.files import read_start
from pressrun.cli.output import size
from pressrun.export_kinds import IMAGE_TYPES, Output
from pressrun.source_kinds import SourceField

Switch = Annotated[bool, Parameter(negative=())]


_STYLE = "theme_css"  # all other files that a field takes are pictures
_PICTURES = {**IMAGE_TYPES, ".jpeg": IMAGE_TYPES[".jpg"], ".svg": "image/svg+xml"}


def _split(_type: Any, tokens: Any) -> list[str]:
    """`--outputs images,pdf` as well as `--outputs images --outputs pdf`."""
    return [part for token in tokens for part in token.value.split(",") if part]


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """How the document is shown: of a new run (`RenderOptions`), or of one that is shown anew (`AgainOptions`)."""

    outputs: Annotated[
        list[Output] | None,
        Parameter(converter=_split, negative=(), consume_multiple=False, metavar="LIST", n_tokens=1),
    ] = None
    "What to make, with commas between; images unless given."
    output_name: str | None = None
    "Name of the exported files; from the title if not given."
    zoom: float | None = None
    "How large content appears, 0.5..10; images keep their size; 2.1 unless given."
    viewport_width: int | None = None
    "Width of every image in pixels, 320..7680; 1920 unless given."
    viewport_height: int | None = None
    "Height of every image in pixels, 240..4320; 1080 unless given."
    page_breaks: Literal["auto", "compose", "blocks", "scroll"] | None = None
    "Slides laid out one by one (compose), or cut between blocks, or by height (scroll); auto unless given."
    overlap: float | None = None
    "CSS pixels repeated where a block must be cut, 0 to half the viewport; 15 unless given."
    fit: Literal["shrink", "split", "clip"] | None = None
    "Content wider than a slide: smaller, down to half, then split (shrink), split, or clip; shrink unless given."
    max_screenshots: int | None = None
    "At most this many slides, 1..500; 50 unless given."
    require_coverage: float | None = None
    "Fail where a smaller share of the words or pictures is on a slide, 0..1; nothing is asked for unless given."
    image_format: Literal["png", "jpeg", "webp"] | None = None
    "Format of the images; png unless given."
    image_quality: int | None = None
    "Quality of jpeg and webp, 1..100; 85 unless given."
    png_mode: Literal["speed", "size"] | None = None
    "For png: speed, or size for the same pixels in fewer bytes; speed unless given."
    pdf_layout: Literal["slides", "document"] | None = None
    "Pages of a PDF: the slides, one to one, or the document in pages of their size; slides unless given."
    slide_seconds: float | None = None
    "For video: how long a slide is shown, at least, 1..3600; as long as it takes to say or read unless given."
    transition: Literal["cut", "fade"] | None = None
    "For video: from slide to slide by a cut, or a cross-fade; cut unless given."
    fps: int | None = None
    "For video: frames a second, 10..60; 30 unless given."
    video_intro: Path | None = None
    "For video: PNG, JPEG or WebP file, 1.5 MB at most, that is shown in front of the slides."
    video_outro: Path | None = None
    "For video: the same behind the slides."
    video_webm: bool | None = None
    "For video: the same as WebM besides; no unless given."
    video_preview: Literal["none", "gif", "webp"] | None = None
    "For video: a small animated picture besides; none unless given."
    voice: Literal["none", "auto", "espeak", "piper", "api"] | None = None
    "For video: who says the notes or the text; auto is the server's best; none unless given."
    voice_rate: float | None = None
    "For video: how fast is spoken, 0.5..2 times the voice's own pace; 1.0 unless given."
    pdf_notes: Literal["none", "annotations", "pages"] | None = None
    "The author's notes in a PDF of slides: left out (none), annotations, or below it (pages); none unless given."
    pptx_mode: Literal["editable", "exact", "both"] | None = None
    "A presentation to be edited, one of pictures (exact), or both as two files; editable unless given."


@Parameter(name="*", group="What to make")
@dataclass(frozen=True, kw_only=True)
class RenderOptions(ShowOptions):
    """What changes the result."""

    title: str | None = None
    "Title; from the source if not given."
    theme: str | None = None
    "Look of a document made from text, one of `pressrun themes`; auto, what it says or paper, unless given."
    theme_css: Path | None = None
    "File of style rules that come behind those of the theme."
    brand_accent: str | None = None
    "Colour instead of the theme's, as in #0b57d0."
    brand_logo: Path | None = None
    "PNG, JPEG, WebP or SVG file that stands at the foot of each slide."
    brand_heading_font: str | None = None
    "Family of fonts for headings that the server has."
    brand_body_font: str | None = None
    "Family of fonts for text that the server has."
    footer: str | None = None
    "Words at the foot of each slide; what the text says if not given."
    page_numbers: bool | None = None
    "Number the slides; as the text says if not given."
    running_heading: Literal["auto", "numbered", "plain", "none"] | None = None
    "A heading that goes on: repeated with 2/3 (numbered), without, or none; auto, what the text says, unless given."
    writing_mode: Literal["auto", "horizontal", "vertical"] | None = None
    "Lines from side to side or, as Japanese may be, from above to below; auto, what the text says, unless given."
    composer: Literal["auto", "markdown", "ai"] | None = None
    "Who turns text into the document; auto is ai where the server has one, else markdown."
    model_choice: str | None = None
    "Model of the AI composer, by the server's name for it."
    system_prompt: str | None = None
    "Added to the AI composer's own rules."
    enable_verification: bool | None = None
    "Check what the AI composer wrote; yes unless given."
    use_cache: bool | None = None
    "Take an earlier answer of the AI composer to the same request; yes unless given."


_AS_IT_WAS = "What is not given is as it was in that run; `unless given` below is of a run made by `generate`."


@Parameter(name="*", group=Group("What to show in another way", help=_AS_IT_WAS))
@dataclass(frozen=True, kw_only=True)
class AgainOptions(ShowOptions):
    """How a saved document is shown anew."""


@Parameter(name="*", group="When something is in the way")
@dataclass(frozen=True, kw_only=True)
class PolicyOptions:
    """What does not change the result."""

    lane: str | None = None
    "Runs of one lane exclude each other; default unless given."
    on_busy: Literal["reject", "join", "queue", "replace"] | None = None
    "The lane is taken: reject (exit code 3), join that run, queue behind it, or replace it; reject unless given."
    priority: int | None = None
    "Order in the waiting queue, higher first, -100..100; 0 unless given."
    webhook_url: str | None = None
    "Where the server tells of the run's end, by one signed POST."
    on_duplicate: Literal["reject", "join", "run"] | None = None
    "The very same request runs or ran a moment ago: reject, join it, or run it anyway; reject unless given."
    on_disconnect: Literal["continue", "cancel"] | None = None
    "This command goes away without Ctrl-C: the run goes on, or is cancelled; continue unless given."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MakeOptions:
    """How `pressrun FILE …` goes about it."""

    out: Annotated[
        list[str] | None,
        Parameter(alias="-o", negative=(), consume_multiple=False, allow_leading_hyphen=True, metavar="NAME"),
    ] = None
    (
        "Where to: a name whose ending says what to make, a folder for the pictures, or - for standard output; may be "
        "given several times. Beside the file unless given."
    )
    input_dir: Annotated[Path | None, Parameter(alias="-I")] = None
    "All files of this folder and those below, mirrored under --out."
    parallel: Annotated[int, Parameter(alias="-P")] = 1
    "How many are made at once."
    force: Annotated[bool, Parameter(alias="-f", negative=())] = False
    "Replace what is there already."
    no_clobber: Annotated[bool, Parameter(alias="-n", negative=())] = False
    "Leave out what is there already."
    fail_fast: Switch = False
    "Stop at the first that fails."
    watch: Annotated[bool, Parameter(alias="-w", negative=())] = False
    "Stay, and make again what changes."
    open: Switch = False
    "Show the first result."
    json: Switch = False
    "Print the events as they come, one JSON object per line with the file it is of, and nothing else."
    source: SourceField | None = None
    "What the files are, whatever their names."
    idempotency_key: str | None = None
    "Your own name for this request: sent again with the same name, it is the same run."
    install_browser: Switch = False
    "Without a server: install a Chromium first where there is none, and do not ask."


@Parameter(name="*", group="What goes with a file")
@dataclass(frozen=True, kw_only=True)
class BesideOptions:
    """Where defaults and files are that belong to a source."""

    preset: str | None = None
    "A table [presets.NAME] of pressrun.toml, the project file beside the file or above it."
    allow_dir: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=False)] = None
    "A folder whose files may be sent along, besides the file's own; may be given several times."


@Parameter(name="*", group="Server")
@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Which server, and who is asking."""

    server: str | None = None
    "Address of the server; PRESSRUN_SERVER or http://127.0.0.1:8000 unless given; embedded: one for this command."
    token_env: str | None = None
    "Environment variable that holds the token; PRESSRUN_TOKEN unless given."
    token_file: str | None = None
    "File that holds the token."


def given(options: ShowOptions | PolicyOptions) -> dict[str, Any]:
    """The options that were given, as fields of the request."""
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    given = {name: value for name, value in values.items() if value is not None}
    return {name: contents_of(name, value) if isinstance(value, Path) else value for name, value in given.items()}


def contents_of(field: str, path: Path) -> str:
    """What a field takes of a file: a style sheet as it is, a picture as a data: URI. Raises: UsageError."""
    from base64 import b64encode

    from pressrun.attachments import MAX_BYTES

    media_type = _PICTURES.get(path.suffix.lower())
    if field != _STYLE and media_type is None:
        raise UsageError(f"{path} is no PNG, JPEG, WebP or SVG picture by its ending.")
    try:
        data = read_start(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path} is larger than {size(MAX_BYTES)}, the most that can be sent.")
        return data.decode("utf-8") if field == _STYLE else f"data:{media_type};base64,{b64encode(data).decode()}"
    except OSError as exc:
        raise UsageError(f"{path}: {exc.strerror}") from exc
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no style sheet: it is no text in UTF-8.") from None


def address(options: ServerOptions) -> tuple[str, str | None]:
    """Address and token. Raises: UsageError, ValidationError."""
    from pressrun.cli.credentials import read_token
    from pressrun.settings import ClientSettings

    settings = ClientSettings()
    kept = settings.token.get_secret_value() if settings.token else None
    return options.server or settings.server, read_token(options.token_env, options.token_file) or kept


def is_named(options: ServerOptions) -> bool:
    """Whether somebody said which server. Raises: ValidationError."""
    from pressrun.settings import ClientSettings

    return options.server is not None or "server" in ClientSettings().model_fields_set
