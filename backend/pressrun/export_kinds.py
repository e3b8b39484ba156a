"""What a run can make: a row for each value of `outputs`. Pure and light, for the command line's help reads it too.

How one is made stands in the module of its row (exports/contract.py says what is in it). It is named and not imported:
requests and the command line are about the kinds, and only a run that makes one needs what it is made with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

# `plan`: where the slides are, with or without their pictures. `exports`: those that were made before it; so it stands
# behind them, and is made anew by every attempt
Need = Literal["document", "slides", "plan", "browser", "exports"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportKind:
    """A thing that can be asked for. Without a `module` the stages before make it: what it needs is what it is.

    `label`: its name for people. `ending`: of its file, behind the run's name, with the dot. `beside`: endings and
    media types of the files that are always made along with it. `making`: for progress. `conditional`: it cannot be
    made on every machine; its module's `missing` is asked before a run is admitted. `needs_by`: what it needs besides,
    by a field of the spec and its value; `beside_by`: the same of files.
    """

    name: str
    label: str
    needs: frozenset[Need]
    ending: str = ""
    media_type: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    making: str = ""
    module: str | None = None
    conditional: bool = False
    needs_by: Mapping[str, Mapping[str, frozenset[Need]]] = field(default_factory=dict, hash=False)
    beside_by: Mapping[str, Mapping[str | bool, Mapping[str, str]]] = field(default_factory=dict, hash=False)

    def files_of(self, spec: Any) -> dict[str, str]:
        """Its files in a run of that `RunSpec`: media types by ending, its own first."""
        return self._with(values.get(getattr(spec, name), {}) for name, values in self.beside_by.items())

    @property
    def files(self) -> dict[str, str]:
        """All that it may make: media types by ending, its own first."""
        return self._with(files for values in self.beside_by.values() for files in values.values())

    def fields_for(self, ending: str) -> dict[str, str | bool] | None:
        """What of the spec asks for its file of that ending; None: it does not make it, or always with its own."""
        if ending == self.ending:
            return {}
        asked = ({name: value} for name, by in self.beside_by.items() for value in by if ending in by[value])
        return next(asked, None)

    def _with(self, by_value: Iterable[Mapping[str, str]]) -> dict[str, str]:
        beside = {ending: media_type for files in by_value for ending, media_type in files.items()}
        return {self.ending: self.media_type, **dict(self.beside), **beside} if self.ending else {}

    def needs_of(self, spec: Any) -> frozenset[Need]:
        """All that it needs in a run of that `RunSpec`."""
        by_value = (values.get(getattr(spec, name)) for name, values in self.needs_by.items())
        return self.needs.union(*filter(None, by_value))


VIEWER_ENDING = "-viewer.html"
_PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

EXPORT_KINDS = (
    ExportKind(name="images", label="Images", needs=frozenset({"slides"})),
    ExportKind(
        name="html",
        label="HTML",
        ending=".html",
        media_type="text/html; charset=utf-8",
        needs=frozenset({"document"}),
    ),
    ExportKind(
        name="pdf",
        label="PDF",
        ending=".pdf",
        media_type="application/pdf",
        needs=frozenset({"document", "browser"}),
        needs_by={"pdf_layout": {"slides": frozenset({"plan"})}},
        making="Writing the PDF",
        module="pressrun.exports.pdf",
    ),
    ExportKind(
        name="pptx",
        label="PowerPoint",
        ending=".pptx",
        media_type=_PPTX,
        beside_by={"pptx_mode": {"both": {"-exact.pptx": _PPTX}}},
        needs=frozenset({"document", "plan"}),
        needs_by={
            "pptx_mode": {
                "editable": frozenset({"browser"}),
                "exact": frozenset({"slides"}),
                "both": frozenset({"browser", "slides"}),
            }
        },
        making="Writing the presentation",
        module="pressrun.exports.pptx",
    ),
    ExportKind(
        name="viewer",
        label="Viewer",
        ending=VIEWER_ENDING,
        media_type="text/html; charset=utf-8",
        needs=frozenset({"document", "slides"}),
        making="Writing the viewer",
        module="pressrun.exports.viewer",
    ),
    ExportKind(
        name="contact_sheet",
        label="Contact sheet",
        ending="-contact-sheet.png",
        media_type="image/png",
        needs=frozenset({"slides"}),
        making="Laying out the contact sheet",
        module="pressrun.exports.contact_sheet",
    ),
    ExportKind(
        name="text",
        label="Text",
        ending=".txt",
        media_type="text/plain; charset=utf-8",
        needs=frozenset({"document", "plan"}),
        making="Writing the text",
        module="pressrun.exports.text",
    ),
    ExportKind(
        name="markdown",
        label="Markdown",
        ending=".md",
        media_type="text/markdown; charset=utf-8",
        needs=frozenset({"document", "plan"}),
        making="Writing the Markdown",
        module="pressrun.exports.markdown",
    ),
    ExportKind(
        name="video",
        label="Video",
        ending=".mp4",
        media_type="video/mp4",
        beside=((".vtt", "text/vtt"), (".srt", "application/x-subrip"), ("-poster.jpg", "image/jpeg")),
        beside_by={
            "video_webm": {True: {".webm": "video/webm"}},
            "video_preview": {
                "gif": {".gif": "image/gif"},
                "webp": {"-preview.webp": "image/webp"},
            },
        },
        needs=frozenset({"document", "slides"}),
        making="Making the video",
        module="pressrun.exports.video",
        conditional=True,
    ),
    ExportKind(
        name="zip",
        label="ZIP",
        ending=".zip",
        media_type="application/zip",
        needs=frozenset({"document", "slides", "exports"}),
        making="Packing the ZIP",
        module="pressrun.exports.zip",
    ),
)
# of the pictures, by their format
IMAGE_ENDINGS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
IMAGE_TYPES = {ending: f"image/{format}" for format, ending in IMAGE_ENDINGS.items()}
OUTPUTS = tuple(kind.name for kind in EXPORT_KINDS)
if TYPE_CHECKING:
    Output = str
else:
    Output = Literal[OUTPUTS]


def kind_of_name(name: str) -> ExportKind | None:
    """Whose file is called so, by the longest ending that it has; None for a picture, or none of them."""
    return max(_endings_of(name), key=lambda each: len(each[0]), default=("", None))[1]


def ending_of_name(name: str) -> str:
    """The longest ending of an export's file that it has; empty for none."""
    return max(_endings_of(name), key=lambda each: len(each[0]), default=("", None))[0]


def _endings_of(name: str) -> list[tuple[str, ExportKind]]:
    return [(ending, kind) for kind in EXPORT_KINDS for ending in kind.files if name.lower().endswith(ending)]


def kinds_of(outputs: Iterable[str]) -> tuple[ExportKind, ...]:
    """What was asked for, in the order of the table."""
    wanted = frozenset(outputs)
    return tuple(kind for kind in EXPORT_KINDS if kind.name in wanted)


def need(spec: Any, *needs: Need) -> bool:
    """Whether any of that is wanted for what that `RunSpec` asks for."""
    return any(not kind.needs_of(spec).isdisjoint(needs) for kind in kinds_of(spec.outputs))


def asks_for_document(outputs: Iterable[str]) -> bool:
    """Whether the document itself is to be handed out."""
    return any(kind.module is None and "document" in kind.needs for kind in kinds_of(outputs))


def for_people() -> list[dict[str, Any]]:
    """The table as a user interface shows it."""
    return [{"name": kind.name, "label": kind.label} for kind in EXPORT_KINDS]
