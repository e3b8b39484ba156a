"""Diagrams of Mermaid, drawn by a real browser: their words are text, nothing acts, and none holds a run up."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser import diagrams as drawing
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.cache.renderer import Renderer
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.setup.self_test import Seal
from pressrun.events.model import AnyBody, Progress
from pressrun.pipeline import diagrams as settling
from pressrun.pipeline.context import RunContext
from pressrun.pipeline.diagrams import DiagramMeans
from pressrun.sources.document import Document
from pressrun.sources.words import words_in
from pressrun.spec import RunSpec
from tests.browser.conftest import QUICK
from tests.support.decks import compose_document, document_of

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow, pytest.mark.usefixtures("warm_parser")]

DATA = Path(__file__).parents[1] / "data" / "diagrams.md"
EVIL = """# Evil

```mermaid
%%{init: {"securityLevel": "loose", "htmlLabels": true, "theme": "forest"}}%%
%%{init: {"flowchart": {"htmlLabels": true}, "themeCSS": "* {fill: url(http://x.test/)}"}}%%
graph TD
  A["<b>Bold</b> words"] --> B["<script>f(1)</script><iframe src='//x.test/'>more"]
  click A "http://x.test/" "tip"
  style A fill:#f9f,stroke:#333
```

```mermaid
graph TD
  A --> B
  style A fill:#f9f,background:url(http://x.test/b)
```

```mermaid
graph TD
  A --> B
  classDef x fill:red}body{display:none
```

