"""Documents made up at random, in six scripts, with every construct that may lose words; and what must become of these.

Words of HTML are unique, so that each can be looked for. Words of Markdown repeat, as words do.
"""

from __future__ import annotations

import html as html_module
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyzäöüéñ",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщыэюя",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "devanagari": "कखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    "hangul": "가나다라마바사아자차카타파하고노도로모보",
}
DENSE = {
    "han": "山川水火木金土日月人口手足目耳心雨雪風花鳥虫魚犬馬牛羊車門家国王学校先生",
    "kana": "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほ",
    "thai": "กขคงจชซญดตถทธนบปผพภมยรลวสหอ",
}


class Words:
    """Words that are never the same twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def one(self) -> str:
        letters = self._chance.choice(list(LETTERS.values()))
        while True:
            word = "".join(self._chance.choice(letters) for _ in range(self._chance.randint(5, 9)))
            if word not in self._used:
                self._used.add(word)
                return word

    def some(self, most: int = 8) -> list[str]:
        return [self.one() for _ in range(self._chance.randint(1, most))]


@dataclass
class Page:
    """A page, and which of its words must be on a slide, must not be, and may be either (but then are named)."""

    html: str = ""
    seen: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    either: set[str] = field(default_factory=set)

    @property
    def words(self) -> int:
        return len(self.seen) + len(self.unseen) + len(self.either)


SEEN = [
    "<p>{}</p>",
    "<h2>{}</h2>",
    "<ul><li>{}</li></ul>",
    "<ol start=7><li>{}</li></ol>",
    "<blockquote>{}</blockquote>",
    "<table><tr><th>{}</th></tr><tr><td>{}</td></tr></table>",
    "<dl><dt>{}</dt><dd>{}</dd></dl>",
    "<pre>{}\n  {}</pre>",
    "<p>{} <b>{}</b> <i>{}</i></p>",
    "<p><a href='#x'>{}</a></p>",
    "<details open><summary>{}</summary>{}</details>",
    "<div style='display:flex;flex-wrap:wrap'><p>{}</p><p>{}</p></div>",
    "<div style='columns:2'><p>{}</p><p>{}</p></div>",
    "<div style='display:grid;grid-template-columns:1fr 1fr'><p>{}</p><p>{}</p></div>",
    "<p style='zoom:1.3'>{}</p>",
    "<p style='text-transform:uppercase'>{}</p>",
    "<p style='transform:translateX(5px)'>{}</p>",
    "<div style='transform:scale(.8);transform-origin:0 0'><p>{}</p></div>",
    "<p style='zoom:.7'>{} <small>{}</small></p>",
    "<div style='float:left;width:45%'>{}</div><p>{}</p><br clear=all>",
    "<figure><figcaption>{}</figcaption></figure>",
    "<div style='position:relative;height:6em'><p style='position:absolute;top:0'>{}</p></div>",
    "<svg width=900 height=40><text y=25 font-size=9>{}</text></svg>",  # as long as a line may become
    "<iframe srcdoc='<p>{}' style='width:600px;height:60px'></iframe>",
    "<div><template shadowrootmode=open><p><slot></slot></p></template>{}</div>",
    "<ruby>{} <rt>{}</rt></ruby>",
    "<p dir=rtl>{}</p>",
    "<p style='color:#fff;background:#000'>{}</p>",
    "<button>{}</button>",
    "<fieldset><legend>{}</legend><label>{}</label></fieldset>",
    "<p>{} <sup>{}</sup></p>",
    "<center>{}</center>",
    "<p style='opacity:.5'>{}</p>",
    "<p style='columns:auto;text-indent:2em'>{}</p>",
]
UNSEEN = [
    "<p style='display:none'>{}</p>",
    "<p style='visibility:hidden'>{}</p>",
    "<p style='opacity:0'>{}</p>",
    "<p style='color:transparent'>{}</p>",
    "<p style='color:#fff'>{}</p>",
    "<p hidden>{}</p>",
    "<p style='font-size:0'>{}</p>",
    "<p style='position:absolute;left:-9999px'>{}</p>",
    "<div style='content-visibility:hidden'>{}</div>",
    "<span style='position:absolute;width:1px;height:1px;overflow:hidden'>{}</span>",
    "<dialog>{}</dialog>",
    "<p style='clip-path:inset(50%)'>{}</p>",
    "<svg width=0 height=0><defs><text>{}</text></defs></svg>",
    "<div style='display:none'><table><tr><td>{}</td></tr></table></div>",
    "<datalist><option>{}</option></datalist>",
]
EITHER = [
    "<div style='height:60px;overflow:auto'><p>{}</p><p>{}</p><p>{}</p><p>{}</p></div>",
    "<div style='height:40px;overflow:hidden'>{}<br>{}<br>{}<br>{}</div>",
    "<div style='width:200px;overflow:auto;white-space:nowrap'>{} {} {} {} {} {}</div>",
    "<p style='white-space:nowrap;width:9000px'>{} <span style='margin-left:3000px'>{}</span></p>",
    "<p style='position:fixed;bottom:0'>{}</p>",
    "<div style='position:fixed;top:0;height:100%'>{}</div>",
    "<p style='position:sticky;top:0'>{}</p>",
    "<p style='transform:rotate(90deg)'>{}</p>",
    "<p style='overflow:hidden;text-overflow:ellipsis;white-space:nowrap;width:90px'>{} {} {}</p>",
    "<div style='writing-mode:vertical-rl;height:200px'>{} {} {}</div>",
    "<p style='margin-left:-90px'>{} {}</p>",
    "<select><option>{}</option><option>{}</option></select>",
    "<textarea rows=1>{}</textarea>",
    "<marquee>{}</marquee>",
    "<iframe srcdoc='<p>{}<p>{}<p>{}<p>{}' height=50></iframe>",
    "<details><summary>{}</summary>{}</details>",
    "<div style='transform:scale(3)'>{}</div>",
    "<video>{}</video>",
    "<object>{}</object>",
    "<canvas>{}</canvas>",
    "<p style='position:absolute;top:30000px'>{}</p>",
    "<div style='zoom:4'>{} {} {}</div>",
    "<p><math><mi>{}</mi><mo>+</mo><mn>{}</mn></math></p>",
]
AROUND = [
    "<div>{}</div>",
    "<section style='padding:9px'>{}</section>",
    "<div style='display:flow-root;zoom:1.1'>{}</div>",
    "<article style='border:1px solid'>{}</article>",
    "<div style='transform:translateY(2px)'>{}</div>",
    "<ul><li>{}</li></ul>",
    "<table><tr><td>{}</td></tr></table>",
    "<div style='overflow:visible;position:relative'>{}</div>",
]


def page(chance: random.Random, constructs: int = 12) -> Page:
    """A page of so many constructs, some within others."""
    made, words = Page(), Words(chance)
    parts = []
    for _ in range(constructs):
        kinds, into = chance.choices([(SEEN, made.seen), (UNSEEN, made.unseen), (EITHER, made.either)], [6, 2, 2])[0]
        construct = chance.choice(kinds)
        while "{}" in construct:
            some = words.some(3 if "nowrap" in construct else 8)
            into.update(some)
            construct = construct.replace("{}", html_module.escape(" ".join(some)), 1)
        for _ in range(chance.choice([0, 0, 1, 2])):
            construct = chance.choice(AROUND).replace("{}", construct)
        parts.append(construct)
    made.html = "<meta charset=utf-8><body style='background:#fff;font:16px/1.4 sans-serif'>" + "\n".join(parts)
    return made


VOCABULARY = re.split(
    r"\s+",
    "river water sand stone valley meander delta flood bank current slow fast clay silt basin spring mouth lake sea "
    "rain the and of to in a is that it with for on as at by from река вода берег долина быстро وادي نهر ماء مطر "
    "नदी पानी बारिश घाटी 강 물 모래 ποταμός νερό 3 42 2026 don't co-operate e.g. naïve straße ½",
)


class Markdown:
    """A text with every construct of Markdown."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._notes = 0

    def words(self, most: int = 12) -> str:
        if self._chance.random() < 0.15:
            letters = self._chance.choice(list(DENSE.values()))
            return "".join(self._chance.choice(letters) for _ in range(self._chance.randint(4, 40)))
        return " ".join(self._chance.choice(VOCABULARY) for _ in range(self._chance.randint(1, most)))

    def line(self) -> str:
        marks: list[Callable[[str], str]] = [
            lambda text: f"**{text}**",
            lambda text: f"*{text}*",
            lambda text: f"~~{text}~~",
            lambda text: f"`{text} <b>`",
            lambda text: f'[{text}](https://e.org/unseen_path "unseen tip")',
            lambda text: f"<mark>{text}</mark>",
            lambda text: f"{text} &amp; &eacute;t&eacute;",
            lambda text: f"{text} <!-- unseen --> ",
            lambda text: f"{text} <https://example.org/{len(text)}>",
            lambda text: f"{text} \\*not marked\\* <your name>",
            lambda text: f"the `<title>` and <title> of {text}",
            lambda text: text,
            lambda text: text,
        ]
        return " ".join(self._chance.choice(marks)(self.words(5)) for _ in range(self._chance.randint(1, 3)))

    def block(self, depth: int = 0) -> str:  # noqa: PLR0911, PLR0912
        kind = self._chance.randint(0, 13)
        if kind == 0:
            return "#" * self._chance.randint(1, 6) + " " + self.line()
        if kind == 1:
            return "\n".join(f"- {self.line()}" for _ in range(3))
        if kind == 2:
            return "\n".join(f"{n}. {self.line()}\n   - {self.words()}" for n in range(1, 4))
        if kind == 3:
            rows = "\n".join(f"| {self.words(3)} | {self.words(3)} |" for _ in range(3))
            return f"| {self.words(2)} | {self.words(2)} |\n|---|:-:|\n{rows}"
        if kind == 4:
            return (
                f"```{self._chance.choice(['', 'python', 'html'])}\n<div class='{self.words(2)}'>\n{self.words()}\n```"
            )
        if kind == 5:
            self._notes += 1
            return f"{self.words()}[^n{self._notes}] {self.words()}\n\n[^n{self._notes}]: {self.line()}"
        if kind == 6 and depth < 3:
            inner = "\n\n".join(self.block(depth + 1) for _ in range(2))
            return "\n".join(f"> {line}" for line in inner.split("\n"))
        if kind == 7:
            return f"{self.words(2)}\n: {self.line()}"
        if kind == 8:
            return f"- [x] {self.line()}\n- [ ] {self.line()}"
        if kind == 9:
            return f'<div class="unseen" title="unseen">\n\n{self.line()}\n\n</div>'
        if kind == 10:
            return f"<details><summary>{self.words(3)}</summary>\n\n{self.line()}\n\n</details>"
        if kind == 11:
            return f"$$\\frac{{{self._chance.randint(1, 9)}}}{{x_1}} = \\alpha$$"
        if kind == 12:
            return f"See [{self.words(3)}][ref].\n\n[ref]: https://e.org/unseen 'unseen'"
        return self.line()

    def text(self, blocks: int = 12) -> str:
        front = "---\ntitle: unseen front\n---\n\n" if self._chance.random() < 0.2 else ""
        return front + "\n\n".join(self.block() for _ in range(blocks)) + "\n"
