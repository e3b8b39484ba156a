"""`-o`: what is made, and where it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pressrun.cli.exits import UsageError
from pressrun.cli.make import files_of, places_of
from pressrun.cli.targets import Plan, Target, plan_targets
from pressrun.client.models import FileInfo
from pressrun.export_kinds import EXPORT_KINDS, kind_of_name


def plan(*outs: str, file: str = "notes/lesson.md", outputs: list[str] | None = None, form: str | None = None) -> Plan:
    return plan_targets(file, outs, outputs, form)


def info(name: str) -> FileInfo:
    return FileInfo.model_validate({"name": name, "size_bytes": 1, "url": "x", "media_type": "x/y", "sha256": "0" * 64})


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_name_the_result_lies_beside_its_source() -> None:
    assert plan().targets == [Target("images", Path("notes/lesson"))]
    assert plan(outputs=["pdf", "images"]).targets == [
        Target("images", Path("notes/lesson")),
        Target("pdf", Path("notes/lesson.pdf")),
    ]
    assert plan(file="-").targets == [Target("images", Path("slides"))]


@pytest.mark.parametrize("kind", [kind for kind in EXPORT_KINDS if kind.ending], ids=lambda kind: kind.name)
def test_each_row_of_the_table_is_asked_for_by_its_ending(kind: object) -> None:
    name, ending = kind.name, kind.ending  # type: ignore[attr-defined]
    if ending:
        assert plan(f"x/LESSON{ending.upper()}") == Plan(
            [name], None, [Target(name, Path(f"x/LESSON{ending.upper()}"))]
        )
    found = kind_of_name(f"lesson{ending}")
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("name", "output", "fields"),
    [
        ("a.webm", "video", {"video_webm": True}),
        ("a.gif", "video", {"video_preview": "gif"}),
        ("a-preview.webp", "video", {"video_preview": "webp"}),
        ("a-exact.pptx", "pptx", {"pptx_mode": "both"}),
    ],
)
def test_a_file_that_is_made_on_request_is_asked_for_by_its_ending(
    name: str, output: str, fields: dict[str, object]
) -> None:
    made = plan(name)
    assert (made.outputs, made.fields, made.targets) == ([output], fields, [Target(output, Path(name))])
    files = [info(f"lesson{ending}") for kind in EXPORT_KINDS if kind.name == output for ending in kind.files]
    found = files_of(made.targets[0], files, ())
    placed = {file.name: str(path) for file, path in places_of(Path("x", name), made.targets[0], found)}
    assert next(iter(placed.values())) == f"x/{name}", "what was asked for goes where it was named"
    assert placed == {file.name: file.name.replace("lesson", "x/a", 1) for file in files}


def test_what_always_comes_along_is_not_asked_for_alone() -> None:
    with pytest.raises(UsageError, match=r"\.webm .*\.gif"):
        plan("a.vtt")


def test_names_folders_and_formats_may_be_mixed() -> None:
    made = plan("a.pdf", "out/", "a.zip")
    assert made.outputs == ["images", "pdf", "zip"]
    assert made.targets == [Target("pdf", Path("a.pdf")), Target("zip", Path("a.zip")), Target("images", Path("out"))]
    assert plan("a.pdf", outputs=["images", "pdf"]).targets == [
        Target("pdf", Path("a.pdf")),
        Target("images", Path("notes/lesson")),
    ]
    assert plan("out", outputs=["html"]).targets == [Target("html", Path("out/lesson.html"))]


@pytest.mark.parametrize(
    ("name", "form"), [("a.png", "png"), ("a.jpg", "jpeg"), ("a.JPEG", "jpeg"), ("a.webp", "webp")]
)
def test_a_picture_is_the_first_slide_in_its_format(name: str, form: str) -> None:
    assert plan(name) == Plan(["images"], form, [Target("images", Path(name), first=True)])


def test_standard_output_has_one_thing() -> None:
    assert plan("-") == Plan(["pdf"], None, [Target("pdf", None)])
    assert plan("-", outputs=["html"]).targets == [Target("html", None)]
    assert plan("-", "a.zip", outputs=["zip", "pdf"]).targets == [Target("zip", Path("a.zip")), Target("pdf", None)]


@pytest.mark.parametrize(
    ("outs", "outputs", "says"),
    [
        (["a.docx"], None, "nothing is made that ends in .docx. Known: .html .pdf"),
        (["a.pdf", "b.pdf"], None, "a.pdf was named already"),
        (["a/", "b/"], None, "a was named already"),
        (["-", "a/"], None, "give one of them"),
        (["-"], ["pdf", "html"], "one thing"),
        (["notes/lesson.md/../lesson.html"], None, "is the source itself"),
    ],
)
def test_what_makes_no_sense_is_told(outs: list[str], outputs: list[str] | None, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace(".", r"\.")):
        plan_targets("notes/lesson.html", outs, outputs, None)


def test_two_formats_of_one_kind_of_picture_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="--image-format"):
        plan("a.png", form="webp")


def test_a_folder_is_not_taken_for_the_file_that_its_name_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lesson.pdf").mkdir()
    with pytest.raises(UsageError, match=r"-o lesson\.pdf: there is a folder of that name.* lesson\.pdf/ for pictures"):
        plan("lesson.pdf")
    assert plan("lesson.pdf/").targets == [Target("images", Path("lesson.pdf"))]


def test_what_is_there_is_known(tmp_path: Path) -> None:
    made = plan("out/", "a.pdf", "a.png")
    assert made.taken({}) is None
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").touch()
    assert made.taken({}) is None, "a folder with other things takes pictures"
    (tmp_path / "out" / "0007.png").touch()
    assert plan("out/").taken({}) == "out/"
    (tmp_path / "a.pdf").symlink_to("nowhere")
    assert plan("a.pdf").taken({}) == "a.pdf"
    (tmp_path / "b").touch()
    with pytest.raises(UsageError, match="there is a file of that name"):
        plan("b")


def test_a_picture_under_a_name_and_a_folder_of_all_are_both_made() -> None:
    plan = plan_targets("lesson.md", ["a.png", "slides/"], None, None)
    assert plan.targets == [
        Target("images", Path("a.png"), first=True),
        Target("images", Path("slides")),
    ]


def test_a_folder_that_would_stay_empty_is_refused() -> None:
    with pytest.raises(UsageError, match="out/: nothing would go there"):
        plan_targets("lesson.md", ["lesson.pdf", "out/"], ["pdf"], None)