```mermaid
flowchart TD
  A@{ img: "https://x.test/i.png", label: "Hi", w: 60, h: 60 } --> B
```
"""


class Drawer:
    """Settles the diagrams of texts as the compose stage does."""

    def __init__(self, pool: BrowserPool, folder: Path) -> None:
        self.means = DiagramMeans(pool, Seal(pool), CaptureCache(folder / "cache", 50_000_000, Renderer(QUICK)))
        self._store = LocalArtifactStore(folder)
        self._pool = pool

    @property
    def leases(self) -> int:
        return self._pool.counters.waits.up_to()[-1][1]

    async def __call__(self, text: str, **fields: object) -> Document:
        await self._store.prepare()
        staging = await self._store.open_staging("run", 1)

        async def emit(*_bodies: AnyBody) -> None: ...

        async def commit(_body: Progress) -> None: ...

        spec = RunSpec(text=text, **fields)  # type: ignore[arg-type]
        context = RunContext("run", 1, spec, datetime.now(UTC), staging, emit, commit, {}, {})
        return await self.means.settle(context, Document(document_of(text), "x"))


@pytest.fixture
async def draw(pool: BrowserPool, tmp_path: Path) -> Drawer:
    return Drawer(pool, tmp_path)


def fenced(*sources: str) -> str:
    return "\n".join(f"```mermaid\n{source}\n```\n" for source in sources)


def figures(document: Document) -> list[str]:
    return re.findall(r'<figure class="diagram">.*?</figure>', document.html, re.DOTALL)


async def test_every_kind_of_diagram_is_drawn_with_its_words_as_text(draw: Drawer, pool: BrowserPool) -> None:
    text = DATA.read_text()
    made = await draw(text)
    drawn = figures(made)
    assert made.warnings == ()
    assert len(drawn) == text.count("```mermaid")
    for figure in drawn:
        assert not re.search(
            r"<(?:style|script|foreignObject|a|image)\b|\sclass=|\son[a-z]+=",
            figure.removeprefix('<figure class="diagram">'),
        )
    assert 'aria-label="How water goes. From the sea and back"' in made.html
    assert 'aria-label="pie showData title Pets' in made.html, "without a title of its own its source is the alt text"
    ids = re.findall(r'\sid="(d[0-9a-f]{8}-[^"]+)"', made.html)
    assert ids
    assert len(ids) == len(set(ids)), "two diagrams that are alike have parts of different names"

    deck = await compose_document(pool, made.html, text)
    assert deck.coverage.words_missing == 0, deck.coverage.missing
    said = [word.folded for slide in deck.said for block in slide for word in words_in(block)]
    for word in ("vapour", "alice", "glacier", "mammal", "places", "develop", "linkedin", "upstairs"):
        assert any(word in one for one in said), word
    assert "graph" not in said
    assert any(slide.layout == "picture" and slide.pictures for slide in deck.texts.slides)


async def test_what_was_drawn_once_is_kept_and_drawn_the_same_by_another_page(draw: Drawer) -> None:
    text = DATA.read_text()
    first = await draw(text)
    seen = draw.leases
    assert (await draw(text)).html == first.html
    assert draw.leases == seen, "no browser was asked"
    assert (await draw(text, use_cache=False)).html == first.html
    assert draw.leases > seen


async def test_nothing_of_a_diagram_acts_or_reaches_out(draw: Drawer) -> None:
    made = await draw(EVIL)
    (figure,) = figures(made)
    assert "x.test" not in re.sub(r'aria-label="[^"]*"', "", figure)
    assert not re.search(r"<(?:style|script|foreignObject|a|image)\b|display:", figure)
    assert "Bold words" in re.sub(r"<[^>]*>", "", figure)
    assert {warning.code for warning in made.warnings} == {"diagram_as_typed"}
    assert [warning.message.split(":")[0] for warning in made.warnings] == ["Line 15", "Line 21", "Line 24"]
    assert "https://x.test/i.png" in made.html, "what is not drawn is shown as it was typed"


async def test_a_fault_is_told_with_its_line_and_the_rest_is_drawn(draw: Drawer) -> None:
    text = "# T\n\n" + fenced("%% a remark\ngraph TD\n  A --> B\n  A --> [", "graph TD\n  C --> D", "nothing")
    made = await draw(text)
    assert len(figures(made)) == 1
    first, second = [warning.message for warning in made.warnings]
    assert first.startswith("Line 7: a diagram is shown as it was typed: Mermaid does not understand it")
    assert second.startswith("Line 15: ")
    assert '<pre><code class="language-mermaid">%% a remark' in made.html


async def test_a_diagram_that_takes_too_long_ends_and_the_next_one_is_drawn(
    draw: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_DIAGRAM_S", 2.0)
    many = "\n".join(f"n{at}" for at in range(2500))
    huge = "graph TD\n" + "\n".join(f"a{at}[Node {at}]" for at in range(10_000))
    fans = "\n".join(f"e{at} --> e{at * 7 % 400} & e{at * 13 % 400} & e{at * 29 % 400}" for at in range(160))
    text = fenced(huge, f"graph TD\n{many}", f"graph TD\n{fans}", "graph TD\n  C --> D")
    made = await draw(text)
    told = [warning.message for warning in made.warnings]
    assert "longer than 20000 characters" in told[0]
    assert all(warning.code == "diagram_as_typed" for warning in made.warnings)
    assert "part it" in told[1]
    assert ">C<" in figures(made)[-1], "the last is drawn, whatever became of those before"


async def test_a_text_has_only_so_many_diagrams_and_alike_ones_are_drawn_once(draw: Drawer) -> None:
    one = "```mermaid\ngraph LR\n  A --> B\n```\n\n"
    made = await draw(one * 60)
    assert len(figures(made)) == 60
    made = await draw("".join(f"```mermaid\ngraph LR\n  A{at} --> B\n```\n\n" for at in range(53)))
    assert len(figures(made)) == 50
    assert [warning.message.split(":")[0] for warning in made.warnings] == ["Line 251", "Line 256", "Line 261"]


async def test_without_the_library_a_diagram_is_shown_as_typed_and_the_way_out_is_named(
    draw: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pressrun.pipeline.diagrams.is_there", lambda: False)
    made = await draw("```mermaid\ngraph LR\n  A --> B\n```\n")
    assert not figures(made)
    assert "npm run build" in made.warnings[0].message


async def test_what_cannot_be_looked_through_in_time_stays_as_typed_and_fails_no_run(
    draw: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(settling, "_CLEAN_LIMIT_S", 0.001)
        made = await draw(fenced("graph TD\n  A --> B", 'pie\n  "a": 1'))
    assert [warning.code for warning in made.warnings] == ["diagram_as_typed"] * 2
    assert made.html.count('<code class="language-mermaid">') == 2
    assert (await draw(fenced("graph TD\n  A --> B"))).warnings == (), "and it was not kept as one that cannot be drawn"
