"""The changes of docs/how-to-change.md, made for real: edits of files of the project, for a copy of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

Edit = tuple[str, str]  # what stands there, and what takes its place


@dataclass(frozen=True)
class Drill:
    """`heading` is its section of the document. `name` stands there as NAME. `edits` of files that are there, `files`
    that are new; paths as in the document.
    """

    heading: str
    name: str
    edits: dict[str, tuple[Edit, ...]]
    files: dict[str, str] = field(default_factory=dict)

    def apply(self, root: Path) -> None:
        """In a copy of the project at `root`."""
        for path, edits in self.edits.items():
            file = place_of(root, path)
            text = file.read_text()
            for before, after in edits:
                assert before in text, f"{path} no longer has {before!r}"
                text = text.replace(before, after, 1)
            file.write_text(text)
        for path, text in self.files.items():
            place_of(root, path).parent.mkdir(exist_ok=True)  # a theme is a folder of its own
            place_of(root, path).write_text(text)


def place_of(root: Path, path: str) -> Path:
    """Where a file of the document is."""
    return root / path if path.startswith("frontend/") else root / "backend" / "pressrun" / path


EVENT = Drill(
    "An event",
    "compose",
    {
        "events/model.py": (
            (
                "class ArtifactRef(BaseModel):",
                'class Chapter(EventBody):\n    """A chapter was found."""\n\n'
                '    type: Literal["chapter"] = "chapter"\n    title: str\n\n\nclass ArtifactRef(BaseModel):',
            ),
            ("Warning | Log | Complete", "Warning | Log | Chapter | Complete"),
        ),
        "pipeline/compose.py": (
            ("import HtmlGenerated, Warning", "import Chapter, HtmlGenerated, Warning"),
            ('    failpoint("document.told")\n', '    await context.emit(Chapter(title="The first"))\n'),
        ),
        "cli/display.py": (
            (
                "        case events.Complete():\n            cut",
                '        case events.Chapter():\n            line = f"chapter: {body.title}"\n'
                "        case events.Complete():\n            cut",
            ),
        ),
        "frontend/src/stream/events.ts": (("  log: true,\n", "  log: true,\n  chapter: true,\n"),),
        "frontend/src/stream/reduceRun.ts": (
            (
                '    case "log":\n      return {};\n',
                '    case "log":\n      return {};\n    case "chapter":\n      return {};\n',
            ),
        ),
    },
)

STAGE = Drill(
    "A stage",
    "narrate",
    {
        "stages.py": (
            ('"render", "export"', '"render", "narrate", "export"'),
            ('"render": 75, ', '"render": 70, "narrate": 5, '),
            ("WORKFLOW_VERSION = 2", "WORKFLOW_VERSION = 3"),
        ),
        "pipeline/pipeline.py": (
            (
                "from pressrun.pipeline.publish import",
                "from pressrun.pipeline.narrate import Narrated, narrate\nfrom pressrun.pipeline.publish import",
            ),
            (
                '            StageDefinition("export", Exported, self.export),\n',
                '            StageDefinition("narrate", Narrated, narrate),\n'
                '            StageDefinition("export", Exported, self.export),\n',
            ),
        ),
        "frontend/src/api/choices.ts": (
            (
                "  export: { name",
                "  narrate: { name: msg`Narrate`, doing: msg`Speaking` },\n  export: { name",
            ),
        ),
    },
    {
        "pipeline/narrate.py": '''"""The narrate stage."""

from pressrun.pipeline.context import Composed, Results, RunContext, StageResult


class Narrated(StageResult):
    """What is to be said."""

    words: int


async def narrate(context: RunContext, results: Results) -> Narrated:
    """Counts the words."""
    title = results.of(Composed).title
    await context.progress("narrate", 1, f"Said {title}")
    return Narrated(words=len(title.split()))
'''
    },
)

SOURCE_KIND = Drill(
    "A source kind",
    "csv",
    {
        "source_kinds.py": (
            (
                ")\nBY_FIELD = ",
                """    SourceKind(
        field="csv",
        label="CSV",
        description="a table, its first line the heads",
        files="CSV",
        endings=(".csv",),
        media_types=("text/csv",),
        composer="pressrun.sources.csv:compose_csv",
        max_characters=200_000,
    ),
)
BY_FIELD = """,
            ),
        ),
        "spec.py": (
            (
                "    composer: Annotated[Composer",
                '    csv: Annotated[SourceText | None, Changes("document", since="0.2"), *_source("csv")] = None\n'
                "    composer: Annotated[Composer",
            ),
        ),
    },
    {
        "sources/csv.py": '''"""A table -> a document."""

import csv
from html import escape

from pressrun import errors
from pressrun.sources.document import Document, wrap_fragment


async def compose_csv(source, /, *, title, look, egress, attached):
    """Raises: TooFewRows of the drill of error codes."""
    rows = list(csv.reader(source.splitlines()))
    if len(rows) < 2:
        raise errors.TooFewRows
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    title = title or "A table"
    return Document(wrap_fragment(f"<table>{cells}</table>", title=title, look=look), title)
'''
    },
)

EXPORT = Drill(
    "An export",
    "outline",
    {
        "export_kinds.py": (
            (
                '    ExportKind(\n        name="zip",',
                """    ExportKind(
        name="outline",
        label="Outline",
        ending="-outline.txt",
        media_type="text/plain; charset=utf-8",
        needs=frozenset({"document"}),
        making="Writing the outline",
        module="pressrun.exports.outline",
        conditional=True,
    ),
    ExportKind(
        name="zip",""",
            ),
        ),
    },
    {
        "exports/outline.py": '''"""Export `outline`: the headings."""

import re
from pathlib import Path

from pressrun.exports.contract import Missing


async def make(work):
    """One in each line."""
    return "\\n".join(re.findall("<td>(.*?)</td>", await work.read_document())).encode()


def missing():
    """A program, so to say."""
    return None if Path("outliner").exists() else Missing("outliner is not found", "touch outliner")
'''
    },
)

FIELD = Drill(
    "A field of the spec",
    "compose",
    {
        "spec.py": (
            (
                "    theme: Annotated[ThemeName,",
                '    footer_text: Annotated[Name | None, Changes("document", since="0.2"), '
                "AfterValidator(none_if_blank)] = None\n    theme: Annotated[ThemeName,",
            ),
        ),
        "cli/options.py": (
            (
                "    composer: Literal",
                '    footer_text: str | None = None\n    "Below the document."\n    composer: Literal',
            ),
        ),
        "pipeline/compose.py": (
            (
                "    file = await context.staging.write(DOCUMENT_NAME, document.html.encode())\n",
                "    html = document.html.replace('</main>', f'{context.spec.footer_text or str()}</main>')\n"
                "    file = await context.staging.write(DOCUMENT_NAME, html.encode())\n",
            ),
        ),
        "frontend/src/features/compose/moreRows.ts": (
            (
                '  lane: { kind: "line"',
                '  footer_text: { kind: "line", label: msg`Below the document` },\n  lane: { kind: "line"',
            ),
        ),
    },
)

THEME = Drill(
    "A theme",
    "slate",
    {},
    {
        "themes/slate/theme.toml": 'label = "Slate"\nwords = "Grey."\nscheme = "dark"\nfonts = []\nauthor = "Us"\n',
        "themes/slate/theme.css": ":root { --page: #202428; --ink: #f0f0f0; --heading: #ffffff; --accent: #a0c0ff; }\n",
    },
)

SETTING = Drill(
    "A setting",
    "hide_paths",
    {
        "settings.py": (
            ('    log_level: str = "INFO"\n', '    log_level: str = "INFO"\n    hide_paths: bool = False\n'),
        ),
        "lifespan.py": (("show_paths=not settings.tokens", "show_paths=not (settings.tokens or settings.hide_paths)"),),
    },
)

ERROR_CODE = Drill(
    "An error code",
    "too_few_rows",
    {
        "errors.py": (
            (
                "class AiFailed(RunFailure):",
                'class TooFewRows(ComposeFailed):\n    """A table has at least two rows."""\n\n'
                '    code = "too_few_rows"\n\n\nclass AiFailed(RunFailure):',
            ),
        ),
        "api/wire/problems.py": (
            ('    "empty_document": 422,\n', '    "empty_document": 422,\n    "too_few_rows": 422,\n'),
        ),
    },
)

LANGUAGE = Drill(
    "A language",
    "pt",
    {
        "frontend/src/lib/language.ts": (
            ('  ar: "العربية",\n', '  ar: "العربية",\n  pt: "Português",\n'),
            (
                '  ar: () => import("virtual:catalogue/ar"),\n',
                '  ar: () => import("virtual:catalogue/ar"),\n  pt: () => import("virtual:catalogue/pt"),\n',
            ),
        ),
    },
    {"frontend/src/locales/pt.json": "{}\n"},
)

DRILLS = (EVENT, STAGE, SOURCE_KIND, EXPORT, FIELD, THEME, SETTING, ERROR_CODE, LANGUAGE)
