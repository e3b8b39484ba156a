"""Diagrams in a document: where they are, what a reader sees of their source, and what is put in their place."""

from __future__ import annotations

import pytest

from pressrun.sources.diagrams import (
    PREFIX,
    Diagram,
    clean_drawings,
    diagrams_of,
    figures_of,
    page_for,
    said_in_diagram,
    with_figures,
)
from pressrun.sources.said_in_text import said_in_text
from tests.support.decks import document_of

TEXT = """---
title: x
---
# T

```mermaid {theme: 'neutral'}
graph TD
  A["a & <b>"] --> B
```

- item

  ```{mermaid}
  pie
  ```

```py
graph TD
```
"""


def test_diagrams_are_found_with_their_lines() -> None:
    document = document_of(TEXT)
    assert diagrams_of(document) == [Diagram('graph TD\n  A["a & <b>"] --> B\n', 6), Diagram("pie\n", 13)]
    assert "graph TD" not in page_for(document)
    assert "--accent" in page_for(document)


def test_what_is_not_drawn_stays_as_it_was_typed() -> None:
    settled = with_figures(document_of(TEXT), [None, "<figure>two</figure>"])
    assert '<pre><code class="language-mermaid">graph TD\n  A["a &amp; &lt;b&gt;"] --&gt; B\n</code></pre>' in settled
    assert "<figure>two</figure>" in settled
    assert "data-line" not in settled


def test_two_alike_have_parts_of_different_names() -> None:
    svg = f'<svg viewBox="0 0 1 1"><marker id="{PREFIX}-1" /><path marker-end="url(#{PREFIX}-1)" /></svg>'
    drawing = {"svg": svg, "width": 10.4, "height": 5, "title": ""}
    one, none, other = figures_of([Diagram('pie\n"x"', 1)] * 3, [drawing, None, drawing])
    assert none is None
    assert one is not None
    assert other is not None
    assert 'aria-label="pie &quot;x&quot;" style="--width: 10; --height: 5"' in one
    assert PREFIX not in one + other
    assert one.replace("-1-1", "-2-1") == other


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ('<rect fill="red"/>', ""),
        ("<script>x</script>", "<script>"),
        ('<image href="http://x.test/"/>', "<image>"),
        ("<oops", "no picture"),
    ],
)
def test_a_drawing_is_taken_for_a_strangers(inside: str, why: str) -> None:
    ((svg, told),) = clean_drawings([f'<svg xmlns="http://www.w3.org/2000/svg" onload="x()">{inside}</svg>'])[
        "drawings"
    ]
    assert why in told
    assert (svg is None) == bool(why)
    assert "onload" not in (svg or "")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('graph TD\n A[Sea] -->|rises| B(Air) & C{Cold?}\n click A "no"\n style A fill:#fff', "Sea rises Air Cold?"),
        ('flowchart LR\n %% no\n A["one (two)"] --> B[[Three]]\n subgraph x [Four]\n end', "one (two) Three Four"),
        (
            "sequenceDiagram\n participant A as Alice Smith\n A->>B: Hi there\n Note over A: so",
            "Alice Smith Hi there so",
        ),
        ("stateDiagram-v2\n [*] --> On : push\n On --> [*]", "push"),
        ("mindmap\n root((Rivers))\n  Source\n  ::icon(fa)\n   [Square]", "Rivers Source Square"),
        ('pie title Pets\n "Dogs" : 3', "Pets Dogs"),
        ("gantt\n title A plan\n A task :a1, 2024-01-01, 30d", "A plan"),
        ("---\ntitle: no\n---\ngraph TD\n A[One]", "One"),
        ("", ""),
    ],
)
def test_coverage_asks_for_the_words_of_labels(source: str, words: str) -> None:
    assert " ".join(said_in_diagram(source).split()) == words
    assert said_in_text(f"```mermaid\n{source}\n```\nafter").text.split() == [*words.split(), "after"]


def test_a_hostile_source_is_read_in_linear_time() -> None:
    for piece in ("[", "A[", "|", ": ", '"', "(" * 50 + "\n", "a:::b "):
        said_in_diagram("graph TD\n" + piece * 30_000)
        said_in_diagram("stateDiagram\n" + piece * 30_000)
        said_in_diagram("mindmap\n x\n" + piece * 30_000)
    said_in_diagram("mindmap\n x\n" + (" " * 480 + "a:\n") * 200)  # cubic in the spaces, each line took half a second
